/** The header of every message: a marker of ones, the length, the type. RFC 4271 §4.1, errors §6.1. */

import type { Writer } from '../../../base/bytes.ts';
import type { MessageError } from './error.ts';
import { ERROR, HEADER_ERROR, MESSAGE, ROUTE_REFRESH_ERROR } from './numbers.ts';
import { u8, u16 } from './octets.ts';
import { maxExtendedLength, maxMessageLength } from './session.ts';

export const headerLength = 19;
const markerLength = 16;
const marker = new Uint8Array(markerLength).fill(0xff);

/** The least and the greatest length of each type, RFC 4271 §4.2 to §4.5, RFC 2918 §3, RFC 8654 §4. By type code. */
const lengths: readonly (readonly [least: number, greatest: number] | undefined)[] = [
  undefined,
  [29, maxMessageLength],
  [23, maxExtendedLength],
  [21, maxExtendedLength],
  [headerLength, headerLength],
  [23, maxExtendedLength],
];

/**
 * Why the header at `at`, of which all octets are there, begins no message of at most `longest` octets; `undefined` when it
 * does.
 */
export function checkHeader(
  octets: Uint8Array,
  at: number,
  longest: number,
): MessageError | undefined {
  for (let i = at; i < at + markerLength; i += 1) {
    if (octets[i] !== 0xff) {
      const [subcode, reason] = [HEADER_ERROR.notSynchronized, 'the marker is not all ones'];
      return headerError(subcode, reason, new Uint8Array(0));
    }
  }
  const length = u16(octets, at + markerLength);
  const type = u8(octets, at + 18);
  const bounds = lengths[type];
  if (bounds === undefined && length >= headerLength && length <= longest) {
    return headerError(HEADER_ERROR.badType, 'the type is not known', Uint8Array.of(type));
  }
  const [least, greatest] = bounds ?? [headerLength, longest];
  if (length >= least && length <= greatest && length <= longest) return undefined;
  if (type === MESSAGE.routeRefresh && length >= headerLength && length <= longest) {
    return refreshLengthError(octets.slice(at, at + Math.min(length, headerLength + 4)));
  }
  const data = octets.slice(at + markerLength, at + 18);
  return headerError(HEADER_ERROR.badLength, 'the length is not one of its type', data);
}

function headerError(subcode: number, reason: string, data: Uint8Array): MessageError {
  return { code: ERROR.header, subcode, data, reason, rfc: 'RFC 4271 §6.1' };
}

/** RFC 7313 §5: has a code of its own, and the message as its data. */
export function refreshLengthError(data: Uint8Array): MessageError {
  return {
    code: ERROR.routeRefresh,
    subcode: ROUTE_REFRESH_ERROR.invalidLength,
    data,
    reason: 'the length is not one of a ROUTE-REFRESH',
    rfc: 'RFC 7313 §5',
  };
}

/** The length and the type of the message at `at`, whose header `checkHeader` has accepted. */
export function messageLength(octets: Uint8Array, at: number): number {
  return u16(octets, at + markerLength);
}

export function messageType(octets: Uint8Array, at: number): number {
  return u8(octets, at + 18);
}

/** Begins a message; returns where, for `closeMessage`. */
export function openMessage(writer: Writer, type: number): number {
  const start = writer.length;
  writer.bytes(marker).u16(0).u8(type);
  return start;
}

export function closeMessage(writer: Writer, start: number): void {
  writer.patchU16(start + markerLength, writer.length - start);
}
