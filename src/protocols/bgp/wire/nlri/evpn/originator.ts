/** The originating router's address that ends route types 3 and 4: a length in bits, and 4 or 16 octets. RFC 7432 §7.3. */

import { u8 } from '../../octets.ts';
import { WRONG_FIELD, WRONG_LENGTH } from '../codec.ts';

export function originatorFault(octets: Uint8Array, at: number, length: number): number {
  if (length !== 5 && length !== 17) return WRONG_LENGTH;
  return u8(octets, at) === (length - 1) * 8 ? 0 : WRONG_FIELD;
}
