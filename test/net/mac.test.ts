import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { unwrap } from '../../src/base/result.ts';
import { formatIp, isLinkLocal } from '../../src/net/ip.ts';
import {
  formatMac,
  isMulticastMac,
  linkLocalOf,
  macBytes,
  macFromBytes,
  parseMac,
} from '../../src/net/mac.ts';
import { anyMac } from './values.ts';

const mac = (text: string) => unwrap(parseMac(text));

describe('a MAC address', () => {
  test('reads back as it is printed', () => {
    fc.assert(fc.property(anyMac, (it) => assert.equal(unwrap(parseMac(formatMac(it))), it)));
  });

  test('goes through its octets unchanged', () => {
    fc.assert(fc.property(anyMac, (it) => assert.equal(macFromBytes(macBytes(it)), it)));
  });

  test('is printed in lower case with all its zeros', () => {
    assert.equal(formatMac(mac('FA:16:3E:00:0A:05')), 'fa:16:3e:00:0a:05');
    assert.equal(formatMac(mac('00:00:00:00:00:00')), '00:00:00:00:00:00');
    assert.equal(formatMac(mac('ff:ff:ff:ff:ff:ff')), 'ff:ff:ff:ff:ff:ff');
    assert.deepEqual([...macBytes(mac('01:02:03:04:05:06'))], [1, 2, 3, 4, 5, 6]);
  });

  test('is not made of any other number of octets', () => {
    for (const length of [0, 5, 7]) assert.equal(macFromBytes(new Uint8Array(length)), undefined);
  });

  test('may stand anywhere in a larger buffer', () => {
    const buffer = new Uint8Array([9, 9, 1, 2, 3, 4, 5, 6, 9]);
    assert.equal(macFromBytes(buffer.subarray(2, 8)), mac('01:02:03:04:05:06'));
  });

  test('is of a group when the lowest bit of its first octet is set', () => {
    assert.ok(isMulticastMac(mac('01:00:5e:00:00:01')));
    assert.ok(isMulticastMac(mac('ff:ff:ff:ff:ff:ff')));
    assert.ok(!isMulticastMac(mac('02:00:00:00:00:01')));
    assert.ok(!isMulticastMac(mac('fa:16:3e:ff:ff:ff')));
  });

  test('gives the link-local address of its interface', () => {
    assert.equal(formatIp(linkLocalOf(mac('fa:16:3e:01:02:03'))), 'fe80::f816:3eff:fe01:203');
    assert.equal(formatIp(linkLocalOf(mac('02:00:00:00:00:01'))), 'fe80::ff:fe00:1');
    fc.assert(fc.property(anyMac, (it) => assert.ok(isLinkLocal(linkLocalOf(it)))));
  });

  const bad = [
    '',
    'fa:16:3e:00:00',
    'fa:16:3e:00:00:05:06',
    'fa-16-3e-00-00-05',
    'fa163e000005',
    'fa:16:3e:0:0:5',
    'ga:16:3e:00:00:05',
    ' fa:16:3e:00:00:05',
    'unknown',
  ];
  for (const text of bad) {
    test(`'${text}' is none`, () => {
      assert.deepEqual(parseMac(text), {
        ok: false,
        error: { path: '', message: `'${text}' is not a MAC address` },
      });
    });
  }
});
