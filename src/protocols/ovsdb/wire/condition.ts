/** Conditions on rows, RFC 7047 §5.1 <condition>, encoded against the server's schema. */

import { malformed } from './atom.ts';
import { encodeColumn, formatWritten } from './column-codec.ts';
import type { ColumnType, TableSchema } from './schema.ts';
import type { WriteValue } from './value.ts';
import { err, ok, type Result } from '../../../base/result.ts';

export type ConditionFunction = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'includes' | 'excludes';

/** `['type', '==', 'patch']`. The column is one of the server's, declared or not. */
export type Condition = readonly [column: string, is: ConditionFunction, value: WriteValue];

/**
 * Which rows of a table to read: all of them, or those that match any of the conditions; none of an
 * empty list. (On the wire an empty list means all: ovsdb-server(7) §4.1.12. That never leaves this
 * library.)
 */
export type RowFilter = 'all' | readonly Condition[];

const uuidColumn: ColumnType = {
  key: { type: 'uuid', refTable: undefined },
  value: undefined,
  min: 1,
  max: 1,
  mutable: false,
  ephemeral: false,
};

/** The type of a column, including the two that every table has: RFC 7047 §3.2. */
export function columnOf(table: TableSchema, column: string): ColumnType | undefined {
  if (column === '_uuid' || column === '_version') return uuidColumn;
  return table.columns.get(column);
}

/** The JSON form, or what is wrong with the condition. */
export function encodeCondition(
  table: TableSchema,
  [column, is, value]: Condition,
): Result<unknown, string> {
  const type = columnOf(table, column);
  if (type === undefined) return err(`there is no column '${column}'`);
  const json = encodeColumn(type, value);
  if (json === malformed) return err(`${formatWritten(value)} does not fit column '${column}'`);
  return ok([column, is, json]);
}

export interface EncodedFilter {
  /** The `where` of a monitor request; absent for all rows. */
  readonly where?: readonly unknown[];
  /** Conditions left out because they make no sense to this server: they match no row. */
  readonly problems: readonly string[];
}

/**
 * A filter for `monitor_cond`. Conditions are alternatives, so that one that cannot match is left
 * out.
 */
export function encodeFilter(table: TableSchema, filter: RowFilter): EncodedFilter {
  if (filter === 'all') return { problems: [] };
  const where: unknown[] = [];
  const problems: string[] = [];
  for (const condition of filter) {
    const encoded = encodeCondition(table, condition);
    if (encoded.ok) where.push(encoded.value);
    else problems.push(encoded.error);
  }
  return { where: where.length === 0 ? [false] : where, problems };
}
