/** How the wishes of many scopes become one, and what is said to those that lose. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Claims } from '../../src/reconcile/claims.ts';
import type { Key } from '../../src/resources/resource.ts';
import { seededRandom, shuffled } from '../sim/random.ts';
import { runs } from '../sim/runs.ts';
import { thing } from './shelf.ts';

const k1 = 'k1' as Key;

function claimsOf(scopes: Readonly<Record<string, readonly string[]>>): Claims {
  const claims = new Claims();
  for (const [scope, lines] of Object.entries(scopes)) claims.set(scope, lines.map(thing));
  return claims;
}

test('equal specs are shared, with the needs and reasons of all', () => {
  const claims = claimsOf({ t: ['k1=x < k2'], s: ['k1=x < k3, k2'] });
  assert.deepEqual(claims.wanted(k1), {
    ...thing('k1=x < k3, k2'),
    because: [{ source: 'test', object: 'k1', fact: 'x' }],
  });
  assert.deepEqual(claims.scopesOf(k1), ['s', 't']);
  assert.deepEqual(claims.conflicts(), []);
});

test('of unequal specs the scope that comes first by name has its way, whoever came first', () => {
  for (const scopes of [
    { s: ['k1=x'], t: ['k1=y'] },
    { t: ['k1=y'], s: ['k1=x'] },
  ]) {
    const claims = claimsOf(scopes);
    assert.equal(claims.wanted(k1)?.spec, claims.wanted(k1)?.spec);
    assert.deepEqual(claims.wanted(k1)?.spec, thing('k1=x').spec);
    assert.deepEqual(claims.conflicts(), [
      {
        scope: 't',
        severity: 'error',
        message: 'cannot set up k1: s wants it otherwise; make the two agree',
      },
    ]);
  }
});

test('when the winner lets go, the next has it', () => {
  const claims = claimsOf({ s: ['k1=x'], t: ['k1=y'] });
  assert.deepEqual([...claims.set('s', [])], [k1]);
  assert.deepEqual(claims.wanted(k1)?.spec, thing('k1=y').spec);
  assert.deepEqual(claims.conflicts(), []);
});

test('a scope that wants one thing in two ways gets the first, and a condition', () => {
  const claims = claimsOf({ s: ['k1=x', 'k1=y'] });
  assert.deepEqual(claims.wanted(k1)?.spec, thing('k1=x').spec);
  assert.deepEqual(claims.conflicts(), [
    {
      scope: 's',
      severity: 'error',
      message: 'cannot set up k1: it wants it in two ways; remove one of the two',
    },
  ]);
});

test('a scope that wants one thing twice in the same way needs what both need', () => {
  const claims = claimsOf({ s: ['k1=x < k2', 'k1=x < k3'] });
  assert.deepEqual(claims.wanted(k1)?.needs, ['k2', 'k3']);
});

test('only keys whose claim differs are looked at', () => {
  const claims = claimsOf({ s: ['k1=x', 'k2', 'k3 < k2'] });
  const changed = claims.set('s', ['k1=y', 'k2', 'k3 < k1', 'k4'].map(thing));
  assert.deepEqual([...changed].sort(), ['k1', 'k3', 'k4']);
  assert.deepEqual([...claims.set('s', ['k1=y', 'k2', 'k3 < k1', 'k4'].map(thing))], []);
});

test('a reason that changes is a change, since it is shown', () => {
  const claims = claimsOf({ s: ['k1'] });
  const [changed] = claims.set('s', [{ ...thing('k1'), because: [] }]);
  assert.equal(changed, k1);
});

test('the merged result depends on what is wanted last, not on how that came about', (t) => {
  const wishes = fc.array(
    fc.tuple(
      fc.constantFrom('p', 'q', 'r'),
      fc.array(fc.constantFrom('k1=x', 'k1=y', 'k2=x < k1', 'k2=x < k3', 'k3')),
    ),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(wishes, fc.nat(), (history, seed) => {
      const lived = new Claims();
      for (const [scope, lines] of history) lived.set(scope, lines.map(thing));
      const last = shuffled(new Map(history), seededRandom(seed));
      const fresh = claimsOf(Object.fromEntries(last));
      const keys = ['k1', 'k2', 'k3'] as Key[];
      const shown = (claims: Claims): unknown => [
        keys.map((key) => claims.wanted(key)),
        claims
          .conflicts()
          .map(({ message, scope }) => `${scope}: ${message}`)
          .sort(),
      ];
      assert.deepEqual(shown(lived), shown(fresh));
    }),
    runs(t, 500),
  );
});
