/** EVPN route type 4, Ethernet segment: RD, ESI, the originating router. RFC 7432 §7.4. */

import { type Esi, formatEsi } from '../../../../../net/esi.ts';
import { formatIp, type Ip, ipBits } from '../../../../../net/ip.ts';
import { formatRd, type Rd } from '../../administered.ts';
import { copyOctets, ip, u64, writeIp } from '../../octets.ts';
import { esiAt, writeEsi } from './esi.ts';
import { originatorFault } from './originator.ts';
import { ESI, type EvpnRouteType, RD } from './route-type.ts';

export interface EsRoute {
  readonly type: 'es';
  readonly rd: Rd;
  readonly esi: Esi;
  readonly originator: Ip;
}

const ipLengthAt = RD + ESI;

export const es: EvpnRouteType<EsRoute> = {
  code: 4,
  fault: (octets, at, length) => originatorFault(octets, at + ipLengthAt, length - ipLengthAt),
  /** RFC 7432 §7.4: all of it is the key. */
  writeKey: (octets, at, length, into, to) => copyOctets(octets, at, at + length, into, to),
  decode: (octets, at, length) =>
    Object.freeze({
      type: 'es',
      rd: u64(octets, at) as Rd,
      esi: esiAt(octets, at + RD),
      originator: ip(octets, at + ipLengthAt + 1, length - ipLengthAt - 1),
    }),
  encode(writer, { rd, esi, originator }) {
    writer.u64(rd);
    writeEsi(writer, esi);
    writer.u8(ipBits(originator.family));
    writeIp(writer, originator);
  },
  format: ({ esi, originator }) =>
    `[4]:[${formatEsi(esi)}]:[${ipBits(originator.family)}]:[${formatIp(originator)}]`,
  toJson: ({ rd, esi, originator }) => ({
    routeType: 4,
    rd: formatRd(rd),
    esi: formatEsi(esi),
    ipLen: ipBits(originator.family),
    ip: formatIp(originator),
  }),
};
