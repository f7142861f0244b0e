/** ORIGIN: where the first speaker had the route from. RFC 4271 §5.1.1. */

import { ATTRIBUTE, UPDATE_ERROR } from '../numbers.ts';
import { entry, u8 } from '../octets.ts';
import { type AttributeCodec, wellKnown, wrongLength } from './codec.ts';

/** In the order of their codes. */
export const origins = ['igp', 'egp', 'incomplete'] as const;
export type Origin = (typeof origins)[number];

export const origin: AttributeCodec<Origin> = {
  code: ATTRIBUTE.origin,
  name: 'ORIGIN',
  flags: wellKnown,
  whenMalformed: 'withdraw',
  rfc: 'RFC 7606 §7.1',
  subcode: UPDATE_ERROR.invalidOrigin,
  check(octets, start, end) {
    if (end - start !== 1) return wrongLength;
    return u8(octets, start) < origins.length ? undefined : 'has a value that is not defined';
  },
  decode: (octets, start) => entry(origins, u8(octets, start)),
  encode: (writer, value) => writer.u8(origins.indexOf(value)),
  format: (value) => (value === 'incomplete' ? value : value.toUpperCase()),
};
