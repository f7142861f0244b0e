/**
 * The routes of one family: what each peer has announced, and what of it is used. It is a function of what the peers have
 * said last; in which order they said it does not matter. Nothing here waits, sends or asks for the time.
 *
 * What changes is in `order`, from where advertiser.ts takes it to other peers, and whoever watches to his own use.
 */

import type { AddressFamily } from '../wire/family.ts';
import type { AttributeSet, AttributeTable } from './attribute-table.ts';
import { ChangeOrder } from './change-order.ts';
import { type Candidate, decide } from './decision.ts';
import { type Destination, Destinations, none } from './destinations.ts';
import type { Address } from './octet-slabs.ts';
import { type Path, Paths } from './paths.ts';
import type { Neighbour } from './peer.ts';

export interface RibOptions {
  readonly family: AddressFamily;
  /** Shared by the ribs of all families. */
  readonly attributes: AttributeTable;
  /** The distance to the next hop of a set; infinite when it cannot be reached. Left out: 0 to all. */
  readonly metric?: (set: AttributeSet) => number;
}

export class Rib {
  readonly family: AddressFamily;
  readonly destinations: Destinations;
  readonly paths = new Paths();
  readonly order = new ChangeOrder();
  readonly attributes: AttributeTable;
  readonly #metric: ((set: AttributeSet) => number) | undefined;
  /** By id. */
  readonly #neighbours: (Neighbour | undefined)[] = [];
  /** How many paths each has, by id. */
  readonly #counts: number[] = [];
  /** Destinations without paths, which somebody may have to be told of, in the order of their changes. */
  #dead: Destination[] = [];

  constructor({ family, attributes, metric }: RibOptions) {
    this.family = family;
    this.attributes = attributes;
    this.destinations = new Destinations(family.nlri);
    this.#metric = metric;
  }

  neighbour(id: number): Neighbour | undefined {
    return this.#neighbours[id];
  }

  /** How many paths this one has announced. */
  countOf({ id }: Neighbour): number {
    return this.#counts[id] ?? 0;
  }

  /** The NLRI of a path. */
  nlriOf(path: Path, destination: Destination): Address {
    const own = path === none ? 0 : this.paths.address(path);
    return own === 0 ? this.destinations.address(destination) : own;
  }

  /** The NLRI in [start, end), as the family's codec has accepted it. HOT: once per route; see bench/bgp. */
  announce(
    from: Neighbour,
    pathId: number,
    octets: Uint8Array,
    start: number,
    end: number,
    set: AttributeSet,
  ): void {
    if (set.rank.isLooped) {
      this.withdraw(from, pathId, octets, start, end);
      return;
    }
    const { destinations, paths } = this;
    const destination = destinations.findOrAdd(octets, start, end);
    const known = this.#pathOf(destination, from.id, pathId);
    if (known !== none && paths.attributes(known) === set.id) {
      paths.setStale(known, false);
      if (this.#hasNlri(known, destination, octets, start, end)) return;
    }
    const path = known === none ? this.#addPath(destination, from, pathId) : known;
    this.attributes.keep(set.id);
    if (known !== none) this.attributes.release(paths.attributes(known));
    paths.setAttributes(path, set.id);
    paths.setStale(path, false);
    this.#setNlri(path, destination, octets, start, end);
    this.#elect(destination, path);
  }

  withdraw(from: Neighbour, pathId: number, octets: Uint8Array, start: number, end: number): void {
    const destination = this.destinations.find(octets, start, end);
    if (destination === none) return;
    const path = this.#pathOf(destination, from.id, pathId);
    if (path !== none) this.#removePath(destination, path);
  }

  /** Marks what this one has announced: it stays until it is announced again, or `removeFrom` takes what is stale. */
  markStale({ id }: Neighbour): void {
    for (let path = 0; path < this.paths.bound; path += 1) {
      if (this.paths.peer(path) === id) this.paths.setStale(path, true);
    }
  }

  /**
   * Removes what this one has announced, or what of it is stale: of the paths from `at` on, at most `portion` are looked at.
   * Returns where to go on, or `none` when that was all.
   */
  removeFrom(
    { id }: Neighbour,
    staleOnly: boolean,
    at = 0,
    portion = Number.POSITIVE_INFINITY,
  ): Path {
    const { paths } = this;
    const end = Math.min(paths.bound, at + portion);
    for (let path = at; path < end; path += 1) {
      if (paths.peer(path) !== id || (staleOnly && !paths.isStale(path))) continue;
      this.#removePath(paths.destination(path), path);
    }
    return end < paths.bound ? end : none;
  }

  /** Decides again about everything: after the distance to next hops has changed. */
  reconsider(destinations: Iterable<Destination> = this.destinations): void {
    for (const destination of destinations) this.#elect(destination, none);
  }

  /** Frees destinations of whose end everybody has been told. */
  sweep(): void {
    const passed = this.order.passedByAll;
    const { destinations, order } = this;
    let count = 0;
    for (const destination of this.#dead) {
      if (order.changeOf(destination) > passed) break;
      count += 1;
      if (destinations.address(destination) === 0) continue;
      if (destinations.firstPath(destination) !== none) continue;
      order.remove(destination);
      destinations.remove(destination);
    }
    if (count > 0) this.#dead = this.#dead.slice(count);
  }

  #pathOf(destination: Destination, peer: number, pathId: number): Path {
    const { paths } = this;
    let path = this.destinations.firstPath(destination);
    while (path !== none && (paths.peer(path) !== peer || paths.pathId(path) !== pathId)) {
      path = paths.next(path);
    }
    return path;
  }

  #addPath(destination: Destination, from: Neighbour, pathId: number): Path {
    const { destinations, paths } = this;
    const path = paths.add(destination, from.id, pathId, destinations.firstPath(destination));
    destinations.setFirstPath(destination, path);
    this.#neighbours[from.id] = from;
    this.#counts[from.id] = this.countOf(from) + 1;
    return path;
  }

  #removePath(destination: Destination, path: Path): void {
    const { destinations, paths } = this;
    const next = paths.next(path);
    let before = destinations.firstPath(destination);
    if (before === path) destinations.setFirstPath(destination, next);
    else {
      while (paths.next(before) !== path) before = paths.next(before);
      paths.setNext(before, next);
    }
    const peer = paths.peer(path);
    const address = paths.address(path);
    if (address !== 0) destinations.octets.free(address);
    this.attributes.release(paths.attributes(path));
    this.#counts[peer] = (this.#counts[peer] ?? 0) - 1;
    const wasBest = destinations.bestPath(destination) === path;
    paths.remove(path);
    if (!wasBest && destinations.firstPath(destination) !== none) return;
    destinations.setBestPath(destination, none);
    destinations.setLastPeer(destination, peer);
    this.#use(destination, this.#choose(destination));
  }

  #hasNlri(
    path: Path,
    destination: Destination,
    octets: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    return this.destinations.octets.equals(this.nlriOf(path, destination), octets, start, end);
  }

  #setNlri(
    path: Path,
    destination: Destination,
    octets: Uint8Array,
    start: number,
    end: number,
  ): void {
    const store = this.destinations.octets;
    const before = this.paths.address(path);
    if (before !== 0) store.free(before);
    const isShared = store.equals(this.destinations.address(destination), octets, start, end);
    this.paths.setAddress(path, isShared ? 0 : store.add(octets, start, end));
  }

  /** Decides about a destination of which `changed`, or nothing, is new or has changed. */
  #elect(destination: Destination, changed: Path): void {
    const before = this.destinations.bestPath(destination);
    const best = this.#choose(destination);
    if (best === before && best !== changed) return;
    if (best === none && before !== none) {
      this.destinations.setLastPeer(destination, this.paths.peer(before));
    }
    this.#use(destination, best);
  }

  #use(destination: Destination, best: Path): void {
    this.destinations.setBestPath(destination, best);
    this.order.touch(destination);
    if (this.destinations.firstPath(destination) === none) this.#dead.push(destination);
  }

  #choose(destination: Destination): Path {
    const first = this.destinations.firstPath(destination);
    const isOnly = first !== none && this.paths.next(first) === none;
    return isOnly && this.#metric === undefined ? first : this.#bestOf(first);
  }

  #bestOf(first: Path): Path {
    const candidates: Candidate[] = [];
    for (let path = first; path !== none; path = this.paths.next(path)) {
      const set = this.attributes.get(this.paths.attributes(path));
      const from = this.#neighbours[this.paths.peer(path)];
      if (set === undefined || from === undefined) continue;
      const metric = this.#metric?.(set) ?? 0;
      candidates.push({ rank: set.rank, from, metric, pathId: this.paths.pathId(path), path });
    }
    return decide(candidates)?.path ?? none;
  }
}
