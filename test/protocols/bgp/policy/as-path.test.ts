/** Patterns of AS paths: what they match, compared with regular expressions over letters; and that nothing takes them long. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { formatIssue } from '../../../../src/base/issue.ts';
import { unwrap } from '../../../../src/base/result.ts';
import { parseAsPathPattern } from '../../../../src/net/as-path-pattern.ts';
import { AsPathAutomaton } from '../../../../src/protocols/bgp/policy/as-path-automaton.ts';
import type { AsPath } from '../../../../src/protocols/bgp/wire/attribute/as-path.ts';

function matches(pattern: string, path: AsPath): boolean {
  return new AsPathAutomaton(unwrap(parseAsPathPattern(pattern))).matches(path);
}

function sequence(...asns: readonly number[]): AsPath {
  return asns.length === 0 ? [] : [{ type: 'sequence', asns }];
}

const rows: readonly (readonly [pattern: string, path: AsPath, isMatch: boolean])[] = [
  ['^$', sequence(), true],
  ['^$', sequence(65001), false],
  ['65001', sequence(65000, 65001, 65002), true],
  ['6500', sequence(65000), false],
  ['^65000 65001', sequence(65000, 65001, 65002), true],
  ['^65001', sequence(65000, 65001), false],
  ['65002$', sequence(65000, 65002), true],
  ['65002$', sequence(65002, 65000), false],
  ['^65000 .* 65002$', sequence(65000, 65002), true],
  ['^65000 .+ 65002$', sequence(65000, 65002), false],
  ['^65000 .? 65002$', sequence(65000, 1, 65002), true],
  ['64512-65534', sequence(1, 65000), true],
  ['64512-65534', sequence(1, 65535), false],
  ['^(65001|65002)+$', sequence(65001, 65002, 65001), true],
  ['^(65001|65002)+$', sequence(65001, 65003), false],
  ['^65000+ 65001$', sequence(65000, 65000, 65000, 65001), true],
  // As FRR would write them.
  ['_65001_', sequence(65000, 65001, 65002), true],
  ['^65000_', sequence(65000, 65001), true],
  // A set is one step.
  ['^65000 65003$', [...sequence(65000), { type: 'set', asns: [65002, 65003] }], true],
  ['^65000 . .$', [...sequence(65000), { type: 'set', asns: [65002, 65003] }], false],
  // What is within a confederation is not seen.
  ['^65001$', [{ type: 'confed-sequence', asns: [64512] }, ...sequence(65001)], true],
  ['', sequence(65000), true],
];

describe('a pattern of AS paths', () => {
  for (const [pattern, path, isMatch] of rows) {
    test(`'${pattern}' ${isMatch ? 'matches' : 'does not match'} ${JSON.stringify(path)}`, () => {
      assert.equal(matches(pattern, path), isMatch);
    });
  }

  for (const [bad, why] of [
    ['^[0-9]+$', "'[' at character 2 means nothing here"],
    ['65001 65x', "'x' at character 9 means nothing here"],
    ['(65001', "a '(' has no ')'"],
    ['65001)', "')' is out of place"],
    ['* 65001', "'*' is out of place"],
    ['65000 ^ 65001', "'^' is out of place"],
    ['4294967296', '4294967296 is above 4294967295'],
    ['65010-65001', 'the range 65010-65001 is empty'],
    ['1 '.repeat(201), 'it has more than 200 parts'],
  ] as const) {
    test(`'${bad.slice(0, 20)}' is refused: ${why}`, () => {
      const parsed = parseAsPathPattern(bad);
      assert.ok(!parsed.ok);
      const said = formatIssue(parsed.error);
      assert.ok(said.includes(why), said);
      assert.ok(said.includes('it is made of AS numbers, ranges as 64512-65534'), said);
    });
  }
});

/** Patterns whose AS numbers are 1 to 4; as a regular expression these are the letters a to d. */
const tree = fc.letrec<{ readonly node: string }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('1', '2', '3', '4', '.', '2-3'),
    fc.tuple(tie('node'), tie('node')).map(([a, b]) => `(${a} ${b})`),
    fc.tuple(tie('node'), tie('node')).map(([a, b]) => `(${a}|${b})`),
    fc.tuple(tie('node'), fc.constantFrom('*', '+', '?')).map(([a, times]) => `(${a})${times}`),
  ),
})).node;

const anyPattern = fc
  .tuple(fc.constantFrom('', '^'), tree, fc.constantFrom('', '$'))
  .map((parts) => parts.join(''));

function inLetters(pattern: string): RegExp {
  const text = pattern
    .replaceAll('2-3', '[bc]')
    .replaceAll(/[1-4]/g, (digit) => 'abcd'[Number(digit) - 1] ?? '')
    .replaceAll(' ', '');
  return new RegExp(text);
}

test('matches what the same pattern over letters matches', () => {
  const path = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 6 });
  fc.assert(
    fc.property(anyPattern, path, (pattern, asns) => {
      const letters = asns.map((asn) => 'abcd'[asn - 1]).join('');
      assert.equal(matches(pattern, sequence(...asns)), inLetters(pattern).test(letters));
    }),
    { numRuns: 2000 },
  );
});

test('what would send a regular expression back and forth for ever takes one pass', () => {
  const path: AsPath = Array.from({ length: 40 }, () => ({
    type: 'sequence',
    asns: Array.from({ length: 250 }, () => 65000),
  }));
  assert.equal(matches('^(65000*)*(65000*)*(65000|.)*1$', path), false);
});
