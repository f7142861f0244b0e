/**
 * BGP mode: what is on a provider network is reached through the node where OVN has it, by an address that this node
 * announces, in the underlay or in a VRF. Ports of virtual machines, gateways of routers, and floating IPs of either.
 *
 * Scopes are as small as what changes alone: the node, a provider network, a gateway, a port, a load balancer.
 */

import { type Inventory, type InventoryChange, isHostPort } from '../../inventory/inventory.ts';
import { noFrrInstance } from '../../inventory/frr-instance.ts';
import type { LoadBalancer } from '../../inventory/load-balancer.ts';
import { residentsOfChange } from '../../inventory/port-binding.ts';
import type { PortInterest } from '../../inventory/source.ts';
import { peerOf } from '../gateways.ts';
import { emptyPlan, type Mode, type Scope, type ScopePlan, scopesOf } from '../mode.ts';
import { balancerInterest, scopeOfBalancer } from './balancers.ts';
import { byMethod } from './by-method.ts';
import { nodeOptOut } from './choice.ts';
import { exposureOf } from './exposure.ts';
import { exitOf, isProvider } from './place.ts';
import { planBalancer } from './plan-balancer.ts';
import { planNetwork } from './plan-network.ts';
import { announcedOf, planNode } from './plan-node.ts';
import { planPort } from './plan-port.ts';
import { planSubnets, planTenantHost } from './plan-tenants.ts';
import { planUnmapped } from './plan-unmapped.ts';
import { type BgpOptions, type BgpSettings, settingsBeside } from './settings.ts';
import { tenantDatapaths, tenantsBehind, tenantsReachedBy } from './tenant-reach.ts';
import { rulesOf } from './tenants.ts';
import { scopeOf, touchedByPorts } from './touched.ts';

export { type Choice, everythingUp } from './choice.ts';
export type { BgpOptions, TenantSettings } from './settings.ts';

const node: Scope = 'node';

export function bgpMode(options: BgpOptions): Mode {
  const settings = settingsBeside(options, noFrrInstance);
  return {
    name: 'bgp',
    scopes: allScopes,
    touched: (change, inventory) => touched(change, inventory, settings),
    plan: (scope, inventory) => plan(scope, inventory, settingsBeside(options, inventory.frr)),
    bearsOnInterest: (change) => bearsOnInterest(change, settings),
    interest: (inventory) => interest(inventory, settings),
  };
}

function touched(
  change: InventoryChange,
  inventory: Inventory,
  settings: BgpSettings,
): Iterable<Scope> {
  const tenants = rulesOf(settings);
  if (change.of === 'port') {
    const { before, after } = change;
    // A floating IP that comes or goes concerns the port that it is answered at, and no network.
    const residents = residentsOfChange(before, after);
    if (residents !== undefined) return scopesOf(residents, inventory, scopeOf);
    const reached =
      tenants === undefined ? [] : tenantsReachedBy(before, after, inventory, tenants);
    return touchedByPorts([before, after], inventory, reached);
  }
  if (change.of === 'switch' || change.of === 'router') {
    const { datapath } = change;
    const reached = tenants === undefined ? [] : tenantsBehind(datapath, inventory, tenants);
    return touchedByPorts(inventory.portsOn(datapath), inventory, reached);
  }
  if (change.of === 'balancer') return [change.before, change.after].flatMap(scopesOfBalancer);
  // Nothing here is prepared for what may come.
  if (change.of === 'membership') return [];
  return allScopes(inventory);
}

function* allScopes(inventory: Inventory): Iterable<Scope> {
  yield node;
  for (const port of inventory.ports()) {
    const scope = scopeOf(port);
    if (scope !== undefined) yield scope;
  }
  for (const balancer of inventory.balancers()) yield scopeOfBalancer(balancer);
}

function scopesOfBalancer(balancer: LoadBalancer | undefined): readonly Scope[] {
  return balancer === undefined ? [] : [scopeOfBalancer(balancer)];
}

function plan(scope: Scope, inventory: Inventory, settings: BgpSettings): ScopePlan {
  if (scope === node) return planNode(scope, inventory, settings);
  return announcedOf(planScope(scope, inventory, settings), inventory, settings);
}

function planScope(scope: Scope, inventory: Inventory, settings: BgpSettings): ScopePlan {
  if (nodeOptOut(inventory, settings.choice) !== undefined) return emptyPlan;
  const of = scope.slice(scope.indexOf(' ') + 1);
  const balancer = scope.startsWith('balancer ') ? inventory.balancer(of) : undefined;
  if (balancer !== undefined) {
    const planned = planBalancer(scope, balancer, inventory, settings.choice);
    return byMethod(scope, planned, inventory, settings);
  }
  const port = inventory.port(of);
  if (port === undefined || scopeOf(port) !== scope) return emptyPlan;
  if (port.type === 'localnet') return planNetwork(scope, port, inventory, settings);
  if (port.type === 'patch') return planSubnets(scope, port, inventory, settings);
  return joined([
    byMethod(scope, planPort(scope, port, inventory, settings.choice), inventory, settings),
    planUnmapped(scope, port, inventory, settings),
    planTenantHost(scope, port, inventory, settings),
  ]);
}

/** A port is on a provider network, with all that is exposed of it; or on another, of which its router's gateway tells. */
function joined(plans: readonly ScopePlan[]): ScopePlan {
  return {
    concepts: plans.flatMap(({ concepts }) => concepts),
    conditions: plans.flatMap(({ conditions }) => conditions),
  };
}

/** A port of a virtual machine does when it comes to this node, or goes. */
function bearsOnInterest(change: InventoryChange, { tenants, method }: BgpSettings): boolean {
  if (change.of === 'router') return tenants?.snat === 'left-out';
  // Its annotation says whether the options of its ports matter.
  if (change.of === 'switch') return method !== 'underlay';
  if (change.of === 'balancer') return change.before?.name !== change.after?.name;
  if (change.of === 'frr') return false;
  if (change.of !== 'port') return true;
  const { before, after } = change;
  if (residentsOfChange(before, after) !== undefined) return false;
  const isHost = [before, after].every((port) => port === undefined || isHostPort(port));
  return !isHost || before?.chassis !== after?.chassis || before?.datapath !== after?.datapath;
}

/**
 * Rows that matter here: what is bound to this node; of ports on tenant networks the routers of these networks, whose
 * gateways' ports tell floating IPs; behind gateways that are here the ports of networks that are exposed one by one.
 * Each step needs the one before it.
 */
function interest(inventory: Inventory, settings: BgpSettings): PortInterest {
  const tenants = rulesOf(settings);
  const datapaths = new Set<string>();
  const names = new Set<string>();
  const chassis = inventory.chassis ?? '';
  for (const gateway of inventory.gatewaysOfChassis(chassis)) {
    addRouter(gateway.datapath, inventory, datapaths, names);
  }
  for (const datapath of inventory.networksOfChassis(chassis)) {
    if (isProvider(datapath, inventory)) continue;
    datapaths.add(datapath);
    for (const patch of inventory.portsOfType(datapath, 'patch')) {
      if (patch.peer === undefined) continue;
      names.add(patch.peer);
      const routerPort = peerOf(patch, inventory);
      if (routerPort !== undefined) addRouter(routerPort.datapath, inventory, datapaths, names);
    }
  }
  const behind = tenants === undefined ? [] : tenantDatapaths(inventory, tenants);
  for (const datapath of behind) datapaths.add(datapath);
  const types = new Set(['localnet']);
  const balanced = balancerInterest(inventory);
  const dhcp = legsHere(inventory, settings);
  return { ownChassis: true, ownGroups: false, types, datapaths, names, balanced, dhcp };
}

/** Networks in a VRF with ports on this node: of these it is the gateway. */
function legsHere(inventory: Inventory, settings: BgpSettings): ReadonlySet<string> {
  const networks = [...inventory.networksOfChassis(inventory.chassis ?? '')];
  return new Set(
    networks.filter((datapath) => {
      const exit = settings.method === 'underlay' ? '' : exitOf(datapath, inventory);
      return typeof exit === 'object' && exposureOf(exit, inventory, settings).method === 'vrf';
    }),
  );
}

/** The ports of a router, and what they lead to. */
function addRouter(
  router: string,
  inventory: Inventory,
  datapaths: Set<string>,
  names: Set<string>,
): void {
  if (datapaths.has(router)) return;
  datapaths.add(router);
  for (const { peer } of inventory.portsOfType(router, 'patch')) {
    if (peer !== undefined) names.add(peer);
  }
}
