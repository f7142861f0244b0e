/**
 * EVPN mode: tenant networks behind a router whose gateway is bound to this node, each in the VRF of its VNI. A node that
 * a gateway may move to has all of it but the announcements, so that a failover is a matter of addresses.
 *
 * Scopes are as small as what changes alone: a gateway (VRF and wiring), a router interface (subnets), a port (host
 * routes). One new virtual machine is one new scope, however many there are.
 */

import { type Inventory, type InventoryChange, isHostPort } from '../../inventory/inventory.ts';
import { residentsOfChange } from '../../inventory/port-binding.ts';
import type { PortInterest } from '../../inventory/source.ts';
import { emptyPlan, type Mode, type Scope, type ScopePlan, scopesOf } from '../mode.ts';
import { isGatewayPort, peerOf, roleAt } from '../gateways.ts';
import { planGateway } from './plan-gateway.ts';
import { planHost } from './plan-host.ts';
import { planNetwork } from './plan-network.ts';
import type { EvpnSettings } from './settings.ts';
import { scopeOf, touchedByPorts } from './touched.ts';

export type { EvpnSettings } from './settings.ts';

export function evpnMode(settings: EvpnSettings): Mode {
  return {
    name: 'evpn',
    scopes: allScopes,
    touched,
    plan: (scope, inventory) => plan(scope, inventory, settings),
    bearsOnInterest,
    interest: (inventory) => interest(inventory, settings),
  };
}

/** What this mode asks nothing of. */
const unread: readonly InventoryChange['of'][] = ['switch', 'router', 'balancer', 'frr'];

function bearsOnInterest(change: InventoryChange): boolean {
  if (unread.includes(change.of)) return false;
  if (change.of !== 'port') return true;
  if (residentsOfChange(change.before, change.after) !== undefined) return false;
  return [change.before, change.after].some((port) => port !== undefined && !isHostPort(port));
}

function touched(change: InventoryChange, inventory: Inventory): Iterable<Scope> {
  if (change.of === 'port') {
    const { before, after } = change;
    // A floating IP that comes or goes concerns the port that it is answered at, and no network.
    const residents = residentsOfChange(before, after);
    return residents === undefined
      ? touchedByPorts([before, after], inventory)
      : scopesOf(residents, inventory, scopeOf);
  }
  if (change.of === 'membership') {
    return touchedByPorts(inventory.portsOfGroup(change.group), inventory);
  }
  if (unread.includes(change.of)) return [];
  // Facts about the node bear on everything.
  return allScopes(inventory);
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
      return planHost(scope, port, inventory, settings);
  }
}

/**
 * Rows that matter here: what is bound to this chassis, or may be, tells the gateways; their routers' datapaths tell the
 * interfaces; the annotated ones tell the switches whose ports are announced. Each step needs the one before it.
 */
function interest(inventory: Inventory, settings: EvpnSettings): PortInterest {
  const datapaths = new Set<string>();
  const names = new Set<string>();
  for (const port of inventory.ports()) {
    if (roleAt(port, inventory) === undefined) continue;
    datapaths.add(port.datapath);
    for (const routerPort of inventory.portsOfType(port.datapath, 'patch')) {
      if (routerPort.peer === undefined) continue;
      names.add(routerPort.peer);
      const peer = peerOf(routerPort, inventory);
      if (peer?.bgpvpn?.ok !== true || isGatewayPort(routerPort, inventory)) continue;
      datapaths.add(peer.datapath);
    }
  }
  const ownGroups = settings.standby;
  return { ownChassis: true, ownGroups, types: new Set(['localnet']), datapaths, names };
}
