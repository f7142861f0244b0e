import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { backOffDelay } from '../../src/base/back-off.ts';

const anyPolicy = fc
  .tuple(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 0, max: 100_000 }))
  .map(([initial, more]) => ({ initial, max: initial + more }));
const anyFailures = fc.integer({ min: 1, max: 10_000 });
const anyChance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the wait after failures', () => {
  test('is at least half of the first and never above the longest', () => {
    fc.assert(
      fc.property(anyPolicy, anyFailures, anyChance, (policy, failures, chance) => {
        const delay = backOffDelay(policy, failures, () => chance);
        assert.ok(delay >= policy.initial / 2);
        assert.ok(delay <= policy.max);
      }),
    );
  });

  test('does not shrink with a further failure, all else equal', () => {
    fc.assert(
      fc.property(anyPolicy, anyFailures, anyChance, (policy, failures, chance) => {
        const now = backOffDelay(policy, failures, () => chance);
        assert.ok(backOffDelay(policy, failures + 1, () => chance) >= now);
      }),
    );
  });

  test('doubles until it is the longest', () => {
    const delays = [1, 2, 3, 4, 5].map((n) =>
      backOffDelay({ initial: 100, max: 500 }, n, () => 0.5),
    );
    assert.deepEqual(delays, [75, 150, 300, 375, 375]);
  });

  test('is half by chance', () => {
    const policy = { initial: 100, max: 100 };
    assert.equal(
      backOffDelay(policy, 1, () => 0),
      50,
    );
    assert.equal(
      backOffDelay(policy, 1, () => 0.999),
      99.95,
    );
  });
});
