/** The paths of one family, of all peers: who announced which destination with what. Columns, as of destinations. */

import { type Destination, longer, none } from './destinations.ts';
import type { Address } from './octet-slabs.ts';

/** A path, or `none`. */
export type Path = number;

export class Paths {
  #destination = new Int32Array(0);
  #peer = new Int32Array(0);
  #attributes = new Int32Array(0);
  /** Where its NLRI is, when it is not the one of its destination; else 0. */
  #address = new Int32Array(0);
  #pathId = new Int32Array(0);
  /** The next path of the same destination. */
  #next = new Int32Array(0);
  #isStale = new Uint8Array(0);
  readonly #free: Path[] = [];
  #bound = 0;

  /** Every path is below it. */
  get bound(): number {
    return this.#bound;
  }

  get count(): number {
    return this.#bound - this.#free.length;
  }

  add(destination: Destination, peer: number, pathId: number, next: Path): Path {
    const path = this.#free.pop() ?? this.#take();
    this.#destination[path] = destination;
    this.#peer[path] = peer;
    this.#pathId[path] = pathId | 0;
    this.#next[path] = next;
    this.#address[path] = 0;
    this.#attributes[path] = none;
    this.#isStale[path] = 0;
    return path;
  }

  remove(path: Path): void {
    this.#destination[path] = none;
    this.#peer[path] = none;
    this.#free.push(path);
  }

  /** `none` of a number that is free. */
  destination(path: Path): Destination {
    return this.#destination[path] ?? none;
  }

  peer(path: Path): number {
    return this.#peer[path] ?? none;
  }

  pathId(path: Path): number {
    return (this.#pathId[path] ?? 0) >>> 0;
  }

  attributes(path: Path): number {
    return this.#attributes[path] ?? none;
  }

  setAttributes(path: Path, set: number): void {
    this.#attributes[path] = set;
  }

  address(path: Path): Address {
    return this.#address[path] ?? 0;
  }

  setAddress(path: Path, address: Address): void {
    this.#address[path] = address;
  }

  next(path: Path): Path {
    return this.#next[path] ?? none;
  }

  setNext(path: Path, next: Path): void {
    this.#next[path] = next;
  }

  /** Kept after its peer went down, until it comes back and says otherwise. RFC 4724 §4.2. */
  isStale(path: Path): boolean {
    return this.#isStale[path] === 1;
  }

  setStale(path: Path, stale: boolean): void {
    this.#isStale[path] = stale ? 1 : 0;
  }

  #take(): Path {
    const taken = this.#bound;
    this.#bound += 1;
    if (taken >= this.#peer.length) {
      this.#destination = longer(this.#destination);
      this.#peer = longer(this.#peer);
      this.#attributes = longer(this.#attributes);
      this.#address = longer(this.#address);
      this.#pathId = longer(this.#pathId);
      this.#next = longer(this.#next);
      const isStale = new Uint8Array(this.#peer.length);
      isStale.set(this.#isStale);
      this.#isStale = isStale;
    }
    return taken;
  }
}
