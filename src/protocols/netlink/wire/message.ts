/**
 * Netlink framing: struct nlmsghdr around a body, several messages to a datagram; and the two messages that answer a
 * request, NLMSG_ERROR (with errno 0: an acknowledgement) and NLMSG_DONE. No meaning of a body, no socket.
 */

import type { Writer } from '../../../base/bytes.ts';
import { NLA_TYPE_MASK, visitAttributes } from './attribute.ts';
import { NLM_F, NLMSGERR_ATTR } from './numbers.ts';
import { text, u32 } from './payload.ts';

/** One message in a datagram; its body is [at, end) of the datagram. */
export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** The port of the socket whose request this answers or tells of; 0 is the kernel itself. */
  readonly port: number;
  readonly at: number;
  readonly end: number;
}

const headerLength = 16;

/** Calls `visit` with each message; false when the datagram ends within one (those before it have been visited). */
export function visitMessages(data: DataView, visit: (message: Message) => void): boolean {
  let start = 0;
  while (data.byteLength - start >= headerLength) {
    const length = data.getUint32(start, true);
    if (length < headerLength || start + length > data.byteLength) return false;
    visit({
      type: data.getUint16(start + 4, true),
      flags: data.getUint16(start + 6, true),
      sequence: data.getUint32(start + 8, true),
      port: data.getUint32(start + 12, true),
      at: start + headerLength,
      end: start + length,
    });
    start += (length + 3) & ~3;
  }
  return start >= data.byteLength;
}

/** Appends a message whose body `encodeBody` writes. */
export function writeMessage(
  writer: Writer,
  header: { readonly type: number; readonly flags: number; readonly sequence: number },
  encodeBody: (writer: Writer) => void,
): void {
  const start = writer.length;
  writer.u32(0).u16(header.type).u16(header.flags).u32(header.sequence).u32(0);
  encodeBody(writer);
  writer.patchU32(start, writer.length - start);
  writer.zeros(-writer.length & 3);
}

/** What the kernel says of a request: errno 0 is success. */
export interface Answer {
  readonly errno: number;
  /** The kernel's own words (extended ACK), empty when it has none. */
  readonly text: string;
  /** Where in the request the refused attribute starts, in octets from the message header. */
  readonly attributeOffset?: number;
  /** The number of the attribute that is missing. */
  readonly missingAttribute?: number;
}

/** struct nlmsgerr: a negated errno, the header of the request (all of it unless capped), then attributes. */
export function decodeError(data: DataView, message: Message): Answer | undefined {
  if (message.end - message.at < 4 + headerLength) return undefined;
  const errno = -data.getInt32(message.at, true);
  const request = data.getUint32(message.at + 4, true);
  const echoed =
    (message.flags & NLM_F.capped) === 0 ? Math.max(request, headerLength) : headerLength;
  const tlvs = message.at + 4 + ((echoed + 3) & ~3);
  return (message.flags & NLM_F.ackTlvs) === 0
    ? { errno, text: '' }
    : decodeAnswer(data, errno, tlvs, message.end);
}

/** NLMSG_DONE ends a dump; it carries an errno too, when the dump broke off. */
export function decodeDone(data: DataView, message: Message): Answer {
  if (message.end - message.at < 4) return { errno: 0, text: '' };
  const errno = -data.getInt32(message.at, true);
  return (message.flags & NLM_F.ackTlvs) === 0
    ? { errno, text: '' }
    : decodeAnswer(data, errno, message.at + 4, message.end);
}

function decodeAnswer(data: DataView, errno: number, at: number, end: number): Answer {
  const found: { text?: string; attributeOffset?: number; missingAttribute?: number } = {};
  visitAttributes(data, at, end, (type, from, length) => {
    const masked = type & NLA_TYPE_MASK;
    if (masked === NLMSGERR_ATTR.message) set(found, 'text', text.decode(data, from, length));
    if (masked === NLMSGERR_ATTR.offset) {
      set(found, 'attributeOffset', u32.decode(data, from, length));
    }
    if (masked === NLMSGERR_ATTR.missingType) {
      set(found, 'missingAttribute', u32.decode(data, from, length));
    }
  });
  return { errno, text: '', ...found };
}

function set<T, K extends keyof T>(target: T, key: K, value: T[K] | undefined): void {
  if (value !== undefined) target[key] = value;
}
