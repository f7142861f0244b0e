/**
 * Octets on their way out, in the order they came, until the kernel takes them. What is pushed is copied into large pieces,
 * so that many small messages go out in one system call. No socket: whoever drains it says what was taken.
 */

import { messageLength } from '../wire/header.ts';

const pieceSize = 65536;

interface Piece {
  readonly octets: Uint8Array;
  filled: number;
}

export class OutQueue {
  /** Each begins with a message, and holds whole ones. */
  readonly #pieces: Piece[] = [];
  /** Octets of the first piece that are gone. */
  #taken = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Whole messages, one or several. */
  push(octets: Uint8Array): void {
    let last = this.#pieces.at(-1);
    if (last === undefined || last.filled + octets.length > last.octets.length) {
      last = { octets: new Uint8Array(Math.max(pieceSize, octets.length)), filled: 0 };
      this.#pieces.push(last);
    }
    last.octets.set(octets, last.filled);
    last.filled += octets.length;
    this.#length += octets.length;
  }

  /** Offers all to `write`, which says how much it took, until it takes less than offered. Gives its last refusal, or 0. */
  drain(write: (octets: Uint8Array) => number): number {
    for (let piece = this.#pieces[0]; piece !== undefined; piece = this.#pieces[0]) {
      if (this.#taken < piece.filled) {
        const taken = write(piece.octets.subarray(this.#taken, piece.filled));
        if (taken < 0) return taken;
        this.#taken += taken;
        this.#length -= taken;
        if (this.#taken < piece.filled) return 0;
      }
      this.#taken = 0;
      piece.filled = 0;
      // The last piece is kept, for what comes next.
      if (this.#pieces.length === 1) return 0;
      this.#pieces.shift();
    }
    return 0;
  }

  /** Drops all messages of which no octet has gone out, so that another comes next. */
  trim(): void {
    const piece = this.#pieces[0];
    if (piece === undefined) return;
    let end = 0;
    while (end < this.#taken) end += messageLength(piece.octets, end);
    piece.filled = end;
    this.#pieces.length = 1;
    this.#length = end - this.#taken;
  }
}
