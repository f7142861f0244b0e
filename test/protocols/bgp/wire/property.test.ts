/**
 * The laws of the codec: what was encoded is decoded to the same, whatever it is; nothing that arrives makes a decoder
 * throw; the two layers say the same.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { equalData } from '../../../../src/base/equal.ts';
import { unwrap } from '../../../../src/base/result.ts';
import {
  type AddressFamily,
  type DecodedMessage,
  decodeExtendedCommunity,
  decodeMessage,
  decodeUpdate,
  encodeExtendedCommunity,
  encodeMessage,
  encodeNlri,
  families,
  familyNames,
  forEachNlri,
  formatMessage,
  keyOf,
  maxKeyLength,
  messageToJson,
  NlriCursor,
  scanUpdate,
  type WireSession,
} from '../../../../src/protocols/bgp/index.ts';
import { hex } from '../octets.ts';
import { anyMessage, anyNlri, anySession, anyUpdate, u64 } from '../values.ts';

const anyInSession = <T>(of: (session: WireSession) => fc.Arbitrary<T>) =>
  anySession.chain((session) => of(session).map((value) => ({ session, value })));

function same(a: unknown, b: unknown): void {
  // assert.deepEqual takes minutes over generated values; its report is wanted only when there is a difference.
  if (!equalData(a, b)) assert.deepEqual(a, b);
}

/** What the octets of any message may be made into: one octet changed, some cut off, some put in or taken out. */
const mutation = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    how: fc.constantFrom('set', 'cut', 'insert', 'remove'),
    octet: fc.integer({ min: 0, max: 255 }),
  }),
  { minLength: 1, maxLength: 4 },
);

type Mutations = typeof mutation extends fc.Arbitrary<infer M> ? M : never;

function mutated(octets: Uint8Array, mutations: Mutations): Uint8Array {
  let all = [...octets];
  for (const { at, how, octet } of mutations) {
    const place = 19 + Math.floor(at * Math.max(all.length - 19, 0));
    if (how === 'set') all[place] = octet;
    else if (how === 'cut') all = all.slice(0, place);
    else if (how === 'insert') all.splice(place, 0, octet);
    else all.splice(place, 1);
  }
  const whole = Uint8Array.from(all);
  // The header is right, so that what is behind it is looked at.
  whole.set([whole.length >>> 8, whole.length & 0xff], 16);
  return whole;
}

describe('encoding and decoding', () => {
  test('a message of any type comes back as it went', () => {
    fc.assert(
      fc.property(anyInSession(anyMessage), ({ session, value }) => {
        const octets = unwrap(encodeMessage(value, session));
        const decoded = unwrap(decodeMessage(octets, session));
        same(decoded.message, value);
        same(found(decoded), { verdict: 'accept', findings: [] });
      }),
      { numRuns: 3000 },
    );
  });

  test('any 64 bits are an extended community that comes back as it was', () => {
    const likely = fc
      .tuple(fc.constantFrom(0, 1, 2, 3, 6, 0x40), fc.integer({ min: 0, max: 15 }), u64)
      .map(
        ([type, subtype, rest]) => (BigInt(type) << 56n) | (BigInt(subtype) << 48n) | (rest >> 16n),
      );
    fc.assert(
      fc.property(fc.oneof(u64, likely), (bits) => {
        assert.equal(encodeExtendedCommunity(decodeExtendedCommunity(bits)), bits);
      }),
      { numRuns: 5000 },
    );
  });

  for (const name of familyNames) {
    const family: AddressFamily = families[name];
    test(`${name}: octets, value and key of any route belong together`, () => {
      fc.assert(
        fc.property(anyNlri[name] as fc.Arbitrary<unknown>, (nlri) => {
          const octets = encodeNlri(family, nlri);
          assert.equal(family.nlri.end(octets, 0, octets.length), octets.length);
          const decoded = family.nlri.decode(octets, 0, octets.length);
          same(decoded, nlri);
          assert.ok(Object.isFrozen(decoded));
          assert.equal(hex(encodeNlri(family, decoded)), hex(octets));
          assert.ok(keyOf(family, nlri).length <= maxKeyLength);
        }),
        { numRuns: 500 },
      );
    });

    test(`${name}: a route that is cut anywhere is no route`, () => {
      fc.assert(
        fc.property(anyNlri[name] as fc.Arbitrary<unknown>, (nlri) => {
          const octets = encodeNlri(family, nlri);
          for (let limit = 1; limit < octets.length; limit += 1) {
            assert.ok(family.nlri.end(octets, 0, limit) < 0);
          }
        }),
        { numRuns: 100 },
      );
    });
  }

  test('text and JSON can be made of whatever was decoded', () => {
    fc.assert(
      fc.property(anyInSession(anyMessage), ({ value }) => {
        assert.equal(typeof formatMessage(value), 'string');
        const json = messageToJson(value);
        same(JSON.parse(JSON.stringify(json)), json);
      }),
      { numRuns: 500 },
    );
  });
});

/** What came with the message, where it is an UPDATE. */
function found(decoded: DecodedMessage): unknown {
  return 'verdict' in decoded
    ? { verdict: decoded.verdict, findings: decoded.findings }
    : { verdict: 'accept', findings: [] };
}

describe('whatever arrives', () => {
  test('random octets are decoded or refused', () => {
    const anything = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(anySession, anything, fc.integer({ min: 0, max: 6 }), (session, body, type) => {
        decodeMessage(body, session);
        const header = [...new Uint8Array(16).fill(255), 0, 19 + body.length, type];
        decodeMessage(Uint8Array.of(...header, ...body), session);
      }),
      { numRuns: 5000 },
    );
  });

  test('a valid message that was changed is decoded, or refused with a reason', () => {
    fc.assert(
      fc.property(anyInSession(anyMessage), mutation, ({ session, value }, mutations) => {
        const octets = mutated(unwrap(encodeMessage(value, session)), mutations);
        const decoded = decodeMessage(octets, session);
        if (decoded.ok) checkAccepted(decoded.value, session);
        else assert.notEqual(decoded.error.reason, '');
      }),
      { numRuns: 5000 },
    );
  });

  /** Values that came from octets can be printed and written; if nothing was wrong with them, they mean the same. */
  function checkAccepted(decoded: DecodedMessage, session: WireSession): void {
    const { message } = decoded;
    formatMessage(message);
    JSON.stringify(messageToJson(message));
    const again = encodeMessage(message, session);
    // RFC 6793 §4.2.2: with AS numbers of two octets, a confederation behind other ASes cannot be said again.
    if (!again.ok || !session.fourOctetAs) return;
    if ('findings' in decoded && decoded.findings.length > 0) return;
    same(unwrap(decodeMessage(again.value, session)).message, message);
  }
});

describe('the two layers', () => {
  test('scan and decode have the same findings, and the same routes', () => {
    fc.assert(
      fc.property(anyInSession(anyUpdate), mutation, fc.boolean(), (of, mutations, change) => {
        const { session, value } = of;
        const valid = unwrap(encodeMessage(value, session));
        const octets = change ? mutated(valid, mutations) : valid;
        if (octets.length < 23) return;
        const scan = scanUpdate(octets, 0, octets.length, session);
        const decoded = decodeUpdate(octets, 0, octets.length, session);
        assert.equal(scan.verdict, decoded.verdict);
        same(scan.findings, decoded.findings);
        if (scan.verdict === 'reset' || decoded.verdict === 'reset') return;
        const { update } = decoded;
        const { mpReach, mpUnreach } = update.attributes;
        const usable = (routes: readonly unknown[] | undefined, family: string | undefined) =>
          scan.disabled.some(({ name }) => name === family) ? 0 : (routes?.length ?? 0);
        assert.equal(
          countOf(octets, scan.announced),
          usable(update.nlri, 'ipv4-unicast') + usable(mpReach?.routes, mpReach?.family),
        );
        assert.equal(
          countOf(octets, scan.withdrawn),
          usable(update.withdrawn, 'ipv4-unicast') + usable(mpUnreach?.routes, mpUnreach?.family),
        );
      }),
      { numRuns: 3000 },
    );
  });

  function countOf(
    octets: Uint8Array,
    ranges: readonly Parameters<typeof forEachNlri>[1][],
  ): number {
    let count = 0;
    const cursor = new NlriCursor();
    for (const range of ranges) {
      cursor.open(octets, range);
      while (cursor.next()) count += 1;
    }
    return count;
  }
});
