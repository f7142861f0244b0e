/**
 * What a change of one port bears on among tenant networks, and which rows these need: found by indexes from that port.
 * test/modes/incremental.test.ts holds it to what the plans look up.
 */

import { type Inventory, isHostPort } from '../../inventory/inventory.ts';
import type { PortBinding } from '../../inventory/port-binding.ts';
import type { Prefix } from '../../net/prefix.ts';
import {
  holdersOf,
  interfacesHere,
  interfacesOf,
  offerOf,
  subnetsOf,
  type TenantRules,
} from './tenants.ts';

/** Router interfaces whose offer may differ, with the ports on their networks. One that changes is given twice. */
export function tenantsReachedBy(
  before: PortBinding | undefined,
  after: PortBinding | undefined,
  inventory: Inventory,
  rules: TenantRules,
): Iterable<PortBinding> {
  const ports = [before, after].filter((port) => port !== undefined);
  const reached = ports.flatMap((port) => interfacesReachedBy(port, inventory));
  return withRivals(reached, ports, inventory, rules);
}

/** As above, when what is known of a router or of a switch as a whole has changed. */
export function tenantsBehind(
  datapath: string,
  inventory: Inventory,
  rules: TenantRules,
): Iterable<PortBinding> {
  const links = [...inventory.portsOfType(datapath, 'patch')];
  const behind = links.flatMap((patch) => interfacesOfLink(patch, inventory));
  return withRivals(behind, [], inventory, rules);
}

/** With those that have to give way to one of these, or no longer, and with the ports on the networks of all. */
function withRivals(
  interfaces: readonly PortBinding[],
  changed: readonly PortBinding[],
  inventory: Inventory,
  rules: TenantRules,
): Iterable<PortBinding> {
  const reached = new Set(interfaces);
  for (const subnet of subnetsAround([...changed, ...interfaces], inventory)) {
    for (const other of holdersOf(subnet, inventory, rules)) reached.add(other);
  }
  return withHosts(reached, inventory);
}

function interfacesReachedBy(port: PortBinding, inventory: Inventory): readonly PortBinding[] {
  switch (port.type) {
    case 'chassisredirect':
      return interfacesOf(port.datapath, inventory);
    case 'patch':
      return interfacesOfLink(port, inventory);
    case 'localnet':
      // It makes of a tenant network a provider network, and is how others leave the node.
      return [...inventory.portsOfType(port.datapath, 'patch')].flatMap((patch) =>
        interfacesOfLink(patch, inventory),
      );
    default:
      return [];
  }
}

/** Both ends of a patch; when a gateway stands for one, all of its router. */
function interfacesOfLink(port: PortBinding, inventory: Inventory): readonly PortBinding[] {
  const peer = inventory.port(port.peer ?? '');
  return (peer === undefined ? [port] : [port, peer]).flatMap((end) => [
    end,
    ...(isStoodFor(end, inventory) ? interfacesOf(end.datapath, inventory) : []),
  ]);
}

function isStoodFor(routerPort: PortBinding, inventory: Inventory): boolean {
  for (const redirect of inventory.portsOfType(routerPort.datapath, 'chassisredirect')) {
    if (redirect.distributedPort === routerPort.name) return true;
  }
  return false;
}

/** The subnets of these ports and of those at their other ends. */
function subnetsAround(ports: readonly PortBinding[], inventory: Inventory): readonly Prefix[] {
  const ends = ports.flatMap((port) => [port, inventory.port(port.peer ?? '')]);
  return [...new Set(ends)].flatMap((end) => (end === undefined ? [] : subnetsOf(end)));
}

function* withHosts(
  interfaces: ReadonlySet<PortBinding>,
  inventory: Inventory,
): Iterable<PortBinding> {
  const datapaths = new Set<string>();
  for (const port of interfaces) {
    yield port;
    datapaths.add(port.datapath);
  }
  for (const datapath of datapaths) {
    for (const port of inventory.portsOn(datapath)) if (isHostPort(port)) yield port;
  }
}

/** The networks whose ports are announced here one by one. */
export function tenantDatapaths(inventory: Inventory, rules: TenantRules): readonly string[] {
  if (rules.advertise !== 'host') return [];
  return interfacesHere(inventory).flatMap((port) =>
    offerOf(port, inventory, rules).subnets.length > 0 ? [port.datapath] : [],
  );
}
