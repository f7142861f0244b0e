/**
 * Replies of an FRR daemon, octets -> values: any text, then `00 00 00` and one status octet. Replies come in the order
 * of the commands, so whoever sends keeps a queue; this file keeps only the octets of a reply that is not whole yet.
 */

import { type Issue, issue } from '../../../base/issue.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import { formatStatus, success } from './status.ts';

export interface Reply {
  /** The last octet, `status.ts`. */
  readonly status: number;
  /** What the daemon printed, without the closing newlines; a success may print a notice. */
  readonly text: string;
}

/** What a daemon can make us hold: the running configuration of 10,000 VRFs is about 4 MB. */
export const maxReplyLength = 64 << 20;

const markLength = 3;

export function isSuccess(reply: Reply): boolean {
  return reply.status === success;
}

/** One line for a person: the daemon's own words, or what its status means when it gave none. */
export function formatReply(reply: Reply): string {
  const words = reply.text.replaceAll(/\s+/g, ' ').trim();
  return words === '' ? formatStatus(reply.status) : words;
}

/** Feeds on the stream of one connection. Only three NUL octets in a row end a text; a text holds none. */
export class ReplyDecoder {
  readonly #limit: number;
  #chunks: Uint8Array[] = [];
  #length = 0;
  /** NUL octets at the end of what is kept; the mark may be cut anywhere by the socket. */
  #zeros = 0;

  constructor(limit = maxReplyLength) {
    this.#limit = limit;
  }

  /** The replies that `chunk` completes, or why the stream cannot be one of replies; then the connection is of no use. */
  push(chunk: Uint8Array): Result<readonly Reply[], Issue> {
    const replies: Reply[] = [];
    let from = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      if (this.#zeros === markLength) {
        this.#keep(chunk.subarray(from, at));
        replies.push({ status: chunk[at] ?? 0, text: this.#takeText() });
        from = at + 1;
      } else {
        this.#zeros = chunk[at] === 0 ? this.#zeros + 1 : 0;
      }
    }
    this.#keep(chunk.slice(from));
    if (this.#length > this.#limit) {
      return err(issue(`a reply is longer than ${this.#limit} octets`));
    }
    return ok(replies);
  }

  #keep(octets: Uint8Array): void {
    this.#chunks.push(octets);
    this.#length += octets.length;
  }

  #takeText(): string {
    const text = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      text.set(chunk, at);
      at += chunk.length;
    }
    this.#chunks = [];
    this.#length = 0;
    this.#zeros = 0;
    return decodeText(text.subarray(0, text.length - markLength)).trimEnd();
  }
}

/** Descriptions are whatever an operator typed: UTF-8 as a rule, else octet by octet, so that none is lost. */
function decodeText(octets: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets);
  } catch {
    return new TextDecoder('latin1').decode(octets);
  }
}
