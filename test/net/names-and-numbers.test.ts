import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { unwrap } from '../../src/base/result.ts';
import { parseCutIfName, parseIfName } from '../../src/net/if-name.ts';
import { parseAsn, parseTableId, parseVlanId, parseVni } from '../../src/net/numbers.ts';
import { parseRouteDistinguisher, parseRouteTarget } from '../../src/net/route-distinguisher.ts';

const numbers = [
  { parse: parseVni, what: 'a VNI', min: 1, max: 16_777_215 },
  { parse: parseAsn, what: 'an AS number', min: 1, max: 4_294_967_295 },
  { parse: parseVlanId, what: 'a VLAN id', min: 1, max: 4094 },
  { parse: parseTableId, what: 'a routing table', min: 1, max: 4_294_967_295 },
];

for (const { parse, what, min, max } of numbers) {
  describe(what, () => {
    test('is read from text and from a number, over its whole range', () => {
      fc.assert(
        fc.property(fc.oneof(fc.constantFrom(min, max), fc.integer({ min, max })), (value) => {
          assert.deepEqual(parse(value), { ok: true, value });
          assert.deepEqual(parse(String(value)), { ok: true, value });
        }),
      );
    });
    for (const bad of [
      min - 1,
      max + 1,
      -1,
      1.5,
      Number.NaN,
      '',
      ' ',
      'x',
      '0x10',
      '1e3',
      '-1',
      '1 ',
      '1.0',
      '99999999999',
    ]) {
      test(`is not ${JSON.stringify(bad)}`, () => {
        assert.deepEqual(parse(bad), {
          ok: false,
          error: { path: '', message: `'${bad}' is not ${what} (${min} to ${max})` },
        });
      });
    }
  });
}

describe('an interface name', () => {
  for (const text of [
    'lo',
    'eth0',
    'vrf-16777215',
    'bond0.100',
    'veth@x',
    '_x',
    'a+b',
    'A2345678901234_',
  ]) {
    test(`may be ${text}`, () => assert.equal(unwrap(parseIfName(text)), text));
  }
  for (const text of [
    '',
    '.',
    '..',
    '-x',
    '.x',
    'a b',
    'a/b',
    'a:b',
    'a\n',
    'ä',
    "a'",
    'a,b',
    'a=b',
    'all',
    'default',
  ]) {
    test(`is not ${JSON.stringify(text)}`, () => {
      assert.deepEqual(parseIfName(text), {
        ok: false,
        error: { path: '', message: `'${text}' is not an interface name` },
      });
    });
  }
  test('has room for 15 characters', () => {
    assert.ok(parseIfName('a'.repeat(15)).ok);
    assert.deepEqual(parseIfName('a'.repeat(16)), {
      ok: false,
      error: { path: '', message: `'${'a'.repeat(16)}' is longer than 15 characters` },
    });
  });
  test('that is longer is cut so that others which begin alike stay others', () => {
    const [one, other] = ['provider-underlay-1', 'provider-underlay-2'].map((text) =>
      unwrap(parseCutIfName(text)),
    );
    assert.match(one ?? '', /^provider-[0-9a-f]{6}$/);
    assert.notEqual(one, other);
    assert.equal(unwrap(parseCutIfName('a'.repeat(15))), 'a'.repeat(15));
    assert.ok(!parseCutIfName(`${'a'.repeat(20)} b`).ok);
  });
});

describe('a route distinguisher', () => {
  const rows: readonly (readonly [text: string, canonical: string])[] = [
    ['65000:1', '65000:1'],
    ['065000:01', '65000:1'],
    ['0:0', '0:0'],
    ['65535:4294967295', '65535:4294967295'],
    ['65536:65535', '65536:65535'],
    ['4294967295:65535', '4294967295:65535'],
    ['10.0.0.1:65535', '10.0.0.1:65535'],
  ];
  for (const [text, canonical] of rows) {
    test(`${text} is ${canonical}`, () => {
      assert.equal(unwrap(parseRouteDistinguisher(text)), canonical);
      assert.equal(unwrap(parseRouteTarget(text)), canonical);
    });
  }
  const bad = [
    '',
    '1',
    ':',
    '1:',
    ':1',
    '65536:65536',
    '65535:4294967296',
    '4294967296:1',
    '10.0.0.1:65536',
    '10.0.0:1',
    '10.0.0.256:1',
    '1:2:3',
    'a:1',
    '1:a',
    ' 1:1',
    '1:-1',
    '::1:1',
  ];
  for (const text of bad) {
    test(`'${text}' is none`, () => {
      assert.deepEqual(parseRouteDistinguisher(text), {
        ok: false,
        error: {
          path: '',
          message: `'${text}' is not a route distinguisher (ASN:number or IPv4:number)`,
        },
      });
      assert.deepEqual(parseRouteTarget(text), {
        ok: false,
        error: { path: '', message: `'${text}' is not a route target (ASN:number or IPv4:number)` },
      });
    });
  }
  test('is the same when read again', () => {
    const anyText = fc
      .tuple(fc.integer({ min: 0, max: 0xffffffff }), fc.integer({ min: 0, max: 0xffff }))
      .map(([asn, number]) => `${asn}:${number}`);
    fc.assert(
      fc.property(anyText, (text) => {
        assert.equal(unwrap(parseRouteDistinguisher(text)), text);
      }),
    );
  });
});
