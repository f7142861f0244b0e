/**
 * Which scopes a change of one port may alter, found by indexes from that port. A property test holds this to what
 * the plans look up: test/modes/incremental.test.ts.
 */

import { type Inventory, isHostPort } from '../../inventory/inventory.ts';
import type { PortBinding } from '../../inventory/port-binding.ts';
import type { Scope } from '../mode.ts';
import { isGatewayPort } from '../gateways.ts';

/** The scope that a port is planned in; ports of other types have none. */
export function scopeOf(port: PortBinding): Scope | undefined {
  if (port.type === 'chassisredirect') return `gateway ${port.name}`;
  if (port.type === 'patch') return `network ${port.name}`;
  return isHostPort(port) ? `port ${port.name}` : undefined;
}

/** A port bears on itself and on what is reached through it. One that changes is given as it was and as it is. */
export function touchedByPorts(
  ports: Iterable<PortBinding | undefined>,
  inventory: Inventory,
): ReadonlySet<Scope> {
  const scopes = new Set<Scope>();
  for (const port of ports) {
    if (port !== undefined) addPort(port, inventory, scopes);
  }
  return scopes;
}

function addPort(port: PortBinding, inventory: Inventory, scopes: Set<Scope>): void {
  const scope = scopeOf(port);
  if (scope !== undefined) scopes.add(scope);
  if (port.type === 'chassisredirect') addRouter(port.datapath, inventory, scopes);
  if (port.type === 'patch') addPatch(port, inventory, scopes);
  if (port.type === 'localnet') {
    for (const patch of inventory.portsOfType(port.datapath, 'patch')) {
      addPatch(patch, inventory, scopes);
    }
  }
}

/** One end of the link between router and switch: that of a gateway bears on all of the router, another on itself. */
function addPatch(port: PortBinding, inventory: Inventory, scopes: Set<Scope>): void {
  const peer = inventory.port(port.peer ?? '');
  for (const end of peer === undefined ? [port] : [port, peer]) {
    if (isGatewayPort(end, inventory)) addRouter(end.datapath, inventory, scopes);
    addNetwork(end, inventory, scopes);
  }
}

/** The gateways of a router, and everything that is reached through them. */
function addRouter(datapath: string, inventory: Inventory, scopes: Set<Scope>): void {
  addGateways(datapath, inventory, scopes);
  for (const routerPort of inventory.portsOfType(datapath, 'patch')) {
    const networkPort = inventory.port(routerPort.peer ?? '');
    if (networkPort !== undefined) addNetwork(networkPort, inventory, scopes);
  }
}

function addGateways(datapath: string, inventory: Inventory, scopes: Set<Scope>): void {
  for (const gateway of inventory.portsOfType(datapath, 'chassisredirect')) {
    scopes.add(`gateway ${gateway.name}`);
  }
}

/** The switch side of a router port, with those that share its VNI: they may overlap it, or be joined elsewhere. */
function addNetwork(port: PortBinding, inventory: Inventory, scopes: Set<Scope>): void {
  addWithHosts(port, inventory, scopes);
  if (port.bgpvpn?.ok !== true) return;
  for (const other of inventory.portsOfVni(port.bgpvpn.value.vni)) {
    const routerPort = inventory.port(other.peer ?? '');
    if (routerPort !== undefined && isGatewayPort(routerPort, inventory)) {
      addGateways(routerPort.datapath, inventory, scopes);
    }
    if (!scopes.has(`network ${other.name}`)) addWithHosts(other, inventory, scopes);
  }
}

function addWithHosts(port: PortBinding, inventory: Inventory, scopes: Set<Scope>): void {
  scopes.add(`network ${port.name}`);
  // Hosts follow only interfaces that can be offered.
  if (port.bgpvpn?.ok !== true) return;
  for (const host of inventory.portsOn(port.datapath)) {
    if (isHostPort(host)) scopes.add(`port ${host.name}`);
  }
}
