/**
 * EVPN mode: tenant networks behind a router whose gateway is bound to this node, each in the VRF of its VNI.
 *
 * Scopes are as small as what changes alone: a gateway (VRF and wiring), a router interface (subnets), a port (host
 * routes). One new virtual machine is one new scope, however many there are.
 */

import type { Inventory, InventoryChange } from '../../inventory/inventory.ts';
import type { PortBinding } from '../../inventory/port-binding.ts';
import type { Mode, PortInterest, Scope, ScopePlan } from '../mode.ts';
import { interfacesOf, isLocalGateway, networkPortOf, routerPortOf } from './gateways.ts';
import { emptyPlan, planGateway } from './plan-gateway.ts';
import { planNetwork } from './plan-network.ts';
import { annotatedInterfaces, isHostPort, planHost } from './plan-host.ts';
import type { EvpnSettings } from './settings.ts';

export type { EvpnSettings } from './settings.ts';

export function evpnMode(settings: EvpnSettings): Mode {
  return {
    name: 'evpn',
    scopes: allScopes,
    touched,
    plan: (scope, inventory) => plan(scope, inventory, settings),
    bearsOnInterest: (change) =>
      change.of !== 'port' ||
      [change.before, change.after].some((port) => port !== undefined && !isHostPort(port)),
    interest,
  };
}

function scopeOf(port: PortBinding): Scope | undefined {
  if (port.type === 'chassisredirect') return `gateway ${port.name}`;
  if (port.type === 'patch') return `network ${port.name}`;
  return isHostPort(port) ? `port ${port.name}` : undefined;
}

function* allScopes(inventory: Inventory): Iterable<Scope> {
  for (const port of inventory.ports()) {
    const scope = scopeOf(port);
    if (scope !== undefined) yield scope;
  }
}

function plan(scope: Scope, inventory: Inventory, settings: EvpnSettings): ScopePlan {
  const split = scope.indexOf(' ');
  const port = inventory.port(scope.slice(split + 1));
  if (port === undefined || scopeOf(port) !== scope) return emptyPlan;
  switch (scope.slice(0, split)) {
    case 'gateway':
      return planGateway(scope, port, inventory, settings);
    case 'network':
      return planNetwork(scope, port, inventory, settings);
    default:
      return planHost(scope, port, inventory);
  }
}

/** Facts about the node bear on everything; a port bears on itself and on what is reached through it. */
function touched(change: InventoryChange, inventory: Inventory): Iterable<Scope> {
  if (change.of !== 'port') return allScopes(inventory);
  const scopes = new Set<Scope>();
  for (const port of [change.before, change.after]) {
    if (port !== undefined) addTouched(port, inventory, scopes);
  }
  return scopes;
}

function addTouched(port: PortBinding, inventory: Inventory, scopes: Set<Scope>): void {
  const scope = scopeOf(port);
  if (scope !== undefined) scopes.add(scope);
  if (isHostPort(port)) return;
  if (port.type === 'chassisredirect') addRouter(port.datapath, inventory, scopes);
  if (port.type === 'patch') addPatch(port, inventory, scopes);
  if (port.type === 'localnet') {
    for (const patch of inventory.portsOfType(port.datapath, 'patch')) {
      addPatch(patch, inventory, scopes);
    }
  }
}

/** A patch port is either end of the link between router and switch, of a gateway or of an interface. */
function addPatch(port: PortBinding, inventory: Inventory, scopes: Set<Scope>): void {
  scopes.add(`network ${port.name}`);
  addRouter(port.datapath, inventory, scopes);
  const peer = inventory.port(port.peer ?? '');
  if (peer === undefined) return addNetwork(port, inventory, scopes);
  addRouter(peer.datapath, inventory, scopes);
  for (const each of [port, peer]) addNetwork(each, inventory, scopes);
}

/** Everything that is reached through this router. */
function addRouter(datapath: string, inventory: Inventory, scopes: Set<Scope>): void {
  for (const gateway of inventory.portsOfType(datapath, 'chassisredirect')) {
    scopes.add(`gateway ${gateway.name}`);
    for (const each of interfacesOf(datapath, inventory)) addNetwork(each, inventory, scopes);
  }
}

/** A router interface, the hosts on its switch, and the interfaces that share its VNI and so may overlap it. */
function addNetwork(port: PortBinding, inventory: Inventory, scopes: Set<Scope>): void {
  scopes.add(`network ${port.name}`);
  if (port.bgpvpn === undefined && annotatedInterfaces(port.datapath, inventory).length === 0)
    return;
  for (const host of inventory.portsOn(port.datapath)) {
    if (isHostPort(host)) scopes.add(`port ${host.name}`);
  }
  if (port.bgpvpn?.ok !== true) return;
  for (const other of inventory.portsOfVni(port.bgpvpn.value.vni)) {
    if (scopes.has(`network ${other.name}`)) continue;
    scopes.add(`network ${other.name}`);
    for (const host of inventory.portsOn(other.datapath)) {
      if (isHostPort(host)) scopes.add(`port ${host.name}`);
    }
  }
}

/**
 * Rows that matter here: what is bound to this chassis tells the gateways; their routers' datapaths tell the
 * interfaces; the annotated ones tell the switches whose ports are announced. Each step needs the one before it.
 */
function interest(inventory: Inventory): PortInterest {
  const datapaths = new Set<string>();
  const names = new Set<string>();
  for (const port of inventory.ports()) {
    if (!isLocalGateway(port, inventory)) continue;
    datapaths.add(port.datapath);
    const networkPort = networkPortOf(port, inventory);
    for (const routerPort of inventory.portsOfType(port.datapath, 'patch')) {
      if (routerPort.peer === undefined) continue;
      names.add(routerPort.peer);
      const peer = inventory.port(routerPort.peer);
      const isInterface = peer !== undefined && peer !== networkPort;
      if (isInterface && peer.bgpvpn !== undefined && routerPortOf(peer, inventory) !== undefined) {
        datapaths.add(peer.datapath);
      }
    }
  }
  return { ownChassis: true, types: new Set(['localnet']), datapaths, names };
}
