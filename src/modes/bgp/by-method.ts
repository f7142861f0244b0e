/**
 * What is on a provider network, as the method of that network exposes it. The plans of ports are made for the underlay;
 * here they become those of the VRF that a network is in, and nothing where it is not exposed.
 */

import type { Concept } from '../../fabric/concepts.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import type { ScopePlan } from '../mode.ts';
import { type Exposure, exposureOf } from './exposure.ts';
import { exitOf } from './place.ts';
import type { BgpSettings } from './settings.ts';

export function byMethod(plan: ScopePlan, inventory: Inventory, settings: BgpSettings): ScopePlan {
  if (settings.method === 'underlay' || plan.concepts.length === 0) return plan;
  const concepts = plan.concepts.flatMap((concept) => {
    if (concept.concept !== 'exposed') return [concept];
    return placed(concept, exposureAt(concept.at.localnet, inventory, settings));
  });
  return { concepts, conditions: plan.conditions };
}

function exposureAt(localnet: string, inventory: Inventory, settings: BgpSettings): Exposure {
  const exit = exitOf(inventory.port(localnet)?.datapath ?? '', inventory);
  return typeof exit === 'string' ? { method: 'none' } : exposureOf(exit, inventory, settings);
}

function placed(
  concept: Extract<Concept, { concept: 'exposed' }>,
  exposure: Exposure,
): readonly Concept[] {
  if (exposure.method === 'underlay') return [concept];
  if (exposure.method !== 'vrf') return [];
  const { ip, mac, because } = concept;
  const [ofVpn] = exposure.because;
  const reasons = ofVpn === undefined ? because : [...because, ofVpn];
  return [{ concept: 'leg-host', at: exposure.at, ip, mac, because: reasons }];
}
