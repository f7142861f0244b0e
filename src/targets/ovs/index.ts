/**
 * Open vSwitch as a target: ports by OVSDB, flows by ovs-ofctl. Watches both, so that a port or flow of ours that
 * goes is known at once; decides nothing.
 */

import type { Clock, Log } from '../../base/ports.ts';
import { type IfName, parseIfName } from '../../net/if-name.ts';
import type { Mac } from '../../net/mac.ts';
import { integrationBridge, type OvsChanges, type OvsDatabase } from '../../ovs/database.ts';
import type { FlowSpec } from '../../resources/flow.ts';
import { type OvsPortSpec, ovsPort, ovsPortKey } from '../../resources/ovs-port.ts';
import type { AnySpec, Key } from '../../resources/resource.ts';
import {
  done,
  failed,
  type Observed,
  type Operation,
  type Outcome,
  type Owner,
  type Target,
  type TargetEvents,
  type TargetState,
} from '../../resources/target.ts';
import { Echo, outcomeOf } from '../echo.ts';
import { FlowTable } from './flow-table.ts';
import type { Numbering } from './flow-text.ts';
import { bridgeOf, observePort, ownPortNames, portTransaction } from './ports.ts';

/** What the target must know of the kernel's devices. */
export interface LinkLookup {
  macOf(name: string): Mac | undefined;
  nameOf(mac: Mac): IfName | undefined;
  /** Whose a device is; `undefined` when there is none of that name. */
  ownerOf(name: string): Owner | undefined;
  /** Calls back when a device has come, gone, or got another address. */
  onLinksChanged(listener: () => void): void;
}

export interface OvsTargetOptions {
  readonly database: OvsDatabase;
  readonly cookie: number;
  readonly links: LinkLookup;
  readonly clock: Clock;
  readonly log: Log;
}

export function openOvsTarget(options: OvsTargetOptions): Target {
  return new OvsTarget(options);
}

class OvsTarget implements Target {
  readonly name = 'ovs';
  readonly #options: OvsTargetOptions;
  readonly #database: OvsDatabase;
  readonly #echo: Echo;
  readonly #tables = new Map<string, FlowTable>();
  /** When each of them has been read once. */
  readonly #starts = new Map<string, Promise<void>>();
  readonly #numberings = new Map<string, Numbering>();
  /** Flows that wait for a port or a device. */
  readonly #waiting = new Set<Key>();
  /** How often ports or devices were other than before. */
  #renumberings = 0;
  #events: TargetEvents | undefined;
  #wasRead = false;

  constructor(options: OvsTargetOptions) {
    this.#options = options;
    this.#database = options.database;
    this.#echo = new Echo(options.clock);
  }

  get state(): TargetState {
    const { state } = this.#database;
    if (state.name === 'synced') return { state: this.#wasRead ? 'ready' : 'starting' };
    if (state.name === 'down') return { state: 'down', reason: state.reason.message };
    return { state: 'starting' };
  }

  /** Resolves also when the database is not to be had: the rest of the node goes on without it. */
  async start(events: TargetEvents): Promise<void> {
    this.#events = events;
    this.#options.links.onLinksChanged(() => this.#renumber());
    this.#database.onChange((changes) => this.#follow(changes, events), { replay: true });
    this.#database.onState(() => events.stateChanged());
    const isDown = new Promise<void>((resolve) => {
      this.#database.onState(({ name }) => {
        if (name === 'down') resolve();
      });
    });
    await Promise.race([this.#read(), isDown]);
  }

  /** The flows follow the database: until both have been read, little is known. */
  async #read(): Promise<void> {
    const synced = await this.#database.whenSynced();
    if (!synced.ok) return;
    await this.#openTables();
    this.#wasRead = true;
    this.#events?.stateChanged();
  }

  async #follow(changes: OvsChanges, events: TargetEvents): Promise<void> {
    const names = new Set<string>();
    for (const change of [...changes.of('Port'), ...changes.of('Interface')]) {
      if (change.kind !== 'insert') names.add(change.old.name);
      if (change.kind !== 'delete') names.add(change.new.name);
    }
    events.changed([...names].flatMap(keyOfPort));
    this.#echo.changed();
    if (changes.of('Bridge').length > 0) await this.#openTables();
    if (changes.of('Interface').length > 0) this.#renumber();
  }

  /** A flow table for every bridge but the integration bridge, whose flows are OVN's. */
  async #openTables(): Promise<void> {
    const [settings] = [...this.#database.table('Open_vSwitch')];
    const integration = integrationBridge(settings?.external_ids);
    const existing = new Set<string>();
    const starts: Promise<void>[] = [];
    for (const { name } of this.#database.table('Bridge')) {
      const bridge = parseIfName(name);
      if (!bridge.ok || name === integration) continue;
      existing.add(name);
      const start = this.#starts.get(name) ?? this.#openTable(bridge.value);
      this.#starts.set(name, start);
      starts.push(start);
    }
    for (const [name, table] of this.#tables) {
      if (existing.has(name)) continue;
      table.close();
      this.#tables.delete(name);
      this.#starts.delete(name);
      this.#events?.changed([...table.all()].map(({ key }) => key));
    }
    await Promise.all(starts);
  }

  #openTable(bridge: IfName): Promise<void> {
    const { cookie, clock, log } = this.#options;
    const table = new FlowTable({
      bridge,
      cookie,
      numbering: this.#numbering(bridge),
      ownerOfDevice: (name) => this.#options.links.ownerOf(name),
      clock,
      log,
      changed: (keys) => this.#events?.changed(keys),
    });
    this.#tables.set(bridge, table);
    return table.start();
  }

  #renumber(): void {
    this.#renumberings += 1;
    for (const table of this.#tables.values()) table.renumber();
    this.#tryWaiting();
  }

  #tryWaiting(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    this.#events?.changed(waiting);
  }

  #numbering(bridge: IfName): Numbering {
    const { links } = this.#options;
    const known = this.#numberings.get(bridge);
    if (known !== undefined) return known;
    const faces = this.#database.table('Interface');
    const numbering: Numbering = {
      ofport: (name) => {
        const number = faces.find('name', name)?.ofport ?? 0;
        return number > 0 && bridgeOf(this.#database, name) === bridge ? number : undefined;
      },
      portName: (ofport) => {
        const row = this.#database.table('Bridge').find('name', bridge);
        for (const uuid of row?.ports ?? []) {
          for (const each of this.#database.table('Port').get(uuid)?.interfaces ?? []) {
            const face = faces.get(each);
            if (face?.ofport === ofport) return face?.name;
          }
        }
        return undefined;
      },
      macOf: (device) => links.macOf(device),
      // A bridge has the address of one of its ports: of its network card, most of the time.
      deviceOf: (mac) => (links.macOf(bridge) === mac ? bridge : links.nameOf(mac)),
    };
    this.#numberings.set(bridge, numbering);
    return numbering;
  }

  observe(key: Key): Observed | undefined {
    const [kind = '', second = ''] = key.split(' ', 2);
    if (kind === 'ovs-port') return observePort(this.#database, second);
    return kind === 'flow' ? this.#tables.get(second)?.observe(key) : undefined;
  }

  *all(): Iterable<Observed> {
    for (const name of ownPortNames(this.#database)) {
      const observed = observePort(this.#database, name);
      if (observed !== undefined) yield observed;
    }
    for (const table of this.#tables.values()) yield* table.all();
  }

  /** A port of OVN's, which makes it when something on this node is on its network. */
  lacks(key: Key, spec: AnySpec): string | undefined {
    if (!this.#wasRead || !isFlow(spec)) return undefined;
    if (bridgeOf(this.#database, spec.inPort) === spec.bridge) return undefined;
    this.#waiting.add(key);
    return `port ${spec.inPort} of ${spec.bridge}`;
  }

  wanted(): void {
    // Every port is observed whether wanted or not, and flows have no owner but their cookie.
  }

  async apply(operations: readonly Operation[]): Promise<readonly Outcome[]> {
    const outcomes = new Map<Operation, Outcome>();
    const ports = operations.filter(isPortOperation);
    for (const operation of ports) outcomes.set(operation, await this.#applyPort(operation));
    const renumberings = this.#renumberings;
    const flows = Map.groupBy(operations.filter(isFlowOperation), ({ spec }) => spec.bridge);
    for (const [bridge, each] of flows) {
      const table = this.#tables.get(bridge);
      const results = await table?.apply(each);
      for (const [index, operation] of each.entries()) {
        const outcome = results?.[index] ?? { done: false, waiting: `bridge ${bridge}` };
        if (!outcome.done && 'waiting' in outcome) this.#waiting.add(operation.key);
        outcomes.set(operation, outcome);
      }
    }
    // What one of them waits for may have come while another was carried out.
    if (this.#renumberings !== renumberings) this.#tryWaiting();
    return operations.map((operation) => outcomes.get(operation) ?? failed('no such kind'));
  }

  async #applyPort(operation: Operation<OvsPortSpec>): Promise<Outcome> {
    const transaction = portTransaction(this.#database, operation);
    if (typeof transaction === 'string') return failed(transaction);
    if (transaction.length === 0) return done;
    const outcome = outcomeOf(await this.#database.transact(transaction));
    if (!outcome.done) return outcome;
    await this.#echo.until(() => this.#isAsAsked(operation));
    return done;
  }

  #isAsAsked({ verb, spec }: Operation<OvsPortSpec>): boolean {
    const observed = observePort(this.#database, spec.name);
    if (verb === 'remove') return observed === undefined;
    return observed?.owner === 'us' && ovsPort.compare(spec, observed.spec) === 'same';
  }

  async close(): Promise<void> {
    for (const table of this.#tables.values()) table.close();
  }
}

function keyOfPort(name: string): readonly Key[] {
  const parsed = parseIfName(name);
  return parsed.ok ? [ovsPortKey(parsed.value)] : [];
}

function isPortOperation(operation: Operation): operation is Operation<OvsPortSpec> {
  return operation.spec.kind === 'ovs-port';
}

function isFlowOperation(operation: Operation): operation is Operation<FlowSpec> {
  return isFlow(operation.spec);
}

function isFlow(spec: AnySpec): spec is FlowSpec {
  return spec.kind === 'flow';
}
