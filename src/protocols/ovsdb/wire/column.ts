/**
 * How a caller declares the columns it wants: `one('string')`, `optional('uuid')`, `set('string')`,
 * `map('string', 'string')`. The TypeScript type of a row follows from the declaration; at run time
 * it is checked against the schema of the server (`column-codec.ts`), which may be older or newer.
 */

import type { AtomType, AtomValues } from './atom.ts';
import type { Uuid } from './uuid.ts';
import type { Value } from './value.ts';

declare const valueType: unique symbol;

/** A declared column whose values read as `V`. */
export interface Column<V = unknown> {
  readonly shape: 'one' | 'optional' | 'set' | 'map' | 'any';
  readonly key: AtomType;
  readonly value?: AtomType;
  /** Whether its absence from the server's schema is worth more than a note. */
  readonly required: boolean;
  /** Exists only for the compiler. */
  readonly [valueType]?: () => V;
}

/** Exactly one value; reads as the type's initial value ('', 0, false) where there is none. */
export function one<K extends AtomType>(key: K): Column<AtomValues[K]> {
  return { shape: 'one', key, required: false };
}

/** One value or `undefined`. */
export function optional<K extends AtomType>(key: K): Column<AtomValues[K] | undefined> {
  return { shape: 'optional', key, required: false };
}

/** Any number of values, sorted. */
export function set<K extends AtomType>(key: K): Column<readonly AtomValues[K][]> {
  return { shape: 'set', key, required: false };
}

export function map<K extends AtomType, V extends AtomType>(
  key: K,
  value: V,
): Column<ReadonlyMap<AtomValues[K], AtomValues[V]>> {
  return { shape: 'map', key, value, required: false };
}

/** Whatever the server's schema says the column is; for tools that know no schema. */
export function anyColumn(): Column<Value> {
  return { shape: 'any', key: 'string', required: false };
}

/**
 * The same column, without which the caller cannot do its work: its absence is reported as such.
 */
export function required<V>(column: Column<V>): Column<V> {
  return { ...column, required: true };
}

export type Columns = Readonly<Record<string, Column>>;
export type ColumnValue<C> = C extends Column<infer V> ? V : never;

/** A row as it reads: the declared columns, and its identity. */
export type RowOf<C extends Columns> = { readonly _uuid: Uuid } & {
  readonly [K in keyof C]: ColumnValue<C[K]>;
};

/** A row of which only the run time knows the columns. */
export interface AnyRow {
  readonly _uuid: Uuid;
  readonly [column: string]: Value;
}
