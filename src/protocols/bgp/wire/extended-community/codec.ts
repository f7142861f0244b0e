/** What an extended community is: eight octets, of which the first two say what the others mean. RFC 4360 §2. */

import type { Json } from '../json.ts';

/**
 * One or more values of the first two octets, and what the other six mean. The bits are a number, so that a codec is
 * arithmetic and two communities are equal when their numbers are.
 */
export interface ExtendedCommunityCodec<V> {
  /** Type and subtype, as one 16-bit number each. */
  readonly types: readonly number[];
  /** Of the 64 bits. Reserved bits are left out; `decodeExtendedCommunity` keeps them. */
  decode(bits: bigint): V;
  /** The 64 bits, reserved ones zero. */
  encode(value: V): bigint;
  /** As FRR prints it. */
  format(value: V): string;
  /** Where it says more than `format`. */
  toJson?(value: V): { readonly [key: string]: Json };
}

/** `width` bits of which the lowest is number `shift`. */
export function field(bits: bigint, shift: number, width: number): number {
  return Number((bits >> BigInt(shift)) & ((1n << BigInt(width)) - 1n));
}

/** Type and subtype in their place. */
export function head(type: number): bigint {
  return BigInt(type) << 48n;
}
