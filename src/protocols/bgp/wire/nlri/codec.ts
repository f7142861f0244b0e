/**
 * What the NLRI of a family is: octets that have an end, an identity (the key by which two announcements are the same
 * route), a value, and a text. Every family is one object of this shape, a row of wire/family.ts.
 */

import type { Writer } from '../../../../base/bytes.ts';
import type { Rd } from '../administered.ts';
import type { Json } from '../json.ts';

/**
 * Only `end` looks at octets that nobody has checked. The others may be called with what it accepted, and with nothing
 * else. None of them allocates but `decode`, `format` and `toJson`; none of them throws.
 */
export interface NlriCodec<T> {
  /** Where the NLRI that begins at `at` ends, at most `limit`; or why there is none: one of the faults below. */
  end(octets: Uint8Array, at: number, limit: number): number;
  /**
   * Why a route that is announced (not one that is withdrawn) must be treated as withdrawn, although it can be read: 0, or
   * one of the objections below. RFC 7606 §2; left out by families where this cannot be.
   */
  objection?(octets: Uint8Array, start: number, end: number): number;
  /**
   * Writes the octets that make the route's identity, in a form that is the same for the same route, at `at`; returns
   * where they end. Never more than `maxKeyLength`.
   */
  writeKey(octets: Uint8Array, start: number, end: number, into: Uint8Array, at: number): number;
  /** Clears, in the octets of a route that is withdrawn, what is no part of its identity and may be taken for more than that. */
  clear?(octets: Uint8Array, start: number): void;
  /** The value, frozen. Octets in it are copies. */
  decode(octets: Uint8Array, start: number, end: number): T;
  encode(writer: Writer, value: T): void;
  /** One line, in the words of FRR where it has any; without the route distinguisher, which FRR shows apart. */
  format(value: T): string;
  /** Left out by families that have none. */
  rd?(value: T): Rd | undefined;
  toJson(value: T): Json;
}

/** The room that a key may need: a type and the longest opaque NLRI. */
export const maxKeyLength = 256;

/** RFC 7606 §5.3: why NLRI octets are syntactically incorrect. */
export const CUT_SHORT = -1;
export const WRONG_LENGTH = -2;
export const WRONG_FIELD = -3;

/** RFC 9136 §3.2: a route of type 5 cannot be resolved by a segment and by a gateway. */
export const TWO_OVERLAY_INDEXES = 1;
/** RFC 9136 §3.1: with a label of zero something must say where the route leads: if not the route, a router's MAC beside it. */
export const NO_OVERLAY_INDEX = 2;

/** The sentence for a fault. */
export function describeFault(fault: number): string {
  if (fault === CUT_SHORT) return 'an NLRI is longer than what is left of its field';
  return fault === WRONG_LENGTH
    ? 'an NLRI has a length that its family does not have'
    : 'an NLRI has a field out of its range';
}
