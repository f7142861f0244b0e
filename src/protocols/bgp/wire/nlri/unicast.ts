/** NLRI of IPv4 and IPv6 unicast: a length in bits and the octets of the prefix. RFC 4271 §4.3, RFC 4760 §5, RFC 2545. */

import type { Family } from '../../../../net/ip.ts';
import { formatPrefix, networkOf, type Prefix } from '../../../../net/prefix.ts';
import { copyOctets, ip4, ip6, u8, writePrefixOctets } from '../octets.ts';
import { copyBits, endOfBits } from './bit-string.ts';
import type { NlriCodec } from './codec.ts';

/** The prefix of `bits` bits whose octets begin at `at`; what stands behind them does not matter. */
export function prefixAt(octets: Uint8Array, at: number, bits: number, family: Family): Prefix {
  const length = (bits + 7) >>> 3;
  const whole = new Uint8Array(16);
  copyOctets(octets, at, at + length, whole, 0);
  const ip = family === 4 ? ip4(whole, 0) : ip6(whole, 0);
  return Object.freeze(networkOf({ ip, length: bits }));
}

export function unicast(family: Family): NlriCodec<Prefix> {
  const longest = family === 4 ? 32 : 128;
  return {
    end: (octets, at, limit) => endOfBits(octets, at, limit, 0, longest),
    writeKey: (octets, start, _end, into, at) => copyBits(octets, start, into, at),
    decode: (octets, start) => prefixAt(octets, start + 1, u8(octets, start), family),
    encode(writer, { ip, length }) {
      writer.u8(length);
      writePrefixOctets(writer, ip, length);
    },
    format: formatPrefix,
    toJson: (prefix) => ({ prefix: formatPrefix(prefix) }),
  };
}
