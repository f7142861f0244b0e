/**
 * Bounds-checked reading and writing of octets, in network order (BGP) or little-endian (netlink on the
 * machines we run on). A read past the end returns `undefined` from `Reader.take` and marks the reader
 * `failed`; the numeric reads then return 0, so that a decoder checks once, at the end of a structure.
 */

export type Endian = 'big' | 'little';

export class Reader {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #little: boolean;
  #at = 0;
  #failed = false;

  constructor(bytes: Uint8Array, endian: Endian = 'big') {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#little = endian === 'little';
  }

  /** Octets not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** Octets read so far. */
  get offset(): number {
    return this.#at;
  }

  /** Whether any read went past the end. */
  get failed(): boolean {
    return this.#failed;
  }

  u8(): number {
    return this.#advance(1) ? this.#view.getUint8(this.#at - 1) : 0;
  }

  u16(): number {
    return this.#advance(2) ? this.#view.getUint16(this.#at - 2, this.#little) : 0;
  }

  u32(): number {
    return this.#advance(4) ? this.#view.getUint32(this.#at - 4, this.#little) : 0;
  }

  i32(): number {
    return this.#advance(4) ? this.#view.getInt32(this.#at - 4, this.#little) : 0;
  }

  u64(): bigint {
    return this.#advance(8) ? this.#view.getBigUint64(this.#at - 8, this.#little) : 0n;
  }

  /** The next `length` octets as a view on the same memory, or `undefined` when there are fewer. */
  take(length: number): Uint8Array | undefined {
    return this.#advance(length) ? this.#bytes.subarray(this.#at - length, this.#at) : undefined;
  }

  /** Everything that is left. */
  rest(): Uint8Array {
    const rest = this.#bytes.subarray(this.#at);
    this.#at = this.#bytes.length;
    return rest;
  }

  skip(length: number): void {
    this.#advance(length);
  }

  #advance(length: number): boolean {
    if (length < 0 || length > this.left) {
      this.#failed = true;
      this.#at = this.#bytes.length;
      return false;
    }
    this.#at += length;
    return true;
  }
}

export class Writer {
  #bytes: Uint8Array;
  #view: DataView;
  readonly #little: boolean;
  #at = 0;

  constructor(endian: Endian = 'big', capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
    this.#little = endian === 'little';
  }

  get length(): number {
    return this.#at;
  }

  u8(value: number): this {
    const at = this.#reserve(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u16(value: number): this {
    const at = this.#reserve(2);
    this.#view.setUint16(at, value, this.#little);
    return this;
  }

  u32(value: number): this {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value, this.#little);
    return this;
  }

  i32(value: number): this {
    const at = this.#reserve(4);
    this.#view.setInt32(at, value, this.#little);
    return this;
  }

  u64(value: bigint): this {
    const at = this.#reserve(8);
    this.#view.setBigUint64(at, value, this.#little);
    return this;
  }

  bytes(octets: Uint8Array): this {
    const at = this.#reserve(octets.length);
    this.#bytes.set(octets, at);
    return this;
  }

  zeros(count: number): this {
    const at = this.#reserve(count);
    this.#bytes.fill(0, at, at + count);
    return this;
  }

  /** Overwrites the 16 bits at `at`, for a length that is known only afterwards. */
  patchU16(at: number, value: number): void {
    this.#view.setUint16(at, value, this.#little);
  }

  /** Overwrites the 32 bits at `at`. */
  patchU32(at: number, value: number): void {
    this.#view.setUint32(at, value, this.#little);
  }

  /** What was written, as a view; further writes may or may not show in it. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  #reserve(count: number): number {
    const at = this.#at;
    const needed = at + count;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#at = needed;
    return at;
  }
}
