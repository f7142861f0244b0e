/** What a path attribute is: a row of wire/attributes.ts. One object for checking, both directions, and printing. */

import type { Writer } from '../../../../base/bytes.ts';
import type { Action } from '../error.ts';
import type { Json } from '../json.ts';
import { ATTRIBUTE_FLAG } from '../numbers.ts';
import type { WireSession } from '../session.ts';

/** `check` looks at octets that nobody has seen before; `decode` may be called with what it accepted, and nothing else. */
export interface AttributeCodec<V> {
  readonly code: number;
  /** As in the registry of IANA. */
  readonly name: string;
  /** The Optional and Transitive bits that it must have. */
  readonly flags: number;
  /** What RFC 7606 §7, or the RFC of the attribute, does about one that `check` refuses or whose flags are wrong. */
  readonly whenMalformed: Action;
  /** The section that says so. */
  readonly rfc: string;
  /** UPDATE error subcode, RFC 4271 §6.3, should it come to a session reset; Attribute Length Error for `wrongLength`. */
  readonly subcode: number;
  /** Only peers of the same AS have business sending it: from others it is discarded unseen. Of a confederation: see there. */
  readonly from?: 'internal' | 'internal-or-confederation';
  /** What comes from others all the same is no error: it is left out without a word, as if it were unknown. */
  readonly quietly?: true;
  /** Why [start, end) is malformed: a sentence that is the same for the same case. Allocates nothing when it is not. */
  check(octets: Uint8Array, start: number, end: number, session: WireSession): string | undefined;
  decode(octets: Uint8Array, start: number, end: number, session: WireSession): V;
  encode(writer: Writer, value: V, session: WireSession): void;
  format(value: V): string;
  /** Where it is not the text. */
  toJson?(value: V): Json;
}

/** The three categories of RFC 4271 §5 that need telling apart on the wire. */
export const wellKnown = ATTRIBUTE_FLAG.transitive;
export const optionalTransitive = ATTRIBUTE_FLAG.optional | ATTRIBUTE_FLAG.transitive;
export const optionalNonTransitive = ATTRIBUTE_FLAG.optional;

/** The reason that nearly all have in common. */
export const wrongLength = 'has a length that it cannot have';

/** RFC 7607 §2. */
export const zeroAs = 'has AS 0, which nobody may have';
/** RFC 6793 §4.1: what a speaker of four-octet AS numbers must not send. */
export const notFromFourOctets = 'comes from a speaker of four-octet AS numbers';

/** RFC 7606 §4: an attribute of no octets is malformed, but for the two that say otherwise. */
export function isPositiveMultiple(length: number, of: number): boolean {
  return length > 0 && length % of === 0;
}
