/**
 * Brings what is used in one rib into the tables that it is for. It follows the rib's order of changes, so that a change
 * costs what it touches; when tables have begun to ask for something else, it walks once through the rib, in portions.
 *
 * Of each route the path that the rib uses is taken, not the others: routes of several routers about one thing have
 * distinguishers of their own (RFC 4364 §4.1), and so are routes of their own.
 */

import { equalData } from '../../../../base/equal.ts';
import { decodeNextHop } from '../../wire/next-hop.ts';
import { type AttributeSet, nextHopOf, valuesOf } from '../attribute-table.ts';
import type { Cursor } from '../change-order.ts';
import { type Destination, none } from '../destinations.ts';
import type { Neighbour } from '../peer.ts';
import type { Rib } from '../rib.ts';
import type { Entry } from './entries.ts';
import { type Facts, factsOf, leadsNowhere, type PathSource, TablePath } from './path.ts';
import type { TableRoute } from './key.ts';
import type { Table } from './table.ts';
import type { TargetIndex } from './targets.ts';

/** Whether a route may enter a table that asks for it, and as what. */
export type Admission = (
  table: Table,
  route: TableRoute,
  from: Neighbour,
) => PathSource | undefined;

interface Import {
  readonly table: Table;
  readonly entry: Entry;
  readonly path: TablePath;
}

interface Known {
  readonly facts: Facts;
  tables: readonly Table[];
  /** The distance of a path with these attributes from this neighbour: mostly there is one. */
  from: Neighbour | undefined;
  metric: () => number;
  /** The state of the index at which `tables` was looked up. */
  version: number;
}

export interface FeedPorts {
  readonly rib: Rib;
  readonly index: TargetIndex<Table>;
  readonly admit: Admission;
  /** A route of this rib, as the codec of its family decodes it. */
  readonly isRoute: (value: unknown) => value is TableRoute;
}

export class Feed {
  readonly rib: Rib;
  readonly #index: TargetIndex<Table>;
  readonly #admit: Admission;
  readonly #isRoute: (value: unknown) => value is TableRoute;
  readonly #cursor: Cursor;
  readonly #imports = new Map<Destination, readonly Import[]>();
  readonly #known = new WeakMap<AttributeSet, Known>();
  #version = 0;
  /** Where the walk through all destinations is, where it turns to the first one, and how many it has yet to look at. */
  #at = 0;
  #end = 0;
  #left = 0;
  /** How many destinations were looked at: by it one sees that work follows change. */
  looks = 0;

  constructor({ rib, index, admit, isRoute }: FeedPorts) {
    this.rib = rib;
    this.#index = index;
    this.#admit = admit;
    this.#isRoute = isRoute;
    this.#cursor = rib.order.open();
  }

  close(): void {
    this.rib.order.close(this.#cursor);
  }

  /** Fewer routes are for tables than before. */
  targetsChanged(): void {
    this.#version += 1;
  }

  /** Tables ask for other routes than before: looks at all there is. */
  walk(): void {
    this.targetsChanged();
    // What comes behind the end is new, and looked at for that.
    this.#end = this.rib.destinations.bound;
    this.#left = this.#end;
  }

  /** Looks at no more than so many; whether there are more. */
  advance(most: number): boolean {
    const { order } = this.rib;
    let left = most;
    for (let next = order.after(this.#cursor.at); next !== none && left > 0; left -= 1) {
      order.move(this.#cursor, next);
      this.#look(next);
      next = order.after(next);
    }
    this.#walkOn(left);
    return this.#left > 0 || order.after(this.#cursor.at) !== none;
  }

  /** The distance to the next hop of this one has changed. */
  reconsidered(destination: Destination): void {
    for (const { table, entry } of this.#imports.get(destination) ?? []) table.reconsider(entry);
  }

  /** The table of this path is no more. */
  forget(path: TablePath): void {
    if (path.origin === undefined) return;
    const { destination } = path.origin;
    const imports = this.#imports.get(destination) ?? [];
    const kept = imports.filter((each) => each.path !== path);
    if (kept.length < imports.length) this.#set(destination, kept);
  }

  #walkOn(most: number): void {
    const count = Math.min(most, this.#left);
    for (let looked = 0; looked < count; looked += 1) {
      if (this.#at >= this.#end) this.#at = 0;
      if (this.rib.destinations.address(this.#at) !== 0) this.#look(this.#at);
      this.#at += 1;
    }
    this.#left -= count;
  }

  #look(destination: Destination): void {
    this.looks += 1;
    const before = this.#imports.get(destination) ?? [];
    const after = this.#wanted(destination, before);
    for (const each of before) {
      if (!after.includes(each)) each.table.remove(each.entry, each.path);
    }
    if (after.length > 0 || before.length > 0) this.#set(destination, after);
  }

  /** What it brings; what stays as it was is the same object. */
  #wanted(destination: Destination, before: readonly Import[]): readonly Import[] {
    const { attributes, destinations, paths } = this.rib;
    const best = destinations.bestPath(destination);
    const set = best === none ? undefined : attributes.get(paths.attributes(best));
    const from = this.rib.neighbour(paths.peer(best));
    if (set === undefined || from === undefined) return [];
    const known = this.#knownOf(set);
    if (known.tables.length === 0) return [];
    const route = this.#routeOf(destination, best);
    if (route === undefined || leadsNowhere(route, known.facts)) return [];
    if (known.from !== from) {
      known.from = from;
      known.metric = () => this.rib.metricOf(set, from);
    }
    const origin = { destination, metric: known.metric };
    return known.tables.flatMap((table) => {
      const source = this.#admit(table, route, from);
      const key = source === undefined ? undefined : table.keyOf(route, known.facts.nextHop);
      if (source === undefined || key === undefined) return [];
      const path = new TablePath(source, route, from, known.facts, origin);
      const same = before.find((each) => each.table === table && isSame(each.path, path));
      return [same ?? { table, path, entry: table.add(key, path) }];
    });
  }

  #routeOf(destination: Destination, best: number): TableRoute | undefined {
    const { octets } = this.rib.destinations;
    const address = this.rib.nlriOf(best, destination);
    const { nlri } = this.rib.family;
    const value = nlri.decode(octets.slab(address), octets.start(address), octets.end(address));
    return this.#isRoute(value) ? value : undefined;
  }

  #knownOf(set: AttributeSet): Known {
    const found = this.#known.get(set);
    const known = found ?? this.#newKnown(set);
    if (found === undefined) this.#known.set(set, known);
    if (known.version !== this.#version) {
      known.tables = this.#index.of(known.facts.targets);
      known.version = this.#version;
    }
    return known;
  }

  #newKnown(set: AttributeSet): Known {
    return { facts: this.#factsOf(set), tables: [], from: undefined, metric: () => 0, version: -1 };
  }

  #factsOf(set: AttributeSet): Facts {
    const hop = nextHopOf(set);
    const nextHop = decodeNextHop(hop, 0, hop.length, this.rib.family.nextHop);
    return factsOf(set.rank, valuesOf(set), nextHop);
  }

  #set(destination: Destination, imports: readonly Import[]): void {
    if (imports.length === 0) this.#imports.delete(destination);
    else this.#imports.set(destination, imports);
  }
}

/** Whether it says the same: then whoever was told of one need not be told of the other. */
function isSame(a: TablePath, b: TablePath): boolean {
  return a.facts === b.facts && a.from === b.from && equalData(a.route, b.route);
}
