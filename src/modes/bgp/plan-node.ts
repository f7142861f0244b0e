/** The plan of the node itself: from what it announces, the underlay takes it. */

import type { Inventory } from '../../inventory/inventory.ts';
import type { Condition } from '../../resources/condition.ts';
import { emptyPlan, type ScopePlan } from '../mode.ts';
import { nodeOptOut, note } from './choice.ts';
import type { BgpSettings } from './settings.ts';

export function planNode(scope: string, inventory: Inventory, settings: BgpSettings): ScopePlan {
  const { method, tenants } = settings;
  const optOut = nodeOptOut(inventory, settings.choice);
  if (optOut !== undefined) {
    return { concepts: [], conditions: [note(scope, 'what is on this node', optOut)] };
  }
  // Nothing that they expose is in the underlay.
  const isApart = method === 'vrf' || method === 'l2vni';
  const plan = isApart
    ? emptyPlan
    : planUnderlay(scope, inventory, settings, tenants?.advertise === 'subnet');
  if (tenants?.snat !== 'untold' || (!isApart && plan.concepts.length === 0)) return plan;
  return { ...plan, conditions: [...plan.conditions, untold(scope)] };
}

export function planUnderlay(
  scope: string,
  inventory: Inventory,
  { asn, routerId: configured }: Pick<BgpSettings, 'asn' | 'routerId'>,
  hasSubnets: boolean,
): ScopePlan {
  const { vtep } = inventory.host;
  const own = vtep?.family === 4 ? vtep : undefined;
  const routerId = configured ?? own;
  if (routerId === undefined) {
    const message =
      'cannot announce anything: there is no BGP router id; set bgp.router_id, or give the loopback device an IPv4 /32 address';
    return { concepts: [], conditions: [{ scope, severity: 'error', message }] };
  }
  const because = [{ source: 'config', object: 'mode', fact: 'bgp' }];
  return {
    concepts: [{ concept: 'underlay', asn, routerId, hasSubnets, because }],
    conditions: [],
  };
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
