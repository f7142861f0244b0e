/** Routes of each family, octet by octet as their RFCs lay them out: value, text, key, and what is no such route. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unwrap } from '../../../../src/base/result.ts';
import { parseEsi } from '../../../../src/net/esi.ts';
import { parseIp } from '../../../../src/net/ip.ts';
import { parseMac } from '../../../../src/net/mac.ts';
import { parsePrefix } from '../../../../src/net/prefix.ts';
import { parseRouteDistinguisher } from '../../../../src/net/route-distinguisher.ts';
import {
  type AddressFamily,
  families,
  type FamilyName,
  forEachNlri,
  formatRoute,
  maxKeyLength,
  NlriCursor,
  type NlriValues,
  rdOf,
  routeToJson,
} from '../../../../src/protocols/bgp/index.ts';
import { describeFault } from '../../../../src/protocols/bgp/wire/nlri/codec.ts';
import { encodeNlri } from '../../../../src/protocols/bgp/wire/nlri/route.ts';
import { hex, octets } from '../octets.ts';

const ip = (text: string) => unwrap(parseIp(text));
const prefix = (text: string) => unwrap(parsePrefix(text));
const mac = unwrap(parseMac('00:00:5e:00:53:01'));
const rd = rdOf(unwrap(parseRouteDistinguisher('65000:1')));
const esi = unwrap(parseEsi('03:44:38:39:ff:ff:01:00:00:01'));
const noEsi = unwrap(parseEsi('00:00:00:00:00:00:00:00:00:00'));

type Vector = {
  readonly [F in FamilyName]: {
    readonly name: string;
    readonly family: F;
    readonly octets: string;
    readonly value: NlriValues[F];
    readonly text: string;
    /** Where it is not the octets themselves. */
    readonly key?: string;
  };
}[FamilyName];

const vectors: readonly Vector[] = [
  {
    name: 'IPv4 prefix',
    family: 'ipv4-unicast',
    octets: '18 0a0002',
    value: prefix('10.0.2.0/24'),
    text: '10.0.2.0/24',
  },
  {
    name: 'IPv4 default route',
    family: 'ipv4-unicast',
    octets: '00',
    value: prefix('0.0.0.0/0'),
    text: '0.0.0.0/0',
  },
  {
    name: 'IPv4 prefix that ends within an octet',
    family: 'ipv4-unicast',
    octets: '0c ac10',
    value: prefix('172.16.0.0/12'),
    text: '172.16.0.0/12',
  },
  {
    name: 'IPv6 host',
    family: 'ipv6-unicast',
    octets: '80 20010db8000000000000000000000001',
    value: prefix('2001:db8::1/128'),
    text: '2001:db8::1/128',
  },
  {
    name: 'IPv6 prefix',
    family: 'ipv6-unicast',
    octets: '21 20010db880',
    value: prefix('2001:db8:8000::/33'),
    text: '2001:db8:8000::/33',
  },
  {
    name: 'VPN-IPv4 prefix',
    family: 'ipv4-vpn',
    octets: '70 (label) 000641 (RD) 0000fde800000001 0a0002',
    value: { rd, prefix: prefix('10.0.2.0/24'), label: 0x641 },
    text: '10.0.2.0/24',
    key: '18 0000fde800000001 0a0002',
  },
  {
    name: 'VPN-IPv6 default route',
    family: 'ipv6-vpn',
    octets: '58 800000 0001c00002010064',
    value: {
      rd: rdOf(unwrap(parseRouteDistinguisher('192.0.2.1:100'))),
      prefix: prefix('::/0'),
      label: 0x800000,
    },
    text: '::/0',
    key: '00 0001c00002010064',
  },
  {
    name: 'EVPN type 1, Ethernet auto-discovery per segment',
    family: 'l2vpn-evpn',
    octets: '01 19 0000fde800000001 03443839ffff01000001 ffffffff 000000',
    value: { type: 'ead', rd, esi, tag: 0xffffffff, label: 0 },
    text: '[1]:[4294967295]:[03:44:38:39:ff:ff:01:00:00:01]',
    key: '01 0000fde800000001 03443839ffff01000001 ffffffff',
  },
  {
    name: 'EVPN type 2, MAC alone',
    family: 'l2vpn-evpn',
    octets: '02 21 0000fde800000001 00000000000000000000 00000000 30 00005e005301 00 0003e9',
    value: { type: 'mac', rd, esi: noEsi, tag: 0, mac, label: 1001 },
    text: '[2]:[0]:[48]:[00:00:5e:00:53:01]',
    key: '02 0000fde800000001 00000000 30 00005e005301 00',
  },
  {
    name: 'EVPN type 2, MAC and IPv4 on a segment, two labels',
    family: 'l2vpn-evpn',
    octets:
      '02 28 0000fde800000001 03443839ffff01000001 00000005 30 00005e005301 20 0a000001 0003e9 000fa1',
    value: { type: 'mac', rd, esi, tag: 5, mac, ip: ip('10.0.0.1'), label: 1001, label2: 4001 },
    text: '[2]:[5]:[48]:[00:00:5e:00:53:01]:[32]:[10.0.0.1]',
    key: '02 0000fde800000001 00000005 30 00005e005301 20 0a000001',
  },
  {
    name: 'EVPN type 2, MAC and IPv6',
    family: 'l2vpn-evpn',
    octets:
      '02 31 0000fde800000001 00000000000000000000 00000000 30 00005e005301 80 20010db8000000000000000000000001 0003e9',
    value: { type: 'mac', rd, esi: noEsi, tag: 0, mac, ip: ip('2001:db8::1'), label: 1001 },
    text: '[2]:[0]:[48]:[00:00:5e:00:53:01]:[128]:[2001:db8::1]',
    key: '02 0000fde800000001 00000000 30 00005e005301 80 20010db8000000000000000000000001',
  },
  {
    name: 'EVPN type 3, IPv4 router',
    family: 'l2vpn-evpn',
    octets: '03 11 0000fde800000001 00000000 20 c0000201',
    value: { type: 'imet', rd, tag: 0, originator: ip('192.0.2.1') },
    text: '[3]:[0]:[32]:[192.0.2.1]',
    key: '03 0000fde800000001 00000000 20 c0000201',
  },
  {
    name: 'EVPN type 4, IPv6 router',
    family: 'l2vpn-evpn',
    octets: '04 23 0000fde800000001 03443839ffff01000001 80 20010db8000000000000000000000001',
    value: { type: 'es', rd, esi, originator: ip('2001:db8::1') },
    text: '[4]:[03:44:38:39:ff:ff:01:00:00:01]:[128]:[2001:db8::1]',
    key: '04 0000fde800000001 03443839ffff01000001 80 20010db8000000000000000000000001',
  },
  {
    name: 'EVPN type 5, IPv4 prefix behind a gateway',
    family: 'l2vpn-evpn',
    octets: '05 22 0000fde800000001 00000000000000000000 00000000 18 0a000200 0a000001 000fa1',
    value: {
      type: 'prefix',
      rd,
      esi: noEsi,
      tag: 0,
      prefix: prefix('10.0.2.0/24'),
      gateway: ip('10.0.0.1'),
      label: 4001,
    },
    text: '[5]:[0]:[24]:[10.0.2.0]',
    key: '05 0000fde800000001 00000000 18 0a000200',
  },
  {
    name: 'EVPN type 5, IPv6 prefix behind a segment',
    family: 'l2vpn-evpn',
    octets:
      '05 3a 0000fde800000001 03443839ffff01000001 00000000 40 20010db8000000000000000000000000 00000000000000000000000000000000 000fa1',
    value: {
      type: 'prefix',
      rd,
      esi,
      tag: 0,
      prefix: prefix('2001:db8::/64'),
      gateway: ip('::'),
      label: 4001,
    },
    text: '[5]:[0]:[64]:[2001:db8::]',
    key: '05 0000fde800000001 00000000 40 20010db8000000000000000000000000',
  },
  {
    name: 'EVPN type 6, which is carried',
    family: 'l2vpn-evpn',
    octets: '06 03 aabbcc',
    value: { type: 'opaque', code: 6, raw: octets('aabbcc') },
    text: '[6]:[0xaabbcc]',
    key: '06 aabbcc',
  },
  {
    name: 'a route target wanted',
    family: 'route-target',
    octets: '60 0000fde8 0002fde800000064',
    value: { length: 96, originAs: 65000, target: 0x0002fde800000064n },
    text: '65000:RT:65000:100',
  },
  {
    name: 'all route targets of an AS wanted',
    family: 'route-target',
    octets: '40 0000fde8 0002fde8',
    value: { length: 64, originAs: 65000, target: 0x0002fde800000000n },
    text: '65000:0x0002fde800000000/64',
  },
  {
    name: 'everything wanted',
    family: 'route-target',
    octets: '00',
    value: { length: 0, originAs: 0, target: 0n },
    text: 'default',
  },
];

function keyIn(family: AddressFamily, nlri: Uint8Array): string {
  const into = new Uint8Array(maxKeyLength + 3).fill(0xee);
  const end = family.nlri.writeKey(nlri, 0, nlri.length, into, 3);
  return hex(into.subarray(3, end));
}

describe('a route', () => {
  for (const vector of vectors) {
    const family: AddressFamily = families[vector.family];
    const wire = octets(vector.octets);

    test(`${vector.name}: octets and value`, () => {
      assert.equal(family.nlri.end(wire, 0, wire.length), wire.length);
      assert.deepEqual(family.nlri.decode(wire, 0, wire.length), vector.value);
      assert.equal(hex(encodeNlri(family, vector.value)), hex(wire));
    });

    test(`${vector.name}: text`, () => {
      assert.equal(family.nlri.format(vector.value), vector.text);
    });

    test(`${vector.name}: key`, () => {
      assert.equal(keyIn(family, wire), hex(octets(vector.key ?? vector.octets)));
    });
  }

  test('there is a vector of every family, and of every EVPN route type', () => {
    assert.deepEqual(new Set(vectors.map(({ family }) => family)), new Set(Object.keys(families)));
    const types = vectors.flatMap(({ value }) => ('type' in value ? [value.type] : []));
    assert.deepEqual(new Set(types), new Set(['ead', 'mac', 'imet', 'es', 'prefix', 'opaque']));
  });

  test('with its route distinguisher and path identifier, where it has them', () => {
    const nlri: NlriValues['l2vpn-evpn'] = {
      type: 'imet',
      rd,
      tag: 0,
      originator: ip('192.0.2.1'),
    };
    const { 'l2vpn-evpn': evpn, 'ipv4-unicast': ipv4 } = families;
    assert.equal(formatRoute(evpn, { nlri }), 'RD 65000:1 [3]:[0]:[32]:[192.0.2.1]');
    const route = { nlri: prefix('10.0.0.0/8'), pathId: 7 };
    assert.equal(formatRoute(ipv4, route), '10.0.0.0/8 path 7');
    assert.deepEqual(routeToJson(ipv4, route), { route: { prefix: '10.0.0.0/8' }, pathId: 7 });
  });

  test('as JSON has the names that FRR gives', () => {
    const nlri: NlriValues['l2vpn-evpn'] = {
      type: 'mac',
      rd,
      esi,
      tag: 0,
      mac,
      ip: ip('10.0.0.1'),
      label: 1001,
    };
    assert.deepEqual(routeToJson(families['l2vpn-evpn'], { nlri }), {
      prefix: '[2]:[0]:[48]:[00:00:5e:00:53:01]:[32]:[10.0.0.1]',
      routeType: 2,
      rd: '65000:1',
      esi: '03:44:38:39:ff:ff:01:00:00:01',
      ethTag: 0,
      macLen: 48,
      mac: '00:00:5e:00:53:01',
      ipLen: 32,
      ip: '10.0.0.1',
      label: 1001,
    });
  });
});

describe('two announcements are of one route', () => {
  const same: readonly (readonly [what: string, family: FamilyName, a: string, b: string])[] = [
    ['whatever stands behind the prefix', 'ipv4-unicast', '0c ac10', '0c ac1f'],
    ['whatever the label', 'ipv4-vpn', '58 000641 0000fde800000001', '58 800000 0000fde800000001'],
    [
      'whatever the label of type 1',
      'l2vpn-evpn',
      '01 19 0000fde800000001 03443839ffff01000001 00000000 000000',
      '01 19 0000fde800000001 03443839ffff01000001 00000000 0003e9',
    ],
    [
      'whatever the segment and the labels of type 2',
      'l2vpn-evpn',
      '02 21 0000fde800000001 00000000000000000000 00000000 30 00005e005301 00 0003e9',
      '02 24 0000fde800000001 03443839ffff01000001 00000000 30 00005e005301 00 0003ea 000001',
    ],
    [
      'whatever the segment, gateway, label and host bits of type 5',
      'l2vpn-evpn',
      '05 22 0000fde800000001 00000000000000000000 00000000 18 0a000200 0a000001 000fa1',
      '05 22 0000fde800000001 03443839ffff01000001 00000000 18 0a0002ff 00000000 000000',
    ],
    ['whatever stands behind the target', 'route-target', '21 0000fde8 00', '21 0000fde8 7f'],
  ];
  for (const [what, name, a, b] of same) {
    test(`${name}: ${what}`, () => {
      assert.equal(keyIn(families[name], octets(a)), keyIn(families[name], octets(b)));
    });
  }

  const different: readonly (readonly [what: string, family: FamilyName, a: string, b: string])[] =
    [
      ['another length', 'ipv4-unicast', '08 0a', '09 0a00'],
      [
        'another route distinguisher',
        'ipv4-vpn',
        '58 000641 0000fde800000001',
        '58 000641 0000fde800000002',
      ],
      [
        'no address, and the address 0.0.0.0',
        'l2vpn-evpn',
        '02 21 0000fde800000001 00000000000000000000 00000000 30 00005e005301 00 0003e9',
        '02 25 0000fde800000001 00000000000000000000 00000000 30 00005e005301 20 00000000 0003e9',
      ],
      [
        'the default route of IPv4 and of IPv6',
        'l2vpn-evpn',
        '05 22 0000fde800000001 00000000000000000000 00000000 00 00000000 00000000 000000',
        `05 3a 0000fde800000001 00000000000000000000 00000000 00 ${'00'.repeat(32)} 000000`,
      ],
    ];
  for (const [what, name, a, b] of different) {
    test(`but not with ${what}`, () => {
      assert.notEqual(keyIn(families[name], octets(a)), keyIn(families[name], octets(b)));
    });
  }
});

describe('octets that are no route', () => {
  const evpn: FamilyName = 'l2vpn-evpn';
  const rows: readonly (readonly [
    what: string,
    family: FamilyName,
    octets: string,
    fault: RegExp,
  ])[] = [
    ['IPv4 of 33 bits', 'ipv4-unicast', '21 0a00000000', /length/],
    ['IPv4 that is cut', 'ipv4-unicast', '18 0a00', /longer than what is left/],
    ['IPv6 of 129 bits', 'ipv6-unicast', `81 ${'00'.repeat(17)}`, /length/],
    ['IPv6 that is cut', 'ipv6-unicast', '80 2001', /longer than what is left/],
    ['VPN without room for label and RD', 'ipv4-vpn', '57 000641 0000fde8000000', /length/],
    ['VPN of 33 bits of prefix', 'ipv4-vpn', `79 ${'00'.repeat(16)}`, /length/],
    ['VPN that is cut', 'ipv4-vpn', '70 000641 0000fde800000001 0a00', /longer than what is left/],
    ['EVPN without a length', evpn, '02', /longer than what is left/],
    ['EVPN that is cut', evpn, '06 03 aabb', /longer than what is left/],
    ['type 1 of 24 octets', evpn, `01 18 ${'00'.repeat(24)}`, /length/],
    ['type 2 of 32 octets', evpn, `02 20 ${'00'.repeat(32)}`, /length/],
    [
      'type 2 with a MAC of 40 bits',
      evpn,
      '02 21 0000fde800000001 00000000000000000000 00000000 28 00005e005301 00 0003e9',
      /out of its range/,
    ],
    [
      'type 2 with an address of 33 bits',
      evpn,
      '02 25 0000fde800000001 00000000000000000000 00000000 30 00005e005301 21 0a000001 0003e9',
      /out of its range/,
    ],
    [
      'type 2 with half a second label',
      evpn,
      '02 22 0000fde800000001 00000000000000000000 00000000 30 00005e005301 00 0003e9 00',
      /length/,
    ],
    ['type 3 without a router', evpn, '03 0c 0000fde800000001 00000000', /length/],
    [
      'type 3 with a router of 33 bits',
      evpn,
      '03 11 0000fde800000001 00000000 21 c0000201',
      /range/,
    ],
    ['type 4 of 22 octets', evpn, `04 16 ${'00'.repeat(22)}`, /length/],
    ['type 4 with a router of 24 bits', evpn, `04 17 ${'00'.repeat(18)} 18 c0000201`, /range/],
    ['type 5 of 35 octets', evpn, `05 23 ${'00'.repeat(35)}`, /length/],
    [
      'type 5 with 33 bits of IPv4',
      evpn,
      '05 22 0000fde800000001 00000000000000000000 00000000 21 0a000200 00000000 000fa1',
      /out of its range/,
    ],
    ['a route target of 97 bits', 'route-target', `61 ${'00'.repeat(13)}`, /length/],
    ['a route target of 31 bits', 'route-target', '1f 00000000', /length/],
    ['a route target that is cut', 'route-target', '60 0000fde8', /longer than what is left/],
  ];
  for (const [what, name, text, fault] of rows) {
    test(what, () => {
      const wire = octets(text);
      const end = families[name].nlri.end(wire, 0, wire.length);
      assert.ok(end < 0);
      assert.match(describeFault(end), fault);
    });
  }
});

test('a cursor that was not opened has no routes, nor has one over octets that are none', () => {
  const cursor = new NlriCursor();
  assert.ok(!cursor.next());
  const family = families['ipv4-unicast'];
  cursor.open(octets('21 0a'), { family, pathIds: false, start: 0, end: 2 });
  assert.ok(!cursor.next());
});

test('the routes of a field are visited one by one, with their path identifiers', () => {
  const wire = octets('ff (before) 00000001 08 0a 00000002 18 0a0001 ff (behind)');
  const visited: unknown[] = [];
  const range = { family: families['ipv4-unicast'], pathIds: true, start: 1, end: 15 };
  forEachNlri(wire, range, (...route) => visited.push(route));
  assert.deepEqual(visited, [
    [1, 5, 7],
    [2, 11, 15],
  ]);
});
