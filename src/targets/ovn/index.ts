/**
 * The OVN of this node alone as a target: rows of its OVN_Northbound, written in one transaction for each round. What
 * ovn-northd and ovn-controller make of them is theirs.
 */

import type { Clock } from '../../base/ports.ts';
import type { AnyRow, RowChange, Uuid } from '../../protocols/ovsdb/index.ts';
import {
  type OvnRowSpec,
  type OvnTable,
  ovnRow,
  ovnRowKey,
  ovnTables,
} from '../../resources/ovn-row.ts';
import type { AnySpec, Key } from '../../resources/resource.ts';
import {
  done,
  type Observed,
  type Operation,
  type Outcome,
  type Target,
  type TargetEvents,
  type TargetState,
} from '../../resources/target.ts';
import { Echo, outcomeOf } from '../echo.ts';
import type { NorthboundDatabase } from './database.ts';
import { readRow, rowOperations } from './rows.ts';

export { openNorthbound } from './database.ts';

export function openOvnTarget(database: NorthboundDatabase, clock: Clock): Target {
  return new OvnTarget(database, clock);
}

const tables = Object.keys(ovnTables) as readonly OvnTable[];

class OvnTarget implements Target {
  readonly name = 'ovn';
  readonly #database: NorthboundDatabase;
  readonly #echo: Echo;
  readonly #rows = new Map<Key, { readonly uuid: Uuid; readonly observed: Observed<OvnRowSpec> }>();
  readonly #keys = new Map<Uuid, Key>();

  constructor(database: NorthboundDatabase, clock: Clock) {
    this.#database = database;
    this.#echo = new Echo(clock);
  }

  get state(): TargetState {
    const { state } = this.#database;
    if (state.name === 'synced') return { state: 'ready' };
    if (state.name === 'down') return { state: 'down', reason: state.reason.message };
    return { state: 'starting' };
  }

  /** Resolves also when the database is not to be had: the rest of the node goes on without it. */
  async start(events: TargetEvents): Promise<void> {
    this.#database.onChange(
      (changes) => {
        const keys = new Set<Key>();
        // Ports before what is told to be ours by them.
        for (const table of tables) {
          for (const change of changes.of(table)) this.#take(table, change, keys);
        }
        events.changed(keys);
        this.#echo.changed();
      },
      { replay: true },
    );
    const isDown = new Promise<void>((resolve) => {
      this.#database.onState(({ name }) => {
        events.stateChanged();
        if (name === 'down') resolve();
      });
    });
    await Promise.race([this.#database.whenSynced(), isDown]);
  }

  #take(table: OvnTable, change: RowChange, keys: Set<Key>): void {
    const before = this.#keys.get(change.uuid);
    if (before !== undefined) {
      keys.add(before);
      this.#keys.delete(change.uuid);
      if (this.#rows.get(before)?.uuid === change.uuid) this.#rows.delete(before);
    }
    if (change.kind === 'delete') return;
    const observed = this.#read(table, change.new);
    keys.add(observed.key);
    this.#keys.set(change.uuid, observed.key);
    this.#rows.set(observed.key, { uuid: change.uuid, observed });
  }

  #read(table: OvnTable, row: AnyRow): Observed<OvnRowSpec> {
    return readRow(table, row, {
      bfdOf: (uuid) => this.#database.table('BFD').get(uuid)?.dst_ip,
      isOurPort: (name) => this.observe(ovnRowKey('Logical_Router_Port', name))?.owner === 'us',
    });
  }

  observe(key: Key): Observed<OvnRowSpec> | undefined {
    return this.#rows.get(key)?.observed;
  }

  *all(): Iterable<Observed> {
    for (const { observed } of this.#rows.values()) yield observed;
  }

  wanted(): void {
    // Every row is observed, whether wanted or not.
  }

  /** One transaction for all; when the server refuses it, one for each, so that a bad one stands alone. */
  async apply(operations: readonly Operation[]): Promise<readonly Outcome[]> {
    const rows = operations.filter(isRowOperation);
    const all = await this.#commit(rows);
    if (all.done || rows.length < 2) return operations.map(() => all);
    const outcomes: Outcome[] = [];
    for (const row of rows) outcomes.push(await this.#commit([row]));
    return outcomes;
  }

  async #commit(operations: readonly Operation<OvnRowSpec>[]): Promise<Outcome> {
    const uuidOf = (key: Key) => this.#rows.get(key)?.uuid;
    const transaction = operations.flatMap((each, index) => rowOperations(each, uuidOf, index));
    if (transaction.length === 0) return done;
    const outcome = outcomeOf(await this.#database.transact(transaction));
    if (outcome.done) {
      await this.#echo.until(() => operations.every((operation) => this.#isAsAsked(operation)));
    }
    return outcome;
  }

  #isAsAsked({ verb, key, spec }: Operation<OvnRowSpec>): boolean {
    const observed = this.observe(key);
    if (verb === 'remove') return observed === undefined;
    return observed?.owner === 'us' && ovnRow.compare(spec, observed.spec) === 'same';
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}

function isRowOperation(operation: Operation): operation is Operation<OvnRowSpec> {
  const spec: AnySpec = operation.spec;
  return spec.kind === 'ovn-row';
}
