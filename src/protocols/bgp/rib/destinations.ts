/**
 * The destinations of one family: everything that somebody announces, or announced until a moment ago, by the key of its
 * NLRI. A destination is a small number; what is known of it stands in a row of that number. 100,000 of them are a few dozen
 * typed arrays, not 100,000 objects: the collector has nothing to walk, and a route costs some hundred octets.
 */

import { maxKeyLength, type NlriCodec } from '../wire/nlri/codec.ts';
import { u32 } from '../wire/octets.ts';
import { type Address, OctetSlabs } from './octet-slabs.ts';
import { Rows } from './rows.ts';

/** A destination, or `none`. */
export type Destination = number;
export const none = -1;

/** The index is cut into so many, each of which grows by itself: no growth takes long. */
const shardBits = 8;
const shardCount = 1 << shardBits;
/** Slots, of which at most half are taken: a search looks at two or three. */
const firstShardSize = 64;

/** Of its key; of a number that is free, the next of those. */
const HASH = 0;
/** 0 of a number that is free. */
const ADDRESS = 1;
const FIRST_PATH = 2;
const BEST_PATH = 3;
const LAST_PEER = 4;
const width = 5;

export class Destinations {
  readonly #nlri: NlriCodec<unknown>;
  readonly octets = new OctetSlabs();
  /** A slot is two numbers, the hash and the destination: whoever passes it by has to look nowhere else. */
  readonly #shards: Int32Array[] = Array.from({ length: shardCount }, emptyShard);
  readonly #counts = new Int32Array(shardCount);
  readonly #rows = new Rows(width);
  /** The first of the numbers that are free again, and the first that never was in use. */
  #free: Destination = none;
  #next = 0;
  #count = 0;
  /** With room for the last word. */
  readonly #key = new Uint8Array(maxKeyLength + 3);
  readonly #otherKey = new Uint8Array(maxKeyLength);
  #keyLength = 0;

  constructor(nlri: NlriCodec<unknown>) {
    this.#nlri = nlri;
  }

  get count(): number {
    return this.#count;
  }

  /** Every destination is below it. */
  get bound(): number {
    return this.#next;
  }

  firstPath(of: Destination): number {
    return this.#rows.get(of, FIRST_PATH);
  }

  setFirstPath(of: Destination, path: number): void {
    this.#rows.set(of, FIRST_PATH, path);
  }

  /** The path that is used and told to others. */
  bestPath(of: Destination): number {
    return this.#rows.get(of, BEST_PATH);
  }

  setBestPath(of: Destination, path: number): void {
    this.#rows.set(of, BEST_PATH, path);
  }

  /** Of a destination without paths: whose the last one was. */
  lastPeer(of: Destination): number {
    return this.#rows.get(of, LAST_PEER);
  }

  setLastPeer(of: Destination, peer: number): void {
    this.#rows.set(of, LAST_PEER, peer);
  }

  /** The NLRI by which it was first announced; others of the same key may have other labels. */
  address(of: Destination): Address {
    const address = this.#rows.get(of, ADDRESS);
    return address === none ? 0 : address;
  }

  find(octets: Uint8Array, start: number, end: number): Destination {
    const hash = this.#hashOf(octets, start, end);
    return this.#shard(hash)[this.#slot(hash) + 1] ?? none;
  }

  // HOT: once per route that comes; see bench/bgp.
  findOrAdd(octets: Uint8Array, start: number, end: number): Destination {
    const hash = this.#hashOf(octets, start, end);
    const slot = this.#slot(hash);
    const found = this.#shard(hash)[slot + 1] ?? none;
    if (found !== none) return found;
    const destination = this.#take();
    const rows = this.#rows;
    rows.set(destination, HASH, hash);
    rows.set(destination, ADDRESS, this.octets.add(octets, start, end));
    rows.set(destination, FIRST_PATH, none);
    rows.set(destination, BEST_PATH, none);
    this.#enter(hash, slot, destination);
    this.#count += 1;
    return destination;
  }

  remove(destination: Destination): void {
    const hash = this.#rows.get(destination, HASH);
    const shard = this.#shard(hash);
    const mask = shard.length - 1;
    let slot = home(hash, mask);
    while (shard[slot + 1] !== destination) slot = (slot + 2) & mask;
    this.#close(shard, slot);
    this.#counts[hash & (shardCount - 1)] = (this.#counts[hash & (shardCount - 1)] ?? 0) - 1;
    this.octets.free(this.address(destination));
    this.#rows.set(destination, ADDRESS, 0);
    this.#rows.set(destination, HASH, this.#free);
    this.#free = destination;
    this.#count -= 1;
    if (this.#count === 0) this.#clear();
  }

  /** Every destination, in the order of their numbers, until `visit` says false. */
  *[Symbol.iterator](): Generator<Destination> {
    for (let each = 0; each < this.#next; each += 1) {
      if (this.address(each) !== 0) yield each;
    }
  }

  /** Of linear probing: whatever stood behind the freed slot moves up, so that no search ends too early. */
  #close(shard: Int32Array, freed: number): void {
    const mask = shard.length - 1;
    let hole = freed;
    for (let slot = (hole + 2) & mask; shard[slot + 1] !== none; slot = (slot + 2) & mask) {
      const wanted = home(shard[slot] ?? 0, mask);
      // It may move to the hole when that lies between where it wants to be and where it is.
      if (((slot - wanted) & mask) >= ((slot - hole) & mask)) {
        shard[hole] = shard[slot] ?? 0;
        shard[hole + 1] = shard[slot + 1] ?? none;
        hole = slot;
      }
    }
    shard[hole + 1] = none;
  }

  #shard(hash: number): Int32Array {
    return this.#shards[hash & (shardCount - 1)] ?? noShard;
  }

  /** Of the key that `#hashOf` has left: where it is, or where it belongs. */
  #slot(hash: number): number {
    const shard = this.#shard(hash);
    const mask = shard.length - 1;
    for (let slot = home(hash, mask); ; slot = (slot + 2) & mask) {
      const destination = shard[slot + 1] ?? none;
      if (destination === none) return slot;
      if (shard[slot] === hash && this.#hasKey(destination)) return slot;
    }
  }

  #hasKey(destination: Destination): boolean {
    const { octets } = this;
    const address = this.address(destination);
    const slab = octets.slab(address);
    const key = this.#key;
    const other = this.#otherKey;
    const length = this.#nlri.writeKey(slab, octets.start(address), octets.end(address), other, 0);
    if (length !== this.#keyLength) return false;
    for (let at = 0; at < length; at += 1) if (key[at] !== other[at]) return false;
    return true;
  }

  /** Leaves the key behind for those who compare. Four octets at a time, and a last mixing: all bits are used. */
  #hashOf(octets: Uint8Array, start: number, end: number): number {
    const key = this.#key;
    const length = this.#nlri.writeKey(octets, start, end, key, 0);
    this.#keyLength = length;
    // Whatever an earlier key left there must not count.
    key[length] = 0;
    key[length + 1] = 0;
    key[length + 2] = 0;
    let hash = length;
    for (let at = 0; at < length; at += 4) {
      hash = Math.imul(hash ^ u32(key, at), 0x9e37_79b1);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash, 0x85eb_ca77);
    return hash ^ (hash >>> 13);
  }

  #enter(hash: number, slot: number, destination: Destination): void {
    const index = hash & (shardCount - 1);
    const shard = this.#shard(hash);
    shard[slot] = hash;
    shard[slot + 1] = destination;
    const count = (this.#counts[index] ?? 0) + 1;
    this.#counts[index] = count;
    if (count * 4 > shard.length) this.#shards[index] = larger(shard);
  }

  #take(): Destination {
    const freed = this.#free;
    if (freed !== none) {
      this.#free = this.#rows.get(freed, HASH);
      return freed;
    }
    const taken = this.#next;
    this.#next += 1;
    this.#rows.reserve(taken);
    return taken;
  }

  /** What a large table took is not kept for the next one. A small one costs nothing that would be worth it. */
  #clear(): void {
    this.#rows.clear();
    this.#free = none;
    if (this.#next > shardCount * firstShardSize) {
      this.octets.clear();
      for (let index = 0; index < shardCount; index += 1) this.#shards[index] = emptyShard();
    }
    this.#next = 0;
  }
}

const noShard = new Int32Array(0);

function emptyShard(): Int32Array {
  return new Int32Array(firstShardSize * 2).fill(none);
}

/** The slot where a search begins: of the bits that did not choose the shard. */
function home(hash: number, mask: number): number {
  return ((hash >>> shardBits) << 1) & mask;
}

function larger(shard: Int32Array): Int32Array {
  const made = new Int32Array(shard.length * 2).fill(none);
  const mask = made.length - 1;
  for (let from = 0; from < shard.length; from += 2) {
    if (shard[from + 1] === none) continue;
    let slot = home(shard[from] ?? 0, mask);
    while (made[slot + 1] !== none) slot = (slot + 2) & mask;
    made[slot] = shard[from] ?? 0;
    made[slot + 1] = shard[from + 1] ?? none;
  }
  return made;
}
