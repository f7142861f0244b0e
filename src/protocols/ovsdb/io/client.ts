/** The parts of a client behind the one interface that callers see; typed by what they declared. */

import { err, ok, type Result } from '../../../base/result.ts';
import type { ChangeSet, RowChange } from '../cache/changes.ts';
import type { Feed } from '../cache/feed.ts';
import type { Replica } from '../cache/replica.ts';
import { Table, type IndexKey } from '../cache/table.ts';
import type { Changes, Declarations, DeclaredRow, TableView } from '../tables.ts';
import type { AnyRow } from '../wire/column.ts';
import type { RowFilter } from '../wire/condition.ts';
import type { Operation } from '../wire/operation.ts';
import type { DatabaseSchema } from '../wire/schema.ts';
import type { SchemaProblem } from '../wire/table-codec.ts';
import type { Uuid } from '../wire/uuid.ts';
import type { Attendant } from './attendant.ts';
import type { Connection } from './connection.ts';
import type { Content } from './content.ts';
import type { Database } from './database.ts';
import type { Lock, Locks } from './locks.ts';
import { type Reason, reason } from './reason.ts';
import type { DatabaseState } from './state.ts';
import type { Transactions, TransactOptions, TransactResult } from './transactions.ts';

export interface Parts {
  readonly attendant: Attendant;
  readonly connection: Connection;
  readonly content: Content;
  readonly feed: Feed;
  readonly locks: Locks;
  readonly replica: Replica;
  readonly transactions: Transactions;
}

export class Client<D extends Declarations> implements Database<D> {
  readonly #parts: Parts;
  readonly #views = new Map<string, View>();
  #closing: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get state(): DatabaseState {
    return this.#parts.connection.state;
  }

  get schema(): DatabaseSchema | undefined {
    return this.#parts.content.schema;
  }

  get problems(): readonly SchemaProblem[] {
    return this.#parts.content.problems;
  }

  table<N extends keyof D & string>(name: N): TableView<D[N]> {
    const known = this.#views.get(name);
    // The view of a name gives rows of that name's declaration: they are decoded by it.
    if (known !== undefined) return known as unknown as TableView<D[N]>;
    const view = new View(this.#parts.replica.table(name) ?? new Table({}));
    this.#views.set(name, view);
    return view as unknown as TableView<D[N]>;
  }

  onChange(
    listener: (changes: Changes<D>) => void | Promise<void>,
    { replay = false }: { readonly replay?: boolean } = {},
  ): () => void {
    const hear = (set: ChangeSet) => listener(new ChangesView<D>(set));
    const first =
      replay && this.#parts.content.wasRead ? this.#parts.replica.everything() : undefined;
    return this.#parts.feed.subscribe(hear, first);
  }

  onState(listener: (state: DatabaseState) => void): () => void {
    return this.#parts.connection.onState(listener);
  }

  whenSynced(): Promise<Result<void, Reason>> {
    return new Promise((resolve) => {
      const look = (state: DatabaseState) => {
        if (state.name !== 'synced' && state.name !== 'closed') return;
        stop();
        const isClosed = state.name === 'closed';
        resolve(isClosed ? err(reason('closed', 'the client was closed')) : ok(undefined));
      };
      const stop = this.onState(look);
      look(this.state);
    });
  }

  setConditions(
    conditions: {
      readonly [N in keyof D]?: RowFilter;
    },
  ): Promise<Result<void, Reason>> {
    const named = new Map<string, RowFilter>();
    for (const [name, filter] of Object.entries<RowFilter | undefined>(conditions)) {
      if (filter !== undefined) named.set(name, filter);
    }
    return this.#parts.content.setFilters(named);
  }

  transact(
    operations: readonly Operation[],
    options: TransactOptions = {},
  ): Promise<TransactResult> {
    return this.#parts.transactions.transact(operations, options);
  }

  lock(name: string, { steal = false }: { readonly steal?: boolean } = {}): Lock {
    return this.#parts.locks.request(name, steal);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#parts.attendant.close();
    await this.#parts.connection.close();
    this.#parts.content.close(reason('closed', 'the client was closed'));
  }
}

/** A table as rows of no particular declaration; `Client.table` gives it its type. */
class View {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  get size(): number {
    return this.#table.size;
  }

  get(uuid: Uuid): AnyRow | undefined {
    return this.#table.get(uuid);
  }

  by(index: string, key: IndexKey): readonly AnyRow[] {
    return this.#table.by(index, key);
  }

  find(index: string, key: IndexKey): AnyRow | undefined {
    return this.#table.by(index, key)[0];
  }

  [Symbol.iterator](): IterableIterator<AnyRow> {
    return this.#table.values();
  }
}

class ChangesView<D extends Declarations> implements Changes<D> {
  readonly cause: Changes<D>['cause'];
  readonly merged: number;
  readonly #set: ChangeSet;

  constructor(set: ChangeSet) {
    this.#set = set;
    this.cause = set.cause;
    this.merged = set.merged;
  }

  get tables(): ReadonlySet<keyof D & string> {
    return new Set(this.#set.tables.keys());
  }

  of<N extends keyof D & string>(name: N): readonly RowChange<DeclaredRow<D[N]>>[] {
    const changes: readonly RowChange[] = this.#set.tables.get(name) ?? [];
    // Rows of this name were decoded by this declaration.
    return changes as unknown as readonly RowChange<DeclaredRow<D[N]>>[];
  }
}
