/** The paths of one family, of all peers: who announced which destination with what. */

import { type Destination, none } from './destinations.ts';
import type { Address } from './octet-slabs.ts';
import { Rows } from './rows.ts';

/** A path, or `none`. */
export type Path = number;

const DESTINATION = 0;
/** From its lowest bit on: whether the path is stale; `toldAs`; the peer's number. `none` of a number that is free. */
const PEER = 1;
const toldAsShift = 1;
const toldAsMask = 0xff << toldAsShift;
const peerShift = 9;
const ATTRIBUTES = 2;
/** Where its NLRI is, when it is not the one of its destination; else 0. */
const ADDRESS = 3;
const PATH_ID = 4;
/** The next path of the same destination; of a number that is free, the next of those. */
const NEXT = 5;
const width = 6;

export class Paths {
  readonly #rows = new Rows(width);
  #free: Path = none;
  #bound = 0;
  #count = 0;

  /** Every path is below it. */
  get bound(): number {
    return this.#bound;
  }

  get count(): number {
    return this.#count;
  }

  add(destination: Destination, peer: number, pathId: number, next: Path): Path {
    const path = this.#take();
    const rows = this.#rows;
    rows.set(path, DESTINATION, destination);
    rows.set(path, PEER, peer << peerShift);
    rows.set(path, ATTRIBUTES, none);
    rows.set(path, ADDRESS, 0);
    rows.set(path, PATH_ID, pathId);
    rows.set(path, NEXT, next);
    return path;
  }

  remove(path: Path): void {
    this.#count -= 1;
    this.#rows.set(path, DESTINATION, none);
    this.#rows.set(path, PEER, none);
    this.#rows.set(path, NEXT, this.#free);
    this.#free = path;
    if (this.#count === 0) this.#clear();
  }

  /** `none` of a number that is free. */
  destination(path: Path): Destination {
    return this.#rows.get(path, DESTINATION);
  }

  peer(path: Path): number {
    return this.#rows.get(path, PEER) >> peerShift;
  }

  pathId(path: Path): number {
    return this.#rows.get(path, PATH_ID) >>> 0;
  }

  attributes(path: Path): number {
    return this.#rows.get(path, ATTRIBUTES);
  }

  setAttributes(path: Path, set: number): void {
    this.#rows.set(path, ATTRIBUTES, set);
  }

  address(path: Path): Address {
    return this.#rows.get(path, ADDRESS);
  }

  setAddress(path: Path, address: Address): void {
    this.#rows.set(path, ADDRESS, address);
  }

  next(path: Path): Path {
    return this.#rows.get(path, NEXT);
  }

  setNext(path: Path, next: Path): void {
    this.#rows.set(path, NEXT, next);
  }

  /** Kept after its peer went down, until it comes back and says otherwise. RFC 4724 §4.2. */
  isStale(path: Path): boolean {
    const peer = this.#rows.get(path, PEER);
    return peer !== none && (peer & 1) === 1;
  }

  setStale(path: Path, stale: boolean): void {
    const peer = this.#rows.get(path, PEER);
    this.#rows.set(path, PEER, stale ? peer | 1 : peer & ~1);
  }

  /** The identifier by which others are told of it where they are told of several, RFC 7911 §3; 0 while it has none. */
  toldAs(path: Path): number {
    return (this.#rows.get(path, PEER) & toldAsMask) >> toldAsShift;
  }

  /** Up to 255. */
  setToldAs(path: Path, identifier: number): void {
    const peer = this.#rows.get(path, PEER);
    this.#rows.set(path, PEER, (peer & ~toldAsMask) | (identifier << toldAsShift));
  }

  #take(): Path {
    this.#count += 1;
    const freed = this.#free;
    if (freed !== none) {
      this.#free = this.#rows.get(freed, NEXT);
      return freed;
    }
    const taken = this.#bound;
    this.#bound += 1;
    this.#rows.reserve(taken);
    return taken;
  }

  /** What a large table took is not kept for the next one. */
  #clear(): void {
    this.#rows.clear();
    this.#free = none;
    this.#bound = 0;
  }
}
