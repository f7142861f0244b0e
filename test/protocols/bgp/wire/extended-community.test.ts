/** Extended communities, octet by octet as their RFCs lay them out, and as FRR prints them. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unwrap } from '../../../../src/base/result.ts';
import { parseMac } from '../../../../src/net/mac.ts';
import { parseRouteTarget } from '../../../../src/net/route-distinguisher.ts';
import {
  decodeExtendedCommunity,
  encodeExtendedCommunity,
  type ExtendedCommunity,
  extendedCommunities,
  extendedCommunityToJson,
  formatExtendedCommunity,
  isTransitive,
  routeTargetOf,
} from '../../../../src/protocols/bgp/index.ts';

const mac = unwrap(parseMac('00:00:5e:00:53:01'));

const vectors: readonly (readonly [bits: string, value: ExtendedCommunity, text: string])[] = [
  [
    '0002fde800000064',
    { kind: 'route-target', form: 'as2', administrator: 65000, assigned: 100 },
    'RT:65000:100',
  ],
  [
    '0102c00002010064',
    { kind: 'route-target', form: 'ip4', administrator: 0xc0000201, assigned: 100 },
    'RT:192.0.2.1:100',
  ],
  [
    '0202fa56ea000064',
    { kind: 'route-target', form: 'as4', administrator: 4200000000, assigned: 100 },
    'RT:4200000000:100',
  ],
  [
    '02020000fde80064',
    { kind: 'route-target', form: 'as4', administrator: 65000, assigned: 100 },
    'RT:65000L:100',
  ],
  [
    '0003fde800000001',
    { kind: 'site-of-origin', form: 'as2', administrator: 65000, assigned: 1 },
    'SoO:65000:1',
  ],
  [
    '4004fde84cee6b28',
    { kind: 'link-bandwidth', transitive: false, asn: 65000, bandwidth: 125_000_000 },
    'LB:65000:125000000 (1000.000 Mbps)',
  ],
  [
    '0004fde800000000',
    { kind: 'link-bandwidth', transitive: true, asn: 65000, bandwidth: 0 },
    'LB:65000:0 (0.000 Mbps)',
  ],
  ['030b400000000064', { kind: 'color', flags: 0x4000, color: 100 }, 'Color:1:100'],
  ['030c000000000008', { kind: 'encapsulation', tunnel: 8 }, 'ET:8'],
  ['030d000000000000', { kind: 'default-gateway' }, 'Default Gateway'],
  ['0600000000000003', { kind: 'mac-mobility', sequence: 3, sticky: false }, 'MM:3'],
  ['0600010000000000', { kind: 'mac-mobility', sequence: 0, sticky: true }, 'MM:0, sticky MAC'],
  ['06010000000003e9', { kind: 'esi-label', singleActive: false, label: 1001 }, 'ESI-label-Rt:AA'],
  ['0601010000000000', { kind: 'esi-label', singleActive: true, label: 0 }, 'ESI-label-Rt:SA'],
  ['060200005e005301', { kind: 'es-import', mac }, 'ES-Import-Rt:00:00:5e:00:53:01'],
  ['060300005e005301', { kind: 'router-mac', mac }, 'Rmac:00:00:5e:00:53:01'],
  [
    '0604000205dc0000',
    { kind: 'layer-2-attributes', flags: 2, mtu: 1500 },
    'L2:flags 0x2, MTU 1500',
  ],
  [
    '0606020002007fff',
    { kind: 'df-election', algorithm: 2, capabilities: 2, preference: 0x7fff },
    'DF: (alg: 2, bmap: 0x2, pref: 32767)',
  ],
  ['0608010000000000', { kind: 'arp-nd', flags: 1 }, 'ND:flags 0x1'],
  // Known, with reserved bits that are not zero.
  [
    '0600ff7700000003',
    { kind: 'mac-mobility', sequence: 3, sticky: true, reserved: 0xfe77n << 32n },
    'MM:3, sticky MAC',
  ],
  ['0306010000000000', { kind: 'opaque', bits: 0x0306010000000000n }, 'UNK:0x0306010000000000'],
];

describe('an extended community', () => {
  for (const [bits, value, text] of vectors) {
    test(`${bits} is ${text}`, () => {
      const octets = BigInt(`0x${bits}`);
      assert.deepEqual(decodeExtendedCommunity(octets), value);
      assert.equal(encodeExtendedCommunity(value), octets);
      assert.equal(formatExtendedCommunity(value), text);
    });
  }

  test('has a vector, whatever its kind', () => {
    const kinds = new Set(vectors.map(([, { kind }]) => kind));
    assert.deepEqual(kinds, new Set([...Object.keys(extendedCommunities), 'opaque']));
  });

  test('leaves the AS when its type says so', () => {
    assert.ok(isTransitive(0x0002fde800000064n));
    assert.ok(!isTransitive(0x4004fde800000000n));
    assert.ok(isTransitive(0x8002fde800000064n));
  });

  test('as JSON has the text, and the bits for programs', () => {
    assert.deepEqual(extendedCommunityToJson({ kind: 'encapsulation', tunnel: 8 }), {
      kind: 'encapsulation',
      text: 'ET:8',
      bits: '030c000000000008',
    });
    const esi = { kind: 'esi-label', singleActive: true, label: 7 } as const;
    assert.deepEqual(extendedCommunityToJson(esi), {
      kind: 'esi-label',
      text: 'ESI-label-Rt:SA',
      bits: '0601010000000007',
      label: 7,
    });
  });

  for (const text of ['65000:100', '4200000000:100', '192.0.2.1:100']) {
    test(`is made of the route target ${text}, as an operator writes it`, () => {
      const community = routeTargetOf(unwrap(parseRouteTarget(text)));
      assert.equal(formatExtendedCommunity(community), `RT:${text}`);
    });
  }
});
