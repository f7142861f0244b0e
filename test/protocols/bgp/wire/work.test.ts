/**
 * How much work one message can make: of the worst of each kind, at most in proportion to its length. What is counted is how
 * often branches of the codec are taken, not time; the counters must run before the codec is loaded.
 */

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Counters } from '../../../../bench/fuzz/coverage.ts';
import type { FamilyName, PeerKind, WireSession } from '../../../../src/protocols/bgp/index.ts';

const counters = new Counters();
let codec: typeof import('../../../../src/protocols/bgp/index.ts');

before(async () => {
  await counters.start();
  codec = await import('../../../../src/protocols/bgp/index.ts');
});

function octetsOf(hex: string): readonly number[] {
  return [...Buffer.from(hex.replaceAll(' ', ''), 'hex')];
}

function u16(value: number): readonly number[] {
  return [value >>> 8, value & 0xff];
}

/** As many of `part` as go into `length` octets. */
function many(part: string, length: number): readonly number[] {
  const one = octetsOf(part);
  return Array.from({ length: Math.floor(length / one.length) }, () => one).flat();
}

interface Fields {
  readonly withdrawn?: readonly number[];
  readonly attributes?: readonly number[];
  readonly nlri?: readonly number[];
}

function update({ withdrawn = [], attributes = [], nlri = [] }: Fields): Uint8Array {
  const fields = [withdrawn, attributes].map((field) => [...u16(field.length), ...field]);
  const body = [...fields.flat(), ...nlri];
  const header = [...octetsOf('ff'.repeat(16)), ...u16(19 + body.length), 2];
  return Uint8Array.from([...header, ...body]);
}

const mandatory = octetsOf('40 01 01 00 40 02 00 40 03 04 0a000001 40 05 04 00000064');
const ipv4 = octetsOf('18 0a0000');

/** With a length of two octets. */
function attribute(flags: number, code: number, content: readonly number[]): readonly number[] {
  return [flags, code, ...u16(content.length), ...content];
}

/** An attribute with this content beside all that a route needs. */
function filled(flags: number, code: number, content: readonly number[]): Uint8Array {
  const one = attribute(flags | 0x10, code, content);
  return update({ attributes: [...mandatory, ...one], nlri: ipv4 });
}

function announcing(afi: string, content: readonly number[]): Uint8Array {
  return filled(0x80, 14, [...octetsOf(afi), ...content]);
}

/** Of each kind the worst that there is, of about so many octets. */
const kinds: { readonly [kind: string]: (length: number) => Uint8Array } = {
  'IPv4 routes of no octets': (n) => update({ attributes: mandatory, nlri: many('00', n) }),
  'withdrawn IPv4 routes': (n) => update({ withdrawn: many('00', n) }),
  'the same unknown attribute again and again': (n) =>
    update({ attributes: [...mandatory, ...many('c0 c8 00', n)], nlri: ipv4 }),
  'unknown attributes that are not passed on': (n) =>
    update({ attributes: [...mandatory, ...many('80 c8 00', n)], nlri: ipv4 }),
  'NEXT_HOP again and again': (n) =>
    update({ attributes: [...mandatory, ...many('40 03 00', n)], nlri: ipv4 }),
  'NEXT_HOP between others': (n) =>
    update({ attributes: [...mandatory, ...many('40 03 00 c0 c8 00', n)], nlri: ipv4 }),
  'MP_REACH_NLRI again and again': (n) => update({ attributes: many('80 0e 00', n) }),
  'MP_UNREACH_NLRI again and again': (n) => update({ attributes: many('80 0f 00', n) }),
  'segments of one AS': (n) =>
    update({
      attributes: [
        ...octetsOf('40 01 01 00 40 03 04 0a000001 40 05 04 00000064'),
        ...attribute(0x50, 2, many('02 01 00000001', n)),
      ],
      nlri: ipv4,
    }),
  'an AS4_PATH of segments of one AS': (n) => filled(0xc0, 17, many('02 01 00000001', n)),
  'an AS_PATH for the AS4_PATH to be put into': (n) =>
    update({
      attributes: [
        ...octetsOf('40 01 01 00 40 03 04 0a000001 40 05 04 00000064'),
        ...attribute(0x50, 2, many('02 01 0001', n / 2)),
        ...attribute(0xd0, 17, many('02 01 00010000', n / 2)),
      ],
      nlri: ipv4,
    }),
  communities: (n) => filled(0xc0, 8, many('ffffff01', n)),
  'a cluster list': (n) => filled(0x80, 10, many('0a000001', n)),
  'extended communities': (n) => filled(0xc0, 16, many('0600010000000001', n)),
  'large communities': (n) => filled(0xc0, 32, many('000000010000000200000003', n)),
  'AIGP of empty TLVs': (n) => filled(0x80, 26, many('02 0003', n)),
  'EVPN routes of no octets': (n) => announcing('0019 46 04 0a000001 00', many('ff 00', n)),
  'EVPN prefixes that lead nowhere': (n) =>
    announcing('0019 46 04 0a000001 00', many(`05 22 ${'00'.repeat(34)}`, n)),
  'memberships of no octets': (n) => announcing('0001 84 04 0a000001 00', many('00', n)),
  'path identifiers and nothing behind them': (n) =>
    announcing('0002 01 10 20010db8000000000000000000000001 00', many('00000001 00', n)),
};

function sessionOf(peer: PeerKind, fourOctetAs: boolean, pathIds: boolean): WireSession {
  const names: readonly FamilyName[] = codec.familyNames;
  return codec.wireSession({
    peer,
    fourOctetAs,
    extendedMessage: true,
    families: names.map((family) => ({ family, receivePathIds: pathIds })),
  });
}

/** All that is done with a message that came: decoded, printed, its findings told. */
async function workOf(octets: Uint8Array, session: WireSession): Promise<number> {
  await counters.work();
  codec.scanUpdate(octets, 0, octets.length, session).findings.forEach(codec.formatFinding);
  const decoded = codec.decodeMessage(octets, session);
  if (decoded.ok) {
    codec.formatMessage(decoded.value.message);
    codec.messageToJson(decoded.value.message);
  }
  return counters.work();
}

/** Of a few tries: now and then V8 counts a function once more when it compiles it anew. */
async function leastGrowth(make: (length: number) => Uint8Array, session: WireSession) {
  const tries: { readonly half: number; readonly whole: number }[] = [];
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const half = await workOf(make(30_000), session);
    tries.push({ half, whole: await workOf(make(60_000), session) });
  }
  const [least = { half: 0, whole: 0 }] = tries.toSorted(
    (a, b) => a.whole / a.half - b.whole / b.half,
  );
  return least;
}

/** Branches an octet, of the worst message: measured 40. */
const mostAnOctet = 120;

describe('the work for one message grows as its length does', { timeout: 250_000 }, () => {
  for (const [kind, make] of Object.entries(kinds)) {
    test(kind, async () => {
      for (const [fourOctetAs, pathIds] of [
        [true, false],
        [false, false],
        [true, true],
      ] as const) {
        const session = sessionOf('internal', fourOctetAs, pathIds);
        // Once for what is made at the first call only.
        await workOf(make(1000), session);
        const { half, whole } = await leastGrowth(make, session);
        assert.ok(whole > 0);
        assert.ok(whole < 2.2 * half + 1000, `${half} for one half, ${whole} for the whole`);
        assert.ok(whole < mostAnOctet * 60_000, `${whole} for 60000 octets`);
      }
    });
  }
});
