/**
 * NLRI of route-target constraint, RFC 4684 §4: an AS and a route target of which only the first bits may count, as
 * with a prefix. Length 0 asks for every route.
 */

import { formatExtendedCommunityBits } from '../extended-community.ts';
import { u8, u32, u64 } from '../octets.ts';
import { copyBits, copyMasked, endOfBits } from './bit-string.ts';
import type { NlriCodec } from './codec.ts';

export interface RouteTargetMembership {
  /** How many bits of the AS (the first 32) and the target count: 0, or 32 to 96. */
  readonly length: number;
  readonly originAs: number;
  /** The eight octets of the extended community; zero beyond `length`. */
  readonly target: bigint;
}

export const wholeMembership = 96;
/** The AS counts whole, or nothing does, RFC 4684 §4. */
const asBits = 32;

export const routeTarget: NlriCodec<RouteTargetMembership> = {
  end: (octets, at, limit) =>
    endOfBits(octets, at, limit, u8(octets, at) === 0 ? 0 : asBits, wholeMembership),
  writeKey: (octets, start, _end, into, at) => copyBits(octets, start, into, at),
  decode(octets, start) {
    const length = u8(octets, start);
    const whole = new Uint8Array(12);
    copyMasked(octets, start + 1, length, whole, 0);
    return Object.freeze({ length, originAs: u32(whole, 0), target: u64(whole, 4) });
  },
  encode(writer, { length, originAs, target }) {
    const whole = new Uint8Array(12);
    const view = new DataView(whole.buffer);
    view.setUint32(0, originAs);
    view.setBigUint64(4, target);
    const masked = new Uint8Array(12);
    writer.u8(length).bytes(masked.subarray(0, copyMasked(whole, 0, length, masked, 0)));
  },
  format({ length, originAs, target }) {
    if (length === 0) return 'default';
    return length === wholeMembership
      ? `${originAs}:${formatExtendedCommunityBits(target)}`
      : `${originAs}:0x${target.toString(16).padStart(16, '0')}/${length}`;
  },
  toJson(value) {
    const { length, originAs, target } = value;
    if (length === 0) return { length };
    return { length, originAs, target: formatExtendedCommunityBits(target) };
  },
};
