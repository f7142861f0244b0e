/**
 * What a transaction came to, RFC 7047 §4.1.3: the result of each operation, or the error and the
 * operation that caused it. Pure; sending is `io/transactions.ts`.
 */

import { err, ok, type Result } from '../../../base/result.ts';
import { anyColumn } from './column.ts';
import { malformed } from './atom.ts';
import { type ColumnCodec, compileColumn } from './column-codec.ts';
import { columnOf } from './condition.ts';
import type { Operation } from './operation.ts';
import { type DatabaseSchema, isObject } from './schema.ts';
import { isUuid, type Uuid } from './uuid.ts';
import type { Value } from './value.ts';

/** The columns that were asked for; all of them, with `_uuid` and `_version`, by default. */
export type SelectedRow = Readonly<Record<string, Value>>;

/** What one operation returned; operations that return nothing have an empty one. */
export interface OperationResult {
  /** `insert`: the new row. */
  readonly uuid?: Uuid;
  /** `update`, `mutate`, `delete`: how many rows matched. */
  readonly count?: number;
  /** `select`: the rows, with the columns as the server's schema has them. */
  readonly rows?: readonly SelectedRow[];
}

/**
 * The errors that RFC 7047 names (§3.1, §5.2, and §4.1.3 for the commit), and those of
 * ovsdb-server(7) §3.1.
 */
export type TransactionErrorCode =
  | 'referential integrity violation'
  | 'constraint violation'
  | 'resources exhausted'
  | 'I/O error'
  | 'duplicate uuid-name'
  | 'duplicate uuid'
  | 'domain error'
  | 'range error'
  | 'timed out'
  | 'not supported'
  | 'aborted'
  | 'not owner'
  | 'not allowed'
  | 'syntax error'
  | 'unknown column'
  | 'unknown table'
  | 'unknown database'
  | 'internal error'
  | 'ovsdb error'
  | 'permission error'
  | 'cluster error'
  | 'other';

const codes: ReadonlySet<string> = new Set<TransactionErrorCode>([
  'referential integrity violation',
  'constraint violation',
  'resources exhausted',
  'I/O error',
  'duplicate uuid-name',
  'duplicate uuid',
  'domain error',
  'range error',
  'timed out',
  'not supported',
  'aborted',
  'not owner',
  'not allowed',
  'syntax error',
  'unknown column',
  'unknown table',
  'unknown database',
  'internal error',
  'ovsdb error',
  'permission error',
  'cluster error',
]);

/**
 * Why the server, or the check before sending, refused a transaction. None of its operations had an
 * effect.
 */
export interface TransactionError {
  readonly code: TransactionErrorCode;
  /**
   * `constraint violation: Transaction causes multiple rows in "Bridge" table to have identical
   * values …`.
   */
  readonly message: string;
  /** The operation that failed; absent when all succeeded and the commit did not. */
  readonly operation?: Operation;
  readonly index?: number;
}

export function transactionError(text: string, details: string, index?: number): TransactionError {
  const code = isCode(text) ? text : 'other';
  const message = [text, details].filter((part) => part !== '').join(': ');
  return index === undefined ? { code, message } : { code, message, index };
}

function isCode(text: string): text is TransactionErrorCode {
  return codes.has(text);
}

/** Reads the `result` of a `transact` reply. Nothing when it is not one. */
export function readTransaction(
  schema: DatabaseSchema,
  operations: readonly Operation[],
  result: unknown,
): Result<readonly OperationResult[], TransactionError> | undefined {
  if (!Array.isArray(result)) return undefined;
  const results: OperationResult[] = [];
  for (const [index, json] of result.entries()) {
    const operation = operations[index];
    // Operations after the failed one are null, RFC 7047 §4.1.3; one element more than there are
    // operations says that the commit failed.
    if (isObject(json) && typeof json['error'] === 'string') {
      return err(readError(json['error'], json['details'], operation, index));
    }
    const one = operation === undefined ? undefined : readResult(schema, operation, json);
    if (one === undefined) return undefined;
    results.push(one);
  }
  return results.length === operations.length ? ok(results) : undefined;
}

function readError(
  error: string,
  details: unknown,
  operation: Operation | undefined,
  index: number,
): TransactionError {
  const text = typeof details === 'string' ? details : '';
  if (operation === undefined) return transactionError(error, text);
  return { ...transactionError(error, text, index), operation };
}

function readResult(
  schema: DatabaseSchema,
  operation: Operation,
  json: unknown,
): OperationResult | undefined {
  if (!isObject(json)) return undefined;
  if (operation.op === 'select') {
    const rows = readRows(schema, operation.table, json['rows']);
    return rows && { rows };
  }
  const uuid: unknown = Array.isArray(json['uuid']) ? json['uuid'][1] : undefined;
  if (typeof uuid === 'string' && isUuid(uuid)) return { uuid };
  return typeof json['count'] === 'number' ? { count: json['count'] } : {};
}

function readRows(
  schema: DatabaseSchema,
  tableName: string,
  json: unknown,
): readonly SelectedRow[] | undefined {
  const table = schema.tables.get(tableName);
  if (table === undefined || !Array.isArray(json)) return undefined;
  const codecs = new Map<string, ColumnCodec | undefined>();
  const codecOf = (column: string) => {
    if (!codecs.has(column)) {
      const type = columnOf(table, column);
      const codec = type && compileColumn(anyColumn(), type);
      codecs.set(column, codec?.ok ? codec.value : undefined);
    }
    return codecs.get(column);
  };
  const rows = json.map((row: unknown) => readRow(row, codecOf));
  return rows.every((row) => row !== undefined) ? rows : undefined;
}

function readRow(
  json: unknown,
  codecOf: (column: string) => ColumnCodec | undefined,
): SelectedRow | undefined {
  if (!isObject(json)) return undefined;
  const row: Record<string, Value> = {};
  for (const [column, held] of Object.entries(json)) {
    const value = codecOf(column)?.decode(held);
    if (value === malformed) return undefined;
    row[column] = value;
  }
  return row;
}
