/**
 * Packs routes that share attributes and next hop into as few UPDATEs as the session's message size allows, from the
 * octets that a RIB holds. RFC 4271 §4.3, RFC 7606 §5.1: routes first, and an UPDATE announces or withdraws, never both.
 *
 * IPv4 unicast with an IPv4 next hop goes into the fields that RFC 4271 has for it, as every speaker understands them; all
 * else goes into MP_REACH_NLRI and MP_UNREACH_NLRI.
 */

import { Writer } from '../../../base/bytes.ts';
import { visitAttributes } from './attribute/header.ts';
import { type AddressFamily, families, familyNumber } from './family.ts';
import { headerLength } from './header.ts';
import { copyOctets } from './octets.ts';
import { ATTRIBUTE, ATTRIBUTE_FLAG, MESSAGE } from './numbers.ts';
import type { Route } from './nlri/route.ts';
import { longestMessage, type WireSession } from './session.ts';

const nothing = new Uint8Array(0);
/** Flags, type, length and the content of NEXT_HOP. */
const nextHopAttributeLength = 7;
/** Where the two length fields of RFC 4271 end when no routes are withdrawn. */
const fieldsAt = headerLength + 4;
/** Where the routes begin in MP_UNREACH_NLRI, and those in MP_REACH_NLRI, but for the next hop. */
const unreachAt = fieldsAt + 4 + 3;
const reachAt = unreachAt + 2;

/**
 * ```ts
 * writer.announce(family, nextHop, attributes);
 * for (const route of routes) writer.add(route.octets, route.start, route.end);
 * writer.withdraw(family);
 * …
 * socket.write(writer.take());
 * ```
 *
 * HOT: `add` runs once per route; see bench/bgp-codec.ts.
 */
export class UpdateWriter {
  readonly #session: WireSession;
  readonly #longest: number;
  readonly #capacity: number;
  #octets: Uint8Array = nothing;
  #at = 0;
  /** Where the open message begins; -1 when none is open. */
  #message = -1;
  #family: AddressFamily = families['ipv4-unicast'];
  #pathIds = false;
  /** The routes go into a field of RFC 4271, not into an attribute. */
  #isField = true;
  #isWithdraw = true;
  #nextHop: Uint8Array = nothing;
  #attributes: Uint8Array = nothing;
  /** How much of a message of this group stands before its routes, and how much behind them. */
  #lengthBefore = 0;
  #lengthBehind = 0;
  /** Where the routes of the open message must end, for what stands behind them to have room. */
  #limit = 0;
  /** Where in the open message the length of what holds the routes stands; 0 when that reaches to the end. */
  #lengthAt = 0;

  /** `capacity`: how many octets to make room for at first; about as many as are taken at a time. */
  constructor(session: WireSession, capacity = 65536) {
    this.#session = session;
    this.#longest = longestMessage(session);
    this.#capacity = capacity;
  }

  /** Octets of messages written and not taken, the open one included. */
  get length(): number {
    return this.#at;
  }

  /**
   * From now on routes are announced. `nextHop`: as in MP_REACH_NLRI. `attributes`: whole ones in the form of this session,
   * without NEXT_HOP, MP_REACH_NLRI and MP_UNREACH_NLRI. Both must not change until the next call.
   */
  announce(family: AddressFamily, nextHop: Uint8Array, attributes: Uint8Array): void {
    this.#close();
    this.#use(family);
    this.#isWithdraw = false;
    this.#isField = isIpv4(family) && nextHop.length === 4;
    this.#nextHop = nextHop;
    this.#attributes = this.#isField ? withNextHop(attributes, nextHop) : attributes;
    const { length } = this.#attributes;
    this.#lengthBefore = this.#isField ? fieldsAt + length : reachAt + nextHop.length;
    this.#lengthBehind = this.#isField ? 0 : length;
  }

  /** From now on routes are withdrawn. */
  withdraw(family: AddressFamily): void {
    this.#close();
    this.#use(family);
    this.#isWithdraw = true;
    this.#isField = isIpv4(family);
    this.#attributes = nothing;
    this.#lengthBefore = this.#isField ? headerLength + 2 : unreachAt;
    this.#lengthBehind = this.#isField ? 2 : 0;
  }

  /** Adds the NLRI in [start, end). False when not even an empty UPDATE with these attributes has room for it. */
  add(octets: Uint8Array, start: number, end: number, pathId = 0): boolean {
    const size = end - start + (this.#pathIds ? 4 : 0);
    if (this.#message < 0 || this.#at + size > this.#limit) {
      if (this.#lengthBefore + size + this.#lengthBehind > this.#longest) return false;
      this.#close();
      this.#open();
    }
    if (this.#pathIds) this.#u32(pathId);
    const at = this.#at;
    this.#at = copyOctets(octets, start, end, this.#octets, at);
    if (this.#isWithdraw) this.#family.nlri.clear?.(this.#octets, at);
    return true;
  }

  /** `add` for values. */
  addRoute<N>(family: AddressFamily<N>, { nlri, pathId }: Route<N>): boolean {
    const writer = new Writer();
    family.nlri.encode(writer, nlri);
    return this.add(writer.finish(), 0, writer.length, pathId);
  }

  /** Adds the End-of-RIB of the family, RFC 4724 §2. */
  endOfRib(family: AddressFamily): void {
    this.withdraw(family);
    this.#open();
    this.#close();
  }

  /** All messages so far, back to back. The octets are the caller's; the group of routes goes on. */
  take(): Uint8Array {
    this.#close();
    const length = this.#at;
    this.#at = 0;
    // Of a little a copy is cheaper than new room.
    if (length * 8 < this.#octets.length) return this.#octets.slice(0, length);
    const taken = this.#octets.subarray(0, length);
    this.#octets = nothing;
    return taken;
  }

  #use(family: AddressFamily): void {
    this.#family = family;
    this.#pathIds = this.#session.families.get(familyNumber(family))?.sendPathIds ?? false;
  }

  #open(): void {
    this.#message = this.#at;
    // Room for a whole message, so that no route has to ask for it.
    this.#reserve(this.#longest);
    this.#limit = this.#at + this.#longest - this.#lengthBehind;
    this.#octets.fill(0xff, this.#at, this.#at + 16);
    this.#at += 18;
    this.#u8(MESSAGE.update);
    this.#lengthAt = this.#at;
    this.#u16(0);
    if (!this.#isField) this.#openAttribute();
    else if (!this.#isWithdraw) {
      this.#u16(this.#attributes.length);
      this.#bytes(this.#attributes);
      this.#lengthAt = 0;
    }
  }

  /** The head of MP_REACH_NLRI or MP_UNREACH_NLRI, up to the routes. RFC 4760 §3, §4. */
  #openAttribute(): void {
    const { afi, safi } = this.#family;
    this.#u16(0);
    this.#u8(ATTRIBUTE_FLAG.optional | ATTRIBUTE_FLAG.extendedLength);
    this.#u8(this.#isWithdraw ? ATTRIBUTE.mpUnreach : ATTRIBUTE.mpReach);
    this.#lengthAt = this.#at;
    this.#u16(0);
    this.#u16(afi);
    this.#u8(safi);
    if (this.#isWithdraw) return;
    this.#u8(this.#nextHop.length);
    this.#bytes(this.#nextHop);
    this.#u8(0);
  }

  #close(): void {
    if (this.#message < 0) return;
    if (this.#lengthAt > 0) this.#patch(this.#lengthAt, this.#at - this.#lengthAt - 2);
    if (!this.#isField) {
      this.#bytes(this.#attributes);
      const attributesAt = this.#message + fieldsAt;
      this.#patch(attributesAt - 2, this.#at - attributesAt);
    } else if (this.#isWithdraw) {
      this.#u16(0);
    }
    this.#patch(this.#message + 16, this.#at - this.#message);
    this.#message = -1;
  }

  #reserve(size: number): void {
    const needed = this.#at + size;
    if (needed <= this.#octets.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#octets.length * 2, this.#capacity));
    grown.set(this.#octets.subarray(0, this.#at));
    this.#octets = grown;
  }

  #u8(value: number): void {
    this.#octets[this.#at] = value;
    this.#at += 1;
  }

  #u16(value: number): void {
    this.#patch(this.#at, value);
    this.#at += 2;
  }

  #u32(value: number): void {
    this.#u16(value >>> 16);
    this.#u16(value);
  }

  #bytes(octets: Uint8Array): void {
    this.#octets.set(octets, this.#at);
    this.#at += octets.length;
  }

  #patch(at: number, value: number): void {
    this.#octets[at] = value >>> 8;
    this.#octets[at + 1] = value;
  }
}

function isIpv4(family: AddressFamily): boolean {
  return family.name === 'ipv4-unicast';
}

/** The attributes with NEXT_HOP in its place among them: behind those of lower codes, as RFC 4271 §5 asks. */
function withNextHop(attributes: Uint8Array, nextHop: Uint8Array): Uint8Array {
  let place = 0;
  visitAttributes(attributes, 0, attributes.length, (code, _at, _content, end) => {
    if (code < ATTRIBUTE.nextHop) place = end;
  });
  const whole = new Uint8Array(attributes.length + nextHopAttributeLength);
  whole.set(attributes.subarray(0, place));
  whole.set([ATTRIBUTE_FLAG.transitive, ATTRIBUTE.nextHop, 4, ...nextHop], place);
  whole.set(attributes.subarray(place), place + nextHopAttributeLength);
  return whole;
}
