/**
 * EVPN route type 5, IP prefix: RD, ESI, tag, prefix, gateway, label. RFC 9136 §3.1. Prefix and gateway are of one family,
 * which the length of the whole tells; both have all the octets of an address, whatever the length of the prefix.
 */

import { type Esi, formatEsi } from '../../../../../net/esi.ts';
import { formatIp, type Ip } from '../../../../../net/ip.ts';
import { networkOf, type Prefix } from '../../../../../net/prefix.ts';
import { formatRd, type Rd } from '../../administered.ts';
import { copyOctets, ip, isZero, u8, u24, u32, u64, writeIp, writeU24 } from '../../octets.ts';
import { NO_OVERLAY_INDEX, TWO_OVERLAY_INDEXES, WRONG_FIELD, WRONG_LENGTH } from '../codec.ts';
import { copyMasked } from '../bit-string.ts';
import { prefixAt } from '../unicast.ts';
import { esiAt, writeEsi } from './esi.ts';
import { ESI, type EvpnRouteType, LABEL, RD, TAG } from './route-type.ts';

export interface PrefixRoute {
  readonly type: 'prefix';
  readonly rd: Rd;
  readonly esi: Esi;
  readonly tag: number;
  readonly prefix: Prefix;
  /** Of the family of the prefix; 0.0.0.0 or :: where it is not the overlay index. */
  readonly gateway: Ip;
  /** The 24 bits: a VNI with VXLAN. */
  readonly label: number;
}

const tagAt = RD + ESI;
const bitsAt = tagAt + TAG;
const prefixOffset = bitsAt + 1;
const lengths = { 4: prefixOffset + 8 + LABEL, 16: prefixOffset + 32 + LABEL } as const;

/** Octets of an address in a route of this length. */
function addressOctets(length: number): 4 | 16 {
  return length === lengths[4] ? 4 : 16;
}

export const prefix: EvpnRouteType<PrefixRoute> = {
  code: 5,
  /** RFC 9136 §3.1: 34 octets for IPv4, 58 for IPv6, and the prefix is no longer than an address. */
  fault(octets, at, length) {
    if (length !== lengths[4] && length !== lengths[16]) return WRONG_LENGTH;
    return u8(octets, at + bitsAt) <= addressOctets(length) * 8 ? 0 : WRONG_FIELD;
  },
  /** RFC 9136 §3.2: segment or gateway, not both; §3.1: with a label of zero, one of them or a router's MAC. */
  objection(octets, at, length) {
    const gateway = at + prefixOffset + addressOctets(length);
    const label = gateway + addressOctets(length);
    const hasSegment = !isZero(octets, at + RD, at + RD + ESI);
    const hasGateway = !isZero(octets, gateway, label);
    if (hasSegment && hasGateway) return TWO_OVERLAY_INDEXES;
    return hasSegment || hasGateway || u24(octets, label) !== 0 ? 0 : NO_OVERLAY_INDEX;
  },
  /** RFC 9136 §3.1: RD, tag, length and prefix are the key; segment, gateway and label are not. */
  writeKey(octets, at, length, into, to) {
    const tag = copyOctets(octets, at, at + RD, into, to);
    const bits = u8(octets, at + bitsAt);
    const start = copyOctets(octets, at + tagAt, at + prefixOffset, into, tag);
    const end = start + addressOctets(length);
    // The two families differ in the length of the key, so a /0 of one is not a /0 of the other.
    into.fill(0, start, end);
    copyMasked(octets, at + prefixOffset, bits, into, start);
    return end;
  },
  decode(octets, at, length) {
    const size = addressOctets(length);
    const bits = u8(octets, at + bitsAt);
    return Object.freeze({
      type: 'prefix',
      rd: u64(octets, at) as Rd,
      esi: esiAt(octets, at + RD),
      tag: u32(octets, at + tagAt),
      prefix: prefixAt(octets, at + prefixOffset, bits, size === 4 ? 4 : 6),
      gateway: ip(octets, at + prefixOffset + size, size),
      label: u24(octets, at + prefixOffset + 2 * size),
    });
  },
  encode(writer, { rd, esi, tag, prefix: announced, gateway, label }) {
    writer.u64(rd);
    writeEsi(writer, esi);
    writer.u32(tag).u8(announced.length);
    writeIp(writer, networkOf(announced).ip);
    writeIp(writer, gateway);
    writeU24(writer, label);
  },
  format: ({ tag, prefix: { ip: address, length } }) =>
    `[5]:[${tag}]:[${length}]:[${formatIp(address)}]`,
  toJson: ({ rd, esi, tag, prefix: { ip: address, length }, gateway, label }) => ({
    routeType: 5,
    rd: formatRd(rd),
    esi: formatEsi(esi),
    ethTag: tag,
    ipLen: length,
    ip: formatIp(address),
    gatewayIp: formatIp(gateway),
    label,
  }),
};
