/**
 * What is wrong with an UPDATE, case by case as RFC 7606 and the RFCs of the attributes have it, and what comes of it. Each
 * row is one case: on which session, which fields, and every finding.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  actionNames,
  attributeName,
  decodeUpdate,
  formatFinding,
  formatMessageError,
  scanUpdate,
  type ScannedUpdate,
  type SessionOptions,
  wireSession,
} from '../../../../src/protocols/bgp/index.ts';
import { hex, octets, updateMessage } from '../octets.ts';

const families = ['ipv4-unicast', 'ipv6-unicast', 'l2vpn-evpn'] as const;
const internal: SessionOptions = { fourOctetAs: true, families };
const external: SessionOptions = { ...internal, peer: 'external' };
const confederation: SessionOptions = { ...internal, peer: 'confederation' };
const twoOctets: SessionOptions = { ...external, fourOctetAs: false };

const origin = '40 01 01 00';
const asPath = '40 02 06 02 01 0000fde9';
const nextHop = '40 03 04 0a000001';
const localPref = '40 05 04 00000064';
/** What an announcement over eBGP must have, and over iBGP. */
const mandatory = `${origin} ${asPath} ${nextHop}`;
const within = `${mandatory} ${localPref}`;
const nlri = '18 0a0002';

interface Case {
  readonly name: string;
  readonly session?: SessionOptions;
  readonly withdrawn?: string;
  readonly attributes?: string;
  readonly nlri?: string;
  /** `AS_PATH: treat-as-withdraw (RFC 7606 §7.2)`, one a finding. */
  readonly findings: readonly string[];
  readonly verdict: 'accept' | 'withdraw' | 'reset';
}

/** An attribute beside all that there must be, announcing a route over eBGP. */
const beside = (name: string, attribute: string, finding: string): Case => ({
  name,
  attributes: `${mandatory} ${attribute}`,
  nlri,
  findings: [finding],
  verdict: finding.includes('withdraw') ? 'withdraw' : 'accept',
});

/** The same over iBGP. */
const besideWithin = (name: string, attribute: string, finding: string): Case => ({
  ...beside(name, attribute, finding),
  session: internal,
  attributes: `${within} ${attribute}`,
});

/** The same in place of one of them. */
const inPlaceOf = (name: string, attributes: string, finding: string): Case => ({
  name,
  attributes,
  nlri,
  findings: [finding],
  verdict: 'withdraw',
});

/** From a peer in 65001 whose paths must begin with that, RFC 4271 §6.3; from 4200000000 by a speaker of two octets. */
const firstAs: readonly Case[] = (
  [
    ['that of the peer', '40 02 06 02 01 0000fde9', 'accept'],
    ['another', '40 02 06 02 01 0000fdea', 'withdraw'],
    ['none', '40 02 00', 'withdraw'],
    ['a set', '40 02 06 01 01 0000fde9', 'withdraw'],
    ['AS_TRANS', '40 02 04 02 01 5ba0', 'accept', { fourOctetAs: false, firstAs: 4_200_000_000 }],
    [
      'not AS_TRANS',
      '40 02 04 02 01 fde9',
      'withdraw',
      { fourOctetAs: false, firstAs: 4_200_000_000 },
    ],
  ] as const
).map(([what, path, verdict, session]) => ({
  name: `RFC 4271 §6.3 AS_PATH whose first AS is ${what}`,
  session: { ...external, firstAs: 65001, ...session },
  attributes: `${origin} ${path} ${nextHop}`,
  nlri,
  findings: verdict === 'accept' ? [] : ['AS_PATH: treat-as-withdraw (RFC 7606 §7.2)'],
  verdict,
}));

const mac = '02 21 0000fde800000001 00000000000000000000 00000000 30 00005e005301 00 0003e9';
const evpnReach = `80 0e 2c 0019 46 04 0a000001 00 ${mac}`;
const both = '0000fde800000001 03443839ffff01000001 00000000 18 0a000200 0a000001 000fa1';
/** Of type 5, with a label of zero: without segment and gateway, and with a gateway. */
const nowhere = '0000fde800000001 00000000000000000000 00000000 18 0a000200 00000000 000000';
const resolved = '0000fde800000001 00000000000000000000 00000000 18 0a000200 0a000001 000000';

const sections: { readonly [section: string]: readonly Case[] } = {
  'RFC 7606 §3 (c): flags': [
    inPlaceOf(
      'ORIGIN as optional',
      `c0 01 01 00 ${asPath} ${nextHop}`,
      'ORIGIN: treat-as-withdraw (RFC 7606 §3 (c))',
    ),
    inPlaceOf(
      'AS_PATH as not transitive',
      `${origin} 00 02 06 02 01 0000fde9 ${nextHop}`,
      'AS_PATH: treat-as-withdraw (RFC 7606 §3 (c))',
    ),
    inPlaceOf(
      'NEXT_HOP as optional',
      `${origin} ${asPath} c0 03 04 0a000001`,
      'NEXT_HOP: treat-as-withdraw (RFC 7606 §3 (c))',
    ),
    beside(
      'MULTI_EXIT_DISC as transitive',
      'c0 04 04 00000064',
      'MULTI_EXIT_DISC: treat-as-withdraw (RFC 7606 §3 (c))',
    ),
    beside(
      'ATOMIC_AGGREGATE as optional',
      'c0 06 00',
      'ATOMIC_AGGREGATE: attribute discard (RFC 7606 §3 (c))',
    ),
    {
      name: 'the partial bit of a well-known attribute, which does not matter',
      attributes: `60 01 01 00 ${asPath} ${nextHop}`,
      nlri,
      findings: [],
      verdict: 'accept',
    },
  ],
  'RFC 7606 §3 (d): what must be there': [
    inPlaceOf('no ORIGIN', `${asPath} ${nextHop}`, 'ORIGIN: treat-as-withdraw (RFC 7606 §3 (d))'),
    inPlaceOf('no AS_PATH', `${origin} ${nextHop}`, 'AS_PATH: treat-as-withdraw (RFC 7606 §3 (d))'),
    inPlaceOf(
      'no NEXT_HOP',
      `${origin} ${asPath}`,
      'NEXT_HOP: treat-as-withdraw (RFC 7606 §3 (d))',
    ),
    {
      name: 'no NEXT_HOP beside MP_REACH_NLRI, which has its own',
      attributes: `${evpnReach} ${origin} ${asPath}`,
      findings: [],
      verdict: 'accept',
    },
    {
      name: 'no LOCAL_PREF from an internal peer',
      session: internal,
      attributes: mandatory,
      nlri,
      findings: ['LOCAL_PREF: treat-as-withdraw (RFC 7606 §3 (d))'],
      verdict: 'withdraw',
    },
    {
      name: 'no attributes at all',
      nlri,
      findings: [
        'NEXT_HOP: treat-as-withdraw (RFC 7606 §3 (d))',
        'ORIGIN: treat-as-withdraw (RFC 7606 §3 (d))',
        'AS_PATH: treat-as-withdraw (RFC 7606 §3 (d))',
      ],
      verdict: 'withdraw',
    },
    {
      name: 'nothing, where routes are only withdrawn',
      withdrawn: nlri,
      findings: [],
      verdict: 'accept',
    },
  ],
  'RFC 7606 §3 (g): twice': [
    {
      name: 'ORIGIN: the first counts',
      attributes: `${mandatory} 40 01 01 02`,
      nlri,
      findings: ['ORIGIN: attribute discard (RFC 7606 §3 (g))'],
      verdict: 'accept',
    },
    {
      name: 'NEXT_HOP: the first counts',
      attributes: `${mandatory} 40 03 04 0a000009`,
      nlri,
      findings: ['NEXT_HOP: attribute discard (RFC 7606 §3 (g))'],
      verdict: 'accept',
    },
    {
      name: 'an attribute that nobody knows',
      attributes: `${mandatory} c0 80 01 aa c0 80 01 bb`,
      nlri,
      findings: ['attribute 128: attribute discard (RFC 7606 §3 (g))'],
      verdict: 'accept',
    },
    {
      name: 'MP_REACH_NLRI',
      attributes: `${evpnReach} ${origin} ${asPath} ${evpnReach}`,
      findings: ['MP_REACH_NLRI: session reset (RFC 7606 §3 (g))'],
      verdict: 'reset',
    },
    {
      name: 'MP_UNREACH_NLRI',
      attributes: '80 0f 03 0019 46 80 0f 03 0019 46',
      findings: ['MP_UNREACH_NLRI: session reset (RFC 7606 §3 (g))'],
      verdict: 'reset',
    },
  ],
  'RFC 7606 §3 (h): the strongest of several': [
    {
      name: 'discard and withdraw',
      attributes: `${origin} 40 02 01 00 ${nextHop} 40 06 01 00`,
      nlri,
      findings: [
        'AS_PATH: treat-as-withdraw (RFC 7606 §7.2)',
        'ATOMIC_AGGREGATE: attribute discard (RFC 7606 §7.6)',
      ],
      verdict: 'withdraw',
    },
    {
      name: 'withdraw and reset',
      attributes: `40 01 01 03 ${asPath} ${nextHop} 40 80 00`,
      nlri,
      findings: [
        'ORIGIN: treat-as-withdraw (RFC 7606 §7.1)',
        'attribute 128: session reset (RFC 4271 §6.3)',
      ],
      verdict: 'reset',
    },
  ],
  'RFC 7606 §3 (i), (j), §5.3: routes that cannot be read': [
    {
      name: 'withdrawn routes of 33 bits',
      withdrawn: '21 0a00000000',
      findings: ['-: session reset (RFC 7606 §5.3)'],
      verdict: 'reset',
    },
    {
      name: 'withdrawn routes that are cut',
      withdrawn: '18 0a00',
      findings: ['-: session reset (RFC 7606 §5.3)'],
      verdict: 'reset',
    },
    {
      name: 'NLRI of 33 bits',
      attributes: mandatory,
      nlri: '21 0a00000000',
      findings: ['-: session reset (RFC 7606 §5.3)'],
      verdict: 'reset',
    },
    {
      name: 'NLRI that is cut',
      attributes: mandatory,
      nlri: '18 0a0002 18 0a',
      findings: ['-: session reset (RFC 7606 §5.3)'],
      verdict: 'reset',
    },
    {
      name: 'NLRI without its path identifier',
      session: {
        peer: 'external',
        fourOctetAs: true,
        families: [{ family: 'ipv4-unicast', receivePathIds: true }],
      },
      attributes: mandatory,
      nlri: '00 0000',
      findings: ['-: session reset (RFC 7606 §5.3)'],
      verdict: 'reset',
    },
    {
      name: 'MP_REACH_NLRI with IPv6 of 129 bits: the family is given up',
      attributes: `80 0e 26 0002 01 10 ${'00'.repeat(16)} 00 81 ${'00'.repeat(16)} ${origin} ${asPath}`,
      findings: ['MP_REACH_NLRI: AFI/SAFI disable (RFC 7606 §5.3)'],
      verdict: 'accept',
    },
    {
      name: 'MP_UNREACH_NLRI with a route that is cut: the family is given up',
      attributes: '80 0f 06 0002 01 30 2001',
      findings: ['MP_UNREACH_NLRI: AFI/SAFI disable (RFC 7606 §5.3)'],
      verdict: 'accept',
    },
    {
      name: 'MP_REACH_NLRI with a route of EVPN type 2 of the wrong length',
      attributes: `80 0e 0d 0019 46 04 0a000001 00 02 02 0000 ${origin} ${asPath}`,
      findings: ['MP_REACH_NLRI: AFI/SAFI disable (RFC 7606 §5.3)'],
      verdict: 'accept',
    },
    {
      name: 'MP_REACH_NLRI of four octets',
      attributes: `80 0e 04 0002 01 10 ${origin} ${asPath}`,
      findings: ['MP_REACH_NLRI: session reset (RFC 7606 §5.3)'],
      verdict: 'reset',
    },
    {
      name: 'MP_UNREACH_NLRI of two octets',
      attributes: '80 0f 02 0002',
      findings: ['MP_UNREACH_NLRI: session reset (RFC 7606 §5.3)'],
      verdict: 'reset',
    },
    {
      name: 'MP_REACH_NLRI as transitive',
      attributes: `c0 ${evpnReach.slice(3)} ${origin} ${asPath}`,
      findings: ['MP_REACH_NLRI: session reset (RFC 7606 §5.3)'],
      verdict: 'reset',
    },
    {
      name: 'MP_UNREACH_NLRI as well-known',
      attributes: '00 0f 03 0019 46',
      findings: ['MP_UNREACH_NLRI: session reset (RFC 7606 §5.3)'],
      verdict: 'reset',
    },
  ],
  'RFC 7606 §4: lengths of attributes': [
    {
      name: 'the last is longer than what is left',
      attributes: `${mandatory} c0 08 08 fde80064`,
      nlri,
      findings: ['COMMUNITIES: treat-as-withdraw (RFC 7606 §4)'],
      verdict: 'withdraw',
    },
    {
      name: 'two octets are left',
      attributes: `${mandatory} c0 08`,
      nlri,
      findings: ['COMMUNITIES: treat-as-withdraw (RFC 7606 §4)'],
      verdict: 'withdraw',
    },
    {
      name: 'three octets are left where the length has two',
      attributes: `${mandatory} d0 08 00`,
      nlri,
      findings: ['COMMUNITIES: treat-as-withdraw (RFC 7606 §4)'],
      verdict: 'withdraw',
    },
    {
      name: 'one octet is left',
      attributes: `${mandatory} c0`,
      nlri,
      findings: ['-: treat-as-withdraw (RFC 7606 §4)'],
      verdict: 'withdraw',
    },
    {
      name: 'the last is MP_REACH_NLRI: its routes cannot be told',
      attributes: `${origin} ${asPath} 80 0e 40 0019 46`,
      findings: ['MP_REACH_NLRI: session reset (RFC 7606 §3 (j))'],
      verdict: 'reset',
    },
    beside('COMMUNITIES of none', 'c0 08 00', 'COMMUNITIES: treat-as-withdraw (RFC 7606 §7.8)'),
  ],
  'RFC 7606 §5.2: nothing is announced': [
    {
      name: 'with an error worth treating as withdrawn',
      attributes: '40 01 01 03',
      findings: ['ORIGIN: treat-as-withdraw (RFC 7606 §7.1)'],
      verdict: 'reset',
    },
    {
      name: 'with an error worth a discard',
      withdrawn: nlri,
      attributes: '40 06 01 00',
      findings: ['ATOMIC_AGGREGATE: attribute discard (RFC 7606 §7.6)'],
      verdict: 'accept',
    },
    {
      name: 'with MP_REACH_NLRI that has no routes',
      attributes: '80 0e 09 0019 46 04 0a000001 00 40 01 01 03',
      findings: ['ORIGIN: treat-as-withdraw (RFC 7606 §7.1)'],
      verdict: 'reset',
    },
  ],
  'RFC 7606 §7: attribute by attribute': [
    inPlaceOf(
      '§7.1 ORIGIN of two octets',
      `40 01 02 0000 ${asPath} ${nextHop}`,
      'ORIGIN: treat-as-withdraw (RFC 7606 §7.1)',
    ),
    inPlaceOf(
      '§7.1 ORIGIN 3',
      `40 01 01 03 ${asPath} ${nextHop}`,
      'ORIGIN: treat-as-withdraw (RFC 7606 §7.1)',
    ),
    inPlaceOf(
      '§7.2 AS_PATH with a segment of type 5',
      `${origin} 40 02 06 05 01 0000fde9 ${nextHop}`,
      'AS_PATH: treat-as-withdraw (RFC 7606 §7.2)',
    ),
    inPlaceOf(
      '§7.2 AS_PATH with a segment of type 0',
      `${origin} 40 02 06 00 01 0000fde9 ${nextHop}`,
      'AS_PATH: treat-as-withdraw (RFC 7606 §7.2)',
    ),
    inPlaceOf(
      '§7.2 AS_PATH with a segment that overruns',
      `${origin} 40 02 06 02 02 0000fde9 ${nextHop}`,
      'AS_PATH: treat-as-withdraw (RFC 7606 §7.2)',
    ),
    inPlaceOf(
      '§7.2 AS_PATH with one octet left',
      `${origin} 40 02 07 02 01 0000fde9 02 ${nextHop}`,
      'AS_PATH: treat-as-withdraw (RFC 7606 §7.2)',
    ),
    inPlaceOf(
      '§7.2 AS_PATH with a segment of none',
      `${origin} 40 02 02 02 00 ${nextHop}`,
      'AS_PATH: treat-as-withdraw (RFC 7606 §7.2)',
    ),
    ...firstAs,
    inPlaceOf(
      '§7.3 NEXT_HOP of three octets',
      `${origin} ${asPath} 40 03 03 0a0000`,
      'NEXT_HOP: treat-as-withdraw (RFC 7606 §7.3)',
    ),
    beside(
      '§7.4 MULTI_EXIT_DISC of three octets',
      '80 04 03 000064',
      'MULTI_EXIT_DISC: treat-as-withdraw (RFC 7606 §7.4)',
    ),
    beside(
      '§7.5 LOCAL_PREF from an external peer',
      localPref,
      'LOCAL_PREF: attribute discard (RFC 7606 §7.5)',
    ),
    {
      name: '§7.5 LOCAL_PREF of five octets from an internal peer',
      session: internal,
      attributes: `${mandatory} 40 05 05 0000000064`,
      nlri,
      findings: ['LOCAL_PREF: treat-as-withdraw (RFC 7606 §7.5)'],
      verdict: 'withdraw',
    },
    beside(
      '§7.6 ATOMIC_AGGREGATE of one octet',
      '40 06 01 00',
      'ATOMIC_AGGREGATE: attribute discard (RFC 7606 §7.6)',
    ),
    beside(
      '§7.7 AGGREGATOR of six octets with AS numbers of four',
      'c0 07 06 fde9 0a000001',
      'AGGREGATOR: attribute discard (RFC 7606 §7.7)',
    ),
    {
      ...beside(
        '§7.7 AGGREGATOR of eight octets with AS numbers of two',
        'c0 07 08 0000fde9 0a000001',
        'AGGREGATOR: attribute discard (RFC 7606 §7.7)',
      ),
      session: twoOctets,
      attributes: `${origin} 40 02 04 02 01 fde9 ${nextHop} c0 07 08 0000fde9 0a000001`,
    },
    beside(
      '§7.8 COMMUNITIES of five octets',
      'c0 08 05 fde8006400',
      'COMMUNITIES: treat-as-withdraw (RFC 7606 §7.8)',
    ),
    beside(
      '§7.9 ORIGINATOR_ID from an external peer',
      '80 09 04 0a000001',
      'ORIGINATOR_ID: attribute discard (RFC 7606 §7.9)',
    ),
    {
      name: '§7.9 ORIGINATOR_ID of five octets from an internal peer',
      session: internal,
      attributes: `${within} 80 09 05 0a00000100`,
      nlri,
      findings: ['ORIGINATOR_ID: treat-as-withdraw (RFC 7606 §7.9)'],
      verdict: 'withdraw',
    },
    beside(
      '§7.10 CLUSTER_LIST from an external peer',
      '80 0a 04 0a000001',
      'CLUSTER_LIST: attribute discard (RFC 7606 §7.10)',
    ),
    {
      name: '§7.10 CLUSTER_LIST of five octets from an internal peer',
      session: internal,
      attributes: `${within} 80 0a 05 0a00000100`,
      nlri,
      findings: ['CLUSTER_LIST: treat-as-withdraw (RFC 7606 §7.10)'],
      verdict: 'withdraw',
    },
    {
      name: '§7.11 MP_REACH_NLRI with a next hop of a length that the family does not have',
      attributes: `80 0e 0a 0002 01 04 0a000001 00 00 ${origin} ${asPath}`,
      findings: ['MP_REACH_NLRI: AFI/SAFI disable (RFC 7606 §7.11)'],
      verdict: 'accept',
    },
    {
      name: '§7.11 MP_REACH_NLRI with a next hop that overruns',
      attributes: `80 0e 08 0002 01 10 20010db8 ${origin} ${asPath}`,
      findings: ['MP_REACH_NLRI: AFI/SAFI disable (RFC 7606 §7.11)'],
      verdict: 'accept',
    },
    {
      name: '§7.11 MP_REACH_NLRI of IPv4 via IPv6, where that was not agreed on (RFC 8950)',
      attributes: `80 0e 15 0001 01 10 20010db8000000000000000000000001 00 ${origin} ${asPath}`,
      findings: ['MP_REACH_NLRI: AFI/SAFI disable (RFC 7606 §7.11)'],
      verdict: 'accept',
    },
    beside(
      '§7.14 EXTENDED COMMUNITIES of nine octets',
      'c0 10 09 0002fde80000006400',
      'EXTENDED COMMUNITIES: treat-as-withdraw (RFC 7606 §7.14)',
    ),
    {
      name: '§7.14 extended communities of a type that nobody knows are no error',
      attributes: `${mandatory} c0 10 08 ffffffffffffffff`,
      nlri,
      findings: [],
      verdict: 'accept',
    },
    beside(
      '§7.15 IPv6 extended communities of 21 octets',
      `c0 19 15 ${'00'.repeat(21)}`,
      'IPv6 EXTENDED COMMUNITIES: treat-as-withdraw (RFC 7606 §7.15)',
    ),
  ],
  'attributes that came after it': [
    beside(
      'RFC 8092 §5: LARGE_COMMUNITY of 13 octets',
      `c0 20 0d ${'00'.repeat(13)}`,
      'LARGE_COMMUNITY: treat-as-withdraw (RFC 8092 §5)',
    ),
    beside(
      'RFC 9234 §5: ONLY_TO_CUSTOMER of two octets',
      'c0 23 02 fde8',
      'ONLY_TO_CUSTOMER: treat-as-withdraw (RFC 9234 §5)',
    ),
    beside(
      'RFC 6514 §5: PMSI_TUNNEL of four octets',
      'c0 16 04 00060000',
      'PMSI_TUNNEL: treat-as-withdraw (RFC 6514 §5)',
    ),
    beside(
      'RFC 6514 §5: PMSI_TUNNEL of ingress replication without an address',
      'c0 16 05 00060003e9',
      'PMSI_TUNNEL: treat-as-withdraw (RFC 6514 §5)',
    ),
    besideWithin(
      'RFC 7311 §3.2: AIGP of none',
      '80 1a 00',
      'AIGP: attribute discard (RFC 7311 §3.2)',
    ),
    besideWithin(
      'RFC 7311 §3.2: AIGP with a TLV that overruns',
      '80 1a 03 01 000b',
      'AIGP: attribute discard (RFC 7311 §3.2)',
    ),
    besideWithin(
      'RFC 7311 §3.2: AIGP with a TLV of no length',
      '80 1a 03 02 0000',
      'AIGP: attribute discard (RFC 7311 §3.2)',
    ),
    besideWithin(
      'RFC 7311 §3.2: AIGP with two octets',
      '80 1a 02 01 00',
      'AIGP: attribute discard (RFC 7311 §3.2)',
    ),
    besideWithin(
      'RFC 7311 §3.2: AIGP with a metric of 32 bits',
      '80 1a 07 01 0007 00000064',
      'AIGP: attribute discard (RFC 7311 §3.2)',
    ),
    besideWithin(
      'RFC 7311 §3.2: AIGP with a metric of all ones',
      '80 1a 0b 01 000b ffffffffffffffff',
      'AIGP: attribute discard (RFC 7311 §3.2)',
    ),
    {
      name: 'RFC 7311 §3.3: AIGP of an external peer is no error, and left out',
      attributes: `${mandatory} 80 1a 0b 01 000b 0000000000000064`,
      nlri,
      findings: [],
      verdict: 'accept',
    },
    beside(
      'RFC 6793 §4.1: AS4_PATH from a speaker of four octets',
      'c0 11 06 02 01 0000fde9',
      'AS4_PATH: attribute discard (RFC 6793 §6)',
    ),
    beside(
      'RFC 6793 §4.1: AS4_AGGREGATOR from a speaker of four octets',
      'c0 12 08 0000fde9 0a000001',
      'AS4_AGGREGATOR: attribute discard (RFC 6793 §6)',
    ),
  ],
  'AS numbers of two octets, RFC 6793 §6': (
    [
      ['AS4_PATH of four octets', 'c0 11 04 02 01 fde9', 'AS4_PATH'],
      ['AS4_PATH with a segment that overruns', 'c0 11 06 02 02 0000fde9', 'AS4_PATH'],
      ['AS4_AGGREGATOR of six octets', 'c0 12 06 fde9 0a000001', 'AS4_AGGREGATOR'],
      ['AS4_AGGREGATOR of AS 0 (RFC 7607)', 'c0 12 08 00000000 0a000001', 'AS4_AGGREGATOR'],
    ] as const
  ).map(
    ([name, attribute, of]): Case => ({
      name,
      session: twoOctets,
      attributes: `${origin} 40 02 04 02 01 fde9 ${nextHop} ${attribute}`,
      nlri,
      findings: [`${of}: attribute discard (RFC 6793 §6)`],
      verdict: 'accept',
    }),
  ),
  'AS 0, RFC 7607 §2': [
    inPlaceOf(
      'in AS_PATH',
      `${origin} 40 02 06 02 01 00000000 ${nextHop}`,
      'AS_PATH: treat-as-withdraw (RFC 7606 §7.2)',
    ),
    beside(
      'in AGGREGATOR',
      'c0 07 08 00000000 0a000001',
      'AGGREGATOR: attribute discard (RFC 7606 §7.7)',
    ),
  ],
  'segments of a confederation, RFC 5065 §5': [
    inPlaceOf(
      'from outside of it',
      `${origin} 40 02 06 03 01 0000fde9 ${nextHop}`,
      'AS_PATH: treat-as-withdraw (RFC 7606 §7.2)',
    ),
    inPlaceOf(
      'from outside of it, behind others',
      `${origin} 40 02 0c 02 01 0000fde9 04 01 0000fdea ${nextHop}`,
      'AS_PATH: treat-as-withdraw (RFC 7606 §7.2)',
    ),
    {
      ...inPlaceOf(
        'not first, from another member',
        within,
        'AS_PATH: treat-as-withdraw (RFC 7606 §7.2)',
      ),
      session: confederation,
    },
    {
      ...inPlaceOf(
        'none, from another member',
        `${origin} 40 02 00 ${nextHop} ${localPref}`,
        'AS_PATH: treat-as-withdraw (RFC 7606 §7.2)',
      ),
      session: confederation,
    },
    {
      name: 'first, from another member, with its LOCAL_PREF',
      session: confederation,
      attributes: `${origin} 40 02 06 03 01 0000fde9 ${nextHop} ${localPref}`,
      nlri,
      findings: [],
      verdict: 'accept',
    },
    {
      ...beside(
        'but its ORIGINATOR_ID stays inside',
        '',
        'ORIGINATOR_ID: attribute discard (RFC 7606 §7.9)',
      ),
      session: confederation,
      attributes: `${origin} 40 02 06 03 01 0000fde9 ${nextHop} 80 09 04 0a000001`,
    },
  ],
  'what this speaker does not know, RFC 4271 §5, §6.3': [
    {
      name: 'an attribute that says it is well-known',
      attributes: `${mandatory} 40 80 01 aa`,
      nlri,
      findings: ['attribute 128: session reset (RFC 4271 §6.3)'],
      verdict: 'reset',
    },
    {
      name: 'an attribute that is optional and not transitive: quietly left out',
      attributes: `${mandatory} 80 80 01 aa`,
      nlri,
      findings: [],
      verdict: 'accept',
    },
    {
      name: 'a family that was not agreed on',
      attributes: `80 0e 05 0001 02 00 00 ${mandatory}`,
      nlri,
      findings: ['MP_REACH_NLRI: attribute discard (RFC 4760 §8)'],
      verdict: 'accept',
    },
    {
      name: 'withdrawn routes of a family that was not agreed on',
      attributes: '80 0f 03 0001 02',
      findings: ['MP_UNREACH_NLRI: attribute discard (RFC 4760 §8)'],
      verdict: 'accept',
    },
    {
      name: 'IPv4 where only EVPN was agreed on',
      session: { peer: 'external', fourOctetAs: true, families: ['l2vpn-evpn'] },
      withdrawn: nlri,
      attributes: mandatory,
      nlri,
      findings: ['-: attribute discard (RFC 4760 §8)', '-: attribute discard (RFC 4760 §8)'],
      verdict: 'accept',
    },
  ],
  'EVPN, RFC 9136': [
    {
      name: 'a route of type 5 with a segment and a gateway',
      attributes: `80 0e 2d 0019 46 04 0a000001 00 05 22 ${both} ${origin} ${asPath}`,
      findings: ['MP_REACH_NLRI: treat-as-withdraw (RFC 9136 §3.2)'],
      verdict: 'withdraw',
    },
    {
      name: 'the same, when it is withdrawn',
      attributes: `80 0f 27 0019 46 05 22 ${both}`,
      findings: [],
      verdict: 'accept',
    },
    {
      name: 'a label of zero, and nothing that says where the route leads',
      attributes: `80 0e 2d 0019 46 04 0a000001 00 05 22 ${nowhere} ${origin} ${asPath} c0 10 08 030c000000000008`,
      findings: ['MP_REACH_NLRI: treat-as-withdraw (RFC 9136 §3.1)'],
      verdict: 'withdraw',
    },
    {
      name: 'a label of zero, and a router’s MAC',
      attributes: `80 0e 2d 0019 46 04 0a000001 00 05 22 ${nowhere} ${origin} ${asPath} c0 10 10 030c000000000008 060300005e005301`,
      findings: [],
      verdict: 'accept',
    },
    {
      name: 'a label of zero, and a gateway',
      attributes: `80 0e 2d 0019 46 04 0a000001 00 05 22 ${resolved} ${origin} ${asPath}`,
      findings: [],
      verdict: 'accept',
    },
  ],
};

for (const [section, cases] of Object.entries(sections)) {
  describe(section, () => {
    for (const { name, session: options, findings, verdict, ...fields } of cases) {
      test(name, () => {
        const session = wireSession(options ?? external);
        const octetsOf = updateMessage(fields);
        const scan = scanUpdate(octetsOf, 0, octetsOf.length, session);
        const said = scan.findings.map(
          ({ attribute, action, rfc }) =>
            `${attribute === undefined ? '-' : attributeName(attribute)}: ${actionNames[action]} (${rfc})`,
        );
        assert.deepEqual(said, findings);
        assert.equal(scan.verdict, verdict);
        assert.equal(decodeUpdate(octetsOf, 0, octetsOf.length, session).verdict, verdict);
      });
    }
  });
}

function scanned(fields: Parameters<typeof updateMessage>[0], options = external): ScannedUpdate {
  const of = updateMessage(fields);
  const scan = scanUpdate(of, 0, of.length, wireSession(options));
  assert.ok(scan.verdict !== 'reset');
  return scan;
}

describe('RFC 7606 §3 (b): the fields do not fit into the message', () => {
  for (const [name, body] of [
    ['withdrawn routes', '0005 00 0000'],
    ['attributes', '0000 0005 40 01 01 00'],
    ['the length of the attributes', '0003 00 00 00'],
  ] as const) {
    test(name, () => {
      const content = octets(body);
      const of = new Uint8Array(19 + content.length);
      of.set(content, 19);
      const scan = scanUpdate(of, 0, of.length, wireSession(external));
      assert.ok(scan.verdict === 'reset');
      const { code, subcode, data, rfc } = scan.error;
      assert.deepEqual(
        { code, subcode, data, rfc },
        { code: 3, subcode: 1, data: octets(''), rfc: 'RFC 7606 §3 (b)' },
      );
    });
  }
});

describe('a session reset', () => {
  const errorOf = (fields: Parameters<typeof updateMessage>[0]) => {
    const of = updateMessage(fields);
    const scan = scanUpdate(of, 0, of.length, wireSession(external));
    assert.ok(scan.verdict === 'reset');
    return scan.error;
  };

  test('over an unknown well-known attribute sends that attribute back', () => {
    const { code, subcode, data } = errorOf({ attributes: '40 80 01 aa' });
    assert.deepEqual({ code, subcode, data: hex(data) }, { code: 3, subcode: 2, data: '408001aa' });
  });

  test('over the value of ORIGIN sends it back, over its length too', () => {
    const value = errorOf({ attributes: '40 01 01 03' });
    assert.deepEqual([value.subcode, hex(value.data)], [6, '40010103']);
    const length = errorOf({ attributes: '40 01 02 0000' });
    assert.deepEqual([length.subcode, hex(length.data)], [5, '4001020000']);
  });

  test('over AS_PATH sends nothing back', () => {
    const { subcode, data } = errorOf({ attributes: '40 02 01 00' });
    assert.deepEqual([subcode, data.length], [11, 0]);
  });

  test('over an incorrect MP_REACH_NLRI sends it back', () => {
    const { subcode, data } = errorOf({ attributes: `80 0e 04 0002 01 10` });
    assert.deepEqual([subcode, hex(data)], [9, '800e0400020110']);
  });

  test('is told in a line', () => {
    assert.equal(
      formatMessageError(errorOf({ attributes: '40 01 01 03' })),
      'UPDATE Message Error/Invalid ORIGIN Attribute: has a value that is not defined (RFC 7606 §7.1, data 40010103)',
    );
  });
});

describe('what is left of an UPDATE in which something was wrong', () => {
  test('the attributes without the one that is discarded', () => {
    const { octets: of, attributes } = scanned({
      attributes: `${origin} ${asPath} 40 06 01 00 ${nextHop} c0 08 04 fde80064`,
      nlri,
    });
    const spans: string[] = [];
    for (let i = 0; i < attributes.length; i += 2) {
      spans.push(hex(of.subarray(attributes[i], attributes[i + 1])));
    }
    assert.deepEqual(spans, [hex(octets(`${origin} ${asPath}`)), hex(octets('c0 08 04 fde80064'))]);
  });

  test('not the routes of a family that is given up, but those of another', () => {
    const { announced, withdrawn, disabled } = scanned({
      attributes: `80 0f 06 0002 01 30 2001 ${mandatory}`,
      nlri,
    });
    assert.deepEqual(
      disabled.map(({ name }) => name),
      ['ipv6-unicast'],
    );
    assert.deepEqual(
      announced.map(({ family }) => family.name),
      ['ipv4-unicast'],
    );
    assert.deepEqual(withdrawn, []);
  });

  test('a line for the log, with the octets', () => {
    const [finding] = scanned({ attributes: `${mandatory} 40 06 01 00`, nlri }).findings;
    assert.ok(finding !== undefined);
    assert.equal(
      formatFinding(finding),
      'ATOMIC_AGGREGATE has a length that it cannot have: attribute discard (RFC 7606 §7.6, octets 40060100)',
    );
    const [missing] = scanned({ attributes: `${origin} ${nextHop}`, nlri }).findings;
    assert.ok(missing !== undefined);
    assert.equal(formatFinding(missing), 'AS_PATH is missing: treat-as-withdraw (RFC 7606 §3 (d))');
  });
});
