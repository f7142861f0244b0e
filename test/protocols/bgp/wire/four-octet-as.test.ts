/** AS numbers of four octets over a session of two, RFC 6793 §4.2: what is sent, and what is made of what comes. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unwrap } from '../../../../src/base/result.ts';
import { type Ip4, parseIp } from '../../../../src/net/ip.ts';
import {
  type AsPath,
  decodeAttributes,
  encodeAttributes,
  formatAsPath,
  pathLength,
  wireSession,
} from '../../../../src/protocols/bgp/index.ts';
import { hex, octets } from '../octets.ts';

const session = wireSession({ peer: 'internal', fourOctetAs: false });
const address = unwrap(parseIp('10.0.0.1')) as Ip4;

function received(wire: string) {
  const all = octets(wire);
  const { attributes, findings } = decodeAttributes(all, [0, all.length], session);
  assert.deepEqual(findings, []);
  return attributes;
}

describe('an AS_PATH and an AS4_PATH', () => {
  const as2 = (asns: string) => `40 02 ${size(asns)} ${asns}`;
  const as4 = (asns: string) => `c0 11 ${size(asns)} ${asns}`;
  const size = (text: string) => octets(text).length.toString(16).padStart(2, '0');

  const rows: readonly (readonly [what: string, path: string, as4Path: string, text: string])[] = [
    [
      'of equal length: the second',
      '02 02 5ba0 fde9',
      '02 02 fa56ea00 0000fde9',
      '4200000000 65001',
    ],
    [
      'of which the second is shorter: the nearest of the first before it',
      '02 03 fdea 5ba0 fde9',
      '02 02 fa56ea00 0000fde9',
      '65002 4200000000 65001',
    ],
    ['of which the second is longer: the first', '02 01 fdea', '02 02 fa56ea00 0000fde9', '65002'],
    [
      'with a set, which counts as one',
      '02 01 fdea 01 02 5ba0 fde9',
      '01 02 fa56ea00 0000fde9',
      '65002 {4200000000,65001}',
    ],
    [
      'with a confederation in front, which counts as none',
      '03 01 fdeb 02 02 fdea 5ba0',
      '02 01 fa56ea00',
      '(65003) 65002 4200000000',
    ],
    [
      'of which the second has a confederation, which is left out',
      '02 02 fdea 5ba0',
      '03 01 0000fdeb 02 01 fa56ea00',
      '65002 4200000000',
    ],
  ];
  for (const [what, path, as4Path, text] of rows) {
    test(what, () => {
      assert.equal(formatAsPath(received(`${as2(path)} ${as4(as4Path)}`).asPath ?? []), text);
    });
  }

  test('whose sequences together have more than 255 ASes stay two', () => {
    const near: AsPath = [{ type: 'sequence', asns: Array<number>(255).fill(65001) }];
    const far: AsPath = [{ type: 'sequence', asns: [70000] }];
    const wire = encodeAttributes({ asPath: [...near, ...far] }, session);
    const decoded = decodeAttributes(wire, [0, wire.length], session).attributes.asPath;
    assert.deepEqual(decoded, [...near, ...far]);
  });
});

describe('an AGGREGATOR and an AS4_AGGREGATOR', () => {
  const path = '40 02 04 02 01 5ba0';
  const as4Path = 'c0 11 06 02 01 fa56ea00';
  const as4 = 'c0 12 08 fa56ea00 0a000001';

  test('of which the first is the stand-in: the second, and AS4_PATH', () => {
    const { aggregator, asPath } = received(`${path} c0 07 06 5ba0 0a000001 ${as4Path} ${as4}`);
    assert.deepEqual(aggregator, { asn: 4200000000, address });
    assert.equal(formatAsPath(asPath ?? []), '4200000000');
  });

  test('of which the first is not: the first, and no AS4_PATH, which is as old', () => {
    const { aggregator, asPath } = received(`${path} c0 07 06 fde9 0a000001 ${as4Path} ${as4}`);
    assert.deepEqual(aggregator, { asn: 65001, address });
    assert.equal(formatAsPath(asPath ?? []), '23456');
  });

  test('the first alone', () => {
    const { aggregator } = received(`${path} c0 07 06 5ba0 0a000001`);
    assert.deepEqual(aggregator, { asn: 23456, address });
  });
});

describe('what is sent', () => {
  test('has the stand-in where a number does not fit, and the whole beside it', () => {
    const asPath: AsPath = [{ type: 'sequence', asns: [4200000000, 65001] }];
    const wire = encodeAttributes({ asPath, aggregator: { asn: 70000, address } }, session);
    assert.equal(
      hex(wire),
      hex(
        octets(
          '40 02 06 02 02 5ba0 fde9  c0 07 06 5ba0 0a000001  c0 11 0a 02 02 fa56ea00 0000fde9  c0 12 08 00011170 0a000001',
        ),
      ),
    );
  });

  test('has nothing beside it where all fit', () => {
    const asPath: AsPath = [{ type: 'sequence', asns: [65001] }];
    const wire = encodeAttributes({ asPath, aggregator: { asn: 65001, address } }, session);
    assert.equal(hex(wire), hex(octets('40 02 04 02 01 fde9 c0 07 06 fde9 0a000001')));
  });
});

test('the length of a path counts sets once and confederations not at all', () => {
  const path: AsPath = [
    { type: 'confed-sequence', asns: [1, 2] },
    { type: 'sequence', asns: [3, 4] },
    { type: 'set', asns: [5, 6] },
    { type: 'confed-set', asns: [7] },
  ];
  assert.equal(pathLength(path), 3);
});
