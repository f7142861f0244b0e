/**
 * The destinations of one family: everything that somebody announces, or announced until a moment ago, by the key of its
 * NLRI. A destination is a small number; what is known of it stands in columns under that number. 100,000 of them are a
 * dozen typed arrays, not 100,000 objects: the collector has nothing to walk, and a route costs some hundred octets.
 */

import { maxKeyLength, type NlriCodec } from '../wire/nlri/codec.ts';
import { u32 } from '../wire/octets.ts';
import { type Address, OctetSlabs } from './octet-slabs.ts';

/** A destination, or `none`. */
export type Destination = number;
export const none = -1;

/** The index is cut into so many, each of which grows by itself: no growth takes long. */
const shardBits = 8;
const shardCount = 1 << shardBits;
/** Slots, of which at most half are taken: a search looks at two or three. */
const firstShardSize = 64;

export class Destinations {
  readonly #nlri: NlriCodec<unknown>;
  readonly octets = new OctetSlabs();
  /** A slot is two numbers, the hash and the destination: whoever passes it by has to look nowhere else. */
  readonly #shards: Int32Array[] = Array.from({ length: shardCount }, () =>
    new Int32Array(firstShardSize * 2).fill(none),
  );
  readonly #counts = new Int32Array(shardCount);
  /** By destination. */
  #hash = new Int32Array(0);
  #address = new Int32Array(0);
  #firstPath = new Int32Array(0);
  #bestPath = new Int32Array(0);
  #lastPeer = new Int32Array(0);
  /** Numbers that are free again, and the first that never was in use. */
  readonly #free: Destination[] = [];
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
    return this.#firstPath[of] ?? none;
  }

  setFirstPath(of: Destination, path: number): void {
    this.#firstPath[of] = path;
  }

  /** The path that is used and told to others. */
  bestPath(of: Destination): number {
    return this.#bestPath[of] ?? none;
  }

  setBestPath(of: Destination, path: number): void {
    this.#bestPath[of] = path;
  }

  /** Of a destination without paths: whose the last one was. */
  lastPeer(of: Destination): number {
    return this.#lastPeer[of] ?? none;
  }

  setLastPeer(of: Destination, peer: number): void {
    this.#lastPeer[of] = peer;
  }

  /** The NLRI by which it was first announced; others of the same key may have other labels. */
  address(of: Destination): Address {
    return this.#address[of] ?? 0;
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
    const destination = this.#free.pop() ?? this.#take();
    this.#hash[destination] = hash;
    this.#address[destination] = this.octets.add(octets, start, end);
    this.#firstPath[destination] = none;
    this.#bestPath[destination] = none;
    this.#enter(hash, slot, destination);
    this.#count += 1;
    return destination;
  }

  remove(destination: Destination): void {
    const hash = this.#hash[destination] ?? 0;
    const shard = this.#shard(hash);
    const mask = shard.length - 1;
    let slot = home(hash, mask);
    while (shard[slot + 1] !== destination) slot = (slot + 2) & mask;
    this.#close(shard, slot);
    this.#counts[hash & (shardCount - 1)] = (this.#counts[hash & (shardCount - 1)] ?? 0) - 1;
    this.octets.free(this.address(destination));
    this.#address[destination] = 0;
    this.#free.push(destination);
    this.#count -= 1;
  }

  /** Every destination, in the order of their numbers, until `visit` says false. */
  *[Symbol.iterator](): Generator<Destination> {
    for (let each = 0; each < this.#next; each += 1) {
      if (this.#address[each] !== 0) yield each;
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
    const address = this.#address[destination] ?? 0;
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
    const taken = this.#next;
    this.#next += 1;
    if (taken >= this.#hash.length) {
      this.#hash = longer(this.#hash);
      this.#address = longer(this.#address);
      this.#firstPath = longer(this.#firstPath);
      this.#bestPath = longer(this.#bestPath);
      this.#lastPeer = longer(this.#lastPeer);
    }
    return taken;
  }
}

const noShard = new Int32Array(0);

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

/** A column with more room; what is new is 0, and costs nothing before it is written. */
export function longer(column: Int32Array): Int32Array<ArrayBuffer> {
  const made = new Int32Array(Math.max(1024, column.length * 2));
  made.set(column);
  return made;
}
