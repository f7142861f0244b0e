/**
 * Watches OVN_Northbound: the ports that are to be on this node, the networks and routers behind them, and the addresses
 * that these translate. It tells the same ports as the Southbound source does, and of switches and routers themselves
 * besides. Row conditions keep the rest of the cloud away. Reads only.
 */

import { equalData } from '../../base/equal.ts';
import type {
  CloudSource,
  InventoryUpdate,
  PortInterest,
  SourceEvents,
  SourceState,
} from '../../inventory/source.ts';
import { openDatabase } from '../../protocols/ovsdb/index.ts';
import { type ConnectionOptions, connectionOf } from '../connection.ts';
import { sourceState } from '../state.ts';
import { type Conditions, conditionsOf } from './conditions.ts';
import { type GatewaysHere, openGatewaysHere } from './gateways.ts';
import { Join } from './join.ts';
import { findSwitches } from './switches.ts';
import { northboundTables, type NorthboundDatabase } from './tables.ts';

export interface NorthboundOptions extends ConnectionOptions {
  /** Of OVN_Southbound, which is read where the Northbound database is too old to say where gateways are. */
  readonly southbound: Pick<ConnectionOptions, 'endpoints' | 'tls'>;
  /** `name` of the own Chassis. */
  readonly systemId: string;
  /** `hostname` of the own Chassis: what Neutron calls this node. */
  readonly hostname: string;
}

export function openNorthboundSource(
  options: NorthboundOptions,
  events: SourceEvents,
): CloudSource {
  return new NorthboundSource(options, events);
}

class NorthboundSource implements CloudSource {
  readonly name = 'OVN_Northbound';
  readonly exchangesRoutes = undefined;
  readonly #options: NorthboundOptions;
  readonly #events: SourceEvents;
  readonly #database: NorthboundDatabase;
  readonly #join: Join;
  #gateways: GatewaysHere | undefined;
  #interest: PortInterest | undefined;
  #applied: Conditions | undefined;
  #pending = 0;
  #isAsking = false;
  #isOpen = false;

  constructor(options: NorthboundOptions, events: SourceEvents) {
    this.#options = options;
    this.#events = events;
    this.#database = openDatabase({
      ...connectionOf(options),
      database: 'OVN_Northbound',
      tables: northboundTables,
    });
    this.#join = new Join(this.#database, options);
    this.#database.onChange((changes) => {
      this.#begin();
      const { version } = this.#join;
      this.#publish(this.#join.take(changes));
      // Ports alone ask for nothing here: what follows from them comes by `setInterest`.
      const areOnlyPorts = [...changes.tables].every((name) => name === 'Logical_Switch_Port');
      if (!areOnlyPorts || version !== this.#join.version) this.#request();
      void this.#askForSwitches();
    });
    this.#database.onState(({ name }) => {
      if (name === 'synced') {
        this.#begin();
        this.#request();
        void this.#askForSwitches();
      }
      this.#events.stateChanged();
    });
  }

  get state(): SourceState {
    const state = sourceState(this.#database.state);
    if (state.state !== 'synced') return state;
    if (this.#tooOld !== undefined) return { state: 'connecting', reason: this.#tooOld };
    if (this.#gateways !== undefined && this.#gateways.state.state !== 'synced') {
      return this.#gateways.state;
    }
    const isComplete =
      this.#pending === 0 && this.#interest !== undefined && this.#join.unplaced.size === 0;
    return isComplete ? state : { state: 'connecting', reason: 'reading the rows of this node' };
  }

  setInterest(interest: PortInterest): void {
    this.#interest = interest;
    this.#request();
  }

  async close(): Promise<void> {
    await Promise.all([this.#database.close(), this.#gateways?.close()]);
  }

  /** Whether the schema, once it is known, has what says where a gateway is. */
  get #saysHosting(): boolean | undefined {
    return this.#database.schema?.tables.get('Logical_Router_Port')?.columns.has('status');
  }

  get #tooOld(): string | undefined {
    if (this.#saysHosting !== false || this.#gateways !== undefined) return undefined;
    return 'OVN_Northbound has no Logical_Router_Port.status, which says where gateways are, before OVN 23.09; upgrade OVN, or set ovn.southbound';
  }

  /** As soon as the schema is known. */
  #begin(): void {
    if (this.#isOpen || this.#saysHosting === undefined) return;
    this.#isOpen = true;
    const { southbound, inactivityProbe, systemId, clock, random, log } = this.#options;
    this.#events.updated([{ of: 'chassis', value: systemId }]);
    if (this.#saysHosting || southbound.endpoints.length === 0) return;
    this.#gateways = openGatewaysHere(
      { ...southbound, inactivityProbe, systemId, clock, random, log },
      () => {
        this.#join.bind(this.#gateways?.names ?? new Set());
        this.#publish(this.#join.flush());
        this.#request();
        this.#events.stateChanged();
      },
    );
  }

  #publish(updates: readonly InventoryUpdate[]): void {
    if (updates.length > 0) this.#events.updated(updates);
  }

  #request(): void {
    if (this.#interest === undefined || !this.#isOpen) return;
    const { switches } = this.#join;
    const bound = this.#gateways?.names ?? new Set<string>();
    const dhcpOf = (name: string) => this.#join.dhcpOf(name);
    const known = { tables: this.#database, switches, bound, dhcpOf };
    const conditions = conditionsOf(this.#interest, this.#options, known);
    if (equalData(conditions, this.#applied)) return;
    this.#applied = conditions;
    this.#pending += 1;
    void this.#database.setConditions({ ...conditions }).then(() => {
      this.#pending -= 1;
      this.#events.stateChanged();
    });
  }

  /** One question at a time; what could not be asked is asked again when the database is back. */
  async #askForSwitches(): Promise<void> {
    if (this.#isAsking || this.#database.state.name !== 'synced') return;
    this.#isAsking = true;
    while (this.#join.unplaced.size > 0) {
      const found = await findSwitches(this.#database, [...this.#join.unplaced]);
      if (found === undefined) break;
      for (const [port, name] of found) this.#join.place(port, name);
      this.#publish(this.#join.flush());
      this.#request();
      this.#events.stateChanged();
    }
    this.#isAsking = false;
  }
}
