/**
 * What OVN has at this node of a provider network that the node does not have: floating IPs, and a gateway's own addresses.
 * Most networks that are not mapped are no concern of a node, and nothing is said of them. Of these an operator asks.
 */

import type { Inventory } from '../../inventory/inventory.ts';
import { annotationOf } from '../../inventory/network.ts';
import { type PortBinding, portIps } from '../../inventory/port-binding.ts';
import { formatIp, isLinkLocal } from '../../net/ip.ts';
import type { Condition } from '../../resources/condition.ts';
import { byName, networkPortOf, peerOf } from '../gateways.ts';
import { emptyPlan, type ScopePlan } from '../mode.ts';
import { ipOptOut, isHere, networkOptOut, note, portOptOut } from './choice.ts';
import { exitOf, isProvider } from './place.ts';
import { isBehind } from './plan-port.ts';
import type { BgpSettings } from './settings.ts';

export function planUnmapped(
  scope: string,
  port: PortBinding,
  inventory: Inventory,
  settings: BgpSettings,
): ScopePlan {
  if (!isHere(port, inventory, settings.choice)) return emptyPlan;
  // What is on a provider network itself is not where that is not.
  if (isProvider(port.datapath, inventory)) return emptyPlan;
  const own = port.type === 'chassisredirect' ? networkPortOf(port, inventory) : undefined;
  const telling = new Set([
    ...(own === undefined ? [] : [own]),
    ...inventory.portsWithNatAt(port.name),
  ]);
  const conditions = byName(telling).flatMap((networkPort) => {
    const localnets = unmappedAt(networkPort, inventory, settings);
    if (localnets.length === 0 || !isBehind(port, networkPort, inventory)) return [];
    const isOwn = networkPort === own;
    return told(scope, port, networkPort, isOwn, localnets, inventory, settings);
  });
  return { concepts: [], conditions };
}

/** The localnet ports of a network that the method would expose, and none of which this node has. */
function unmappedAt(
  { datapath }: PortBinding,
  inventory: Inventory,
  { method }: BgpSettings,
): readonly PortBinding[] {
  if (typeof exitOf(datapath, inventory) === 'object') return [];
  const { bridgeMappings } = inventory.ovs;
  const localnets = byName(inventory.portsOfType(datapath, 'localnet'));
  // That a bridge does not exist is told of the network.
  if (localnets.some((each) => bridgeMappings.has(each.physicalNetwork ?? ''))) return [];
  const needsVpn = method === 'vrf' || method === 'l2vni';
  const hasVpn = localnets.some((each) => annotationOf(each, inventory).vpn !== undefined);
  return needsVpn && !hasVpn ? [] : localnets;
}

/** One condition for all addresses, which have one cause; a note for each that is kept back anyway. */
function told(
  scope: string,
  port: PortBinding,
  networkPort: PortBinding,
  isOwn: boolean,
  localnets: readonly PortBinding[],
  inventory: Inventory,
  { choice }: BgpSettings,
): readonly Condition[] {
  const routerPort = peerOf(networkPort, inventory);
  const networks = localnets.map((localnet) => networkOptOut({ localnet }, inventory, choice));
  const optOut =
    portOptOut([port, networkPort, routerPort], choice) ??
    networks.find((each) => each !== undefined);
  const translated = networkPort.nat.at(port.name).flatMap(({ prefixes }) => prefixes);
  const ips = [...(isOwn ? portIps(port) : []), ...translated.map(({ ip }) => ip)];
  const byText = new Map(ips.filter((ip) => !isLinkLocal(ip)).map((ip) => [formatIp(ip), ip]));
  const wanted: string[] = [];
  const notes: Condition[] = [];
  for (const [text, ip] of byText) {
    const why = optOut ?? ipOptOut(ip, choice);
    if (why === undefined) wanted.push(text);
    else notes.push(note(scope, `${text} of port ${port.name}`, why));
  }
  if (wanted.length === 0) return notes;
  const message = `cannot expose ${wanted.join(' ')} of port ${port.name}: ${lackOf(localnets)}`;
  return [{ scope, severity: 'warning', message }, ...notes];
}

function lackOf(localnets: readonly PortBinding[]): string {
  const names = localnets.map(({ name }) => name).join(' and ');
  const physical = localnets.map(({ physicalNetwork = '' }) => physicalNetwork).join("', '");
  return `physical network '${physical}' of ${names} is not in ovn-bridge-mappings of this node; map it in external_ids:ovn-bridge-mappings of Open_vSwitch, or keep it back by external_ids:selvedge:expose=false`;
}
