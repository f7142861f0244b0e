/** Rows of OVN_Northbound as specs, and operations as those of a transaction. Pure. */

import { named, type Operation as OvsdbOperation, type Uuid } from '../../protocols/ovsdb/index.ts';
import type { AnyRow, Value, WriteValue } from '../../protocols/ovsdb/index.ts';
import {
  type Cell,
  type IdCell,
  type OvnRowSpec,
  type OvnTable,
  ovnRow,
  ovnRowKey,
  ovnTables,
} from '../../resources/ovn-row.ts';
import type { Key } from '../../resources/resource.ts';
import type { Observed, Operation, Owner } from '../../resources/target.ts';

/** The key of external_ids that marks a row as ours; it has the name of the row that this one is part of. */
const mark = 'selvedge';

/** Not cells of their own: what refers to other rows, and whose the row is. */
const otherColumns = new Set(['_uuid', 'external_ids', 'bfd']);

/** `bfdOf` has the `dst_ip` of a BFD row. */
export function readRow(
  table: OvnTable,
  row: AnyRow,
  bfdOf: (uuid: Uuid) => string | undefined,
): Observed<OvnRowSpec> {
  const { id: idColumns } = ovnTables[table];
  const id: Record<string, IdCell> = {};
  const cells: Record<string, Cell> = {};
  for (const [column, value] of Object.entries(row)) {
    if (otherColumns.has(column)) continue;
    const cell = readCell(value);
    if (cell === undefined) continue;
    const isId =
      idColumns.includes(column) && (typeof cell === 'string' || typeof cell === 'number');
    if (isId) id[column] = cell;
    else cells[column] = cell;
  }
  const ids = row['external_ids'];
  const holder = ids instanceof Map ? ids.get(mark) : undefined;
  const bfd = typeof row['bfd'] === 'string' ? bfdOf(row['bfd'] as Uuid) : undefined;
  const spec: OvnRowSpec = {
    kind: 'ovn-row',
    table,
    id,
    cells,
    ...(ovnTables[table].heldBy === undefined || holder === undefined
      ? {}
      : { of: String(holder) }),
    ...(bfd === undefined ? {} : { bfd }),
  };
  return { key: ovnRow.key(spec), spec, owner: ownerOf(spec, holder !== undefined) };
}

function readCell(value: Value): Cell | undefined {
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, each]) => [String(key), String(each)]));
  }
  if (Array.isArray(value)) return value.map(String);
  return value as Exclude<typeof value, readonly unknown[] | ReadonlyMap<unknown, unknown>>;
}

/** ovn-bgp-agent marks nothing; what it makes has the name of its router in its own, or in that of its port. */
function ownerOf({ id }: OvnRowSpec, isMarked: boolean): Owner {
  if (isMarked) return 'us';
  const text = Object.values(id).join(' ');
  return /(^|-|")bgp-router(-|"|$| )/.test(text) ? 'predecessor' : 'nobody';
}

/** The rows that have a key, in the order in which they came: the first is what the others are too many of. */
export type UuidsOf = (key: Key) => readonly Uuid[];

/** The operations that carry it out; `number` tells the names in them from those of others in one transaction. */
export function rowOperations(
  { verb, key, spec }: Operation<OvnRowSpec>,
  uuidsOf: UuidsOf,
  number: number,
): readonly OvsdbOperation[] {
  const { table } = spec;
  const [uuid, ...spare] = uuidsOf(key);
  const fewer = spare.flatMap((each) => removal(table, each));
  if (uuid === undefined) return verb === 'remove' ? [] : addition(spec, uuidsOf, number);
  if (verb === 'remove') return [...removal(table, uuid), ...fewer];
  if (verb === 'replace') {
    return [...removal(table, uuid), ...fewer, ...addition(spec, uuidsOf, number)];
  }
  const where = [['_uuid', '==', uuid]] as const;
  const marking = [['external_ids', 'insert', new Map([[mark, markOf(spec)]])]] as const;
  return [
    ...fewer,
    { op: 'update', table, where, row: columnsOf(spec, uuidsOf) },
    ...(hasMark(table) ? [{ op: 'mutate', table, where, mutations: marking } as const] : []),
  ];
}

function removal(table: OvnTable, uuid: Uuid): readonly OvsdbOperation[] {
  const { heldBy } = ovnTables[table];
  if (heldBy === undefined) return [{ op: 'delete', table, where: [['_uuid', '==', uuid]] }];
  // Whichever row refers to it.
  const mutations = [[heldBy.column, 'delete', [uuid]]] as const;
  return [{ op: 'mutate', table: heldBy.table, where: [], mutations }];
}

function addition(spec: OvnRowSpec, uuidsOf: UuidsOf, number: number): readonly OvsdbOperation[] {
  const { table, id, of } = spec;
  const { heldBy } = ovnTables[table];
  const as = `row_${number}`;
  const row = {
    ...writeCells(id),
    ...columnsOf(spec, uuidsOf),
    ...(hasMark(table) ? { external_ids: new Map([[mark, markOf(spec)]]) } : {}),
  };
  const insertion = { op: 'insert', table, as, row } as const;
  if (heldBy === undefined || of === undefined) return [insertion];
  const where = [['name', '==', of]] as const;
  const mutations = [[heldBy.column, 'insert', [named(as)]]] as const;
  return [insertion, { op: 'mutate', table: heldBy.table, where, mutations }];
}

function hasMark(table: OvnTable): boolean {
  return table !== 'Static_MAC_Binding';
}

function markOf({ of }: OvnRowSpec): string {
  return of ?? 'yes';
}

function columnsOf(
  { table, id, cells, bfd }: OvnRowSpec,
  uuidsOf: UuidsOf,
): Readonly<Record<string, WriteValue>> {
  if (table !== 'Logical_Router_Static_Route') return writeCells(cells);
  const [watcher] =
    bfd === undefined ? [] : uuidsOf(ovnRowKey('BFD', id['output_port'] ?? '', bfd));
  return { ...writeCells(cells), bfd: watcher === undefined ? [] : [watcher] };
}

function writeCells(cells: Readonly<Record<string, Cell>>): Record<string, WriteValue> {
  return Object.fromEntries(
    Object.entries(cells).map(([column, cell]) => [
      column,
      typeof cell !== 'object' || Array.isArray(cell)
        ? (cell as WriteValue)
        : new Map(Object.entries(cell)),
    ]),
  );
}
