/**
 * What is on a provider network, as the method of that network exposes it. The plans of ports are made for the underlay;
 * here they become those of the VRF that a network is in, and nothing where it is not exposed.
 */

import type { Concept, Exposed } from '../../fabric/concepts.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import { formatIp } from '../../net/ip.ts';
import { prefixContains } from '../../net/prefix.ts';
import type { ScopePlan } from '../mode.ts';
import { type Exposure, exposureOf } from './exposure.ts';
import { exitOf } from './place.ts';
import type { BgpSettings } from './settings.ts';

export function byMethod(
  scope: string,
  plan: ScopePlan,
  inventory: Inventory,
  settings: BgpSettings,
): ScopePlan {
  if (settings.method === 'underlay' || plan.concepts.length === 0) return plan;
  const concepts: Concept[] = [];
  const conditions = [...plan.conditions];
  for (const concept of plan.concepts) {
    const placed = concept.concept === 'exposed' ? place(concept, inventory, settings) : [concept];
    if (typeof placed === 'string') conditions.push({ scope, severity: 'error', message: placed });
    else concepts.push(...placed);
  }
  return { concepts, conditions };
}

function exposureAt(localnet: string, inventory: Inventory, settings: BgpSettings): Exposure {
  const exit = exitOf(inventory.port(localnet)?.datapath ?? '', inventory);
  return typeof exit === 'string' ? { method: 'none' } : exposureOf(exit, inventory, settings);
}

/** What becomes of an address, or why it is not exposed. */
function place(
  exposed: Exposed,
  inventory: Inventory,
  settings: BgpSettings,
): readonly Concept[] | string {
  const exposure = exposureAt(exposed.at.localnet, inventory, settings);
  const { holder, ip, mac, because } = exposed;
  if (exposure.method === 'underlay') return [exposed];
  if (exposure.method === 'ovn') {
    if (!settings.localOvn?.prefixes.some((prefix) => prefixContains(prefix, ip))) {
      return `cannot expose ${formatIp(ip)}: it is in none of local_ovn.prefixes, and packets for it would not go to OVN; add its network there`;
    }
    return [{ concept: 'local-host', at: exposure.at, holder, ip, mac, because }];
  }
  if (exposure.method !== 'vrf') return [];
  const [ofVpn] = exposure.because;
  const reasons = ofVpn === undefined ? because : [...because, ofVpn];
  return [{ concept: 'leg-host', at: exposure.at, holder, ip, mac, because: reasons }];
}
