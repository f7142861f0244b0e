/**
 * The content of a database as this client holds it: a pure fold of what the server sends. Knows no
 * connection; `io/` decides whether what came is an increment (`fold`) or the whole content
 * (`replace`).
 */

import { assertNever } from '../../../base/assert-never.ts';
import { type Issue, issue } from '../../../base/issue.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import { malformed } from '../wire/atom.ts';
import type { RowUpdate } from '../wire/row-update.ts';
import type { TableCodec } from '../wire/table-codec.ts';
import type { Uuid } from '../wire/uuid.ts';
import { type ChangeCause, type ChangeSet, changeOf, type RowChange } from './changes.ts';
import { type IndexSource, Table } from './table.ts';

/** A row update that was decoded, with where it belongs. */
export interface PlacedUpdate {
  readonly table: string;
  readonly uuid: Uuid;
  readonly update: RowUpdate;
}

export class Replica {
  readonly #tables: ReadonlyMap<string, Table>;
  #codecs: ReadonlyMap<string, TableCodec> = new Map();

  constructor(indexes: ReadonlyMap<string, Readonly<Record<string, IndexSource>>>) {
    this.#tables = new Map([...indexes].map(([name, of]) => [name, new Table(of)]));
  }

  table(name: string): Table | undefined {
    return this.#tables.get(name);
  }

  /** How differences are applied from now on. Rows held already stay as they were decoded. */
  use(codecs: ReadonlyMap<string, TableCodec>): void {
    this.#codecs = codecs;
  }

  /**
   * Applies an increment. An issue means that it does not continue from what we hold, and that
   * everything must be read again; what could be applied has been, and the reading will find the
   * difference.
   */
  fold(updates: readonly PlacedUpdate[], cause: ChangeCause): Result<ChangeSet, Lost> {
    const changes = new Map<string, RowChange[]>();
    for (const update of updates) {
      const change = this.#apply(update);
      if (!change.ok) return err({ issue: change.error, changes: changeSet(cause, changes) });
      if (change.value !== undefined) listOf(changes, update.table).push(change.value);
    }
    return ok(changeSet(cause, changes));
  }

  /** Makes the content equal to `updates`, all of which must be whole rows. */
  replace(updates: readonly PlacedUpdate[], cause: ChangeCause): Result<ChangeSet, Lost> {
    const arrived = new Map<string, Set<Uuid>>();
    for (const { table, uuid } of updates) setOf(arrived, table).add(uuid);
    const gone: PlacedUpdate[] = [];
    for (const [table, held] of this.#tables) {
      const kept = arrived.get(table);
      for (const uuid of held.uuids()) {
        if (!kept?.has(uuid)) gone.push({ table, uuid, update: { kind: 'remove' } });
      }
    }
    return this.fold([...gone, ...updates], cause);
  }

  /** All there is, as if it had come just now. */
  everything(): ChangeSet {
    const changes = new Map<string, RowChange[]>();
    for (const [name, table] of this.#tables) {
      for (const row of table.values()) {
        listOf(changes, name).push({ kind: 'insert', uuid: row._uuid, new: row });
      }
    }
    return changeSet('initial', changes);
  }

  #apply({ table: name, uuid, update }: PlacedUpdate): Result<RowChange | undefined, Issue> {
    const table = this.#tables.get(name);
    if (table === undefined) return ok(undefined);
    switch (update.kind) {
      case 'put':
        return ok(changeOf(uuid, table.put(update.row), update.row));
      case 'remove':
        return ok(changeOf(uuid, table.remove(uuid), undefined));
      case 'patch':
        return this.#patch(name, table, uuid, update.difference);
      default:
        return assertNever(update);
    }
  }

  #patch(
    name: string,
    table: Table,
    uuid: Uuid,
    difference: unknown,
  ): Result<RowChange | undefined, Issue> {
    const old = table.get(uuid);
    if (old === undefined)
      return err(issue(`a row we do not hold was modified`, `${name} ${uuid}`));
    const patched = this.#codecs.get(name)?.patchRow(old, difference);
    if (patched === undefined || patched === malformed) {
      return err(issue('the difference does not fit the schema', `${name} ${uuid}`));
    }
    const { row, changed } = patched;
    if (changed.length === 0) return ok(undefined);
    table.put(row);
    return ok({ kind: 'modify', uuid, old, new: row, columns: changed });
  }
}

/** An increment that could not be applied to its end. */
export interface Lost {
  readonly issue: Issue;
  /** What was applied before. */
  readonly changes: ChangeSet;
}

function changeSet(cause: ChangeCause, tables: ReadonlyMap<string, RowChange[]>): ChangeSet {
  return { cause, merged: 1, tables };
}

function listOf(lists: Map<string, RowChange[]>, name: string): RowChange[] {
  const held = lists.get(name);
  if (held !== undefined) return held;
  const list: RowChange[] = [];
  lists.set(name, list);
  return list;
}

function setOf(sets: Map<string, Set<Uuid>>, name: string): Set<Uuid> {
  const held = sets.get(name);
  if (held !== undefined) return held;
  const made = new Set<Uuid>();
  sets.set(name, made);
  return made;
}
