/**
 * The decision process: which of several paths to a destination is used and told. RFC 4271 §9.1.2.2, with RFC 4456 §9 for
 * reflected routes and RFC 7432 §7.7 and §15 for MAC addresses that move. A function of the set of paths: in which order
 * they came does not matter, so nothing here asks which is older, and MEDs are compared before, and apart from, all else.
 */

import type { Neighbour } from './peer.ts';
import type { Rank } from './rank.ts';

export interface Candidate {
  readonly rank: Rank;
  readonly from: Neighbour;
  /** The distance to its next hop; infinite when that cannot be reached. */
  readonly metric: number;
  readonly pathId: number;
  /** What the caller knows it by. */
  readonly path: number;
}

/** The best of at least one; `undefined` when none can be used. */
export function decide(candidates: readonly Candidate[]): Candidate | undefined {
  const usable = candidates.filter(({ metric }) => metric !== Number.POSITIVE_INFINITY);
  const [first] = usable;
  if (usable.length <= 1) return first;
  const perAs = Map.groupBy(usable, ({ rank }) => rank.neighbourAs);
  const winners = [...perAs.values()].map((group) => best(group, compareWithin));
  return best(winners, compare);
}

function best(
  candidates: readonly Candidate[],
  order: (a: Candidate, b: Candidate) => number,
): Candidate {
  return candidates.reduce((a, b) => (order(a, b) <= 0 ? a : b));
}

/** Of paths through the same neighbouring AS. */
function compareWithin(a: Candidate, b: Candidate): number {
  return (
    compareFirst(a, b) || // RFC 4271 §9.1.2.2 (c)
    a.rank.med - b.rank.med ||
    compareLast(a, b)
  );
}

function compare(a: Candidate, b: Candidate): number {
  return compareFirst(a, b) || compareLast(a, b);
}

/** Less is better, here and below. */
function compareFirst({ rank: a }: Candidate, { rank: b }: Candidate): number {
  return (
    // RFC 7432 §15.2: a static MAC does not move; §7.7: of others the last move counts.
    Number(b.sticky) - Number(a.sticky) ||
    b.mobility - a.mobility ||
    b.localPref - a.localPref ||
    a.pathLength - b.pathLength ||
    a.origin - b.origin
  );
}

function compareLast(a: Candidate, b: Candidate): number {
  return (
    externality(a) - externality(b) ||
    a.metric - b.metric ||
    // RFC 4456 §9: the originator stands for the identifier of whoever reflects.
    identifier(a) - identifier(b) ||
    a.rank.clusterLength - b.rank.clusterLength ||
    compareTexts(a.from.address, b.from.address) ||
    a.pathId - b.pathId
  );
}

/** RFC 4271 §9.1.2.2 (d). Our own routes come before all. */
function externality({ from }: Candidate): number {
  if (from.role === 'local') return -1;
  return from.kind === 'external' ? 0 : 1;
}

function identifier({ rank, from }: Candidate): number {
  return rank.originator >= 0 ? rank.originator : from.routerId;
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
