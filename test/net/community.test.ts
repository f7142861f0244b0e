/** Communities and route distinguishers as they are written, with `*` for any number. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatIssue } from '../../src/base/issue.ts';
import { parseCommunity, parseCommunityPattern, parseRdPattern } from '../../src/net/community.ts';

const hex = (value: bigint) => value.toString(16);

const patterns: readonly (readonly [text: string, ...is: string[]])[] = [
  ['65000:100', 'standard fde80064/ffffffff'],
  ['65000:*', 'standard fde80000/ffff0000'],
  ['*:100', 'standard 64/ffff'],
  ['no-export', 'standard ffffff01/ffffffff'],
  ['65000:1:2', 'large fde80000000100000002/ffffffffffffffffffffffff'],
  ['4200000000:*:2', 'large fa56ea000000000000000002/ffffffff00000000ffffffff'],
  ['rt:65000:100', 'extended 2fde800000064/ffffffffffffffff'],
  ['RT:65000:*', 'extended 2fde800000000/ffffffff00000000'],
  ['rt 10.0.0.1:7', 'extended 1020a0000010007/ffffffffffffffff'],
  ['soo:4200000000:7', 'extended 203fa56ea000007/ffffffffffffffff'],
  [
    'rt:*',
    'extended 2000000000000/ffff000000000000',
    'extended 102000000000000/ffff000000000000',
    'extended 202000000000000/ffff000000000000',
  ],
  ['0x030c000000000008', 'extended 30c000000000008/ffffffffffffffff'],
];

describe('what is written as a community', () => {
  for (const [text, ...expected] of patterns) {
    test(text, () => {
      const parsed = parseCommunityPattern(text);
      assert.ok(parsed.ok);
      assert.deepEqual(
        parsed.value.map(({ kind, value, mask }) => `${kind} ${hex(value)}/${hex(mask)}`),
        expected,
      );
    });
  }
});

for (const bad of ['', '65000', '65536:1', '1:65536', 'rt:1', 'rt:', 'xx:1:2', '1:2:3:4', '0x12']) {
  test(`'${bad}' is not a community`, () => {
    const parsed = parseCommunityPattern(bad);
    assert.ok(!parsed.ok);
    assert.match(formatIssue(parsed.error), /is not a community \(65000:100, /);
  });
}

test('what is to be set is one community', () => {
  assert.ok(parseCommunity('65000:1').ok);
  const several = parseCommunity('65000:*');
  assert.ok(!several.ok);
  assert.match(formatIssue(several.error), /stands for several communities; name each of them/);
});

test('a route distinguisher has a type with each of its forms', () => {
  const texts = (text: string) => {
    const parsed = parseRdPattern(text);
    return parsed.ok ? parsed.value.map(({ value, mask }) => `${hex(value)}/${hex(mask)}`) : [];
  };
  assert.deepEqual(texts('65000:1'), ['fde800000001/ffffffffffffffff']);
  assert.deepEqual(texts('10.0.0.1:*'), ['10a0000010000/ffffffffffff0000']);
  assert.deepEqual(texts('4200000000:2'), ['2fa56ea000002/ffffffffffffffff']);
  assert.equal(texts('*:1').length, 3);
  assert.deepEqual(texts('65000'), []);
  assert.deepEqual(texts('10.0.0:1'), []);
});
