/**
 * What both kinds of tables are: entries under keys without a route distinguisher, filled from the ribs and by their user,
 * who may follow what of it is used. Nothing is decided when it comes: keys are marked, and settled once a turn.
 */

import type { EvpnRoute } from '../../wire/nlri/evpn.ts';
import type { NextHop } from '../../wire/next-hop.ts';
import type { PathAttributes } from '../../wire/path-attributes.ts';
import type { Local, Neighbour } from '../peer.ts';
import { rankOf } from '../rank.ts';
import { Entries, type Entry } from './entries.ts';
import { isEvpnRoute, type TableKey, type TableRoute } from './key.ts';
import type { Said, TableSettings } from './local-routes.ts';
import { bestOf } from './order.ts';
import { factsOf, TablePath } from './path.ts';
import { TableWatch, type TellTable } from './table-watch.ts';

/** What a table has from those around it. */
export interface TableContext {
  readonly local: Local;
  readonly ourselves: Neighbour;
  announce(route: EvpnRoute, attributes: PathAttributes, nextHop: NextHop): void;
  withdraw(route: EvpnRoute): void;
  /** This one has something to settle or to tell. */
  wake(table: Table): void;
  /** In milliseconds, on a clock that never goes back. */
  now(): number;
}

export abstract class Table<K extends TableKey = TableKey> {
  protected readonly context: TableContext;
  protected readonly entries = new Entries<K>();
  readonly #watches = new Set<TableWatch<K>>();
  /** What others are told of the table's own routes now, by the number of the entry. */
  readonly #announced = new Map<number, TablePath>();
  /** How often something was decided: by it one sees that work follows change. */
  decisions = 0;

  constructor(context: TableContext) {
    this.context = context;
  }

  abstract readonly kind: 'mac-vrf' | 'ip-vrf';
  abstract get settings(): TableSettings;
  /** The key under which a route is here; `undefined`: it is none for this table. */
  abstract keyOf(route: TableRoute, nextHop: NextHop): K | undefined;
  /** Decides about at most so many that are marked; whether there are more. */
  abstract settle(most: number): boolean;
  protected abstract mark(entry: Entry<K>): void;

  get name(): string {
    return this.settings.name;
  }

  /** How many keys something is known under. */
  get size(): number {
    return this.entries.count;
  }

  /** What is used of each key, where something is. */
  *[Symbol.iterator](): Generator<readonly [K, TablePath]> {
    for (const { key, best } of this.entries) if (best !== undefined) yield [key, best];
  }

  /** What is used. */
  get(key: K): TablePath | undefined {
    return this.entries.find(key)?.best;
  }

  /** All that is known, in no order: the table's own, used or not, and those of the ribs. */
  paths(key: K): readonly TablePath[] {
    const { own, others = [] } = this.entries.find(key) ?? {};
    return own === undefined ? [...others] : [own, ...others];
  }

  /** Tells what is used from now on, beginning with all of it; what is returned ends that. */
  watch(tell: TellTable<K>): () => void {
    const watch = new TableWatch(this.entries, { tell }, () => this.context.wake(this));
    this.#watches.add(watch);
    this.context.wake(this);
    return () => {
      watch.close();
      this.#watches.delete(watch);
      this.context.wake(this);
    };
  }

  /** Tells the next portion to all who follow; `isBehind`: there is more to come into the table. */
  tell(isBehind: boolean): boolean {
    let isMore = false;
    for (const watch of this.#watches) if (watch.advance(isBehind)) isMore = true;
    this.entries.sweep();
    return isMore;
  }

  add(key: K, path: TablePath): Entry<K> {
    const entry = this.entries.findOrAdd(key);
    entry.others.add(path);
    this.mark(entry);
    return entry;
  }

  remove(entry: Entry<K>, path: TablePath): void {
    entry.others.delete(path);
    this.mark(entry);
  }

  /** What a path of it depends on has changed. */
  reconsider(entry: Entry<K>): void {
    this.mark(entry);
  }

  /** Ends with it: nothing is announced, nobody told any more. */
  close(): void {
    for (const watch of this.#watches) watch.close();
    this.#watches.clear();
    for (const { route } of this.#announced.values()) this.#withdraw(route);
    this.#announced.clear();
  }

  /** The paths of the ribs. */
  *imported(): Generator<TablePath> {
    for (const { others } of this.entries) yield* others;
  }

  protected ownPath({ route, attributes }: Said): TablePath {
    const { local, ourselves } = this.context;
    const facts = factsOf(rankOf(attributes, local), attributes, { ip: this.settings.vtep });
    return new TablePath('local', route, ourselves, facts);
  }

  /** Announces our own path, and takes the best one of all into use. */
  protected decide(entry: Entry<K>): void {
    this.decisions += 1;
    const { own, others } = entry;
    this.announce(entry, own);
    this.entries.use(entry, bestOf(own === undefined ? [...others] : [own, ...others]));
  }

  /** Lets others be told of this path of the table's own, or of none. */
  protected announce({ id }: Entry<K>, path: TablePath | undefined): void {
    const before = this.#announced.get(id);
    if (before === path) return;
    const isOther = before !== undefined && (path === undefined || !isSameRoute(before, path));
    if (isOther) this.#withdraw(before.route);
    if (path === undefined) this.#announced.delete(id);
    else this.#announced.set(id, path);
    if (path === undefined || !isEvpnRoute(path.route)) return;
    this.context.announce(path.route, path.attributes, path.nextHop);
  }

  #withdraw(route: TableRoute): void {
    if (isEvpnRoute(route)) this.context.withdraw(route);
  }
}

/** Under one key of a table, only the tag can differ. */
function isSameRoute({ route: a }: TablePath, { route: b }: TablePath): boolean {
  return 'tag' in a && 'tag' in b && a.tag === b.tag;
}
