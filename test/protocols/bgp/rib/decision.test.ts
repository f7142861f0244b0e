/** Which of several paths is used: each step of the decision process, and that their order does not matter. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type Candidate,
  decide,
  explain,
  type Step,
  steps as asked,
} from '../../../../src/protocols/bgp/rib/decision.ts';
import type { Neighbour } from '../../../../src/protocols/bgp/rib/peer.ts';
import { type Rank, rankOf } from '../../../../src/protocols/bgp/rib/rank.ts';
import { local, neighbour, plain } from './fixtures.ts';

interface Change {
  readonly rank?: Partial<Rank>;
  readonly from?: Partial<Neighbour>;
  readonly metric?: number;
  readonly pathId?: number;
}

function candidate(path: number, { rank, from, metric = 0, pathId = 0 }: Change = {}): Candidate {
  return {
    rank: { ...rankOf(plain, local), ...rank },
    from: { ...neighbour(1), ...from },
    metric,
    pathId,
    path,
  };
}

/** What makes the first better than the second, although the step after it says otherwise. */
const steps: readonly (readonly [name: string, by: Step, better: Change, worse: Change])[] = [
  [
    'what is not long-lived stale (RFC 9494 §4.3)',
    'long-lived stale',
    {},
    { rank: { longLivedStale: true, sticky: true, localPref: 200 } },
  ],
  [
    'a MAC that does not move before one that has moved often (RFC 7432 §15.2)',
    'static MAC',
    { rank: { sticky: true } },
    { rank: { mobility: 9 } },
  ],
  [
    'the last move of a MAC (RFC 7432 §7.7)',
    'MAC mobility',
    { rank: { mobility: 2 } },
    { rank: { mobility: 1, localPref: 200 } },
  ],
  ['the higher LOCAL_PREF', 'LOCAL_PREF', { rank: { localPref: 200, pathLength: 3 } }, {}],
  ['the shorter AS_PATH', 'AS_PATH length', { rank: { origin: 2 } }, { rank: { pathLength: 1 } }],
  ['the lower ORIGIN', 'ORIGIN', { rank: { med: 5 } }, { rank: { origin: 1 } }],
  [
    'the lower MED of one neighbouring AS',
    'MED',
    {},
    { rank: { med: 1 }, from: { kind: 'external' } },
  ],
  [
    'our own route',
    'external before internal',
    { from: { role: 'local' } },
    { from: { kind: 'external' } },
  ],
  [
    'an external peer before an internal one',
    'external before internal',
    { from: { kind: 'external' }, metric: 5 },
    {},
  ],
  ['the nearer next hop', 'distance to the next hop', { from: { routerId: 9 } }, { metric: 1 }],
  [
    'the lower identifier',
    'router id',
    { rank: { clusterLength: 2 } },
    { from: { routerId: 0x0b000000 } },
  ],
  [
    'the lower ORIGINATOR_ID in place of the identifier (RFC 4456 §9)',
    'router id',
    { rank: { originator: 5 }, from: { routerId: 0x0b000000 } },
    {},
  ],
  [
    'the shorter CLUSTER_LIST (RFC 4456 §9)',
    'CLUSTER_LIST length',
    { from: { address: '10.0.0.9' } },
    { rank: { clusterLength: 1 } },
  ],
  [
    'the lower address of the peer',
    'peer address',
    { pathId: 2 },
    { from: { address: '10.0.0.2' } },
  ],
  ['the lower path identifier', 'path id', { pathId: 1 }, { pathId: 2 }],
];

describe('of two paths the decision takes', () => {
  for (const [name, by, better, worse] of steps) {
    test(name, () => {
      const [a, b] = [candidate(1, better), candidate(2, worse)];
      assert.equal(decide([a, b]), a);
      assert.equal(decide([b, a]), a);
      assert.deepEqual(explain([b, a]), { best: a, by, lost: new Map([[b, by]]) });
    });
  }

  test('every step has its case', () => {
    assert.deepEqual([...new Set(steps.map(([, by]) => by))], asked);
  });
});

test('a path is told what it lost to: the best of its own neighbouring AS, or of all', () => {
  const best = candidate(1, { rank: { neighbourAs: 1, med: 5 }, from: { routerId: 1 } });
  const behind = candidate(2, { rank: { neighbourAs: 1, med: 9 }, from: { routerId: 0 } });
  const other = candidate(3, { rank: { neighbourAs: 2, med: 0 }, from: { routerId: 2 } });
  const far = candidate(4, { metric: Number.POSITIVE_INFINITY });
  const { lost, ...decided } = explain([far, other, behind, best]);
  assert.deepEqual(decided, { best, by: 'MED' });
  assert.deepEqual(
    [behind, other, far].map((each) => lost.get(each)),
    ['MED', 'router id', 'next hop unreachable'],
  );
});

test('what stands alone has won over nothing', () => {
  const alone = candidate(1);
  assert.deepEqual(explain([alone]), { best: alone, by: undefined, lost: new Map() });
  assert.deepEqual(explain([]), { best: undefined, by: undefined, lost: new Map() });
});

test('MEDs of different neighbouring ASes are not compared', () => {
  const a = candidate(1, { rank: { neighbourAs: 1, med: 100 }, from: { routerId: 1 } });
  const b = candidate(2, { rank: { neighbourAs: 2, med: 1 }, from: { routerId: 2 } });
  assert.equal(decide([a, b]), a);
});

test('a path whose next hop cannot be reached is not used', () => {
  const far = candidate(1, { rank: { localPref: 200 }, metric: Number.POSITIVE_INFINITY });
  const near = candidate(2);
  assert.equal(decide([far, near]), near);
  assert.equal(decide([far]), undefined);
  assert.equal(decide([]), undefined);
});

test('in which order the paths are given does not matter', () => {
  const few = fc.integer({ min: 0, max: 2 });
  const change = fc.record({
    rank: fc.record({
      med: few,
      neighbourAs: few,
      localPref: few,
      mobility: fc.integer({ min: -1, max: 1 }),
      sticky: fc.boolean(),
    }),
    from: fc.record({
      routerId: few,
      kind: fc.constantFrom('internal' as const, 'external' as const),
    }),
    metric: fc.constantFrom(0, 1, Number.POSITIVE_INFINITY),
  });
  const some = fc.array(change, { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(some, fc.infiniteStream(fc.nat()), (changes, random) => {
      // The path identifier makes each differ from all others.
      const all = changes.map((each, index) => candidate(index, { ...each, pathId: index }));
      const shuffled = all
        .map((each) => ({ each, by: random.next().value as number }))
        .sort((a, b) => a.by - b.by)
        .map(({ each }) => each);
      assert.equal(decide(shuffled), decide(all));
    }),
  );
});
