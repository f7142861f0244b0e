/**
 * Rows of the Northbound database of this node's own OVN, by which ovn-bgp-agent's method `ovn` routes packets in Open
 * vSwitch. Marked by `external_ids:selvedge`; a Static_MAC_Binding, which has none, by the port that it is for.
 */

import { assertNever } from '../base/assert-never.ts';
import { equalData } from '../base/equal.ts';
import type { Comparison, Key, Kind, Verb } from './resource.ts';

/** A value of a column: of one value, of a set, or of a map. */
export type Cell = string | number | boolean | readonly string[] | Readonly<Record<string, string>>;
/** Of a column by which rows are told apart. */
export type IdCell = string | number;
export type Cells = Readonly<Record<string, Cell>>;

/** What must be known of a table, ovn-nb(5). */
interface TableFacts {
  /** The columns by which we tell its rows apart. */
  readonly id: readonly string[];
  /** Its rows last as long as one of this table refers to them, in this column; else until they are deleted. */
  readonly heldBy?: { readonly table: OvnTable; readonly column: string };
}

export type OvnTable = (typeof tableNames)[number];

const tableNames = [
  'Logical_Switch',
  'Logical_Switch_Port',
  'Logical_Router',
  'Logical_Router_Port',
  'Logical_Router_Static_Route',
  'Logical_Router_Policy',
  'BFD',
  'Static_MAC_Binding',
] as const;

const byName = ['name'];

export const ovnTables: Readonly<Record<OvnTable, TableFacts>> = {
  Logical_Switch: { id: byName },
  Logical_Switch_Port: { id: byName, heldBy: { table: 'Logical_Switch', column: 'ports' } },
  Logical_Router: { id: byName },
  Logical_Router_Port: { id: byName, heldBy: { table: 'Logical_Router', column: 'ports' } },
  Logical_Router_Static_Route: {
    id: ['ip_prefix', 'nexthop', 'output_port'],
    heldBy: { table: 'Logical_Router', column: 'static_routes' },
  },
  Logical_Router_Policy: {
    id: ['priority', 'match'],
    heldBy: { table: 'Logical_Router', column: 'policies' },
  },
  BFD: { id: ['logical_port', 'dst_ip'] },
  Static_MAC_Binding: { id: ['logical_port', 'ip'] },
};

export interface OvnRowSpec {
  readonly kind: 'ovn-row';
  readonly table: OvnTable;
  /** What the columns of `ovnTables[table].id` have. */
  readonly id: Readonly<Record<string, IdCell>>;
  /** What other columns shall have. */
  readonly cells: Cells;
  /** The name of the switch or router that it is part of. */
  readonly of?: string;
  /** Of a static route that holds as long as this next hop answers: `dst_ip` of the BFD row of its port. */
  readonly bfd?: string;
}

export function ovnRowKey(table: OvnTable, ...id: readonly IdCell[]): Key {
  return `ovn-row ${table} ${id.join(' ')}` as Key;
}

export const ovnRow: Kind<OvnRowSpec> = {
  kind: 'ovn-row',
  target: 'ovn',
  marked: true,
  announces: false,
  key: ({ table, id }) =>
    ovnRowKey(table, ...ovnTables[table].id.map((column) => id[column] ?? '')),
  needs: needsOf,
  outlives: () => [],
  compare: compareRows,
  // Nobody else has a use for a router or a switch of these names in a database that is there for this alone.
  adoptable: () => true,
  grace: () => 0,
  rest: () => 0,
  print: printRow,
};

/** A BFD row without its port is the end of ovn-northd 25.03 and 26.03, so that it must come after it and go before it. */
function needsOf({ table, id, of, bfd }: OvnRowSpec): readonly Key[] {
  const holder = ovnTables[table].heldBy?.table;
  const port = id['logical_port'] ?? id['output_port'];
  return [
    ...(holder === undefined || of === undefined ? [] : [ovnRowKey(holder, of)]),
    ...(port === undefined ? [] : [ovnRowKey('Logical_Router_Port', port)]),
    ...(port === undefined || bfd === undefined ? [] : [ovnRowKey('BFD', port, bfd)]),
  ];
}

function compareRows(wanted: OvnRowSpec, observed: OvnRowSpec): Comparison {
  if (wanted.of !== observed.of) return 'replace';
  const isSame = Object.entries(wanted.cells).every(([column, cell]) =>
    equalData(cell, observed.cells[column]),
  );
  return isSame && wanted.bfd === observed.bfd ? 'same' : 'change';
}

/** In the generic words of ovn-nbctl(8), which all tables have. */
function printRow(verb: Verb, spec: OvnRowSpec): string {
  const { table, id, cells, of = '' } = spec;
  const holder = ovnTables[table].heldBy;
  const identity = Object.entries(id).map(([column, cell]) => printCell(column, cell));
  const row = `$(ovn-nbctl --bare --columns=_uuid find ${table} ${identity.join(' ')})`;
  const words = Object.entries(cells).map(([column, cell]) => printCell(column, cell));
  switch (verb) {
    case 'remove':
      return holder === undefined
        ? `ovn-nbctl destroy ${table} ${row}`
        : `ovn-nbctl remove ${holder.table} ${of} ${holder.column} ${row}`;
    case 'create':
    case 'replace': {
      const made = `create ${table} ${[...identity, ...words].join(' ')}`;
      return holder === undefined
        ? `ovn-nbctl ${made}`
        : `ovn-nbctl -- --id=@row ${made} -- add ${holder.table} ${of} ${holder.column} @row`;
    }
    case 'change':
    case 'adopt':
      return `ovn-nbctl set ${table} ${[row, ...words].join(' ')}`;
    default:
      return assertNever(verb);
  }
}

/** As bash and ovn-nbctl take it: quoted for both where it is more than a word. */
function printCell(column: string, cell: Cell): string {
  if (typeof cell !== 'object') return `${column}=${inShell(quoted(String(cell)))}`;
  const items = Array.isArray(cell)
    ? cell.map((each) => quoted(each))
    : Object.entries(cell).map(([key, value]) => `${key}=${quoted(value)}`);
  return `${column}=${inShell(Array.isArray(cell) ? `[${items.join(',')}]` : `{${items.join(',')}}`)}`;
}

function quoted(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : JSON.stringify(text);
}

function inShell(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `'${text}'`;
}
