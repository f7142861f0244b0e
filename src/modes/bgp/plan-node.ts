/** The plan of the node itself: from what it announces, the underlay takes it. */

import type { Concept } from '../../fabric/concepts.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import type { Ip4 } from '../../net/ip.ts';
import type { Condition } from '../../resources/condition.ts';
import { emptyPlan, type ScopePlan } from '../mode.ts';
import { nodeOptOut, note } from './choice.ts';
import { localOvnOf } from './local-ovn.ts';
import type { BgpSettings } from './settings.ts';

export function planNode(scope: string, inventory: Inventory, settings: BgpSettings): ScopePlan {
  const { method, tenants } = settings;
  const optOut = nodeOptOut(inventory, settings.choice);
  if (optOut !== undefined) {
    return { concepts: [], conditions: [note(scope, 'what is on this node', optOut)] };
  }
  // Nothing that they expose is in the underlay.
  const isApart = method === 'vrf' || method === 'l2vni';
  const underlay = isApart
    ? emptyPlan
    : planUnderlay(scope, inventory, settings, tenants?.advertise === 'subnet');
  const plan = method === 'ovn' ? withLocalRouter(scope, underlay, inventory, settings) : underlay;
  if (tenants?.snat !== 'untold' || (!isApart && plan.concepts.length === 0)) return plan;
  return { ...plan, conditions: [...plan.conditions, untold(scope)] };
}

/** What the underlay takes from the node is drawn to it by the kernel, and routed by its own OVN. */
function withLocalRouter(
  scope: string,
  { concepts, conditions }: ScopePlan,
  inventory: Inventory,
  { localOvn }: BgpSettings,
): ScopePlan {
  if (localOvn === undefined) return { concepts, conditions };
  const facts = localOvnOf(inventory, localOvn);
  const told = (problem: string): Condition => {
    return { scope, severity: 'error', message: `cannot route by an OVN of this node: ${problem}` };
  };
  if (typeof facts === 'string') return { concepts, conditions: [...conditions, told(facts)] };
  const { chassis, prefixes } = localOvn;
  const { uplinks, problems } = facts;
  const because = [
    { source: 'config', object: 'bgp', fact: 'exposing=ovn' },
    {
      source: 'Open_vSwitch',
      object: 'external_ids',
      fact: `ovn-bridge-mappings-${chassis} ${uplinks.map(({ network, bridge }) => `${network}:${bridge}`).join(',')}`,
    },
  ];
  return {
    concepts: [...concepts, { concept: 'local-router', chassis, uplinks, prefixes, because }],
    conditions: [...conditions, ...problems.map(told)],
  };
}

export function planUnderlay(
  scope: string,
  inventory: Inventory,
  settings: UnderlaySettings,
  hasSubnets: boolean,
): ScopePlan {
  const routerId = routerIdOf(inventory, settings);
  if (routerId === undefined) {
    const message =
      'cannot announce anything: there is no BGP router id; set bgp.router_id, or bgp router-id in FRR, or give the loopback device an IPv4 /32 address';
    return { concepts: [], conditions: [{ scope, severity: 'error', message }] };
  }
  const { asn } = settings;
  const because = [{ source: 'config', object: 'mode', fact: 'bgp' }];
  return {
    concepts: [{ concept: 'underlay', asn, routerId, hasSubnets, because }],
    conditions: [],
  };
}

type UnderlaySettings = Pick<BgpSettings, 'asn' | 'routerId'>;

function routerIdOf(
  { host: { vtep } }: Inventory,
  { routerId }: Pick<UnderlaySettings, 'routerId'>,
): Ip4 | undefined {
  return routerId ?? (vtep?.family === 4 ? vtep : undefined);
}

/** What needs the devices that the underlay takes addresses from. */
const ofUnderlay: ReadonlySet<Concept['concept']> = new Set<Concept['concept']>([
  'exposed',
  'local-host',
  'stretched',
  'tenant-host',
  'tenant-subnet',
]);

/** Of what a scope plans, what can be announced: without an underlay, nothing that is for it. */
export function announcedOf(
  plan: ScopePlan,
  inventory: Inventory,
  settings: Pick<UnderlaySettings, 'routerId'>,
): ScopePlan {
  if (plan.concepts.length === 0 || routerIdOf(inventory, settings) !== undefined) return plan;
  return { ...plan, concepts: plan.concepts.filter(({ concept }) => !ofUnderlay.has(concept)) };
}

/** `ovn_bgp_driver` passes the option over in silence. */
function untold(scope: string): Condition {
  return {
    scope,
    severity: 'warning',
    message:
      'cannot leave out tenant networks behind SNAT: OVN_Southbound does not tell which they are; they are exposed; ' +
      'leave them out by bgp.address_scopes',
  };
}
