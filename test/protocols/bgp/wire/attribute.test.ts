/** Path attributes, octet by octet as their RFCs lay them out, header included; and as they are printed. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unwrap } from '../../../../src/base/result.ts';
import { parseIp } from '../../../../src/net/ip.ts';
import { parsePrefix } from '../../../../src/net/prefix.ts';
import {
  aigpMetric,
  attributeName,
  attributesToJson,
  attributes as table,
  decodeAttributes,
  encodeAttributes,
  formatAttributes,
  formatCommunity,
  type PathAttributes,
  type SessionOptions,
  setPartial,
  wireSession,
} from '../../../../src/protocols/bgp/index.ts';
import type { Ip4, Ip6 } from '../../../../src/net/ip.ts';
import { hex, octets } from '../octets.ts';

const ip4 = (text: string) => unwrap(parseIp(text)) as Ip4;
const ip6 = (text: string) => unwrap(parseIp(text)) as Ip6;
const prefix = (text: string) => unwrap(parsePrefix(text));

interface Vector {
  readonly octets: string;
  readonly value: PathAttributes;
  readonly text: string;
  readonly session?: SessionOptions;
}

const confederation: SessionOptions = { peer: 'confederation', fourOctetAs: true };

const vectors: readonly Vector[] = [
  { octets: '40 01 01 00', value: { origin: 'igp' }, text: 'ORIGIN IGP' },
  { octets: '40 01 01 01', value: { origin: 'egp' }, text: 'ORIGIN EGP' },
  { octets: '40 01 01 02', value: { origin: 'incomplete' }, text: 'ORIGIN incomplete' },
  { octets: '40 02 00', value: { asPath: [] }, text: 'AS_PATH ' },
  {
    octets: '40 02 14 (sequence of 2) 02 02 0000fde9 fa56ea00 (set of 2) 01 02 0000fdea 0000fdeb',
    value: {
      asPath: [
        { type: 'sequence', asns: [65001, 4200000000] },
        { type: 'set', asns: [65002, 65003] },
      ],
    },
    text: 'AS_PATH 65001 4200000000 {65002,65003}',
  },
  {
    octets: '40 02 0c 03 01 0000fde9 04 01 0000fdea',
    value: {
      asPath: [
        { type: 'confed-sequence', asns: [65001] },
        { type: 'confed-set', asns: [65002] },
      ],
    },
    text: 'AS_PATH (65001) [65002]',
    session: confederation,
  },
  {
    octets: '40 02 06 02 02 fde9 fdea',
    value: { asPath: [{ type: 'sequence', asns: [65001, 65002] }] },
    text: 'AS_PATH 65001 65002',
    session: { fourOctetAs: false },
  },
  {
    octets: '40 03 04 0a000001',
    value: { nextHop: ip4('10.0.0.1') },
    text: 'NEXT_HOP 10.0.0.1',
  },
  { octets: '80 04 04 00000064', value: { med: 100 }, text: 'MULTI_EXIT_DISC 100' },
  { octets: '40 05 04 ffffffff', value: { localPref: 4294967295 }, text: 'LOCAL_PREF 4294967295' },
  {
    octets: '40 06 00',
    value: { atomicAggregate: true },
    text: 'ATOMIC_AGGREGATE atomic-aggregate',
  },
  {
    octets: 'c0 07 08 fa56ea00 0a000001',
    value: { aggregator: { asn: 4200000000, address: ip4('10.0.0.1') } },
    text: 'AGGREGATOR 4200000000 10.0.0.1',
  },
  {
    octets: 'c0 07 06 fde9 0a000001',
    value: { aggregator: { asn: 65001, address: ip4('10.0.0.1') } },
    text: 'AGGREGATOR 65001 10.0.0.1',
    session: { fourOctetAs: false },
  },
  {
    octets: 'c0 08 08 fde80064 ffffff01',
    value: { communities: [0xfde80064, 0xffffff01] },
    text: 'COMMUNITIES 65000:100 no-export',
  },
  {
    octets: '80 09 04 0a000002',
    value: { originatorId: ip4('10.0.0.2') },
    text: 'ORIGINATOR_ID 10.0.0.2',
  },
  {
    octets: '80 0a 08 0a000003 0a000004',
    value: { clusterList: [ip4('10.0.0.3'), ip4('10.0.0.4')] },
    text: 'CLUSTER_LIST 10.0.0.3 10.0.0.4',
  },
  {
    octets: '80 0e 0d 0001 01 04 0a000001 00 18 0a0002',
    value: {
      mpReach: {
        family: 'ipv4-unicast',
        nextHop: { ip: ip4('10.0.0.1') },
        routes: [{ nlri: prefix('10.0.2.0/24') }],
      },
    },
    text: 'MP_REACH_NLRI ipv4-unicast 10.0.2.0/24 via 10.0.0.1',
  },
  {
    octets:
      '80 0e 2a 0002 01 (next hops) 20 20010db8000000000000000000000001 fe800000000000000000000000000001 00 20 20010db8',
    value: {
      mpReach: {
        family: 'ipv6-unicast',
        nextHop: { ip: ip6('2001:db8::1'), linkLocal: ip6('fe80::1') },
        routes: [{ nlri: prefix('2001:db8::/32') }],
      },
    },
    text: 'MP_REACH_NLRI ipv6-unicast 2001:db8::/32 via 2001:db8::1 fe80::1',
  },
  {
    octets:
      '80 0e 1d 0001 80 (RD and next hop) 18 0000000000000000 20010db8000000000000000000000001 00 (prefix of no length)',
    value: {
      mpReach: { family: 'ipv4-vpn', nextHop: { ip: ip6('2001:db8::1') }, routes: [] },
    },
    text: 'MP_REACH_NLRI ipv4-vpn  via 2001:db8::1',
  },
  {
    octets: '80 0f 0b 0001 01 (path) 00000007 18 0a0002',
    value: {
      mpUnreach: {
        family: 'ipv4-unicast',
        routes: [{ nlri: prefix('10.0.2.0/24'), pathId: 7 }],
      },
    },
    text: 'MP_UNREACH_NLRI ipv4-unicast 10.0.2.0/24 path 7',
    session: {
      families: [{ family: 'ipv4-unicast', receivePathIds: true, sendPathIds: true }],
    },
  },
  {
    octets: 'c0 10 08 0002fde800000064',
    value: {
      extendedCommunities: [
        { kind: 'route-target', form: 'as2', administrator: 65000, assigned: 100 },
      ],
    },
    text: 'EXTENDED COMMUNITIES RT:65000:100',
  },
  {
    octets: 'c0 16 09 00 06 0003e9 0a000001',
    value: { pmsiTunnel: { flags: 0, tunnel: 6, label: 1001, identifier: octets('0a000001') } },
    text: 'PMSI_TUNNEL Ingress Replication, label 1001, 10.0.0.1',
  },
  {
    octets: 'c0 16 05 00 00 000000',
    value: { pmsiTunnel: { flags: 0, tunnel: 0, label: 0, identifier: octets('') } },
    text: 'PMSI_TUNNEL type 0, label 0, 0x',
  },
  {
    octets: 'c0 19 14 0002 20010db8000000000000000000000001 0064',
    value: {
      ipv6ExtendedCommunities: [octets('000220010db80000000000000000000000010064')],
    },
    text: 'IPv6 EXTENDED COMMUNITIES 0x000220010db80000000000000000000000010064',
  },
  {
    octets: '80 1a 0b 01 000b 0000000000000064',
    value: { aigp: [{ type: 1, value: octets('0000000000000064') }] },
    text: 'AIGP 100',
  },
  {
    octets: 'c0 20 0c 0000fbf0 00000001 00000002',
    value: { largeCommunities: [{ global: 64496, local1: 1, local2: 2 }] },
    text: 'LARGE_COMMUNITY 64496:1:2',
  },
  {
    octets: 'c0 23 04 0000fde8',
    value: { onlyToCustomer: 65000 },
    text: 'ONLY_TO_CUSTOMER 65000',
  },
  {
    octets: 'e0 80 02 abcd',
    value: { unknown: [{ code: 128, flags: 0xe0, raw: octets('abcd') }] },
    text: 'attribute 128 flags 0xe0 abcd',
  },
];

const usual: SessionOptions = {
  fourOctetAs: true,
  families: ['ipv4-unicast', 'ipv6-unicast', { family: 'ipv4-vpn', extendedNextHop: true }],
};

describe('an attribute', () => {
  for (const { octets: text, value, text: printed, session: options } of vectors) {
    const session = wireSession(options ?? usual);
    const wire = octets(text);

    test(`${printed.trim()}: octets, value and text`, () => {
      const decoded = decodeAttributes(wire, [0, wire.length], session);
      assert.deepEqual(decoded, { attributes: value, findings: [] });
      assert.equal(hex(encodeAttributes(value, session)), hex(wire));
      assert.deepEqual(formatAttributes(value), [printed]);
      assert.doesNotThrow(() => JSON.stringify(attributesToJson(value)));
    });
  }

  test('has a vector, whatever its type; those of two-octet sessions are in four-octet-as.test.ts', () => {
    const names = new Set(vectors.flatMap(({ value }) => Object.keys(value)));
    const wanted = Object.keys(table).filter((name) => !name.startsWith('as4'));
    assert.deepEqual(
      [...wanted, 'unknown'].filter((name) => !names.has(name)),
      [],
    );
  });

  test('is known by the name in the registry, or by its number', () => {
    assert.equal(attributeName(14), 'MP_REACH_NLRI');
    assert.equal(attributeName(99), 'attribute 99');
  });

  test('of 256 octets and more has a length of two', () => {
    const communities = Array.from({ length: 64 }, (_, i) => i);
    const wire = encodeAttributes({ communities }, wireSession(usual));
    assert.equal(hex(wire.subarray(0, 4)), 'd0080100');
    assert.deepEqual(decodeAttributes(wire, [0, wire.length], wireSession(usual)).attributes, {
      communities,
    });
  });
});

describe('a set of attributes', () => {
  test('is written with the routes first, the others by their codes', () => {
    const set: PathAttributes = {
      localPref: 100,
      origin: 'igp',
      mpReach: { family: 'ipv4-unicast', nextHop: { ip: ip4('10.0.0.1') }, routes: [] },
      asPath: [],
    };
    assert.equal(
      hex(encodeAttributes(set, wireSession(usual))),
      hex(octets('80 0e 09 0001 01 04 0a000001 00  40 01 01 00  40 02 00  40 05 04 00000064')),
    );
  });

  test('as JSON has a key an attribute', () => {
    const set: PathAttributes = {
      origin: 'igp',
      asPath: [{ type: 'sequence', asns: [65001] }],
      med: 5,
      communities: [0xfde80064],
      unknown: [{ code: 128, flags: 0xc0, raw: octets('ab') }],
    };
    assert.deepEqual(attributesToJson(set), {
      origin: 'IGP',
      asPath: [{ type: 'sequence', asns: [65001] }],
      med: 5,
      communities: ['65000:100'],
      unknown: [{ code: 128, flags: 0xc0, raw: 'ab' }],
    });
  });

  test('that is passed on says of what it does not know that it may be out of date', () => {
    const set = octets('40 01 01 00  c0 80 01 aa  d0 81 0001 bb');
    setPartial(set, 0, set.length);
    assert.equal(hex(set), hex(octets('40 01 01 00  e0 80 01 aa  f0 81 0001 bb')));
  });
});

test('communities of the registry have names', () => {
  const names = [0xffff029a, 0xffffff02, 0xffff0006, 0x00010002].map(formatCommunity);
  assert.deepEqual(names, ['blackhole', 'no-advertise', 'llgr-stale', '1:2']);
});

test('the metric of AIGP is the first', () => {
  const metric = (value: string) => ({ type: 1, value: octets(value) });
  assert.equal(aigpMetric([metric('0000000000000001'), metric('0000000000000002')]), 1n);
  assert.equal(aigpMetric([{ type: 2, value: octets('') }]), undefined);
});

test('more ASes than a segment has room for go on in the next one', () => {
  const session = wireSession({ fourOctetAs: true });
  const asns = Array.from({ length: 600 }, (_, index) => index + 1);
  const path = [
    { type: 'sequence', asns },
    { type: 'set', asns: [] },
  ] as const;
  const wire = encodeAttributes({ origin: 'igp', asPath: path }, session);
  const { asPath } = decodeAttributes(wire, [0, wire.length], session).attributes;
  assert.deepEqual(
    asPath?.map(({ type, asns: part }) => [type, part.length]),
    [
      ['sequence', 255],
      ['sequence', 255],
      ['sequence', 90],
    ],
  );
  assert.deepEqual(
    asPath?.flatMap(({ asns: part }) => part),
    asns,
  );
});
