/**
 * Short runs of octets, each known by a number, outside of the garbage collector's sight: hundreds of thousands of NLRI
 * cost what their octets cost. Freed runs are used again for others of about their size.
 */

import { copyOctets } from '../wire/octets.ts';

const slabBits = 20;
const slabSize = 1 << slabBits;
/** Runs are laid out in steps of as many octets: a freed one must hold the address of the next. */
const step = 4;
/** The length of a run stands before it. */
const headLength = 2;

/** What holds a run, and where in it. The address 0 is no run's. */
export type Address = number;

export class OctetSlabs {
  readonly #slabs: Uint8Array[] = [];
  /** Where in the last slab the next run begins. */
  #at = slabSize;
  /** By steps of a run's size: the first freed one, which holds the address of the next; 0 ends the list. */
  readonly #free: Address[] = [];

  /** A copy of [start, end), at most 65,535 octets. */
  add(octets: Uint8Array, start: number, end: number): Address {
    const length = end - start;
    const address = this.#room(length);
    const slab = this.slab(address);
    const at = address & (slabSize - 1);
    slab[at] = length >>> 8;
    slab[at + 1] = length;
    copyOctets(octets, start, end, slab, at + headLength);
    return address;
  }

  slab(address: Address): Uint8Array {
    return this.#slabs[address >>> slabBits] ?? noOctets;
  }

  /** Where in `slab` the run begins. */
  start(address: Address): number {
    return (address & (slabSize - 1)) + headLength;
  }

  end(address: Address): number {
    const slab = this.slab(address);
    const at = address & (slabSize - 1);
    return at + headLength + (((slab[at] ?? 0) << 8) | (slab[at + 1] ?? 0));
  }

  equals(address: Address, octets: Uint8Array, start: number, end: number): boolean {
    const slab = this.slab(address);
    let at = this.start(address);
    if (this.end(address) - at !== end - start) return false;
    for (let i = start; i < end; i += 1) {
      if (slab[at] !== octets[i]) return false;
      at += 1;
    }
    return true;
  }

  free(address: Address): void {
    const size = stepsOf(this.end(address) - this.start(address));
    const next = this.#free[size] ?? 0;
    const slab = this.slab(address);
    const at = address & (slabSize - 1);
    slab[at] = next >>> 24;
    slab[at + 1] = next >>> 16;
    slab[at + 2] = next >>> 8;
    slab[at + 3] = next;
    this.#free[size] = address;
  }

  /** Frees all runs, and their memory. */
  clear(): void {
    this.#slabs.length = 0;
    this.#free.length = 0;
    this.#at = slabSize;
  }

  /** Octets of memory. */
  get size(): number {
    return this.#slabs.length * slabSize;
  }

  #room(length: number): Address {
    const size = stepsOf(length);
    const freed = this.#free[size] ?? 0;
    if (freed !== 0) {
      const slab = this.slab(freed);
      const at = freed & (slabSize - 1);
      this.#free[size] =
        ((slab[at] ?? 0) << 24) |
        ((slab[at + 1] ?? 0) << 16) |
        ((slab[at + 2] ?? 0) << 8) |
        (slab[at + 3] ?? 0);
      return freed;
    }
    if (this.#at + size * step > slabSize) {
      this.#slabs.push(new Uint8Array(slabSize));
      // So that no run has the address 0.
      this.#at = this.#slabs.length === 1 ? step : 0;
    }
    const address = ((this.#slabs.length - 1) << slabBits) | this.#at;
    this.#at += size * step;
    return address;
  }
}

const noOctets = new Uint8Array(0);

function stepsOf(length: number): number {
  return Math.ceil((length + headLength) / step);
}
