/** EVPN route type 3, inclusive multicast Ethernet tag: RD, tag, the originating router. RFC 7432 §7.3. */

import { formatIp, type Ip, ipBits } from '../../../../../net/ip.ts';
import { formatRd, type Rd } from '../../administered.ts';
import { copyOctets, ip, u32, u64, writeIp } from '../../octets.ts';
import { originatorFault } from './originator.ts';
import { type EvpnRouteType, RD, TAG } from './route-type.ts';

export interface ImetRoute {
  readonly type: 'imet';
  readonly rd: Rd;
  readonly tag: number;
  readonly originator: Ip;
}

const ipLengthAt = RD + TAG;

export const imet: EvpnRouteType<ImetRoute> = {
  code: 3,
  fault: (octets, at, length) => originatorFault(octets, at + ipLengthAt, length - ipLengthAt),
  /** RFC 7432 §7.3: all of it is the key. */
  writeKey: (octets, at, length, into, to) => copyOctets(octets, at, at + length, into, to),
  decode: (octets, at, length) =>
    Object.freeze({
      type: 'imet',
      rd: u64(octets, at) as Rd,
      tag: u32(octets, at + RD),
      originator: ip(octets, at + ipLengthAt + 1, length - ipLengthAt - 1),
    }),
  encode(writer, { rd, tag, originator }) {
    writer.u64(rd).u32(tag).u8(ipBits(originator.family));
    writeIp(writer, originator);
  },
  format: ({ tag, originator }) =>
    `[3]:[${tag}]:[${ipBits(originator.family)}]:[${formatIp(originator)}]`,
  toJson: ({ rd, tag, originator }) => ({
    routeType: 3,
    rd: formatRd(rd),
    ethTag: tag,
    ipLen: ipBits(originator.family),
    ip: formatIp(originator),
  }),
};
