/**
 * The schema of a database as `get_schema` returns it, RFC 7047 §3.2. Knows types; knows no rows.
 */

import { type Issue, issue, issueAt } from '../../../base/issue.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import { type AtomType, isAtomType } from './atom.ts';

export interface DatabaseSchema {
  readonly name: string;
  readonly version: string;
  readonly tables: ReadonlyMap<string, TableSchema>;
}

export interface TableSchema {
  readonly columns: ReadonlyMap<string, ColumnType>;
  /** Sets of columns whose values no two rows share. */
  readonly indexes: readonly (readonly string[])[];
}

/**
 * RFC 7047 §3.2 <type>: a set of `key`, or a map from `key` to `value`, of `min` to `max` elements.
 */
export interface ColumnType {
  readonly key: BaseType;
  readonly value: BaseType | undefined;
  readonly min: number;
  /** `Infinity` for "unlimited". */
  readonly max: number;
  readonly mutable: boolean;
  /** Changes of ephemeral columns are not durable. */
  readonly ephemeral: boolean;
}

export interface BaseType {
  readonly type: AtomType;
  readonly refTable: string | undefined;
}

type Json = Readonly<Record<string, unknown>>;

export function isObject(json: unknown): json is Json {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

export function parseSchema(json: unknown): Result<DatabaseSchema, Issue> {
  if (!isObject(json) || !isObject(json['tables'])) return err(issue('not a database schema'));
  const tables = new Map<string, TableSchema>();
  for (const [name, table] of Object.entries(json['tables'])) {
    const parsed = parseTable(table);
    if (!parsed.ok) return err(issueAt(name, parsed.error));
    tables.set(name, parsed.value);
  }
  return ok({ name: textOf(json['name']), version: textOf(json['version']), tables });
}

function textOf(json: unknown): string {
  return typeof json === 'string' ? json : '';
}

function parseTable(json: unknown): Result<TableSchema, Issue> {
  if (!isObject(json) || !isObject(json['columns'])) return err(issue('not a table schema'));
  const columns = new Map<string, ColumnType>();
  for (const [name, column] of Object.entries(json['columns'])) {
    const type = parseColumn(column);
    if (type === undefined) return err(issue('not a column type', name));
    columns.set(name, type);
  }
  return ok({ columns, indexes: parseIndexes(json['indexes']) });
}

function parseIndexes(json: unknown): readonly (readonly string[])[] {
  if (!Array.isArray(json)) return [];
  return json
    .filter((index) => Array.isArray(index))
    .map((index) => index.filter((column): column is string => typeof column === 'string'));
}

function parseColumn(json: unknown): ColumnType | undefined {
  if (!isObject(json)) return undefined;
  const flags = { mutable: json['mutable'] !== false, ephemeral: json['ephemeral'] === true };
  const type = json['type'];
  if (!isObject(type)) {
    const key = parseBase(type);
    return key && { key, value: undefined, min: 1, max: 1, ...flags };
  }
  const key = parseBase(type['key']);
  const value = type['value'] === undefined ? undefined : parseBase(type['value']);
  if (key === undefined || (value === undefined && type['value'] !== undefined)) return undefined;
  const bounds = { min: type['min'] === 0 ? 0 : 1, max: parseMax(type['max']) };
  return { key, value, ...bounds, ...flags };
}

function parseMax(json: unknown): number {
  if (json === 'unlimited') return Number.POSITIVE_INFINITY;
  return typeof json === 'number' ? json : 1;
}

/**
 * RFC 7047 §3.2 <base-type>: the name of an atomic type, or an object with it; ranges are the
 * server's business.
 */
function parseBase(json: unknown): BaseType | undefined {
  const type = isObject(json) ? json['type'] : json;
  if (!isAtomType(type)) return undefined;
  const refTable = isObject(json) ? json['refTable'] : undefined;
  return { type, refTable: typeof refTable === 'string' ? refTable : undefined };
}

/** `set of string`, `map of string to uuid`, `optional integer`, `boolean`: for messages. */
export function formatColumnType(type: ColumnType): string {
  if (type.value !== undefined) return `map of ${type.key.type} to ${type.value.type}`;
  if (type.max > 1) return `set of ${type.key.type}`;
  return type.min === 0 ? `optional ${type.key.type}` : type.key.type;
}
