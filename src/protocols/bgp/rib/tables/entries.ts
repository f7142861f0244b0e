/**
 * The entries of a table: what is known under each key, which of it is used, and in which order that changed. What is to be
 * used is decided by the tables themselves (mac-vrf.ts, ip-vrf.ts).
 */

import { ChangeOrder } from '../change-order.ts';
import { formatTableKey, type TableKey } from './key.ts';
import type { TablePath } from './path.ts';

export interface Entry<K extends TableKey = TableKey> {
  /** Its number in the order of changes; another's when it is gone. */
  readonly id: number;
  readonly key: K;
  /** The table's own, whether it is used or not. */
  own: TablePath | undefined;
  /** Of the ribs. */
  readonly others: Set<TablePath>;
  best: TablePath | undefined;
}

export class Entries<K extends TableKey> {
  readonly order = new ChangeOrder();
  readonly #byKey = new Map<string, Entry<K>>();
  readonly #byId: (Entry<K> | undefined)[] = [];
  readonly #freeIds: number[] = [];
  /** Empty ones, whose end somebody may have to be told of, in the order of their changes. */
  #dead: Entry<K>[] = [];

  get count(): number {
    return this.#byKey.size;
  }

  [Symbol.iterator](): Iterator<Entry<K>> & Iterable<Entry<K>> {
    return this.#byKey.values();
  }

  find(key: TableKey): Entry<K> | undefined {
    return this.#byKey.get(formatTableKey(key));
  }

  byId(id: number): Entry<K> | undefined {
    return this.#byId[id];
  }

  findOrAdd(key: K): Entry<K> {
    const text = formatTableKey(key);
    const known = this.#byKey.get(text);
    if (known !== undefined) return known;
    const id = this.#freeIds.pop() ?? this.#byId.length;
    const entry: Entry<K> = { id, key, own: undefined, others: new Set(), best: undefined };
    this.#byKey.set(text, entry);
    this.#byId[id] = entry;
    return entry;
  }

  use(entry: Entry<K>, best: TablePath | undefined): void {
    if (entry.best !== best) {
      entry.best = best;
      this.order.touch(entry.id);
    }
    if (isEmpty(entry)) this.#dead.push(entry);
  }

  /** Frees those of whose end everybody has been told. */
  sweep(): void {
    if (this.#dead.length === 0) return;
    const passed = this.order.passedByAll;
    let count = 0;
    for (const entry of this.#dead) {
      if (this.order.changeOf(entry.id) > passed) break;
      count += 1;
      if (isEmpty(entry) && this.#byId[entry.id] === entry) this.#free(entry);
    }
    if (count > 0) this.#dead = this.#dead.slice(count);
  }

  #free(entry: Entry<K>): void {
    this.order.remove(entry.id);
    this.#byKey.delete(formatTableKey(entry.key));
    this.#byId[entry.id] = undefined;
    this.#freeIds.push(entry.id);
  }
}

function isEmpty({ own, others, best }: Entry): boolean {
  return best === undefined && own === undefined && others.size === 0;
}
