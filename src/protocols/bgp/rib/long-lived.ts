/**
 * What becomes of a peer's stale routes when it has not come back in its restart time: they are marked, and live on as the
 * last to be used, or go where somebody has asked for that. RFC 9494 §4.2, §4.3. Knows no times; the peer's machine has them.
 */

import { encodeAttributes } from '../wire/path-attributes.ts';
import {
  type AttributeSet,
  type AttributeTable,
  nextHopOf,
  ownForm,
  valuesOf,
} from './attribute-table.ts';
import type { Path } from './paths.ts';
import type { Neighbour } from './peer.ts';
import { LLGR_STALE, NO_LLGR } from './rank.ts';
import type { Rib } from './rib.ts';

/** The next portion of what is stale of this one; returns where to go on, or `none`. */
export function markLongLived(rib: Rib, of: Neighbour, at: Path, portion: number): Path {
  // For this portion only: a set that nobody has any longer ends, and another may have its place.
  const known = new Map<AttributeSet, AttributeSet | undefined>();
  const change = (set: AttributeSet): AttributeSet | undefined => {
    if (!known.has(set)) known.set(set, longLived(set, rib.attributes));
    return known.get(set);
  };
  return rib.changeStale(of, change, at, portion);
}

function longLived(set: AttributeSet, table: AttributeTable): AttributeSet | undefined {
  if (set.rank.longLivedStale) return set;
  const values = valuesOf(set);
  const communities = values.communities ?? [];
  if (communities.includes(NO_LLGR)) return undefined;
  const marked = { ...values, communities: [...communities, LLGR_STALE] };
  return table.intern(encodeAttributes(marked, ownForm), nextHopOf(set));
}
