/**
 * Who is a gateway here: chassisredirect ports that are bound to this node or may be next, with the port on the
 * provider network that they stand for, and where that network leaves the node. Look-ups only, no decisions about
 * devices.
 */

import type { Inventory } from '../inventory/inventory.ts';
import type { PortAddresses } from '../inventory/port-addresses.ts';
import type { BgpvpnKeys, PortBinding } from '../inventory/port-binding.ts';
import type { IfName } from '../net/if-name.ts';
import type { VlanId } from '../net/numbers.ts';

/** The gateway of a router, bound to this node or ready to be. */
export interface Gateway {
  /** The chassisredirect port. */
  readonly port: PortBinding;
  /** MAC and addresses of the router on the provider network. */
  readonly addresses: PortAddresses;
  /** The port of the provider network that leads to the router; it carries the annotation. */
  readonly networkPort: PortBinding;
  readonly bgpvpn: BgpvpnKeys;
}

/** In an order that does not depend on which row came first. */
export function byName(ports: Iterable<PortBinding>): readonly PortBinding[] {
  return [...ports].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What this node is to a gateway: `active` has it; `standby` may come to have it, and has all prepared. */
export type GatewayRole = 'active' | 'standby';

export function roleAt(port: PortBinding, inventory: Inventory): GatewayRole | undefined {
  if (port.type !== 'chassisredirect') return undefined;
  if (port.chassis !== undefined && port.chassis === inventory.chassis) return 'active';
  return isMemberFor(port, inventory) ? 'standby' : undefined;
}

/** Whether this node is one of those that a gateway may be bound to. */
export function isMemberFor(port: PortBinding, inventory: Inventory): boolean {
  return inventory.isMemberOf(port.haChassisGroup ?? '');
}

/** The other end of a patch, when both ends name each other. While rows still arrive, one may be without the other. */
export function peerOf(port: PortBinding, inventory: Inventory): PortBinding | undefined {
  const peer = port.type === 'patch' ? inventory.port(port.peer ?? '') : undefined;
  return peer?.type === 'patch' && peer.peer === port.name ? peer : undefined;
}

/** The switch-side port of a chassisredirect port: the peer of the router port that it stands for. */
export function networkPortOf(port: PortBinding, inventory: Inventory): PortBinding | undefined {
  const routerPort = inventory.port(port.distributedPort ?? '');
  return routerPort?.datapath === port.datapath ? peerOf(routerPort, inventory) : undefined;
}

/** Whether a gateway stands for this router port, be it bound here or elsewhere. */
export function isGatewayPort(routerPort: PortBinding, inventory: Inventory): boolean {
  for (const redirect of inventory.portsOfType(routerPort.datapath, 'chassisredirect')) {
    if (redirect.distributedPort === routerPort.name) return true;
  }
  return false;
}

/** Gateways of the router whose datapath this is that this node has or may have. A router may have several. */
export function localGateways(
  routerDatapath: string,
  inventory: Inventory,
): readonly PortBinding[] {
  return byName(inventory.portsOfType(routerDatapath, 'chassisredirect')).filter(
    (port) => roleAt(port, inventory) !== undefined,
  );
}

/** Those that the gateway's router has besides it, be they bound here or elsewhere. */
export function othersOf(gateway: PortBinding, inventory: Inventory): readonly PortBinding[] {
  const all = [...inventory.portsOfType(gateway.datapath, 'chassisredirect')];
  return all.filter(({ name }) => name !== gateway.name);
}

/** How a provider network leaves this node. */
export interface ProviderExit {
  readonly localnet: PortBinding;
  readonly bridge: IfName;
  readonly vlan: VlanId | undefined;
  readonly patchPort: string;
  readonly hasUplink: boolean;
}

/** The exit of a provider network, or why it has none here. */
export function providerExit(datapath: string, inventory: Inventory): ProviderExit | string {
  const localnets = byName(inventory.portsOfType(datapath, 'localnet'));
  if (localnets.length === 0)
    return 'its network has no localnet port; attach it to a provider network';
  const { bridgeMappings, bridges, integrationBridge } = inventory.ovs;
  const physical = localnets.map((localnet) => localnet.physicalNetwork ?? '');
  const localnet = localnets.find((each) => bridgeMappings.has(each.physicalNetwork ?? ''));
  const bridge = bridgeMappings.get(localnet?.physicalNetwork ?? '');
  if (localnet === undefined || bridge === undefined) {
    return `physical network '${physical.join("', '")}' is not in ovn-bridge-mappings of this node; add it there`;
  }
  const existing = bridges.get(bridge);
  if (existing === undefined) {
    return `bridge ${bridge} of ovn-bridge-mappings does not exist; create it with 'ovs-vsctl add-br ${bridge}'`;
  }
  return {
    localnet,
    bridge,
    vlan: localnet.tag,
    // ovn-controller names the two ends of a patch by the localnet port and the bridge they lead to.
    patchPort: `patch-${localnet.name}-to-${integrationBridge}`,
    hasUplink: existing.uplinks.length > 0,
  };
}
