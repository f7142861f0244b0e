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
  const winners = [...perAs.values()].map((group) => least(group, compareWithin));
  return least(winners, compare);
}

function least(
  candidates: readonly Candidate[],
  order: (a: Candidate, b: Candidate) => number,
): Candidate {
  return candidates.reduce((a, b) => (order(a, b) <= 0 ? a : b));
}

/** Why one path is better than another, in the order in which it is asked. Operators read these. */
export const steps = [
  'long-lived stale',
  'static MAC',
  'MAC mobility',
  'LOCAL_PREF',
  'AS_PATH length',
  'ORIGIN',
  'MED',
  'external before internal',
  'distance to the next hop',
  'router id',
  'CLUSTER_LIST length',
  'peer address',
  'path id',
] as const;

export type Step = (typeof steps)[number];

/** Of a path that nothing can be sent along. */
export type Verdict = Step | 'next hop unreachable';

/** By how much `b` is better, step by step: more than nothing, and it is. HOT where paths contend. */
const differences: Readonly<Record<Step, (a: Candidate, b: Candidate) => number>> = {
  // RFC 9494 §4.3: "least preferred", before all else.
  'long-lived stale': ({ rank: a }, { rank: b }) =>
    Number(a.longLivedStale) - Number(b.longLivedStale),
  // RFC 7432 §15.2: a static MAC does not move; §7.7: of others the last move counts.
  'static MAC': ({ rank: a }, { rank: b }) => Number(b.sticky) - Number(a.sticky),
  'MAC mobility': ({ rank: a }, { rank: b }) => b.mobility - a.mobility,
  LOCAL_PREF: ({ rank: a }, { rank: b }) => b.localPref - a.localPref,
  'AS_PATH length': ({ rank: a }, { rank: b }) => a.pathLength - b.pathLength,
  ORIGIN: ({ rank: a }, { rank: b }) => a.origin - b.origin,
  // RFC 4271 §9.1.2.2 (c): asked only of paths through the same neighbouring AS.
  MED: ({ rank: a }, { rank: b }) => a.med - b.med,
  'external before internal': (a, b) => externality(a) - externality(b),
  'distance to the next hop': (a, b) => a.metric - b.metric,
  // RFC 4456 §9: the originator stands for the identifier of whoever reflects.
  'router id': (a, b) => identifier(a) - identifier(b),
  'CLUSTER_LIST length': ({ rank: a }, { rank: b }) => a.clusterLength - b.clusterLength,
  'peer address': (a, b) => compareTexts(a.from.address, b.from.address),
  'path id': (a, b) => a.pathId - b.pathId,
};

interface Asked {
  readonly step: Step;
  readonly difference: (a: Candidate, b: Candidate) => number;
}

const asked: readonly Asked[] = steps.map((step) => ({ step, difference: differences[step] }));
/** Of paths through different neighbouring ASes. */
const askedAcross = asked.filter(({ step }) => step !== 'MED');

function compareWithin(a: Candidate, b: Candidate): number {
  return compareBy(asked, a, b);
}

function compare(a: Candidate, b: Candidate): number {
  return compareBy(askedAcross, a, b);
}

/** Less is better. */
function compareBy(questions: readonly Asked[], a: Candidate, b: Candidate): number {
  for (const { difference } of questions) {
    const found = difference(a, b);
    if (found !== 0) return found;
  }
  return 0;
}

/** What was decided, for people. */
export interface Explanation {
  readonly best: Candidate | undefined;
  /** What the best one has over the one that would be used without it; `undefined` where it stands alone. */
  readonly by: Step | undefined;
  /** Of every other path: where it lost. */
  readonly lost: ReadonlyMap<Candidate, Verdict>;
}

/** The same decision again, with its reasons. */
export function explain(candidates: readonly Candidate[]): Explanation {
  const best = decide(candidates);
  const usable = candidates.filter(({ metric }) => metric !== Number.POSITIVE_INFINITY);
  const perAs = Map.groupBy(usable, ({ rank }) => rank.neighbourAs);
  const winners = new Map([...perAs].map(([as, group]) => [as, decide(group)]));
  const lost = new Map<Candidate, Verdict>();
  for (const each of candidates) {
    if (each === best) continue;
    const winner = winners.get(each.rank.neighbourAs);
    if (best === undefined || winner === undefined) lost.set(each, 'next hop unreachable');
    else if (each.metric === Number.POSITIVE_INFINITY) lost.set(each, 'next hop unreachable');
    // Against the best of its own neighbouring AS; or, where it is that, against the best of all.
    else if (winner === each) lost.set(each, firstStep(askedAcross, each, best));
    else lost.set(each, firstStep(asked, each, winner));
  }
  const second = decide(usable.filter((each) => each !== best));
  const by = second === undefined ? undefined : lost.get(second);
  return { best, by: by === 'next hop unreachable' ? undefined : by, lost };
}

/** Where they differ first: two paths of one route differ in their peers or path ids at the latest. */
function firstStep(questions: readonly Asked[], a: Candidate, b: Candidate): Step {
  return questions.find(({ difference }) => difference(a, b) !== 0)?.step ?? 'path id';
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
