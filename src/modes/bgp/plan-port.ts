/**
 * The plan of a port that is bound to this node: its own addresses where it is on a provider network, the floating IPs
 * that OVN answers for where the port is otherwise. A gateway is such a port: it has addresses on the provider network,
 * and the floating IPs that are not answered on the nodes of their ports.
 */

import type { Exposed, Holder, ProviderPlace } from '../../fabric/concepts.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import type { PortAddresses } from '../../inventory/port-addresses.ts';
import type { PortBinding } from '../../inventory/port-binding.ts';
import { isLinkLocal } from '../../net/ip.ts';
import type { Mac } from '../../net/mac.ts';
import type { Condition } from '../../resources/condition.ts';
import type { Reason } from '../../resources/resource.ts';
import { becauseAddressed, becauseBound, becauseExit, becauseTranslated } from '../because.ts';
import { byName, networkPortOf, othersOf, peerOf, type ProviderExit } from '../gateways.ts';
import { emptyPlan, type ScopePlan } from '../mode.ts';
import { hasIp } from './balancers.ts';
import { type Choice, chosen, isHere, networkOptOut, portOptOut } from './choice.ts';
import { exitOf, isProvider, placeOf } from './place.ts';

export function planPort(
  scope: string,
  port: PortBinding,
  inventory: Inventory,
  choice: Choice,
): ScopePlan {
  if (!isHere(port, inventory, choice)) return emptyPlan;
  const bound = becauseBound(port, inventory.ovs.systemId);
  const networkPort = port.type === 'chassisredirect' ? networkPortOf(port, inventory) : undefined;
  const faces = [port, networkPort, inventory.port(port.distributedPort ?? '')];
  const exit = ownExit(port, networkPort, inventory);
  const parts = translated(scope, port, faces, bound, inventory, choice);
  if (exit !== undefined) {
    const optOut = portOptOut(faces, choice) ?? networkOptOut(exit, inventory, choice);
    const own = ownAddresses(port, bound, exit, inventory);
    parts.unshift(chosen(scope, `port ${port.name}`, own, optOut, choice));
  }
  return {
    concepts: parts.flatMap(({ concepts }) => concepts),
    conditions: [
      ...parts.flatMap(({ conditions }) => conditions),
      ...(exit === undefined ? [] : conditionsOf(scope, port)),
    ],
  };
}

/** How the provider network that the port's own addresses are on leaves this node, if it is one of this node. */
function ownExit(
  port: PortBinding,
  networkPort: PortBinding | undefined,
  inventory: Inventory,
): ProviderExit | undefined {
  const { datapath } = port.type === 'chassisredirect' ? (networkPort ?? {}) : port;
  const exit = datapath === undefined ? '' : exitOf(datapath, inventory);
  return typeof exit === 'string' ? undefined : exit;
}

function ownAddresses(
  port: PortBinding,
  bound: Reason,
  exit: ProviderExit,
  inventory: Inventory,
): readonly Exposed[] {
  const at = placeOf(exit, inventory);
  const because = [bound, becauseAddressed(port), ...becauseExit(exit)];
  const holder = holderOf(port, at.localnet, inventory);
  if (port.type !== 'virtual') {
    return port.addresses.flatMap((addresses) => exposed(addresses, at, holder, because));
  }
  const mac = parentOf(port, inventory)?.addresses[0]?.mac ?? unknownMac;
  return port.addresses.flatMap(({ prefixes }) => exposed({ mac, prefixes }, at, holder, because));
}

/** A virtual port has its addresses where its parent is, which may have them as well. */
export function holderOf(
  port: PortBinding,
  network: string | undefined,
  inventory: Inventory,
): Holder {
  const { name } = parentOf(port, inventory) ?? port;
  return { port: name, name: `port ${port.name}`, network };
}

/**
 * What answers for a virtual port has a MAC of its own. Where the database does not say which of its parents that is, it is
 * the one that is on the same node. Of several the network is asked, and may not answer: with ovn-northd 26.03 ARP requests
 * from a localnet port are dropped where the gateway of the network is not. `lab/scenarios/64-bgp-northbound.test.ts` shows it.
 */
function parentOf(
  { virtualParents, chassis, datapath }: PortBinding,
  inventory: Inventory,
): PortBinding | undefined {
  const named = virtualParents.flatMap((name) => inventory.port(name) ?? []);
  // ovn-nb(5), virtual-parents: ports of the same switch. Others are no concern of this node, which may not read them.
  const beside = named.filter((each) => each.datapath === datapath);
  const [parent, another] = beside.filter((each) => each.chassis === chassis);
  return another === undefined ? parent : undefined;
}

/** Floating IPs that are answered where this port is; what is kept back of them, by router. */
function translated(
  scope: string,
  port: PortBinding,
  faces: readonly (PortBinding | undefined)[],
  bound: Reason,
  inventory: Inventory,
  choice: Choice,
): ScopePlan[] {
  // The routers of a provider network may be many, and what is on it is reached without them.
  if (isProvider(port.datapath, inventory)) return [];
  // A router may say of each of its gateways that it translates to the address of another, which answers for that itself.
  const others = port.type === 'chassisredirect' ? othersOf(port, inventory) : [];
  return byName(inventory.portsWithNatAt(port.name)).flatMap((networkPort) => {
    const exit = exitOf(networkPort.datapath, inventory);
    if (typeof exit === 'string' || !isBehind(port, networkPort, inventory)) return [];
    const at = placeOf(exit, inventory);
    const holder = holderOf(port, at.localnet, inventory);
    const offered = networkPort.nat.at(port.name).flatMap((entry) => {
      const because = [bound, becauseTranslated(networkPort, entry), ...becauseExit(exit)];
      const all = exposed(entry, at, holder, because);
      return all.filter(({ ip }) => !others.some((gateway) => hasIp(gateway, ip)));
    });
    const router = [...faces, networkPort, peerOf(networkPort, inventory)];
    const optOut = portOptOut(router, choice) ?? networkOptOut(exit, inventory, choice);
    return chosen(scope, `port ${port.name}`, offered, optOut, choice);
  });
}

/** Whether the router of that port of a provider network has this gateway, or leads to the network of this port. */
export function isBehind(
  port: PortBinding,
  networkPort: PortBinding,
  inventory: Inventory,
): boolean {
  const router = peerOf(networkPort, inventory)?.datapath;
  if (port.type === 'chassisredirect') return port.datapath === router;
  for (const patch of inventory.portsOfType(port.datapath, 'patch')) {
    const routerPort = peerOf(patch, inventory);
    if (routerPort !== undefined && routerPort.datapath === router) return true;
  }
  return false;
}

/** The addresses of a port or an entry that others can send to. */
export function exposed(
  { mac, prefixes }: PortAddresses,
  at: ProviderPlace,
  holder: Holder,
  because: readonly Reason[],
): readonly Exposed[] {
  return prefixes
    .map(({ ip }) => ip)
    .filter((ip) => !isLinkLocal(ip))
    .map((ip) => ({
      concept: 'exposed',
      at,
      holder,
      ip,
      mac: knownMac(mac),
      because,
    }));
}

/** What stands for the MAC of a port whose addresses are known from Neutron only. */
const unknownMac = 0 as Mac;

export function knownMac(mac: Mac): Mac | undefined {
  return mac === unknownMac ? undefined : mac;
}

export function conditionsOf(scope: string, port: PortBinding): readonly Condition[] {
  return port.issues.map((issue) => ({
    scope,
    severity: 'error',
    message: `cannot announce port ${port.name}: ${issue.path}: ${issue.message}; correct it`,
  }));
}
