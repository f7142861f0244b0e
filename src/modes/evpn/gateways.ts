/**
 * Who is a gateway here: chassisredirect ports that are bound to this node, with the port on the provider network
 * that they stand for, and where that network leaves the node. Look-ups only, no decisions about devices.
 */

import type { Inventory } from '../../inventory/inventory.ts';
import type { BgpvpnKeys, PortAddresses, PortBinding } from '../../inventory/port-binding.ts';
import type { IfName } from '../../net/if-name.ts';
import type { VlanId } from '../../net/numbers.ts';

/** The gateway of a router, bound to this node. */
export interface Gateway {
  /** The chassisredirect port. */
  readonly port: PortBinding;
  /** MAC and addresses of the router on the provider network. */
  readonly addresses: PortAddresses;
  /** The port of the provider network that leads to the router; it carries the annotation. */
  readonly networkPort: PortBinding;
  readonly bgpvpn: BgpvpnKeys;
}

export function isLocalGateway(port: PortBinding, inventory: Inventory): boolean {
  return (
    port.type === 'chassisredirect' &&
    port.chassis !== undefined &&
    port.chassis === inventory.chassis
  );
}

/** The switch-side port of a chassisredirect port: the peer of the router port that it stands for. */
export function networkPortOf(port: PortBinding, inventory: Inventory): PortBinding | undefined {
  const routerPort = inventory.port(port.distributedPort ?? '');
  return inventory.port(routerPort?.peer ?? '');
}

/** Gateways of the router whose datapath this is, on this node. A router may have several. */
export function localGateways(
  routerDatapath: string,
  inventory: Inventory,
): readonly PortBinding[] {
  return [...inventory.portsOfType(routerDatapath, 'chassisredirect')]
    .filter((port) => isLocalGateway(port, inventory))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Switch-side ports of the router's interfaces, gateways not among them. */
export function interfacesOf(routerDatapath: string, inventory: Inventory): readonly PortBinding[] {
  const gateways = new Set(
    [...inventory.portsOfType(routerDatapath, 'chassisredirect')].map(
      (port) => port.distributedPort,
    ),
  );
  return [...inventory.portsOfType(routerDatapath, 'patch')].flatMap((routerPort) => {
    if (gateways.has(routerPort.name)) return [];
    return inventory.port(routerPort.peer ?? '') ?? [];
  });
}

/** The router interface behind a switch-side patch port. */
export function routerPortOf(port: PortBinding, inventory: Inventory): PortBinding | undefined {
  return port.type === 'patch' ? inventory.port(port.peer ?? '') : undefined;
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
  const localnets = [...inventory.portsOfType(datapath, 'localnet')].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
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
    hasUplink: existing.hasUplink,
  };
}
