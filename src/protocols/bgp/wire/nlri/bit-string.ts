/**
 * What most NLRI are: a length in bits, and as many octets as they take. RFC 4271 §4.3. The bits beyond the length do not
 * matter, so a key has them cleared.
 */

import { copyOctets, lastMask, u8 } from '../octets.ts';
import { CUT_SHORT, WRONG_LENGTH } from './codec.ts';

/** Where the bit string at `at` ends; a fault when it has fewer or more bits than these, or more than there are. */
export function endOfBits(
  octets: Uint8Array,
  at: number,
  limit: number,
  least: number,
  most: number,
): number {
  const bits = u8(octets, at);
  if (bits < least || bits > most) return WRONG_LENGTH;
  const end = at + 1 + ((bits + 7) >>> 3);
  return end > limit ? CUT_SHORT : end;
}

/** Copies `bits` bits, those beyond cleared; returns where they end. */
export function copyMasked(
  octets: Uint8Array,
  start: number,
  bits: number,
  into: Uint8Array,
  at: number,
): number {
  const end = copyOctets(octets, start, start + ((bits + 7) >>> 3), into, at);
  if ((bits & 7) !== 0) into[end - 1] = u8(into, end - 1) & lastMask(bits);
  return end;
}

/** Copies the whole bit string at `start`: its length, and its bits. */
export function copyBits(octets: Uint8Array, start: number, into: Uint8Array, at: number): number {
  const bits = u8(octets, start);
  into[at] = bits;
  return copyMasked(octets, start + 1, bits, into, at + 1);
}
