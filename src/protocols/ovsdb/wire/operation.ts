/**
 * The operations of a transaction, RFC 7047 §5.2, as values, and their JSON form for a server's
 * schema. Values are checked here against the type of their column; everything else is the server's
 * to judge.
 */

import { assertNever } from '../../../base/assert-never.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import { malformed } from './atom.ts';
import { encodeColumn, encodeKeys, formatWritten } from './column-codec.ts';
import { columnOf, type Condition, encodeCondition } from './condition.ts';
import type { DatabaseSchema, TableSchema } from './schema.ts';
import type { Uuid } from './uuid.ts';
import type { WriteValue } from './value.ts';

export type WriteRow = Readonly<Record<string, WriteValue>>;
export type Mutator = '+=' | '-=' | '*=' | '/=' | '%=' | 'insert' | 'delete';
/** `['external_ids', 'delete', ['key']]`; deleting from a map takes keys, or pairs. */
export type Mutation = readonly [column: string, mutator: Mutator, value: WriteValue];
/** Rows that match all of these; every row for none. */
export type Where = readonly Condition[];

export type Operation =
  | {
      readonly op: 'insert';
      readonly table: string;
      readonly row: WriteRow;
      /** How other operations of this transaction refer to the row: `named('…')`. */
      readonly as?: string;
      /** The row's UUID, where the server lets clients choose (Open vSwitch 3.0 and later). */
      readonly uuid?: Uuid;
    }
  | {
      readonly op: 'select';
      readonly table: string;
      readonly where: Where;
      readonly columns?: readonly string[];
    }
  | { readonly op: 'update'; readonly table: string; readonly where: Where; readonly row: WriteRow }
  | {
      readonly op: 'mutate';
      readonly table: string;
      readonly where: Where;
      readonly mutations: readonly Mutation[];
    }
  | { readonly op: 'delete'; readonly table: string; readonly where: Where }
  | {
      readonly op: 'wait';
      readonly table: string;
      readonly where: Where;
      readonly columns: readonly string[];
      readonly until: '==' | '!=';
      readonly rows: readonly WriteRow[];
      /** Milliseconds; 0 checks without waiting; absent waits as long as it takes. */
      readonly timeout?: number;
    }
  | { readonly op: 'commit'; readonly durable: boolean }
  | { readonly op: 'abort' }
  | { readonly op: 'comment'; readonly comment: string }
  | { readonly op: 'assert'; readonly lock: string };

/** An operation that does not fit the server's schema, found before anything was sent. */
export interface Misfit {
  readonly index: number;
  readonly message: string;
}

/** The operations as the rest of the `params` of `transact`, RFC 7047 §4.1.3. */
export function encodeOperations(
  schema: DatabaseSchema,
  operations: readonly Operation[],
): Result<readonly unknown[], Misfit> {
  const encoded: unknown[] = [];
  for (const [index, operation] of operations.entries()) {
    const json = encodeOperation(schema, operation);
    if (!json.ok) return err({ index, message: json.error });
    encoded.push(json.value);
  }
  return ok(encoded);
}

type Encoded = Result<unknown, string>;

function encodeOperation(schema: DatabaseSchema, operation: Operation): Encoded {
  if (!('table' in operation)) return ok(operation);
  const table = schema.tables.get(operation.table);
  if (table === undefined) return err(`there is no table '${operation.table}'`);
  switch (operation.op) {
    case 'insert': {
      const { as, row, ...rest } = operation;
      return withParts(as === undefined ? rest : { ...rest, 'uuid-name': as }, {
        row: encodeRow(table, row),
      });
    }
    case 'update':
      return withParts(operation, {
        where: encodeWhere(table, operation.where),
        row: encodeRow(table, operation.row),
      });
    case 'mutate':
      return withParts(operation, {
        where: encodeWhere(table, operation.where),
        mutations: encodeAll(operation.mutations, (one) => encodeMutation(table, one)),
      });
    case 'wait':
      return withParts(operation, {
        where: encodeWhere(table, operation.where),
        rows: encodeAll(operation.rows, (row) => encodeRow(table, row)),
      });
    case 'select':
    case 'delete':
      return withParts(operation, { where: encodeWhere(table, operation.where) });
    default:
      return assertNever(operation);
  }
}

/** The operation with these members replaced by their JSON forms, or the first that has none. */
function withParts(operation: object, parts: Readonly<Record<string, Encoded>>): Encoded {
  const members: Record<string, unknown> = { ...operation };
  for (const [name, part] of Object.entries(parts)) {
    if (!part.ok) return part;
    members[name] = part.value;
  }
  return ok(members);
}

function encodeAll<T>(items: readonly T[], encode: (item: T) => Encoded): Encoded {
  const encoded: unknown[] = [];
  for (const item of items) {
    const json = encode(item);
    if (!json.ok) return json;
    encoded.push(json.value);
  }
  return ok(encoded);
}

function encodeWhere(table: TableSchema, where: Where): Encoded {
  return encodeAll(where, (condition) => encodeCondition(table, condition));
}

function encodeRow(table: TableSchema, row: WriteRow): Encoded {
  const json: Record<string, unknown> = {};
  for (const [column, value] of Object.entries(row)) {
    const type = columnOf(table, column);
    if (type === undefined) return err(`there is no column '${column}'`);
    const encoded = encodeColumn(type, value);
    if (encoded === malformed) return misfit(column, value);
    json[column] = encoded;
  }
  return ok(json);
}

function encodeMutation(table: TableSchema, [column, mutator, value]: Mutation): Encoded {
  const type = columnOf(table, column);
  if (type === undefined) return err(`there is no column '${column}'`);
  const takesKeys = mutator === 'delete' && type.value !== undefined && !(value instanceof Map);
  const encoded = takesKeys ? encodeKeys(type, value) : encodeColumn(type, value);
  return encoded === malformed ? misfit(column, value) : ok([column, mutator, encoded]);
}

function misfit(column: string, value: unknown): Encoded {
  return err(`${formatWritten(value)} does not fit column '${column}'`);
}
