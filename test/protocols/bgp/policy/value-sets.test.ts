/** Ranges and patterns that are looked up say what comparing with one after the other says. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PatternSet, RangeSet } from '../../../../src/protocols/bgp/policy/value-sets.ts';

const number = fc.nat(40);
const range = fc
  .tuple(number, number)
  .map(([a, b]) => ({ least: Math.min(a, b), most: Math.max(a, b) }));

test('a number is within one of many ranges, whatever their order', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 12 }), (ranges) => {
      const set = new RangeSet(ranges);
      for (let value = -1; value <= 41; value += 1) {
        const isIn = ranges.some(({ least, most }) => value >= least && value <= most);
        assert.equal(set.has(value), isIn, String(value));
      }
    }),
  );
});

const nibble = fc.bigInt({ min: 0n, max: 15n });
const pattern = fc
  .tuple(nibble, fc.oneof(fc.constant(15n), nibble))
  .map(([value, mask]) => ({ value: value & mask, mask }));

test('a value fits one of many patterns', () => {
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 6 }), (patterns) => {
      const set = new PatternSet(patterns, 4n);
      for (let value = 0n; value < 16n; value += 1n) {
        const fits = patterns.some(({ mask, value: wanted }) => (value & mask) === wanted);
        assert.equal(set.has(value), fits, String(value));
      }
    }),
  );
});
