/** The header of a path attribute: flags, type, a length of one or two octets. RFC 4271 §4.3. Positions only. */

import { ATTRIBUTE_FLAG } from '../numbers.ts';
import { u8, u16 } from '../octets.ts';

/** Where the content of the attribute that begins at `at` begins. */
export function contentOf(octets: Uint8Array, at: number): number {
  return at + (hasLongLength(octets, at) ? 4 : 3);
}

/** Where the attribute that begins at `at` ends, if its length is right. */
export function endOfAttribute(octets: Uint8Array, at: number): number {
  return hasLongLength(octets, at) ? at + 4 + u16(octets, at + 2) : at + 3 + u8(octets, at + 2);
}

function hasLongLength(octets: Uint8Array, at: number): boolean {
  return (u8(octets, at) & ATTRIBUTE_FLAG.extendedLength) !== 0;
}

/** Whether the Optional and Transitive bits are those that the attribute must have. The others do not matter, RFC 7606 §3 (c). */
export function isCategory(flags: number, wanted: number): boolean {
  return ((flags ^ wanted) & (ATTRIBUTE_FLAG.optional | ATTRIBUTE_FLAG.transitive)) === 0;
}

/**
 * Calls `visit` with each of the whole attributes in [start, end): its type code, where it begins, where its content
 * begins, where it ends.
 */
export function visitAttributes(
  octets: Uint8Array,
  start: number,
  end: number,
  visit: (code: number, at: number, content: number, end: number) => void,
): void {
  let at = start;
  while (at < end) {
    const next = endOfAttribute(octets, at);
    visit(u8(octets, at + 1), at, contentOf(octets, at), next);
    at = next;
  }
}
