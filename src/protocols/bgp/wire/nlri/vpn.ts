/**
 * NLRI of VPN-IPv4 and VPN-IPv6: one label, a route distinguisher and a prefix. RFC 4364 §4.3.4, RFC 4659 §3.2. There is
 * always one label: more need a capability (RFC 8277 §2.1) that this library does not announce, and without it the
 * bottom-of-stack bit has no meaning.
 */

import type { Family } from '../../../../net/ip.ts';
import { formatPrefix, type Prefix } from '../../../../net/prefix.ts';
import { formatRd, type Rd } from '../administered.ts';
import { copyOctets, u8, u24, u64, writePrefixOctets, writeU24 } from '../octets.ts';
import { copyMasked, endOfBits } from './bit-string.ts';
import type { NlriCodec } from './codec.ts';
import { prefixAt } from './unicast.ts';

export interface VpnPrefix {
  readonly rd: Rd;
  readonly prefix: Prefix;
  /** The 24 bits: 20 of label, three of traffic class, and the bottom of the stack. */
  readonly label: number;
}

/** The label of a route that is withdrawn, RFC 8277 §2.4. */
export const withdrawnLabel = 0x800000;

const labelBits = 24;
/** Of the label and the route distinguisher together. */
const headBits = labelBits + 64;

export function vpn(family: Family): NlriCodec<VpnPrefix> {
  const longest = headBits + (family === 4 ? 32 : 128);
  return {
    end: (octets, at, limit) => endOfBits(octets, at, limit, headBits, longest),
    /** The label says how to reach the route, not which it is. */
    writeKey(octets, start, _end, into, at) {
      const bits = u8(octets, start) - headBits;
      into[at] = bits;
      const prefix = copyOctets(octets, start + 4, start + 12, into, at + 1);
      return copyMasked(octets, start + 12, bits, into, prefix);
    },
    decode: (octets, start) =>
      Object.freeze({
        rd: u64(octets, start + 4) as Rd,
        prefix: prefixAt(octets, start + 12, u8(octets, start) - headBits, family),
        label: u24(octets, start + 1),
      }),
    encode(writer, { rd, prefix, label }) {
      writer.u8(headBits + prefix.length);
      writeU24(writer, label);
      writer.u64(rd);
      writePrefixOctets(writer, prefix.ip, prefix.length);
    },
    format: ({ prefix }) => formatPrefix(prefix),
    rd: ({ rd }) => rd,
    toJson: ({ rd, prefix, label }) => ({
      rd: formatRd(rd),
      prefix: formatPrefix(prefix),
      label: label >>> 4,
    }),
  };
}
