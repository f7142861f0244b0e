/**
 * Messages out of a stream of octets that comes in chunks. A message that lies within one chunk is handed out where it
 * lies; only one that lies across chunks is put together in a buffer of its own. No sockets, no meaning of a message.
 */

import type { MessageError } from './error.ts';
import { checkHeader, headerLength, messageLength, messageType } from './header.ts';
import { maxMessageLength } from './session.ts';

/**
 * ```ts
 * framer.push(chunk);
 * while (framer.next()) receive(framer.octets, framer.start, framer.end, framer.type);
 * if (framer.error !== undefined) close(framer.error);
 * ```
 *
 * The positions hold until the next call of `next`; the octets as long as the caller leaves the chunks alone. To stop
 * reading is to stop calling: what was pushed waits.
 */
export class Framer {
  /** The message: [start, end) of `octets`, header included. */
  octets: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  type = 0;
  /** Set once, when the stream cannot be followed any longer; `next` is false from then on. */
  error: MessageError | undefined;
  /** The longest message that may come: `longestMessage` of the session, once there is one. */
  longest: number = maxMessageLength;
  readonly #chunks: Uint8Array[] = [];
  /** Where in the first chunk the next message begins. */
  #at = 0;
  /** The beginning of a message that is not all there: what of it has come is [0, #filled). */
  #partial: Uint8Array = new Uint8Array(0);
  #filled = 0;

  push(chunk: Uint8Array): void {
    if (chunk.length > 0) this.#chunks.push(chunk);
  }

  /** Octets that have come and were not handed out. */
  get waiting(): number {
    return this.#chunks.reduce((sum, { length }) => sum + length, this.#filled - this.#at);
  }

  /** Goes on to the next message that is all there; false when there is none, or an error. */
  next(): boolean {
    while (this.error === undefined) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) return false;
      if (this.#filled > 0) {
        if (this.#complete(chunk)) return true;
      } else if (this.#within(chunk)) {
        return true;
      }
    }
    return false;
  }

  /** A message that begins in this chunk. False when it does not end there, or is none. */
  #within(chunk: Uint8Array): boolean {
    const left = chunk.length - this.#at;
    if (left < headerLength) {
      this.#begin(chunk, headerLength);
      return false;
    }
    this.error = checkHeader(chunk, this.#at, this.longest);
    if (this.error !== undefined) return false;
    const length = messageLength(chunk, this.#at);
    if (left < length) {
      this.#begin(chunk, length);
      return false;
    }
    this.#hand(chunk, this.#at, length);
    this.#take(chunk, length);
    return true;
  }

  /** Copies what is left of the chunk into a buffer for `length` octets. */
  #begin(chunk: Uint8Array, length: number): void {
    const left = chunk.length - this.#at;
    if (left > 0) {
      this.#partial = new Uint8Array(length);
      this.#partial.set(chunk.subarray(this.#at));
      this.#filled = left;
    }
    this.#take(chunk, left);
  }

  /** Adds to the buffer what it lacks. True when the message is all there. */
  #complete(chunk: Uint8Array): boolean {
    const wanted = this.#partial.length - this.#filled;
    const part = chunk.subarray(this.#at, this.#at + wanted);
    this.#partial.set(part, this.#filled);
    this.#filled += part.length;
    this.#take(chunk, part.length);
    if (this.#filled < this.#partial.length) return false;
    return this.#partial.length === headerLength ? this.#headerRead() : this.#bodyRead();
  }

  /** The buffer has the header: make it as long as the message. */
  #headerRead(): boolean {
    this.error = checkHeader(this.#partial, 0, this.longest);
    if (this.error !== undefined) return false;
    const length = messageLength(this.#partial, 0);
    if (length === headerLength) return this.#bodyRead();
    const whole = new Uint8Array(length);
    whole.set(this.#partial);
    this.#partial = whole;
    return false;
  }

  #bodyRead(): boolean {
    this.#hand(this.#partial, 0, this.#filled);
    this.#filled = 0;
    return true;
  }

  #hand(octets: Uint8Array, start: number, length: number): void {
    this.octets = octets;
    this.start = start;
    this.end = start + length;
    this.type = messageType(octets, start);
  }

  #take(chunk: Uint8Array, length: number): void {
    this.#at += length;
    if (this.#at < chunk.length) return;
    this.#chunks.shift();
    this.#at = 0;
  }
}
