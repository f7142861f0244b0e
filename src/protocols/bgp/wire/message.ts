/** Whole messages: any of the five, to and from octets, and as text. RFC 4271 §4. */

import { Writer } from '../../../base/bytes.ts';
import { type Issue, issue } from '../../../base/issue.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import type { MessageError } from './error.ts';
import {
  checkHeader,
  closeMessage,
  headerLength,
  messageLength,
  messageType,
  openMessage,
} from './header.ts';
import type { Json } from './json.ts';
import {
  decodeNotification,
  formatNotification,
  type Notification,
  notificationToJson,
  writeNotification,
} from './notification.ts';
import { ERROR, HEADER_ERROR, MESSAGE } from './numbers.ts';
import { decodeOpen, formatOpen, type Open, openToJson, writeOpen } from './open.ts';
import {
  decodeRouteRefresh,
  formatRouteRefresh,
  type RouteRefresh,
  routeRefreshToJson,
  writeRouteRefresh,
} from './route-refresh.ts';
import { longestMessage, longestReceived, maxMessageLength, type WireSession } from './session.ts';
import {
  type DecodedUpdate,
  decodeUpdate,
  formatUpdate,
  type Update,
  updateToJson,
  writeUpdate,
} from './update.ts';

export interface Keepalive {
  readonly type: 'keepalive';
}

export const keepalive: Keepalive = Object.freeze({ type: 'keepalive' });

export type Message = Open | Update | Notification | Keepalive | RouteRefresh;

/** With an UPDATE comes what was found in it. */
export type DecodedMessage =
  | { readonly message: Exclude<Message, Update> }
  | ({ readonly message: Update } & Omit<DecodedUpdate, 'update'>);

/**
 * Decodes the one message that `octets` are, header included. Never throws. The error is the NOTIFICATION to send; of an
 * UPDATE that is not beyond help, what is wrong is in `findings` and what to do in `verdict`.
 */
export function decodeMessage(
  octets: Uint8Array,
  session: WireSession,
): Result<DecodedMessage, MessageError> {
  const longest = longestReceived(session);
  const wrong = octets.length < headerLength ? undefined : checkHeader(octets, 0, longest);
  if (wrong !== undefined) return err(wrong);
  if (octets.length < headerLength || messageLength(octets, 0) !== octets.length) {
    return err({
      code: ERROR.header,
      subcode: HEADER_ERROR.badLength,
      data: octets.slice(16, 18),
      reason: 'the length is not that of the octets',
      rfc: 'RFC 4271 §6.1',
    });
  }
  const row = Object.values(messages).find(({ code }) => code === messageType(octets, 0));
  // A KEEPALIVE has nothing to decode; a type that has no row is not let through by its header.
  return row?.decode?.(octets, session) ?? ok({ message: keepalive });
}

function wrapped(
  result: Result<Open | RouteRefresh, MessageError>,
): Result<DecodedMessage, MessageError> {
  return result.ok ? ok({ message: result.value }) : result;
}

function decodedUpdate(
  octets: Uint8Array,
  session: WireSession,
): Result<DecodedMessage, MessageError> {
  const decoded = decodeUpdate(octets, 0, octets.length, session);
  if (decoded.verdict === 'reset') return err(decoded.error);
  const { update, ...found } = decoded;
  return ok({ message: update, ...found });
}

/** What a message is: octets of a whole one to a value, a value to a body, text, JSON. */
interface MessageCodec<M> {
  readonly code: number;
  readonly name: string;
  /** Left out by one that has no body. */
  decode?(octets: Uint8Array, session: WireSession): Result<DecodedMessage, MessageError>;
  write(writer: Writer, message: M, session: WireSession): void;
  format(message: M): string;
  toJson(message: M): Json;
}

/** All there are, one row each. */
const messages: { readonly [T in Message['type']]: MessageCodec<Extract<Message, { type: T }>> } = {
  open: {
    code: MESSAGE.open,
    name: 'OPEN',
    decode: (octets) => wrapped(decodeOpen(octets, 0, octets.length)),
    write: writeOpen,
    format: formatOpen,
    toJson: openToJson,
  },
  update: {
    code: MESSAGE.update,
    name: 'UPDATE',
    decode: decodedUpdate,
    write: writeUpdate,
    format: formatUpdate,
    toJson: updateToJson,
  },
  notification: {
    code: MESSAGE.notification,
    name: 'NOTIFICATION',
    decode: (octets) => ok({ message: decodeNotification(octets, 0, octets.length) }),
    write: writeNotification,
    format: formatNotification,
    toJson: notificationToJson,
  },
  keepalive: {
    code: MESSAGE.keepalive,
    name: 'KEEPALIVE',
    write: () => {},
    format: () => '',
    toJson: () => ({ type: 'keepalive' }),
  },
  'route-refresh': {
    code: MESSAGE.routeRefresh,
    name: 'ROUTE-REFRESH',
    decode: (octets) => wrapped(decodeRouteRefresh(octets, 0, octets.length)),
    write: writeRouteRefresh,
    format: formatRouteRefresh,
    toJson: routeRefreshToJson,
  },
};

function codecOf(message: Message): MessageCodec<Message> {
  return messages[message.type];
}

/**
 * The octets of a message, header included. Fails when they are more than the session allows; whoever has more routes than
 * one UPDATE holds uses `UpdateWriter`.
 */
export function encodeMessage(message: Message, session: WireSession): Result<Uint8Array, Issue> {
  const codec = codecOf(message);
  const writer = new Writer();
  const start = openMessage(writer, codec.code);
  codec.write(writer, message, session);
  // RFC 8654 §4: an OPEN is sent before anything was agreed on.
  const longest = message.type === 'open' ? maxMessageLength : longestMessage(session);
  if (writer.length > longest) {
    return err(issue(`a message of ${writer.length} octets is longer than ${longest}`));
  }
  closeMessage(writer, start);
  return ok(writer.finish().slice());
}

/** One line: `UPDATE ORIGIN IGP; AS_PATH 65001; …`. */
export function formatMessage(message: Message): string {
  return `${codecOf(message).name} ${codecOf(message).format(message)}`.trimEnd();
}

export function messageToJson(message: Message): Json {
  return codecOf(message).toJson(message);
}
