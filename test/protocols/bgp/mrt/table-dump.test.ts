/** Records of MRT's TABLE_DUMP_V2, octet by octet, as RFC 6396 §4.3 and RFC 8050 §4 lay them out. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unwrap } from '../../../../src/base/result.ts';
import {
  encodeNlri,
  families,
  type Ip4,
  type MrtPath,
  parseIp,
  parsePrefix,
  parseRouteDistinguisher,
  peerIndexTable,
  rdOf,
  ribRecords,
} from '../../../../src/protocols/bgp/index.ts';
import { hex, octets } from '../octets.ts';

const ip = (text: string) => unwrap(parseIp(text));
const ip4 = (value: number): Ip4 => ({ family: 4, value });
const time = 0x6921_0000;
/** ORIGIN IGP, an empty AS_PATH, LOCAL_PREF 100. */
const attributes = octets('40 01 01 00  40 02 00  40 05 04 00000064');
const path: MrtPath = { peer: 1, time: time - 16, attributes, nextHop: octets('c0000202') };

function shows(made: Uint8Array, ...expected: readonly string[]): void {
  assert.equal(hex(made), expected.join('').replaceAll(/\s/g, ''));
}

describe('octet by octet', () => {
  test('the table of peers comes first', () => {
    const peers = [
      { id: ip4(0xc000_0201), address: ip('0.0.0.0'), asn: 65000 },
      { id: ip4(0xc000_0202), address: ip('2001:db8::2'), asn: 4_200_000_000 },
    ];
    shows(
      peerIndexTable(time, ip4(0xc000_0201), peers, 'main'),
      '69210000 000d 0001 00000032',
      'c0000201 0004 6d61696e 0002',
      '02 c0000201 00000000 0000fde8',
      '03 c0000202 20010db8000000000000000000000002 fa56ea00',
    );
  });

  test('IPv4 unicast has the next hop as an attribute of its own', () => {
    const family = families['ipv4-unicast'];
    const nlri = encodeNlri(family, unwrap(parsePrefix('10.1.0.0/16')));
    shows(
      ribRecords(time, 7, [{ family, nlri, paths: [path] }]),
      '69210000 000d 0002 00000026',
      '00000007 10 0a01 0001',
      '0001 6920fff0 0015',
      '40 03 04 c0000202  40 01 01 00  40 02 00  40 05 04 00000064',
    );
  });

  test('IPv6 unicast has of MP_REACH_NLRI the next hop alone', () => {
    const family = families['ipv6-unicast'];
    const nlri = encodeNlri(family, unwrap(parsePrefix('2001:db8::/32')));
    const nextHop = octets('20010db8000000000000000000000002');
    shows(
      ribRecords(time, 8, [{ family, nlri, paths: [{ ...path, nextHop }] }]),
      '69210000 000d 0004 00000035',
      '00000008 20 20010db8 0001',
      '0001 6920fff0 0022',
      '80 0e 11 10 20010db8000000000000000000000002',
      '40 01 01 00  40 02 00  40 05 04 00000064',
    );
  });

  test('any other family says which it is', () => {
    const family = families['l2vpn-evpn'];
    const rd = rdOf(unwrap(parseRouteDistinguisher('65000:1')));
    const nlri = encodeNlri(family, { type: 'imet', rd, tag: 0, originator: ip('192.0.2.2') });
    shows(
      ribRecords(time, 9, [{ family, nlri, paths: [path, { ...path, peer: 2 }] }]),
      '69210000 000d 0006 00000058',
      '00000009 0019 46',
      '03 11 0000fde800000001 00000000 20 c0000202',
      '0002',
      '0001 6920fff0 0016 80 0e 05 04 c0000202  40 01 01 00  40 02 00  40 05 04 00000064',
      '0002 6920fff0 0016 80 0e 05 04 c0000202  40 01 01 00  40 02 00  40 05 04 00000064',
    );
  });

  test('paths with an identifier have a record of their own, RFC 8050 §4.1', () => {
    const family = families['ipv4-unicast'];
    const nlri = encodeNlri(family, unwrap(parsePrefix('10.0.0.0/8')));
    const paths = [path, { ...path, pathId: 5 }];
    shows(
      ribRecords(time, 1, [{ family, nlri, paths }]),
      '69210000 000d 0002 00000025 00000001 08 0a 0001 0001 6920fff0 0015',
      '40 03 04 c0000202  40 01 01 00  40 02 00  40 05 04 00000064',
      '69210000 000d 0008 00000029 00000001 08 0a 0001 0001 6920fff0 00000005 0015',
      '40 03 04 c0000202  40 01 01 00  40 02 00  40 05 04 00000064',
    );
  });

  test('of other families the identifier is before the NLRI, RFC 8050 §4.2', () => {
    const family = families['route-target'];
    const paths = [5, 6].map((pathId) => ({ ...path, pathId }));
    const body = (id: string) => [
      '69210000 000d 000c 0000002c',
      `00000001 0001 84 0000000${id} 00 0001`,
      '0001 6920fff0 0016 80 0e 05 04 c0000202  40 01 01 00  40 02 00  40 05 04 00000064',
    ];
    const made = ribRecords(time, 1, [{ family, nlri: octets('00'), paths }]);
    shows(made, ...body('5'), ...body('6'));
  });
});

test('what is too long for its field is left out, and the record is whole', () => {
  const family = families['ipv4-unicast'];
  const large = { ...path, attributes: new Uint8Array(0x10000) };
  const made = ribRecords(time, 1, [{ family, nlri: octets('00'), paths: [large] }]);
  shows(made, '69210000 000d 0002 00000016 00000001 00 0001 0001 6920fff0 0007 40 03 04 c0000202');
});

test('more paths than a record can count go into several', () => {
  const family = families['ipv4-unicast'];
  const paths = Array.from({ length: 0x10001 }, () => path);
  const made = Buffer.from(ribRecords(time, 1, [{ family, nlri: octets('00'), paths }]));
  const first = 12 + made.readUInt32BE(8);
  assert.equal(made.readUInt16BE(12 + 5), 0xffff);
  assert.equal(made.readUInt16BE(first + 12 + 5), 2);
  assert.equal(made.length, first + 12 + made.readUInt32BE(first + 8));
});
