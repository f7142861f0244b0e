/**
 * Rows of so many 32-bit numbers each, under small numbers of their own: what is known of a destination or a path. They lie
 * in pieces that never move, so that growth copies nothing, stalls nobody and leaves nothing to the collector, and what is
 * known of one row is near to the rest of it. HOT: some fifty times a route; see bench/bgp.
 */

/** Rows in a piece: by a shift and a mask. */
const pieceBits = 13;
const pieceMask = (1 << pieceBits) - 1;

export class Rows {
  readonly #width: number;
  readonly #pieces: Int32Array[] = [];

  /** `width`: fields in a row. */
  constructor(width: number) {
    this.#width = width;
  }

  /** 0 of a field that was never set, -1 of a row for which there is no room. */
  get(row: number, field: number): number {
    const piece = this.#pieces[row >>> pieceBits] ?? noPiece;
    return piece[(row & pieceMask) * this.#width + field] ?? -1;
  }

  /** There must be room for the row. */
  set(row: number, field: number, value: number): void {
    const piece = this.#pieces[row >>> pieceBits] ?? noPiece;
    piece[(row & pieceMask) * this.#width + field] = value;
  }

  /** Makes room for it and all before it. What is new is 0, and costs nothing before it is written. */
  reserve(row: number): void {
    while (row >>> pieceBits >= this.#pieces.length) {
      this.#pieces.push(new Int32Array(this.#width << pieceBits));
    }
  }

  /** Gives all room back. */
  clear(): void {
    this.#pieces.length = 0;
  }
}

const noPiece = new Int32Array(0);
