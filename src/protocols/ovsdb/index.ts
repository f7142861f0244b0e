/**
 * A client of OVSDB, RFC 7047 and the extensions of ovsdb-server(7). The map of this room:
 *
 * - `tables.ts`: how tables are declared, and the types that follow from it
 * - `wire/`: octets and JSON to values: messages out of a stream (`slicer`), columns and rows
 *   (`column-codec`, `table-codec`), conditions, operations and results. Pure.
 * - `cache/`: the fold of updates into tables with indexes, and change sets. Pure.
 * - `io/`: the connection (`connection`, `attendant`, `session`, `socket`), the content that
 *   follows the server (`content`, `filters`), transactions, locks; `open-database` puts them
 *   together.
 */

export type { ChangeCause, RowChange } from './cache/changes.ts';
export type { IndexKey } from './cache/table.ts';
export type { MonitorMethod, Reading } from './io/content.ts';
export type { Database, DatabaseOptions } from './io/database.ts';
export type { Lock } from './io/locks.ts';
export { openDatabase } from './io/open-database.ts';
export type { Reason, ReasonCode } from './io/reason.ts';
export type { ServerRole } from './io/server-database.ts';
export type { TlsFiles } from './io/socket.ts';
export type { DatabaseState } from './io/state.ts';
export { systemClock } from './io/system-clock.ts';
export type {
  Committed,
  Guard,
  TransactFailure,
  TransactOptions,
  TransactResult,
} from './io/transactions.ts';
export {
  type Endpoint,
  formatEndpoint,
  parseEndpoint,
  parseEndpoints,
} from '../../net/endpoint.ts';
export {
  type AnyTableDeclaration,
  type Changes,
  type Declarations,
  type DeclaredRow,
  type IndexDeclaration,
  type TableDeclaration,
  type TableView,
  table,
} from './tables.ts';
export type { Atom, AtomType, AtomValues } from './wire/atom.ts';
export {
  type AnyRow,
  anyColumn,
  type Column,
  type Columns,
  map,
  one,
  optional,
  type RowOf,
  required,
  set,
} from './wire/column.ts';
export type { Condition, ConditionFunction, RowFilter } from './wire/condition.ts';
export type { Mutation, Mutator, Operation, Where, WriteRow } from './wire/operation.ts';
export type { ColumnType, DatabaseSchema, TableSchema } from './wire/schema.ts';
export type { SlicerLimits } from './wire/slicer.ts';
export type { SchemaProblem } from './wire/table-codec.ts';
export type {
  OperationResult,
  SelectedRow,
  TransactionError,
  TransactionErrorCode,
} from './wire/transaction.ts';
export { isUuid, type NamedUuid, named, parseUuid, type Uuid, zeroUuid } from './wire/uuid.ts';
export type { Value, WriteAtom, WriteValue } from './wire/value.ts';
