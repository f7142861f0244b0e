/** The rows of one table and its indexes. Changed only by `Replica`; read by everyone. */

import type { AnyRow } from '../wire/column.ts';
import type { Uuid } from '../wire/uuid.ts';
import type { Value } from '../wire/value.ts';

/** What an index is looked up by. */
export type IndexKey = string | number | boolean;
/** How the keys of a row are found: the name of a column (each element of a set), or a function. */
export type IndexSource = string | ((row: never) => IndexKey | readonly IndexKey[] | undefined);

/** Most keys have one row, so that a set is made only for the second. */
type Bucket = Uuid | Set<Uuid>;

export class Table {
  readonly #rows = new Map<Uuid, AnyRow>();
  readonly #indexes = new Map<string, Index>();

  constructor(indexes: Readonly<Record<string, IndexSource>>) {
    for (const [name, source] of Object.entries(indexes)) {
      this.#indexes.set(name, new Index(keysOf(source)));
    }
  }

  get size(): number {
    return this.#rows.size;
  }

  get(uuid: Uuid): AnyRow | undefined {
    return this.#rows.get(uuid);
  }

  values(): IterableIterator<AnyRow> {
    return this.#rows.values();
  }

  uuids(): IterableIterator<Uuid> {
    return this.#rows.keys();
  }

  /** The rows under a key of an index. */
  by(index: string, key: IndexKey): AnyRow[] {
    const bucket = this.#indexes.get(index)?.get(key);
    if (bucket === undefined) return [];
    const uuids = typeof bucket === 'string' ? [bucket] : [...bucket];
    return uuids.flatMap((uuid) => this.#rows.get(uuid) ?? []);
  }

  /** Puts a row in place of the one with its UUID, which is returned. */
  put(row: AnyRow): AnyRow | undefined {
    const old = this.#rows.get(row._uuid);
    for (const index of this.#indexes.values()) index.move(row._uuid, old, row);
    this.#rows.set(row._uuid, row);
    return old;
  }

  remove(uuid: Uuid): AnyRow | undefined {
    const old = this.#rows.get(uuid);
    for (const index of this.#indexes.values()) index.move(uuid, old, undefined);
    this.#rows.delete(uuid);
    return old;
  }
}

class Index {
  readonly #keysOf: (row: AnyRow) => readonly IndexKey[];
  readonly #buckets = new Map<IndexKey, Bucket>();

  constructor(keysOfRow: (row: AnyRow) => readonly IndexKey[]) {
    this.#keysOf = keysOfRow;
  }

  get(key: IndexKey): Bucket | undefined {
    return this.#buckets.get(key);
  }

  move(uuid: Uuid, old: AnyRow | undefined, next: AnyRow | undefined): void {
    if (old !== undefined) for (const key of this.#keysOf(old)) this.#remove(key, uuid);
    if (next !== undefined) for (const key of this.#keysOf(next)) this.#add(key, uuid);
  }

  #add(key: IndexKey, uuid: Uuid): void {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) this.#buckets.set(key, uuid);
    else if (typeof bucket === 'string') this.#buckets.set(key, new Set([bucket, uuid]));
    else bucket.add(uuid);
  }

  #remove(key: IndexKey, uuid: Uuid): void {
    const bucket = this.#buckets.get(key);
    if (bucket === uuid) this.#buckets.delete(key);
    if (bucket instanceof Set && bucket.delete(uuid) && bucket.size === 0)
      this.#buckets.delete(key);
  }
}

function keysOf(source: IndexSource): (row: AnyRow) => readonly IndexKey[] {
  if (typeof source === 'string') return (row) => keysOfValue(row[source]);
  // The declaration typed the function with the row it was declared for (`tables.ts`).
  const read = source as (row: AnyRow) => IndexKey | readonly IndexKey[] | undefined;
  return (row) => {
    const keys = read(row);
    if (keys === undefined) return [];
    return typeof keys === 'object' ? keys : [keys];
  };
}

function keysOfValue(value: Value): readonly IndexKey[] {
  if (value === undefined) return [];
  if (value instanceof Map) return [...value.keys()];
  return typeof value === 'object' ? (value as readonly IndexKey[]) : [value];
}
