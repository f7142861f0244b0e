/** Packing: what went in comes out, in as few messages as their size allows, each of them right. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Writer } from '../../../../src/base/bytes.ts';
import { equalData } from '../../../../src/base/equal.ts';
import { unwrap } from '../../../../src/base/result.ts';
import { type Ip4, parseIp } from '../../../../src/net/ip.ts';
import { parsePrefix } from '../../../../src/net/prefix.ts';
import {
  type AddressFamily,
  decodeMessage,
  encodeAttributes,
  encodeNextHop,
  encodeNlri,
  families,
  formatMessage,
  forEachNlri,
  Framer,
  keyOf,
  longestMessage,
  type NextHop,
  type Route,
  splitUpdate,
  type Update,
  UpdateWriter,
  type WireSession,
  wireSession,
} from '../../../../src/protocols/bgp/index.ts';
import { hex, octets } from '../octets.ts';
import { anyAttributes, anyEvpnRoute, anyMpReach, anySession } from '../values.ts';

/** The messages that were written, each decoded without a finding and within the limit. */
function read(wire: Uint8Array, session: WireSession): Update[] {
  const framer = new Framer();
  framer.longest = longestMessage(session);
  framer.push(wire);
  const updates: Update[] = [];
  while (framer.next()) {
    const one = framer.octets.slice(framer.start, framer.end);
    assert.ok(one.length <= longestMessage(session));
    const decoded = unwrap(decodeMessage(one, session));
    assert.ok('findings' in decoded);
    assert.deepEqual([decoded.verdict, decoded.findings], ['accept', []]);
    updates.push(decoded.message);
  }
  assert.equal(framer.error, undefined);
  assert.equal(framer.waiting, 0);
  return updates;
}

function nextHopOctets(family: AddressFamily, nextHop: NextHop): Uint8Array {
  const writer = new Writer();
  encodeNextHop(writer, nextHop, family.nextHop);
  return writer.finish();
}

function same(a: unknown, b: unknown): void {
  if (!equalData(a, b)) assert.deepEqual(a, b);
}

const many = fc.integer({ min: 1, max: 400 });

describe('packing', () => {
  test('announcements: the same routes, attributes and next hop, never more than fit', () => {
    const anything = anySession.chain((session) =>
      fc.record({
        session: fc.constant(session),
        reach: anyMpReach(session),
        set: anyAttributes(session),
        times: many,
      }),
    );
    fc.assert(
      fc.property(anything, ({ session, reach, set, times }) => {
        const family: AddressFamily = families[reach.family];
        const routes = Array.from({ length: times }, () => reach.routes).flat() as Route<unknown>[];
        const writer = new UpdateWriter(session, 100);
        writer.announce(
          family,
          nextHopOctets(family, reach.nextHop),
          encodeAttributes(set, session),
        );
        for (const route of routes) assert.ok(writer.addRoute(family, route));
        const updates = read(writer.take(), session);
        const found = updates.flatMap(({ nlri, attributes }) => [
          ...nlri,
          ...((attributes.mpReach?.routes ?? []) as Route<unknown>[]),
        ]);
        same(found, routes);
        for (const { attributes } of updates) {
          const { mpReach, nextHop, ...others } = attributes;
          same(others, set);
          same(mpReach?.nextHop ?? { ip: nextHop }, reach.nextHop);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('withdrawals: the same routes', () => {
    const anything = anySession.chain((session) =>
      fc.record({ session: fc.constant(session), reach: anyMpReach(session), times: many }),
    );
    fc.assert(
      fc.property(anything, ({ session, reach, times }) => {
        const family: AddressFamily = families[reach.family];
        const routes = Array.from({ length: times }, () => reach.routes).flat() as Route<unknown>[];
        const writer = new UpdateWriter(session);
        writer.withdraw(family);
        for (const route of routes) assert.ok(writer.addRoute(family, route));
        const found = read(writer.take(), session).flatMap(({ withdrawn, attributes }) => [
          ...withdrawn,
          ...((attributes.mpUnreach?.routes ?? []) as Route<unknown>[]),
        ]);
        // What makes a route the same one; what else there is to it may be gone.
        const known = ({ nlri, pathId }: Route<unknown>) => [pathId, hex(keyOf(family, nlri))];
        same(found.map(known), routes.map(known));
      }),
      { numRuns: 200 },
    );
  });

  test('from octets: what a RIB holds is what goes out', () => {
    const session = wireSession({ families: ['l2vpn-evpn'], fourOctetAs: true });
    const family: AddressFamily = families['l2vpn-evpn'];
    fc.assert(
      fc.property(fc.array(anyEvpnRoute, { minLength: 1, maxLength: 20 }), (routes) => {
        const held = new Uint8Array(Buffer.concat(routes.map((nlri) => encodeNlri(family, nlri))));
        const writer = new UpdateWriter(session);
        const attributes = octets('40 01 01 00 40 02 00 40 05 04 00000064');
        writer.announce(family, octets('0a000001'), attributes);
        const range = { family, pathIds: false, start: 0, end: held.length };
        forEachNlri(held, range, (pathId, start, end) => writer.add(held, start, end, pathId));
        const wire = writer.take();
        const { announced } = splitUpdate(wire, 0, wire.length, session);
        const [reach] = announced;
        assert.ok(reach !== undefined);
        assert.equal(hex(wire.subarray(reach.start, reach.end)), hex(held));
        assert.equal(hex(wire.subarray(reach.nextHopStart, reach.nextHopEnd)), '0a000001');
      }),
    );
  });
});

describe('a message', () => {
  const session = wireSession({ families: ['ipv4-unicast', 'l2vpn-evpn'], fourOctetAs: true });
  const ipv4 = families['ipv4-unicast'];
  const route = octets('18 0a0002');

  test('of IPv4 has NEXT_HOP in its place among the attributes', () => {
    const writer = new UpdateWriter(session);
    writer.announce(ipv4, octets('0a000001'), octets('40 01 01 00 40 02 00 40 05 04 00000064'));
    writer.add(route, 0, route.length);
    assert.equal(
      hex(writer.take().subarray(19)),
      hex(octets('0000 0015 40 01 01 00 40 02 00 40 03 04 0a000001 40 05 04 00000064 18 0a0002')),
    );
  });

  test('of IPv4 withdrawals has nothing but them', () => {
    const writer = new UpdateWriter(session);
    writer.withdraw(ipv4);
    writer.add(route, 0, route.length);
    assert.equal(hex(writer.take().subarray(19)), hex(octets('0004 18 0a0002 0000')));
  });

  test('of withdrawn MACs names no segment, which BIRD 3.4 would take for an announcement', () => {
    const writer = new UpdateWriter(session);
    const rd = '0000 fde8 00000001';
    const rest = '00000000 30 020000000001 00 000064';
    const mac = octets(`02 21 ${rd} 00112233445566778899 ${rest}`);
    writer.withdraw(families['l2vpn-evpn']);
    writer.add(mac, 0, mac.length);
    assert.equal(
      hex(writer.take().subarray(19 + 4 + 4 + 3)),
      hex(octets(`02 21 ${rd} 00000000000000000000 ${rest}`)),
    );
    assert.equal(hex(mac.subarray(10, 20)), '00112233445566778899');
  });

  test('of EVPN has the routes before the attributes (RFC 7606 §5.1)', () => {
    const writer = new UpdateWriter(session);
    const mac = octets('06 01 aa');
    writer.announce(families['l2vpn-evpn'], octets('0a000001'), octets('40 01 01 00 40 02 00'));
    writer.add(mac, 0, mac.length);
    assert.equal(
      hex(writer.take().subarray(19)),
      hex(octets('0000 0017 90 0e 000c 0019 46 04 0a000001 00 06 01 aa 40 01 01 00 40 02 00')),
    );
  });

  test('is as full as it can be', () => {
    const writer = new UpdateWriter(session);
    writer.announce(ipv4, octets('0a000001'), octets('40 01 01 00 40 02 00 40 05 04 00000064'));
    const room = Math.floor((4096 - 19 - 4 - 21) / 4);
    for (let i = 0; i < room; i += 1) writer.add(route, 0, 4);
    assert.equal(read(writer.take(), session).length, 1);
    for (let i = 0; i < room + 1; i += 1) writer.add(route, 0, 4);
    assert.deepEqual(
      read(writer.take(), session).map(({ nlri }) => nlri.length),
      [room, 1],
    );
  });

  test('has room for a route, or the route is refused and nothing is written', () => {
    const writer = new UpdateWriter(session);
    const long = new Uint8Array(4063);
    long.set([0xd0, 0x80, 4059 >>> 8, 4059 & 0xff]);
    writer.announce(ipv4, octets('0a000001'), long);
    assert.equal(writer.add(route, 0, 4), false);
    assert.equal(writer.length, 0);
    writer.withdraw(ipv4);
    assert.equal(writer.add(route, 0, 4), true);
    assert.equal(read(writer.take(), session).length, 1);
  });

  test('is not there when nothing was added', () => {
    const writer = new UpdateWriter(session);
    writer.announce(ipv4, octets('0a000001'), octets(''));
    writer.withdraw(ipv4);
    assert.equal(writer.take().length, 0);
  });

  test('may say that all routes have been announced', () => {
    const writer = new UpdateWriter(session);
    writer.endOfRib(ipv4);
    writer.endOfRib(families['l2vpn-evpn']);
    assert.equal(
      hex(writer.take()),
      `${'ff'.repeat(16)}00170200000000${'ff'.repeat(16)}001e0200000007900f0003001946`,
    );
  });

  test('is of one group of routes; a group goes on after what there is was taken', () => {
    const writer = new UpdateWriter(session);
    const nextHop = unwrap(parseIp('10.0.0.1')) as Ip4;
    const attributes = encodeAttributes({ origin: 'igp', asPath: [], localPref: 1 }, session);
    writer.announce(ipv4, octets('0a000001'), attributes);
    const nlri = unwrap(parsePrefix('10.0.2.0/24'));
    writer.addRoute(ipv4, { nlri });
    assert.equal(writer.length, 19 + 4 + 21 + 4);
    const first = read(writer.take(), session);
    writer.addRoute(ipv4, { nlri });
    writer.withdraw(ipv4);
    writer.addRoute(ipv4, { nlri });
    const [again, withdrawn] = read(writer.take(), session);
    assert.deepEqual([again], first);
    assert.deepEqual(again?.attributes.nextHop, nextHop);
    assert.ok(withdrawn !== undefined);
    assert.equal(formatMessage(withdrawn), 'UPDATE withdrawn 10.0.2.0/24');
  });
});
