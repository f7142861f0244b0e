/** Which scopes a change of one port may alter, found by indexes from that port. */

import { type Inventory, isHostPort } from '../../inventory/inventory.ts';
import type { PortBinding } from '../../inventory/port-binding.ts';
import { othersOf } from '../gateways.ts';
import type { Scope } from '../mode.ts';
import { balancersTouchedBy, scopeOfBalancer } from './balancers.ts';

/** The scope that a port is planned in; ports of other types have none. */
export function scopeOf(port: PortBinding): Scope | undefined {
  if (port.type === 'chassisredirect') return `gateway ${port.name}`;
  if (port.type === 'localnet') return `network ${port.name}`;
  if (port.type === 'patch') return `subnets ${port.name}`;
  return isHostPort(port) ? `port ${port.name}` : undefined;
}

/** One that changes is given as it was and as it is; `reached` are others that are known to follow from it. */
export function touchedByPorts(
  ports: Iterable<PortBinding | undefined>,
  inventory: Inventory,
  reached: Iterable<PortBinding> = [],
): ReadonlySet<Scope> {
  const scopes = new Set<Scope>();
  const add = (port: PortBinding | undefined): void => {
    const scope = port === undefined ? undefined : scopeOf(port);
    if (scope !== undefined) scopes.add(scope);
  };
  for (const port of reached) add(port);
  for (const port of ports) {
    add(port);
    if (port === undefined) continue;
    for (const each of balancersTouchedBy(port, inventory)) scopes.add(scopeOfBalancer(each));
    if (port.type === 'patch') for (const each of reachedBy(port, inventory)) add(each);
    if (port.type === 'chassisredirect') for (const each of othersOf(port, inventory)) add(each);
    if (port.type === 'localnet') {
      for (const each of onNetwork(port, inventory)) add(each);
      for (const each of onSameVlan(port, inventory)) add(each);
    }
    for (const each of inventory.portsOfParent(port.name)) add(each);
  }
  return scopes;
}

/** The gateways of the routers at both ends of a patch, and the ports whose floating IPs these routers have. */
function* reachedBy(patch: PortBinding, inventory: Inventory): Iterable<PortBinding | undefined> {
  const peer = inventory.port(patch.peer ?? '');
  for (const end of [patch, peer]) {
    if (end === undefined) continue;
    yield* residents(end, inventory);
    yield* inventory.portsOfType(end.datapath, 'chassisredirect');
    for (const other of inventory.portsOfType(end.datapath, 'patch')) {
      const networkPort = inventory.port(other.peer ?? '');
      if (networkPort !== undefined) yield* residents(networkPort, inventory);
    }
  }
}

function* residents(patch: PortBinding, inventory: Inventory): Iterable<PortBinding | undefined> {
  for (const resident of patch.nat.residents()) yield inventory.port(resident);
}

/** Other networks that are on its VLAN, on whichever bridge. */
function* onSameVlan({ tag }: PortBinding, inventory: Inventory): Iterable<PortBinding> {
  for (const physical of inventory.ovs.bridgeMappings.keys()) {
    yield* inventory.localnetsOf(physical, tag);
  }
}

/** All that is offered on a provider network or behind it. */
function* onNetwork(
  localnet: PortBinding,
  inventory: Inventory,
): Iterable<PortBinding | undefined> {
  for (const port of inventory.portsOn(localnet.datapath)) {
    yield port;
    if (port.type === 'patch') yield* reachedBy(port, inventory);
  }
}
