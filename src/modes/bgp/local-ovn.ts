/**
 * The OVN that this node has for itself, as the method `ovn` finds it: which of its bridges lead to the fabric, and by
 * which it meets provider networks. Look-ups only.
 */

import type { LocalPlace, LocalUplink } from '../../fabric/concepts.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import type { LocalOvn } from '../../inventory/local-ovs.ts';
import type { IfName } from '../../net/if-name.ts';
import { formatIp, type Ip } from '../../net/ip.ts';
import { type Prefix, prefixContains } from '../../net/prefix.ts';
import type { ProviderExit } from '../gateways.ts';
import type { LocalOvnSettings } from './settings.ts';

export interface LocalOvnFacts {
  readonly ovn: LocalOvn;
  readonly uplinks: readonly LocalUplink[];
  /** What is wrong, with its remedy. */
  readonly problems: readonly string[];
}

/** Or why there is none. */
export function localOvnOf(
  inventory: Inventory,
  settings: LocalOvnSettings,
): LocalOvnFacts | string {
  return inventory.derived('local ovn', () => findLocalOvn(inventory, settings));
}

function findLocalOvn(inventory: Inventory, settings: LocalOvnSettings): LocalOvnFacts | string {
  const { chassis, peers } = settings;
  const ovn = inventory.ovs.localOvns.get(chassis);
  if (ovn === undefined) {
    return `external_ids of Open_vSwitch have no ovn-bridge-mappings-${chassis}, and so this node has no OVN of its own; set it to NETWORK:BRIDGE for each provider bridge and each bridge of the fabric`;
  }
  const uplinks: LocalUplink[] = [];
  const problems: string[] = [];
  for (const [network, bridge] of ovn.bridgeMappings) {
    if (!isName(network)) problems.push(misnamed(network, chassis));
    if (!isName(network) || isProviderBridge(bridge, inventory)) continue;
    const uplink = uplinkOf(network, bridge, ovn, inventory, settings);
    if (typeof uplink === 'string') problems.push(uplink);
    else uplinks.push(uplink);
  }
  // A bridge that is not as it should be says enough.
  if (problems.length > 0) return { ovn, uplinks, problems };
  const reached = new Set(uplinks.flatMap((uplink) => uplink.peers));
  for (const peer of peers.filter((each) => !reached.has(each))) {
    problems.push(
      `local_ovn.peers has ${formatIp(peer)}, and no bridge of ovn-bridge-mappings-${chassis} has an address in its network; add that address to the bridge that leads there`,
    );
  }
  return { ovn, uplinks, problems };
}

/** It becomes part of names of rows, and of a match in the language of OVN. */
function isName(network: string): boolean {
  return /^[\w.-]+$/.test(network);
}

function misnamed(network: string, chassis: string): string {
  return `'${network}' of ovn-bridge-mappings-${chassis} is no name for a switch; use letters, digits, '.', '_' and '-'`;
}

function isProviderBridge(bridge: IfName, { ovs }: Inventory): boolean {
  return [...ovs.bridgeMappings.values()].includes(bridge);
}

function uplinkOf(
  network: string,
  bridge: IfName,
  ovn: LocalOvn,
  { ovs, host }: Inventory,
  { chassis, externalNics, peers, bfd }: LocalOvnSettings,
): LocalUplink | string {
  const where = `bridge ${bridge} of ovn-bridge-mappings-${chassis}`;
  const existing = ovs.bridges.get(bridge);
  if (existing === undefined) {
    return `${where} does not exist; create it with 'ovs-vsctl add-br ${bridge}'`;
  }
  const nics = existing.uplinks.filter(
    (nic) => externalNics.length === 0 || externalNics.includes(nic),
  );
  if (nics.length === 0) {
    return `${where} has no port that leads to the fabric; add one with 'ovs-vsctl add-port ${bridge} NIC', and to local_ovn.external_nics where that is set`;
  }
  const face = host.faces.get(bridge);
  if (face === undefined || face.addresses.length === 0) {
    return `${where} has no address, which its router and the BGP session need; add one with 'ip address add ADDRESS/LENGTH dev ${bridge}'`;
  }
  return {
    network,
    bridge,
    nics,
    patchPort: patchPortOf(network, undefined, ovn),
    mac: face.mac,
    addresses: face.addresses,
    peers: peers.filter((peer) => isOn(face.addresses, peer)),
    bfd,
  };
}

function isOn(addresses: readonly Prefix[], peer: Ip): boolean {
  return addresses.some((prefix) => prefixContains(prefix, peer));
}

function patchPortOf(
  network: string,
  vlan: number | undefined,
  { integrationBridge }: LocalOvn,
): string {
  const name = vlan === undefined ? network : `${network}.${vlan}`;
  return `patch-${name}-localnet-to-${integrationBridge}`;
}

/** Where a provider network meets the router, or why it does not. */
export function localPlaceOf(
  exit: ProviderExit,
  inventory: Inventory,
  settings: LocalOvnSettings,
): LocalPlace | string {
  const facts = localOvnOf(inventory, settings);
  if (typeof facts === 'string') return facts;
  if (facts.uplinks.length === 0) {
    return `no bridge of ovn-bridge-mappings-${settings.chassis} leads to the fabric; map one that has a port and an address there`;
  }
  const { bridge, vlan, patchPort } = exit;
  const [network] = [...facts.ovn.bridgeMappings].find(([, mapped]) => mapped === bridge) ?? [];
  if (network === undefined) {
    return `bridge ${bridge} is not in ovn-bridge-mappings-${settings.chassis} of Open_vSwitch; add NETWORK:${bridge} there`;
  }
  if (!isName(network)) return misnamed(network, settings.chassis);
  const localPatchPort = patchPortOf(network, vlan, facts.ovn);
  const { uplinks } = facts;
  const { prefixes } = settings;
  return { network, bridge, vlan, patchPort, localPatchPort, uplinks, prefixes };
}
