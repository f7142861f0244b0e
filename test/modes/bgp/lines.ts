/** What mode bgp would expose of a cloud, a line each: for tests of plans. */

import { assertNever } from '../../../src/base/assert-never.ts';
import { unwrap } from '../../../src/base/result.ts';
import type { Concept } from '../../../src/fabric/concepts.ts';
import { MutableInventory } from '../../../src/inventory/inventory.ts';
import {
  type BgpOptions,
  type Choice,
  bgpMode,
  everythingUp,
} from '../../../src/modes/bgp/index.ts';
import type { Mode } from '../../../src/modes/mode.ts';
import { formatIp } from '../../../src/net/ip.ts';
import { formatMac } from '../../../src/net/mac.ts';
import { parseAsn } from '../../../src/net/numbers.ts';
import type { Cloud } from '../../sim/cloud.ts';
import { CloudFeed, everything } from '../../sim/cloud-feed.ts';
import { seededRandom } from '../../sim/random.ts';

export function modeWith(choice: Partial<Choice> = {}, options: Partial<BgpOptions> = {}): Mode {
  return bgpMode({
    method: 'underlay',
    asn: unwrap(parseAsn(64_999)),
    routerId: undefined,
    answerRouter: 'auto',
    choice: { ...everythingUp, ...choice },
    tenants: undefined,
    ...options,
  });
}

export function inventoryOf(cloud: Cloud): MutableInventory {
  const inventory = new MutableInventory();
  for (const update of new CloudFeed().updates(cloud, everything, seededRandom(1))) {
    inventory.apply(update);
  }
  return inventory;
}

export function plansOf(cloud: Cloud, inventory = inventoryOf(cloud), mode = modeWith()) {
  const scopes = [...mode.scopes(inventory)].sort();
  return scopes.map((scope) => ({ scope, ...mode.plan(scope, inventory) }));
}

/** Each concept in a line, with the scope that wants it. */
export function linesOf(
  cloud: Cloud,
  inventory?: MutableInventory,
  mode?: Mode,
): readonly string[] {
  return plansOf(cloud, inventory, mode).flatMap(({ scope, concepts, conditions }) => [
    ...concepts.map((concept) => `${scope}: ${lineOf(concept)}`),
    ...conditions.map(({ message }) => `${scope}: ${message}`),
  ]);
}

function lineOf(concept: Concept): string {
  switch (concept.concept) {
    case 'underlay':
      return `AS ${concept.asn}, router id ${formatIp(concept.routerId)}`;
    case 'provider':
      return `${concept.at.device} by ${concept.at.patchPort}, ${concept.anchors.map(formatIp).join(' ')}${concept.answers ? ', answers' : ''}`;
    case 'exposed':
      return `${formatIp(concept.ip)} ${concept.mac === undefined ? 'of unknown MAC' : formatMac(concept.mac)} on ${concept.at.device}`;
    case 'vrf':
    case 'wiring':
    case 'prefix':
    case 'host':
    case 'leg':
    case 'leg-host':
    case 'leg-subnet':
    case 'leg-tenant':
    case 'segment':
    case 'stretched':
    case 'tenant-subnet':
    case 'tenant-host':
    case 'local-router':
    case 'local-network':
    case 'local-host':
      return `${concept.concept}, which is nothing of this mode`;
    default:
      return assertNever(concept);
  }
}
