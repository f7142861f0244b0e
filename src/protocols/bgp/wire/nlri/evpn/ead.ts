/** EVPN route type 1, Ethernet auto-discovery per segment and per instance: RD, ESI, tag, label. RFC 7432 §7.1. */

import { type Esi, formatEsi } from '../../../../../net/esi.ts';
import { formatRd, type Rd } from '../../administered.ts';
import { copyOctets, u24, u32, u64, writeU24 } from '../../octets.ts';
import { WRONG_LENGTH } from '../codec.ts';
import { esiAt, writeEsi } from './esi.ts';
import { ESI, type EvpnRouteType, LABEL, RD, TAG } from './route-type.ts';

export interface EadRoute {
  readonly type: 'ead';
  readonly rd: Rd;
  readonly esi: Esi;
  /** 4294967295 (MAX-ET) for the route per segment. */
  readonly tag: number;
  /** The 24 bits: a VNI with VXLAN (RFC 8365 §5.1.3), otherwise 20 bits of label and four that are not. */
  readonly label: number;
}

const keyLength = RD + ESI + TAG;

export const ead: EvpnRouteType<EadRoute> = {
  code: 1,
  fault: (_octets, _at, length) => (length === keyLength + LABEL ? 0 : WRONG_LENGTH),
  /** RFC 7432 §7.1: the label is no part of the key. */
  writeKey: (octets, at, _length, into, to) => copyOctets(octets, at, at + keyLength, into, to),
  decode: (octets, at) =>
    Object.freeze({
      type: 'ead',
      rd: u64(octets, at) as Rd,
      esi: esiAt(octets, at + RD),
      tag: u32(octets, at + RD + ESI),
      label: u24(octets, at + keyLength),
    }),
  encode(writer, { rd, esi, tag, label }) {
    writer.u64(rd);
    writeEsi(writer, esi);
    writer.u32(tag);
    writeU24(writer, label);
  },
  format: ({ tag, esi }) => `[1]:[${tag}]:[${formatEsi(esi)}]`,
  toJson: ({ rd, esi, tag, label }) => ({
    routeType: 1,
    rd: formatRd(rd),
    esi: formatEsi(esi),
    ethTag: tag,
    label,
  }),
};
