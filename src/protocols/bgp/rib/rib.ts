/**
 * The routes of one family: what each peer has announced, and what of it is used. It is a function of what the peers have
 * said last; in which order they said it does not matter. Nothing here waits, sends or asks for the time.
 *
 * What changes is in `order`, from where advertiser.ts takes it to other peers, and whoever watches to his own use.
 */

import type { AddressFamily } from '../wire/family.ts';
import type { AttributeSet, AttributeTable } from './attribute-table.ts';
import { ChangeOrder } from './change-order.ts';
import { type Candidate, decide, type Explanation, explain } from './decision.ts';
import { type Destination, Destinations, none } from './destinations.ts';
import type { Address } from './octet-slabs.ts';
import { type Path, Paths } from './paths.ts';
import { PathsBySet } from './paths-by-set.ts';
import type { Neighbour } from './peer.ts';
import { isLooped } from './rank.ts';

export interface RibOptions {
  readonly family: AddressFamily;
  /** Shared by the ribs of all families. */
  readonly attributes: AttributeTable;
  /** The distance to the next hop of a set that is not our own; infinite when it cannot be reached. Left out: 0 to all. */
  readonly metric?: (set: AttributeSet) => number;
  /** Called of each path that comes, and before each that goes. */
  readonly pathChanged?: (peer: number, destination: Destination, change: 1 | -1) => void;
}

export class Rib {
  readonly family: AddressFamily;
  readonly destinations: Destinations;
  readonly paths = new Paths();
  readonly order = new ChangeOrder();
  readonly attributes: AttributeTable;
  readonly #metric: ((set: AttributeSet) => number) | undefined;
  readonly #pathChanged: RibOptions['pathChanged'];
  /** Changes of any path, in the same order; only while somebody is told of more than the best. */
  #allChanges: ChangeOrder | undefined;
  /** Only where somebody starts from sets: of distances that change, or of route targets that are asked for. */
  #bySet: PathsBySet | undefined;
  /** By id. */
  readonly #neighbours: (Neighbour | undefined)[] = [];
  /** How many paths each has, by id. */
  readonly #counts: number[] = [];
  /** Destinations without paths, which somebody may have to be told of, in the order of their changes. */
  #dead: Destination[] = [];

  constructor({ family, attributes, metric, pathChanged }: RibOptions) {
    this.family = family;
    this.attributes = attributes;
    this.destinations = new Destinations(family.nlri);
    this.#metric = metric;
    this.#pathChanged = pathChanged;
    if (metric !== undefined) this.#bySet = new PathsBySet();
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

  /** Why the best path of a destination is the best, and where the others lost. */
  explain(destination: Destination): Explanation {
    return explain(this.candidates(destination));
  }

  /** All paths to a destination as the decision sees them. */
  candidates(destination: Destination): Candidate[] {
    return this.#candidates(this.destinations.firstPath(destination));
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
    if (isLooped(set.rank, from)) {
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
    this.#setAttributes(path, set);
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

  /**
   * Gives what is stale of this one's paths the attributes that `change` makes of theirs, or ends it where that is none: of
   * the paths from `at` on, as `removeFrom`.
   */
  changeStale(
    { id }: Neighbour,
    change: (set: AttributeSet) => AttributeSet | undefined,
    at = 0,
    portion = Number.POSITIVE_INFINITY,
  ): Path {
    const { attributes, paths } = this;
    const end = Math.min(paths.bound, at + portion);
    for (let path = at; path < end; path += 1) {
      if (paths.peer(path) !== id || !paths.isStale(path)) continue;
      const before = attributes.get(paths.attributes(path));
      const after = before === undefined ? undefined : change(before);
      if (after === before) continue;
      if (after === undefined) this.#removePath(paths.destination(path), path);
      else {
        this.#setAttributes(path, after);
        this.#elect(paths.destination(path), path);
      }
    }
    return end < paths.bound ? end : none;
  }

  /** The order of the changes of any path, used or not, from the first call on until `dropAllChanges`. */
  allChanges(): ChangeOrder {
    const known = this.#allChanges;
    if (known !== undefined) return known;
    const all = new ChangeOrder();
    const { order } = this;
    for (let at = order.after(none); at !== none; at = order.after(at)) all.touch(at);
    this.#allChanges = all;
    return all;
  }

  /** Nobody has a cursor in it any more. */
  dropAllChanges(): void {
    this.#allChanges = undefined;
  }

  /** From now on `pathsWith` knows its paths. */
  indexSets(): void {
    if (this.#bySet !== undefined) return;
    const index = new PathsBySet();
    for (let path = 0; path < this.paths.bound; path += 1) {
      if (this.paths.peer(path) !== none) index.add(path, this.paths.attributes(path));
    }
    this.#bySet = index;
  }

  /** The paths with these attributes, where the rib was given distances or told to `indexSets`. */
  pathsWith(set: number): Iterable<Path> {
    return this.#bySet?.of(set) ?? [];
  }

  /** Decides again: after the distance to a next hop has changed. */
  reconsider(destination: Destination): void {
    this.#elect(destination, none);
  }

  /** Frees destinations of whose end everybody has been told. */
  sweep(): void {
    const passed = this.order.passedByAll;
    const { destinations, order } = this;
    const all = this.#allChanges;
    const allPassed = all?.passedByAll ?? 0;
    let count = 0;
    for (const destination of this.#dead) {
      if (order.changeOf(destination) > passed) break;
      if (all !== undefined && all.changeOf(destination) > allPassed) break;
      count += 1;
      if (destinations.address(destination) === 0) continue;
      if (destinations.firstPath(destination) !== none) continue;
      order.remove(destination);
      all?.remove(destination);
      destinations.remove(destination);
    }
    if (count > 0) this.#dead = this.#dead.slice(count);
  }

  /** The distance to the next hop of such a path; our own are here. */
  metricOf(set: AttributeSet, from: Neighbour): number {
    return from.role === 'local' ? 0 : (this.#metric?.(set) ?? 0);
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
    this.#pathChanged?.(from.id, destination, 1);
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
    this.#pathChanged?.(peer, destination, -1);
    this.#allChanges?.touch(destination);
    const address = paths.address(path);
    if (address !== 0) destinations.octets.free(address);
    this.#bySet?.remove(path, paths.attributes(path));
    this.attributes.release(paths.attributes(path));
    this.#counts[peer] = (this.#counts[peer] ?? 0) - 1;
    const wasBest = destinations.bestPath(destination) === path;
    paths.remove(path);
    if (!wasBest && destinations.firstPath(destination) !== none) return;
    destinations.setBestPath(destination, none);
    destinations.setLastPeer(destination, peer);
    this.#use(destination, this.#choose(destination));
  }

  #setAttributes(path: Path, { id }: AttributeSet): void {
    const before = this.paths.attributes(path);
    this.attributes.keep(id);
    this.#bySet?.remove(path, before);
    if (before !== none) this.attributes.release(before);
    this.paths.setAttributes(path, id);
    this.#bySet?.add(path, id);
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
    this.#allChanges?.touch(destination);
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
    return decide(this.#candidates(first))?.path ?? none;
  }

  #candidates(first: Path): Candidate[] {
    const candidates: Candidate[] = [];
    for (let path = first; path !== none; path = this.paths.next(path)) {
      const set = this.attributes.get(this.paths.attributes(path));
      const from = this.#neighbours[this.paths.peer(path)];
      if (set === undefined || from === undefined) continue;
      const metric = this.metricOf(set, from);
      candidates.push({ rank: set.rank, from, metric, pathId: this.paths.pathId(path), path });
    }
    return candidates;
  }
}
