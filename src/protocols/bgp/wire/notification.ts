/**
 * NOTIFICATION: why the sender ends the session. RFC 4271 §4.5; with words of the administrator RFC 9003, and in spite of
 * graceful restart RFC 8538.
 */

import type { Writer } from '../../../base/bytes.ts';
import { decodeUtf8 } from './capability/speaker.ts';
import { formatErrorCode, type MessageError } from './error.ts';
import { headerLength } from './header.ts';
import type { Json } from './json.ts';
import { CEASE, ERROR } from './numbers.ts';
import { hex, u8 } from './octets.ts';

export interface Notification {
  readonly type: 'notification';
  readonly code: number;
  readonly subcode: number;
  readonly data: Uint8Array;
}

/** Any octets are one, with a header that `checkHeader` has accepted. */
export function decodeNotification(octets: Uint8Array, start: number, end: number): Notification {
  const at = start + headerLength;
  return Object.freeze({
    type: 'notification',
    code: u8(octets, at),
    subcode: u8(octets, at + 1),
    data: octets.slice(at + 2, end),
  });
}

export function writeNotification(writer: Writer, { code, subcode, data }: Notification): void {
  writer.u8(code).u8(subcode).bytes(data);
}

/** What is sent before a session is closed for this error. */
export function notificationOf({ code, subcode, data }: MessageError): Notification {
  return { type: 'notification', code, subcode, data };
}

const utf8 = new TextEncoder();

/** RFC 9003 §2: at most 255 octets; longer text is cut, between two characters. */
export function cease(subcode: number, words = ''): Notification {
  let text = utf8.encode(words);
  if (text.length > 255) {
    let end = 255;
    // Octets 10xxxxxx go on with a character.
    while ((u8(text, end) & 0xc0) === 0x80) end -= 1;
    text = text.subarray(0, end);
  }
  const data = words === '' ? new Uint8Array(0) : Uint8Array.of(text.length, ...text);
  return { type: 'notification', code: ERROR.cease, subcode, data };
}

/** What the administrator of the peer has to say, RFC 9003 §2; `undefined` where nothing, or no text, was sent. */
export function shutdownCommunication(of: Notification): string | undefined {
  const { code, subcode, data } = of;
  const isShutdown =
    subcode === CEASE.administrativeShutdown || subcode === CEASE.administrativeReset;
  const length = u8(data, 0);
  if (code !== ERROR.cease || !isShutdown || length === 0 || length + 1 > data.length) {
    return undefined;
  }
  return decodeUtf8(data.subarray(1, 1 + length));
}

/** The same, to be obeyed at once: routes are not kept over it. RFC 8538 §3.1. */
export function hardReset({ code, subcode, data }: Notification): Notification {
  return {
    type: 'notification',
    code: ERROR.cease,
    subcode: CEASE.hardReset,
    data: Uint8Array.of(code, subcode, ...data),
  };
}

/** The reason within a hard reset, `undefined` of any other notification. */
export function hardResetReason({ code, subcode, data }: Notification): Notification | undefined {
  if (code !== ERROR.cease || subcode !== CEASE.hardReset || data.length < 2) return undefined;
  return { type: 'notification', code: u8(data, 0), subcode: u8(data, 1), data: data.slice(2) };
}

/** `Cease/Administrative Shutdown "back at noon"`. Control characters are shown as escapes: the text goes into logs. */
export function formatNotification(of: Notification): string {
  const inner = hardResetReason(of);
  const name = formatErrorCode(of.code, of.subcode);
  if (inner !== undefined) return `${name}: ${formatNotification(inner)}`;
  const words = shutdownCommunication(of);
  if (words !== undefined) return `${name} ${JSON.stringify(words)}`;
  return of.data.length === 0 ? name : `${name} 0x${hex(of.data)}`;
}

export function notificationToJson(of: Notification): Json {
  const { code, subcode, data } = of;
  const words = shutdownCommunication(of);
  return {
    type: 'notification',
    code,
    subcode,
    text: formatErrorCode(code, subcode),
    data: hex(data),
    ...(words === undefined ? {} : { words }),
  };
}
