/**
 * EVPN route type 2, MAC/IP advertisement: RD, ESI, tag, MAC, an optional IP, one or two labels. RFC 7432 §7.2. The
 * second label is the VNI of the VRF in symmetric IRB, RFC 9135 §5.1.
 */

import type { Esi } from '../../../../../net/esi.ts';
import { formatEsi } from '../../../../../net/esi.ts';
import { formatIp, type Ip, ipBits } from '../../../../../net/ip.ts';
import { formatMac, type Mac } from '../../../../../net/mac.ts';
import { formatRd, type Rd } from '../../administered.ts';
import {
  copyOctets,
  ip,
  mac as macAt,
  u8,
  u24,
  u32,
  u64,
  writeIp,
  writeMac,
  writeU24,
} from '../../octets.ts';
import { WRONG_FIELD, WRONG_LENGTH } from '../codec.ts';
import { esiAt, writeEsi } from './esi.ts';
import { ESI, type EvpnRouteType, LABEL, RD, TAG } from './route-type.ts';

export interface MacRoute {
  readonly type: 'mac';
  readonly rd: Rd;
  readonly esi: Esi;
  readonly tag: number;
  readonly mac: Mac;
  readonly ip?: Ip;
  /** The L2 label: 24 bits, a VNI with VXLAN. */
  readonly label: number;
  /** The L3 label, likewise. */
  readonly label2?: number;
}

const tagAt = RD + ESI;
const macLengthAt = tagAt + TAG;
const ipLengthAt = macLengthAt + 7;
const ipAt = ipLengthAt + 1;

export const mac: EvpnRouteType<MacRoute> = {
  code: 2,
  fault(octets, at, length) {
    if (length < ipAt + LABEL) return WRONG_LENGTH;
    // RFC 7432 §7.2: the MAC address length is 48, the IP address length 0, 32 or 128.
    if (u8(octets, at + macLengthAt) !== 48) return WRONG_FIELD;
    const bits = u8(octets, at + ipLengthAt);
    if (bits !== 0 && bits !== 32 && bits !== 128) return WRONG_FIELD;
    const labels = length - ipAt - (bits >>> 3);
    return labels === LABEL || labels === 2 * LABEL ? 0 : WRONG_LENGTH;
  },
  /** RFC 7432 §7.2: tag, MAC and IP with their lengths are the key; the segment and the labels are not. */
  writeKey(octets, at, _length, into, to) {
    const tag = copyOctets(octets, at, at + RD, into, to);
    const end = at + ipAt + (u8(octets, at + ipLengthAt) >>> 3);
    return copyOctets(octets, at + tagAt, end, into, tag);
  },
  /** BIRD 3.4 takes the withdrawal of a route with a segment for an announcement; none has to be told there. */
  clear(octets, at) {
    octets.fill(0, at + RD, at + RD + ESI);
  },
  decode(octets, at, length) {
    const ipLength = u8(octets, at + ipLengthAt) >>> 3;
    const labelAt = ipAt + ipLength;
    return Object.freeze({
      type: 'mac',
      rd: u64(octets, at) as Rd,
      esi: esiAt(octets, at + RD),
      tag: u32(octets, at + tagAt),
      mac: macAt(octets, at + macLengthAt + 1),
      ...(ipLength === 0 ? {} : { ip: ip(octets, at + ipAt, ipLength) }),
      label: u24(octets, at + labelAt),
      ...(length === labelAt + LABEL ? {} : { label2: u24(octets, at + labelAt + LABEL) }),
    });
  },
  encode(writer, route) {
    writer.u64(route.rd);
    writeEsi(writer, route.esi);
    writer.u32(route.tag).u8(48);
    writeMac(writer, route.mac);
    writer.u8(route.ip === undefined ? 0 : ipBits(route.ip.family));
    if (route.ip !== undefined) writeIp(writer, route.ip);
    writeU24(writer, route.label);
    if (route.label2 !== undefined) writeU24(writer, route.label2);
  },
  format({ tag, mac: address, ip: host }) {
    const ipText = host === undefined ? '' : `:[${ipBits(host.family)}]:[${formatIp(host)}]`;
    return `[2]:[${tag}]:[48]:[${formatMac(address)}]${ipText}`;
  },
  toJson: ({ rd, esi, tag, mac: address, ip: host, label, label2 }) => ({
    routeType: 2,
    rd: formatRd(rd),
    esi: formatEsi(esi),
    ethTag: tag,
    macLen: 48,
    mac: formatMac(address),
    ...(host === undefined ? {} : { ipLen: ipBits(host.family), ip: formatIp(host) }),
    label,
    ...(label2 === undefined ? {} : { label2 }),
  }),
};
