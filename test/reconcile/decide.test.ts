/** What is decided about one object: every combination of wanted and observed. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Circumstances, type Decision, decide } from '../../src/reconcile/decide.ts';
import type { Kind } from '../../src/resources/resource.ts';
import type { Observed, Owner } from '../../src/resources/target.ts';
import { grace, kinds, rest, type Thing, thing } from './shelf.ts';

const usual: Circumstances = {
  now: 100_000,
  mayRemove: true,
  inheritLeftovers: true,
  standsOnOurs: () => false,
  lacks: () => undefined,
  unwantedSince: 100_000,
  leftAt: undefined,
};

const nothing: Decision = { do: 'nothing' };
const apply = (verb: 'create' | 'change' | 'adopt' | 'replace' | 'remove'): Decision => ({
  do: 'apply',
  verb,
});
const refuse: Decision = {
  do: 'refuse',
  reason: 'it exists and is not ours; remove it, or free its name',
};

const refuseLeft: Decision = {
  do: 'refuse',
  reason:
    'it is as ovn-bgp-agent leaves it, and adopt.from is "none"; ' +
    'set adopt.from to "ovn-bgp-agent", or remove it',
};

/** `-` is absence; an observed thing is followed by its owner. */
const cases: readonly (readonly [string, string, Decision, Partial<Circumstances>?])[] = [
  ['k1', '-', apply('create')],
  ['k1', '-', { do: 'await', what: 'a port' }, { lacks: () => 'a port' }],
  ['k1', 'k1 us', nothing, { lacks: () => 'a port' }],
  ['k1=x', 'k1=x us', nothing],
  ['k1=x', 'k1=y us', apply('change')],
  ['k1=new', 'k1=y us', apply('replace')],
  ['k1=x', 'k1=x predecessor', apply('adopt')],
  ['k1=x', 'k1=y predecessor', apply('change')],
  ['k1=new', 'k1=y predecessor', apply('replace')],
  ['k1=x', 'k1=x predecessor', refuseLeft, { inheritLeftovers: false }],
  ['k1=x', 'k1=y predecessor', refuseLeft, { inheritLeftovers: false }],
  [
    'k1=x',
    'k1=y predecessor',
    apply('change'),
    { inheritLeftovers: false, standsOnOurs: () => true },
  ],
  ['k1=x', 'k1=x nobody', refuse, { standsOnOurs: () => true }],
  ['m1=x', 'm1=x predecessor', apply('adopt'), { inheritLeftovers: false }],
  ['k1=x', 'k1=x nobody', refuse],
  ['k1=x', 'k1=y nobody', refuse],
  ['m1=x', 'm1=x nobody', apply('adopt')],
  ['m1=x', 'm1=y nobody', apply('change')],
  ['s1=x', 's1=x nobody', nothing],
  ['s1=x', 's1=y nobody', apply('change')],
  ['k1=x', '-', apply('create'), { mayRemove: false }],
  ['k1=new', 'k1=y us', apply('replace'), { mayRemove: false }],
  ['-', '-', nothing],
  ['-', 'k1 us', apply('remove')],
  ['-', 'k1 us', nothing, { mayRemove: false }],
  ['-', 'k1 nobody', nothing],
  ['-', 'k1 predecessor', apply('remove')],
  ['-', 'k1 predecessor', nothing, { inheritLeftovers: false }],
  ['-', 'g1 us', { do: 'later', at: 100_000 + grace }],
  ['-', 'g1 us', apply('remove'), { unwantedSince: 100_000 - grace }],
  ['-', 'r1 us', { do: 'later', at: 100_000 + rest }, { leftAt: 100_000 }],
  ['-', 'r1 us', apply('remove'), { leftAt: 100_000 - rest }],
];

for (const [wanted, observed, expected, circumstances] of cases) {
  const title = `wanted ${wanted}, there is ${observed} ${JSON.stringify(circumstances ?? {})}`;
  test(`${title}: ${Object.values(expected).join(' ')}`, () => {
    const seen = parseObserved(observed);
    const resource = wanted === '-' ? undefined : thing(wanted);
    const kind = kinds[(resource ?? seen)?.spec.kind ?? 'k'] as Kind<Thing>;
    assert.deepEqual(
      decide(kind as Kind, resource, seen, { ...usual, ...circumstances }),
      expected,
    );
  });
}

function parseObserved(text: string): Observed<Thing> | undefined {
  if (text === '-') return undefined;
  const [what = '', owner] = text.split(' ');
  const { key, spec } = thing(what);
  return { key, spec, owner: owner as Owner };
}
