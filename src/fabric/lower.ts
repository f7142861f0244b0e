/** From concepts to resources, for the `frr` engine. Pure: the same concepts give the same resources. */

import { assertNever } from '../base/assert-never.ts';
import type { Kinds } from '../resources/index.ts';
import type { Resource } from '../resources/resource.ts';
import type { Concept } from './concepts.ts';
import { lowerLeg, lowerLegHost } from './lower-leg.ts';
import { lowerLegSubnet, lowerLegTenant } from './lower-leg-tenants.ts';
import { lowerLocalHost, lowerLocalNetwork, lowerLocalRouter } from './lower-local.ts';
import { lowerSegment } from './lower-segment.ts';
import { lowerTenantHost, lowerTenantSubnet } from './lower-tenants.ts';
import { lowerStretched } from './lower-stretched.ts';
import { lowerExposed, lowerProvider, lowerUnderlay } from './lower-underlay.ts';
import { lowerVrf } from './lower-vrf.ts';
import { lowerHost, lowerPrefix, lowerWiring } from './lower-wiring.ts';
import type { FabricSettings } from './settings.ts';

export function lower(
  concept: Concept,
  kinds: Kinds,
  settings: FabricSettings,
): readonly Resource[] {
  switch (concept.concept) {
    case 'vrf':
      return lowerVrf(concept, kinds, settings);
    case 'wiring':
      return lowerWiring(concept, kinds, settings);
    case 'prefix':
      return lowerPrefix(concept, kinds, settings);
    case 'host':
      return lowerHost(concept, kinds, settings);
    case 'underlay':
      return lowerUnderlay(concept, kinds, settings);
    case 'provider':
      return lowerProvider(concept, kinds, settings);
    case 'exposed':
      return lowerExposed(concept, kinds, settings);
    case 'leg':
      return lowerLeg(concept, kinds, settings);
    case 'leg-host':
      return lowerLegHost(concept, kinds, settings);
    case 'leg-subnet':
      return lowerLegSubnet(concept, kinds, settings);
    case 'leg-tenant':
      return lowerLegTenant(concept, kinds, settings);
    case 'segment':
      return lowerSegment(concept, kinds, settings);
    case 'tenant-subnet':
      return lowerTenantSubnet(concept, kinds, settings);
    case 'tenant-host':
      return lowerTenantHost(concept, kinds, settings);
    case 'local-router':
      return lowerLocalRouter(concept, kinds, settings);
    case 'local-network':
      return lowerLocalNetwork(concept, kinds, settings);
    case 'local-host':
      return lowerLocalHost(concept, kinds, settings);
    case 'stretched':
      return lowerStretched(concept, kinds, settings);
    default:
      return assertNever(concept);
  }
}
