/** From concepts to resources, for the `frr` engine. Pure: the same concepts give the same resources. */

import { assertNever } from '../base/assert-never.ts';
import type { Kinds } from '../resources/index.ts';
import type { Resource } from '../resources/resource.ts';
import type { Concept } from './concepts.ts';
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
    default:
      return assertNever(concept);
  }
}
