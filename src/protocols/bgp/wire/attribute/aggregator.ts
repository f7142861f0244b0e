/** AGGREGATOR and AS4_AGGREGATOR: the AS and address of who formed an aggregate. RFC 4271 §5.1.7, RFC 6793 §3. */

import { formatIp, type Ip4 } from '../../../../net/ip.ts';
import { ATTRIBUTE, AS_TRANS, UPDATE_ERROR } from '../numbers.ts';
import { ip4, u16, u32 } from '../octets.ts';
import {
  type AttributeCodec,
  notFromFourOctets,
  optionalTransitive,
  wrongLength,
  zeroAs,
} from './codec.ts';

export interface Aggregator {
  readonly asn: number;
  readonly address: Ip4;
}

function formatAggregator({ asn, address }: Aggregator): string {
  return `${asn} ${formatIp(address)}`;
}

export const aggregator: AttributeCodec<Aggregator> = {
  code: ATTRIBUTE.aggregator,
  name: 'AGGREGATOR',
  flags: optionalTransitive,
  whenMalformed: 'discard',
  rfc: 'RFC 7606 §7.7',
  subcode: UPDATE_ERROR.optionalAttribute,
  check(octets, start, end, { fourOctetAs }) {
    if (end - start !== (fourOctetAs ? 8 : 6)) return wrongLength;
    // RFC 7607 §2.
    return (fourOctetAs ? u32(octets, start) : u16(octets, start)) === 0 ? zeroAs : undefined;
  },
  decode: (octets, start, end, { fourOctetAs }) =>
    Object.freeze({
      asn: fourOctetAs ? u32(octets, start) : u16(octets, start),
      address: ip4(octets, end - 4),
    }),
  encode(writer, { asn, address }, { fourOctetAs }) {
    if (fourOctetAs) writer.u32(asn);
    else writer.u16(asn > 0xffff ? AS_TRANS : asn);
    writer.u32(address.value);
  },
  format: formatAggregator,
  toJson: ({ asn, address }) => ({ asn, address: formatIp(address) }),
};

export const as4Aggregator: AttributeCodec<Aggregator> = {
  code: ATTRIBUTE.as4Aggregator,
  name: 'AS4_AGGREGATOR',
  flags: optionalTransitive,
  whenMalformed: 'discard',
  rfc: 'RFC 6793 §6',
  subcode: UPDATE_ERROR.optionalAttribute,
  check(octets, start, end, session) {
    if (session.fourOctetAs) return notFromFourOctets;
    if (end - start !== 8) return wrongLength;
    return u32(octets, start) === 0 ? zeroAs : undefined;
  },
  decode: (octets, start) =>
    Object.freeze({ asn: u32(octets, start), address: ip4(octets, start + 4) }),
  encode: (writer, { asn, address }) => writer.u32(asn).u32(address.value),
  format: formatAggregator,
};
