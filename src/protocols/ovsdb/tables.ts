/**
 * How a caller says what it wants of a database: tables, their columns, which rows, and by what to
 * find them. The types of rows and look-ups follow from the declaration.
 */

import type { IndexKey } from './cache/table.ts';
import type { RowChange } from './cache/changes.ts';
import type { Columns, RowOf } from './wire/column.ts';
import type { RowFilter } from './wire/condition.ts';
import type { Uuid } from './wire/uuid.ts';

/**
 * By what rows are found: a column (an element of a set, a key of a map), or a function of the row,
 * which may give several keys, or none for a row that the index leaves out.
 */
export type IndexDeclaration<C extends Columns> =
  | (keyof C & string)
  | ((row: RowOf<C>) => IndexKey | readonly IndexKey[] | undefined);

/** A table whose columns are `C` and whose indexes are named `N`. */
export interface TableDeclaration<C extends Columns, N extends string> {
  readonly columns: C;
  /** Which rows to read until `setConditions` says otherwise; all of them by default. */
  readonly where?: RowFilter;
  readonly index?: { readonly [K in N]: IndexDeclaration<C> };
}

/** What any table declaration is, whatever its columns. */
export interface AnyTableDeclaration {
  readonly columns: Columns;
  readonly where?: RowFilter;
  readonly index?: Readonly<Record<string, string | ((row: never) => unknown)>>;
}

export type Declarations = Readonly<Record<string, AnyTableDeclaration>>;

/** Declares a table; exists so that the functions in `index` know the type of the row. */
export function table<const C extends Columns, const N extends string = never>(
  declaration: TableDeclaration<C, N>,
): TableDeclaration<C, N> {
  return declaration;
}

export type DeclaredRow<T extends AnyTableDeclaration> = RowOf<T['columns']>;
export type IndexName<T extends AnyTableDeclaration> = T extends { readonly index?: infer I }
  ? keyof NonNullable<I> & string
  : never;

/** The content of one table, as last heard; reading it never waits. */
export interface TableView<T extends AnyTableDeclaration> {
  readonly size: number;
  get(uuid: Uuid): DeclaredRow<T> | undefined;
  /** All rows under a key of a declared index. */
  by(index: IndexName<T>, key: IndexKey): readonly DeclaredRow<T>[];
  /** The row under a key of an index that has no more than one. */
  find(index: IndexName<T>, key: IndexKey): DeclaredRow<T> | undefined;
  [Symbol.iterator](): IterableIterator<DeclaredRow<T>>;
}

export interface Changes<D extends Declarations> {
  /**
   * `initial`: the first content. `update`: what the server sent for one of its transactions, or
   * for changed conditions. `resync`: the difference that a full reading found after a loss of the
   * connection.
   */
  readonly cause: 'initial' | 'update' | 'resync';
  /** How many sets were merged into this one because the listener was busy; 1 when it keeps up. */
  readonly merged: number;
  /** The changed rows of a table, each once. */
  of<N extends keyof D & string>(name: N): readonly RowChange<DeclaredRow<D[N]>>[];
  /** The tables that changed. */
  readonly tables: ReadonlySet<keyof D & string>;
}
