/** The AS path as another AS is told it: what each of the operator's rules makes of it, and what no rule may. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type PathRules,
  privateAsRules,
  toldPath,
} from '../../../../src/protocols/bgp/rib/told-path.ts';
import type { AsPath } from '../../../../src/protocols/bgp/wire/attribute/as-path.ts';

const us = { as: 65000, routerId: 1, clusterId: 1 };

function sequence(...asns: readonly number[]): AsPath {
  return [{ type: 'sequence', asns }];
}

function told(path: AsPath, rules: Partial<PathRules>): readonly number[] {
  const all = { asOverride: false, peerAs: 3320, ...rules };
  return toldPath(path, us, false, all).flatMap(({ asns }) => asns);
}

describe('private ASes (RFC 6996)', () => {
  const mixed = sequence(64_512, 3356, 65_534, 4_200_000_000);
  const onlyPrivate = sequence(65_001, 4_294_967_294);

  test('go with paths that have no other', () => {
    assert.deepEqual(
      told(mixed, { removePrivateAs: 'private-only' }),
      [65000, 64_512, 3356, 65_534, 4_200_000_000],
    );
    assert.deepEqual(told(onlyPrivate, { removePrivateAs: 'private-only' }), [65000]);
  });

  test('go from all paths', () => {
    assert.deepEqual(told(mixed, { removePrivateAs: 'all' }), [65000, 3356]);
    assert.deepEqual(told(onlyPrivate, { removePrivateAs: 'all' }), [65000]);
  });

  test('are replaced by our AS, so that the path is no shorter', () => {
    const of = (path: AsPath, rule: (typeof privateAsRules)[number]) =>
      told(path, { removePrivateAs: rule });
    assert.deepEqual(of(mixed, 'replace-private-only').slice(1), mixed[0]?.asns);
    assert.deepEqual(of(onlyPrivate, 'replace-private-only'), [65000, 65000, 65000]);
    assert.deepEqual(of(mixed, 'replace-all'), [65000, 65000, 3356, 65000, 65000]);
  });

  test('65535, 64511 and 4294967295 are none', () => {
    const others = [64_511, 65_535, 4_199_999_999, 4_294_967_295];
    assert.deepEqual(told(sequence(...others), { removePrivateAs: 'all' }), [65000, ...others]);
  });

  test('that of the peer stays, so that it sees the loop', () => {
    const rules = { removePrivateAs: 'all', peerAs: 65_001 } as const;
    assert.deepEqual(told(sequence(65_002, 65_001, 65_003), rules), [65000, 65_001]);
  });
});

describe('the AS of the peer', () => {
  test('is overridden wherever it stands, and no other is', () => {
    const path: AsPath = [
      { type: 'sequence', asns: [65_001, 3356] },
      { type: 'set', asns: [65_001, 3357] },
    ];
    assert.deepEqual(toldPath(path, us, false, { asOverride: true, peerAs: 65_001 }), [
      { type: 'sequence', asns: [65000, 65000, 3356] },
      { type: 'set', asns: [65000, 3357] },
    ]);
  });
});

describe('a confederation (RFC 5065)', () => {
  const member = { ...us, as: 64_601, confederation: 65000 };
  const path: AsPath = [
    { type: 'confed-sequence', asns: [64_602] },
    { type: 'sequence', asns: [3356] },
  ];

  test('is told the way through its members', () => {
    assert.deepEqual(toldPath(path, member, true, undefined), [
      { type: 'confed-sequence', asns: [64_601, 64_602] },
      { type: 'sequence', asns: [3356] },
    ]);
    assert.deepEqual(toldPath(sequence(3356), member, true, undefined), [
      { type: 'confed-sequence', asns: [64_601] },
      ...sequence(3356),
    ]);
  });

  test('is one AS to all others', () => {
    assert.deepEqual(toldPath(path, member, false, undefined), sequence(65000, 3356));
  });

  test('a set between its members is not joined, and leaves it as little', () => {
    const set: AsPath = [{ type: 'confed-set', asns: [64_602] }];
    assert.deepEqual(toldPath(set, member, true, undefined), [
      { type: 'confed-sequence', asns: [64_601] },
      ...set,
    ]);
    assert.deepEqual(toldPath(set, member, false, undefined), sequence(65000));
  });
});

test('a full segment is not made longer', () => {
  const full = sequence(...Array.from({ length: 255 }, (_, n) => n + 1));
  assert.deepEqual(toldPath(full, us, false, undefined), [...sequence(65000), ...full]);
});

test('whatever the path and the rules, it begins with our AS and no segment is empty', () => {
  const asn = fc.oneof(fc.integer({ min: 64_510, max: 65_535 }), fc.integer({ min: 1, max: 5 }));
  const type = fc.constantFrom('sequence', 'set', 'confed-sequence', 'confed-set');
  const asns = fc.array(asn, { minLength: 1, maxLength: 5 });
  const rules = fc.record({
    removePrivateAs: fc.constantFrom(...privateAsRules),
    asOverride: fc.boolean(),
    peerAs: asn,
  });
  fc.assert(
    fc.property(fc.array(fc.record({ type, asns })), rules, (path, of) => {
      const made = toldPath(path, us, false, of);
      assert.equal(made[0]?.asns[0], 65000);
      assert.ok(made.every((segment) => segment.asns.length > 0));
      assert.ok(made.every((segment) => !segment.type.startsWith('confed')));
    }),
  );
});
