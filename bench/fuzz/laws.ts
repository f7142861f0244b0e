/** What must hold of values that came out of octets, and of all that the library offers to do with them. */

import assert from 'node:assert/strict';
import { equalData } from '../../src/base/equal.ts';
import {
  ATTRIBUTE_FLAG,
  asnOf,
  cease,
  type DecodedMessage,
  decodeAttributes,
  encodeAttributes,
  encodeMessage,
  encodeNlri,
  endOfRibOf,
  type ExtendedCommunity,
  encodeExtendedCommunity,
  families,
  familyNames,
  formatExtendedCommunity,
  formatRd,
  Framer,
  hardReset,
  hardResetReason,
  isTransitive,
  keyOf,
  longestMessage,
  maxKeyLength,
  NlriCursor,
  type Notification,
  parseRouteDistinguisher,
  parseRouteTarget,
  type PathAttributes,
  type Rd,
  rdOf,
  type Route,
  routeTargetOf,
  scanUpdate,
  shutdownCommunication,
  twoOctetAs,
  type Update,
  UpdateWriter,
  type WireSession,
} from '../../src/protocols/bgp/index.ts';
import type { AddressFamily } from '../../src/protocols/bgp/index.ts';
import { u24, u32 } from '../../src/protocols/bgp/wire/octets.ts';
import type { Ends } from './sessions.ts';

/** A stream in pieces gives the same messages as the octets in one. */
export function checkStreamOf(octets: Uint8Array, session: WireSession, isMessage: boolean): void {
  const framer = new Framer();
  framer.longest = longestMessage(session);
  // Some lengths at which a header, or a message, is cut in two.
  const piece = 1 + ((octets[octets.length - 1] ?? 0) % 64);
  let messages = 0;
  for (const all of isMessage ? [octets, octets, octets] : [octets]) {
    for (let at = 0; at <= all.length; at += piece) framer.push(all.subarray(at, at + piece));
    if (messages === 0) assert.equal(framer.waiting, all.length);
    while (framer.next()) {
      messages += 1;
      if (!isMessage) continue;
      assert.deepEqual(framer.octets.subarray(framer.start, framer.end), octets);
    }
  }
  if (!isMessage) return;
  assert.equal(framer.error, undefined);
  assert.equal(framer.waiting, 0);
  assert.equal(messages, 3);
}

export function checkMeaning(octets: Uint8Array, value: DecodedMessage, ends: Ends): void {
  const { message } = value;
  if (message.type === 'notification') checkNotification(message);
  if (message.type === 'open') {
    assert.ok(twoOctetAs(asnOf(message)) <= 0xffff);
    return;
  }
  if (message.type !== 'update' || !('findings' in value)) return;
  checkAttributes(octets, message, ends);
  checkTooLong(message, ends);
  checkWithdrawals(octets, ends);
  checkRoutes(message, ends);
}

function checkNotification(message: Notification): void {
  const inner = hardResetReason(hardReset(message));
  if (!equalData(inner, message)) assert.deepEqual(inner, message);
  const words = String.fromCharCode(...message.data).replace(/\0/g, '');
  const said = shutdownCommunication(cease(2, words));
  assert.ok(words === '' ? said === undefined : words.startsWith(said ?? 'x'), words);
}

/** The attributes of an UPDATE by themselves, those with routes in them too. */
function checkAttributes(octets: Uint8Array, { attributes }: Update, { session }: Ends): void {
  const at = 21 + numberAt(octets, 19);
  const end = at + 2 + numberAt(octets, at);
  if (isWhole(octets, at + 2, end)) decodeAttributes(octets, [at + 2, end], session);
  for (const each of attributes.extendedCommunities ?? []) checkCommunity(each);
  if (!session.fourOctetAs) return;
  const { mpReach: _reach, mpUnreach: _unreach, ...others } = attributes;
  const again = encodeAttributes(others, session);
  const decoded = decodeAttributes(again, [0, again.length], session);
  if (!equalData(decoded, { attributes: others, findings: [] })) {
    assert.deepEqual(decoded, { attributes: others, findings: [] });
  }
}

function numberAt(octets: Uint8Array, at: number): number {
  return ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0);
}

/** Whether attribute behind attribute ends where all of them do, as `decodeAttributes` wants it. */
function isWhole(octets: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    const isLong = ((octets[at] ?? 0) & ATTRIBUTE_FLAG.extendedLength) !== 0;
    at += isLong ? 4 + numberAt(octets, at + 2) : 3 + (octets[at + 2] ?? 0);
  }
  return at === end;
}

function checkCommunity(value: ExtendedCommunity): void {
  const bits = encodeExtendedCommunity(value);
  assert.equal(isTransitive(bits), (bits & (1n << 62n)) === 0n);
  if (value.kind !== 'route-target') return;
  const parsed = parseRouteTarget(formatExtendedCommunity(value).slice('RT:'.length));
  if (parsed.ok) assert.equal(encodeExtendedCommunity(routeTargetOf(parsed.value)), bits);
}

/** What is longer than a message is refused, in both layers: an attribute that leaves no room for a route. */
function checkTooLong(update: Update, { peer }: Ends): void {
  const raw = new Uint8Array(longestMessage(peer) - 19 - 4 - 4);
  const unknown = [{ code: 200, flags: 0xc0, raw }];
  const attributes: PathAttributes = { ...update.attributes, unknown };
  // Of families that were not agreed on, too: nobody is kept from writing them.
  const strange = { ...peer, families: new Map() };
  assert.equal(typeof encodeMessage(update, strange).ok, 'boolean');
  if (update.nlri.length > 0) {
    assert.ok(!encodeMessage({ ...update, attributes }, peer).ok);
    const writer = new UpdateWriter(peer);
    writer.announce(
      families['ipv6-unicast'],
      new Uint8Array(16),
      encodeAttributes({ unknown }, peer),
    );
    assert.ok(!writer.add(new Uint8Array(1), 0, 1));
  }
}

/** Withdrawals that are packed are those that were read, whatever else there is in the stream. */
function checkWithdrawals(octets: Uint8Array, { session, peer }: Ends): void {
  const scan = scanUpdate(octets, 0, octets.length, session);
  if (scan.verdict === 'reset') return;
  const writer = new UpdateWriter(peer, 64);
  let wanted = 0;
  for (const range of scan.withdrawn) {
    writer.withdraw(range.family);
    wanted += forEach(octets, range, (start, end, pathId) =>
      writer.add(octets, start, end, pathId),
    );
  }
  for (const { family } of session.families.values()) writer.endOfRib(family);
  assert.ok(wanted === 0 || writer.length > 0);
  const framer = new Framer();
  framer.longest = longestMessage(session);
  framer.push(writer.take());
  let ends = 0;
  while (framer.next()) {
    const back = scanUpdate(framer.octets, framer.start, framer.end, session);
    if (back.verdict !== 'accept') assert.fail(`a withdrawal of ours is ${back.verdict}`);
    if (back.endOfRib !== undefined) ends += 1;
    for (const range of back.withdrawn) wanted -= forEach(framer.octets, range, () => undefined);
  }
  assert.equal(ends, session.families.size);
  assert.equal(wanted, 0);
}

type Range = Parameters<NlriCursor['open']>[1];

function forEach(
  octets: Uint8Array,
  range: Range,
  visit: (start: number, end: number, pathId: number) => void,
): number {
  const cursor = new NlriCursor();
  cursor.open(octets, range);
  let count = 0;
  for (; cursor.next(); count += 1) visit(cursor.start, cursor.end, cursor.pathId);
  return count;
}

function checkRoutes({ attributes, withdrawn, nlri }: Update, ends: Ends): void {
  const ipv4 = families['ipv4-unicast'];
  for (const route of [...withdrawn, ...nlri]) checkRoute(ipv4, route, ends);
  for (const { family, routes } of [attributes.mpReach, attributes.mpUnreach].filter(isThere)) {
    for (const route of routes as readonly Route<unknown>[]) {
      checkRoute(families[family], route, ends);
    }
  }
  for (const family of familyNames) assert.equal(endOfRibOf(family).type, 'update');
  const past = [u24(new Uint8Array(1), 1), u32(new Uint8Array(1), 1)];
  assert.deepEqual(past, [0, 0]);
  // A walk over octets that nobody has checked comes to an end too.
  const range = { family: families['l2vpn-evpn'], pathIds: false, start: 0, end: 3 };
  assert.equal(
    forEach(Uint8Array.of(2, 1, 0), range, () => undefined),
    0,
  );
}

function isThere<T>(value: T | undefined): value is T {
  return value !== undefined;
}

function checkRoute(family: AddressFamily, route: Route<unknown>, { peer }: Ends): void {
  const octets = encodeNlri(family, route.nlri);
  const key = new Uint8Array(maxKeyLength);
  const end = family.nlri.writeKey(octets, 0, octets.length, key, 0);
  assert.deepEqual(keyOf(family, route.nlri), key.subarray(0, end));
  const [byValue, byOctets] = [new UpdateWriter(peer, 64), new UpdateWriter(peer, 64)];
  byValue.withdraw(family);
  byValue.addRoute(family, route);
  byOctets.withdraw(family);
  byOctets.add(octets, 0, octets.length, route.pathId);
  assert.deepEqual(byValue.take(), byOctets.take());
  const rd = family.nlri.rd?.(route.nlri);
  if (rd !== undefined) checkRd(rd);
}

function checkRd(rd: Rd): void {
  const parsed = parseRouteDistinguisher(formatRd(rd));
  if (parsed.ok) assert.equal(rdOf(parsed.value), rd);
}
