/**
 * Requests as one datagram. At most 512 messages, with an acknowledgement asked for the last only: the answers to one
 * datagram must fit into the receive buffer of the asker. 256 fill the system's default, which is a fifth of ours.
 */

import { Writer } from '../../../base/bytes.ts';
import { writeMessage } from './message.ts';
import { NLM_F } from './numbers.ts';
import type { Request } from './request.ts';

/** Less than half of what the receive buffer of a `NetlinkSocket` holds answers for. */
export const maxMessages = 512;
/** Well below the default send buffer (212,992), which one datagram must fit into. */
const maxOctets = 64 * 1024;
/** Octets to start with for each message; the writer grows by itself. */
const typicalMessage = 128;
/** Sequence numbers of one exchange do not wrap, so that they can be told apart by subtraction. */
export function nextSequence(first: number, count: number): number {
  const next = first + count;
  return next > 0xffff0000 ? 1 : next;
}

/** As many requests as fit. Only the last asks for an acknowledgement. */
export function encodeBatch(
  requests: readonly Request[],
  first: number,
): { readonly datagram: Uint8Array; readonly count: number } {
  const writer = new Writer('little', requests.length * typicalMessage);
  let count = 0;
  let lastStart = 0;
  for (const { type, flags, encode } of requests) {
    if (writer.length > maxOctets) break;
    lastStart = writer.length;
    const header = { type, flags: flags | NLM_F.request, sequence: first + count };
    writeMessage(writer, header, encode);
    count += 1;
  }
  const last = requests[count - 1];
  const isDump = last !== undefined && (last.flags & NLM_F.dump) === NLM_F.dump;
  // The flags stand six octets into the header. A dump ends with NLMSG_DONE and needs no acknowledgement.
  if (last !== undefined && !isDump) {
    writer.patchU16(lastStart + 6, last.flags | NLM_F.request | NLM_F.ack);
  }
  return { datagram: writer.finish(), count };
}
