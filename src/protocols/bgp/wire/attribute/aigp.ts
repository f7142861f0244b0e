/**
 * AIGP: the cost of the path through several ASes of one owner, as TLVs of which type 1 is the metric. RFC 7311 §3. Read
 * and passed on; the decision process does not use it.
 */

import { ATTRIBUTE, UPDATE_ERROR } from '../numbers.ts';
import { hex, u8, u16, u64 } from '../octets.ts';
import { type AttributeCodec, optionalNonTransitive } from './codec.ts';

export interface AigpTlv {
  readonly type: number;
  readonly value: Uint8Array;
}

export type Aigp = readonly AigpTlv[];

const METRIC = 1;
const headLength = 3;
/** RFC 7311 §3.2: all ones. */
const unreachable = 0xffff_ffff_ffff_ffffn;
/** RFC 7311 §3: type and length octets are counted. */
const metricLength = headLength + 8;

export const aigp: AttributeCodec<Aigp> = {
  code: ATTRIBUTE.aigp,
  name: 'AIGP',
  flags: optionalNonTransitive,
  whenMalformed: 'discard',
  rfc: 'RFC 7311 §3.2',
  subcode: UPDATE_ERROR.optionalAttribute,
  // RFC 7311 §3.3: on external sessions it is disabled, unless somebody says otherwise, which nobody can here.
  from: 'internal-or-confederation',
  quietly: true,
  check(octets, start, end) {
    let at = start;
    let metricAt = -1;
    while (at < end) {
      const length = end - at < headLength ? 0 : u16(octets, at + 1);
      if (length < headLength || at + length > end) return 'has a TLV that does not fit';
      if (u8(octets, at) === METRIC) {
        if (length !== metricLength) return 'has no metric of 64 bits';
        if (metricAt < 0) metricAt = at + headLength;
      }
      at += length;
    }
    if (start === end) return 'has no TLV';
    return metricAt >= 0 && u64(octets, metricAt) === unreachable
      ? 'has a metric that is none'
      : undefined;
  },
  decode(octets, start, end) {
    const tlvs: AigpTlv[] = [];
    for (let at = start; at < end; at += u16(octets, at + 1)) {
      const value = octets.slice(at + headLength, at + u16(octets, at + 1));
      tlvs.push(Object.freeze({ type: u8(octets, at), value }));
    }
    return Object.freeze(tlvs);
  },
  encode(writer, tlvs) {
    for (const { type, value } of tlvs) {
      writer
        .u8(type)
        .u16(headLength + value.length)
        .bytes(value);
    }
  },
  format: (tlvs) => String(aigpMetric(tlvs) ?? tlvs.map(({ value }) => hex(value)).join(' ')),
};

/** The first metric, RFC 7311 §3: later ones do not count. */
export function aigpMetric(tlvs: Aigp): bigint | undefined {
  const metric = tlvs.find(({ type }) => type === METRIC);
  return metric === undefined ? undefined : u64(metric.value, 0);
}
