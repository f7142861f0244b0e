/**
 * MP_REACH_NLRI and MP_UNREACH_NLRI: routes of any family, with their next hop. RFC 4760 §3, §4. To locate what is in them
 * is the first half (for a RIB that works on octets), values are the second.
 */

import type { Writer } from '../../../../base/bytes.ts';
import type { Action } from '../error.ts';
import {
  type AddressFamily,
  families,
  type FamilyName,
  familyNumber,
  type NlriValues,
} from '../family.ts';
import type { Json } from '../json.ts';
import {
  decodeNextHop,
  encodeNextHop,
  formatNextHop,
  isNextHopLength,
  type NextHop,
} from '../next-hop.ts';
import { checkNlri, type NlriRange } from '../nlri/cursor.ts';
import { describeFault } from '../nlri/codec.ts';
import { decodeRoutes, encodeRoutes, formatRoute, type Route, routeToJson } from '../nlri/route.ts';
import { ATTRIBUTE, UPDATE_ERROR } from '../numbers.ts';
import { u8, u16 } from '../octets.ts';
import type { FamilySession, WireSession } from '../session.ts';
import { type AttributeCodec, optionalNonTransitive } from './codec.ts';

/** Routes of one family in a message: [start, end) of its octets. */
export interface Withdrawn extends NlriRange {
  readonly family: AddressFamily;
}

/** With the octets of their next hop; as they stand, so with the route distinguisher where the family has one. */
export interface Announced extends Withdrawn {
  readonly nextHopStart: number;
  readonly nextHopEnd: number;
}

/** Why an attribute cannot be used. Without a family it is not even known whose routes they are. */
export interface MpFault {
  readonly reason: string;
  readonly action: Action;
  readonly rfc: string;
  readonly family?: AddressFamily;
}

export function isFault(found: Withdrawn | MpFault): found is MpFault {
  return 'reason' in found;
}

const notAgreed: MpFault = {
  reason: 'is of a family that was not agreed on',
  action: 'discard',
  rfc: 'RFC 4760 §8',
};

/** RFC 7606 §5.3: without all of its head, whose routes it has is not certain either, so nothing weaker is left, §3 (j). */
const tooShort: MpFault = { reason: 'is too short', action: 'reset', rfc: 'RFC 7606 §5.3' };

/** RFC 7606 §3 (j): the routes cannot be told, so those of the family cannot be trusted any longer. RFC 4760 §7. */
function incorrect(family: AddressFamily, reason: string, rfc: string): MpFault {
  return { reason, action: 'disable', rfc, family };
}

function agreedOn(octets: Uint8Array, at: number, session: WireSession): FamilySession | undefined {
  return session.families.get(familyNumber({ afi: u16(octets, at), safi: u8(octets, at + 2) }));
}

/** Reads the content [start, end) of MP_REACH_NLRI up to the routes, and checks that they can be walked. */
export function locateReach(
  octets: Uint8Array,
  start: number,
  end: number,
  session: WireSession,
): Announced | MpFault {
  if (end - start < 5) return tooShort;
  const agreed = agreedOn(octets, start, session);
  if (agreed === undefined) return notAgreed;
  const { family, receivePathIds: pathIds, extendedNextHop } = agreed;
  const length = u8(octets, start + 3);
  const nextHopStart = start + 4;
  const nextHopEnd = nextHopStart + length;
  // One octet behind the next hop is reserved, and ignored.
  if (!isNextHopLength(family.nextHop, length, extendedNextHop) || nextHopEnd + 1 > end) {
    return incorrect(family, 'has a next hop of a length that it cannot have', 'RFC 7606 §7.11');
  }
  const range = { family, pathIds, start: nextHopEnd + 1, end, nextHopStart, nextHopEnd };
  return walkable(octets, range);
}

/** Reads the content [start, end) of MP_UNREACH_NLRI up to the routes, and checks that they can be walked. */
export function locateUnreach(
  octets: Uint8Array,
  start: number,
  end: number,
  session: WireSession,
): Withdrawn | MpFault {
  if (end - start < 3) return tooShort;
  const agreed = agreedOn(octets, start, session);
  if (agreed === undefined) return notAgreed;
  const { family, receivePathIds: pathIds } = agreed;
  return walkable(octets, { family, pathIds, start: start + 3, end });
}

function walkable<R extends Withdrawn>(octets: Uint8Array, range: R): R | MpFault {
  const fault = checkNlri(octets, range);
  return fault === 0 ? range : incorrect(range.family, describeFault(fault), 'RFC 7606 §5.3');
}

/** The routes of one family, as values. */
export type MpReach = {
  readonly [F in FamilyName]: {
    readonly family: F;
    readonly nextHop: NextHop;
    readonly routes: readonly Route<NlriValues[F]>[];
  };
}[FamilyName];

export type MpUnreach = {
  readonly [F in FamilyName]: {
    readonly family: F;
    readonly routes: readonly Route<NlriValues[F]>[];
  };
}[FamilyName];

/** The row for a value: what a type cannot say is that family and routes go together, which the unions do say. */
function rowOf({ family }: { readonly family: FamilyName }): AddressFamily {
  return families[family];
}

/** The shape that both attributes have in common but for the next hop. */
const both = {
  flags: optionalNonTransitive,
  whenMalformed: 'disable',
  rfc: 'RFC 7606 §5.3',
  subcode: UPDATE_ERROR.optionalAttribute,
} as const;

export const mpReach: AttributeCodec<MpReach> = {
  ...both,
  code: ATTRIBUTE.mpReach,
  name: 'MP_REACH_NLRI',
  check(octets, start, end, session) {
    const found = locateReach(octets, start, end, session);
    return isFault(found) ? found.reason : undefined;
  },
  decode(octets, start, end, session) {
    // No fault: `check` has looked.
    const found = locateReach(octets, start, end, session) as Announced;
    const { family, nextHopStart, nextHopEnd } = found;
    return Object.freeze({
      family: family.name,
      nextHop: decodeNextHop(octets, nextHopStart, nextHopEnd, family.nextHop),
      routes: decodeRoutes(octets, found),
    }) as MpReach;
  },
  encode(writer, value, session) {
    const family = rowOf(value);
    writer.u16(family.afi).u8(family.safi);
    const lengthAt = writer.length;
    writer.u8(0);
    encodeNextHop(writer, value.nextHop, family.nextHop);
    const length = writer.length - lengthAt - 1;
    // The SAFI stands before the length, and a writer overwrites two octets at a time.
    writer.patchU16(lengthAt - 1, (family.safi << 8) | length);
    writer.u8(0);
    encodeRoutes(writer, family, value.routes, sendsPathIds(family, session));
  },
  format: (value) => `${formatRoutes(value)} via ${formatNextHop(value.nextHop)}`,
  toJson: (value) => ({ ...routesToJson(value), nextHop: formatNextHop(value.nextHop) }),
};

export const mpUnreach: AttributeCodec<MpUnreach> = {
  ...both,
  code: ATTRIBUTE.mpUnreach,
  name: 'MP_UNREACH_NLRI',
  check(octets, start, end, session) {
    const found = locateUnreach(octets, start, end, session);
    return isFault(found) ? found.reason : undefined;
  },
  decode(octets, start, end, session) {
    const found = locateUnreach(octets, start, end, session) as Withdrawn;
    const routes = decodeRoutes(octets, found);
    return Object.freeze({ family: found.family.name, routes }) as MpUnreach;
  },
  encode(writer: Writer, value, session) {
    const family = rowOf(value);
    writer.u16(family.afi).u8(family.safi);
    encodeRoutes(writer, family, value.routes, sendsPathIds(family, session));
  },
  format: (value) => formatRoutes(value),
  toJson: (value) => routesToJson(value),
};

function sendsPathIds(family: AddressFamily, session: WireSession): boolean {
  return session.families.get(familyNumber(family))?.sendPathIds ?? false;
}

function formatRoutes(value: MpUnreach): string {
  const family = rowOf(value);
  const routes = (value.routes as readonly Route<unknown>[]).map((one) => formatRoute(family, one));
  return `${value.family} ${routes.join(' ')}`;
}

function routesToJson(value: MpUnreach): { readonly [key: string]: Json } {
  const family = rowOf(value);
  const routes = (value.routes as readonly Route<unknown>[]).map((one) => routeToJson(family, one));
  return { family: value.family, routes };
}
