/**
 * The OVN of this node alone as a target: rows of its OVN_Northbound, written in one transaction for each round. What
 * ovn-northd and ovn-controller make of them is theirs.
 */

import type { Clock } from '../../base/ports.ts';
import type { RowChange, Uuid } from '../../protocols/ovsdb/index.ts';
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
  #tooOld: TargetState | undefined;
  /** Several where somebody has made another of the same name. */
  readonly #rows = new Map<Key, Map<Uuid, Observed<OvnRowSpec>>>();
  readonly #keys = new Map<Uuid, Key>();

  constructor(database: NorthboundDatabase, clock: Clock) {
    this.#database = database;
    this.#echo = new Echo(clock);
  }

  get state(): TargetState {
    const { state } = this.#database;
    if (state.name === 'synced') return this.#tooOld ?? { state: 'ready' };
    if (state.name === 'down') return { state: 'down', reason: state.reason.message };
    return { state: 'starting' };
  }

  /** Resolves also when the database is not to be had: the rest of the node goes on without it. */
  async start(events: TargetEvents): Promise<void> {
    this.#database.onChange(
      (changes) => {
        const keys = new Set<Key>();
        for (const table of tables) {
          for (const change of changes.of(table)) this.#take(table, change, keys);
        }
        for (const change of changes.of('Logical_Router_Port')) {
          const { name } = change.kind === 'delete' ? change.old : change.new;
          for (const key of this.#bindingsOf(name)) keys.add(key);
        }
        if (changes.of('NB_Global').length > 0) {
          this.#tooOld = tooOld(this.#database.table('NB_Global'));
          events.stateChanged();
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
    const { uuid } = change;
    const before = this.#keys.get(uuid);
    if (before !== undefined) {
      keys.add(before);
      this.#keys.delete(uuid);
      const others = this.#rows.get(before);
      others?.delete(uuid);
      if (others?.size === 0) this.#rows.delete(before);
    }
    if (change.kind === 'delete') return;
    const observed = readRow(
      table,
      change.new,
      (of) => this.#database.table('BFD').get(of)?.dst_ip,
    );
    const { key } = observed;
    keys.add(key);
    this.#keys.set(uuid, key);
    this.#rows.set(key, (this.#rows.get(key) ?? new Map()).set(uuid, observed));
  }

  observe(key: Key): Observed<OvnRowSpec> | undefined {
    const rows = [...(this.#rows.get(key)?.values() ?? [])].map((row) => this.#owned(row));
    return rows.find(({ owner }) => owner === 'us') ?? rows[0];
  }

  /** A Static_MAC_Binding has no mark of its own: it is ours as its port is, and without that of no use to anybody. */
  #owned(observed: Observed<OvnRowSpec>): Observed<OvnRowSpec> {
    const { table, id } = observed.spec;
    if (table !== 'Static_MAC_Binding') return observed;
    const port = this.observe(ovnRowKey('Logical_Router_Port', id['logical_port'] ?? ''));
    const lonely = observed.owner === 'predecessor' ? 'us' : observed.owner;
    return { ...observed, owner: port?.owner ?? lonely };
  }

  /** The bindings of a port, whose owner is that of the port. */
  #bindingsOf(port: string): readonly Key[] {
    const rows = this.#database.table('Static_MAC_Binding').by('logical_port', port);
    return rows.flatMap(({ _uuid }) => this.#keys.get(_uuid) ?? []);
  }

  *all(): Iterable<Observed> {
    for (const key of this.#rows.keys()) {
      const observed = this.observe(key);
      if (observed !== undefined) yield observed;
    }
  }

  /** The rows that an operation is about: of several those that are not somebody else's. */
  #uuidsOf(key: Key): readonly Uuid[] {
    const rows = [...(this.#rows.get(key) ?? [])];
    const own = rows.filter(([, row]) => this.#owned(row).owner !== 'nobody');
    return (own.length > 0 ? own : rows).map(([uuid]) => uuid);
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
    const uuidsOf = (key: Key) => this.#uuidsOf(key);
    const transaction = operations.flatMap((each, index) => rowOperations(each, uuidsOf, index));
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

/** Before it `arp_proxy` of a switch port takes no networks, ovn-nb(5). */
const oldest = [23, 6] as const;

/** By what ovn-northd writes: `23.03.1-20.27.0-70.6`. One that says nothing may do. */
function tooOld(
  globals: Iterable<{ readonly options: ReadonlyMap<string, string> }>,
): TargetState | undefined {
  for (const { options } of globals) {
    const version = options.get('northd_internal_version') ?? '';
    const [year, month] = /^(\d+)\.(\d+)\./.exec(version)?.slice(1).map(Number) ?? [];
    if (year === undefined || month === undefined) continue;
    if (year > oldest[0] || (year === oldest[0] && month >= oldest[1])) continue;
    const reason = `the OVN of this node alone is ${version}, and exposing by it needs 23.06; upgrade it, or set another bgp.exposing`;
    return { state: 'down', reason };
  }
  return undefined;
}

function isRowOperation(operation: Operation): operation is Operation<OvnRowSpec> {
  const spec: AnySpec = operation.spec;
  return spec.kind === 'ovn-row';
}
