/**
 * Watches OVN_Southbound: the own Chassis, and those rows of Port_Binding that this node is interested in. Row
 * conditions keep the rest of the cloud away. Reads only.
 */

import { equalData } from '../../base/equal.ts';
import type { Clock, Log, Random } from '../../base/ports.ts';
import { type PortBinding, parsePortBinding } from '../../inventory/port-binding.ts';
import type {
  InventoryUpdate,
  PortInterest,
  Source,
  SourceEvents,
  SourceState,
} from '../../inventory/source.ts';
import type { PortBindingRow } from '../../inventory/row.ts';
import type { Endpoint } from '../../net/endpoint.ts';
import {
  type Condition,
  map,
  one,
  openDatabase,
  optional,
  required,
  set,
  type TlsFiles,
  table,
} from '../../protocols/ovsdb/index.ts';
import { sourceState } from '../state.ts';

const portBindingColumns = {
  logical_port: required(one('string')),
  type: one('string'),
  datapath: one('uuid'),
  chassis: optional('uuid'),
  mac: set('string'),
  nat_addresses: set('string'),
  options: map('string', 'string'),
  external_ids: map('string', 'string'),
  tag: optional('integer'),
};

export interface SouthboundOptions {
  readonly endpoints: readonly Endpoint[];
  readonly tls: TlsFiles | undefined;
  /** Milliseconds; 0 never probes. */
  readonly inactivityProbe: number;
  /** `name` of the own Chassis. */
  readonly systemId: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface SouthboundSource extends Source {
  /** Asks for these rows; until they have been delivered the source is not synced. */
  setInterest(interest: PortInterest): void;
}

export function openSouthboundSource(
  options: SouthboundOptions,
  events: SourceEvents,
): SouthboundSource {
  const { endpoints, tls, clock, random, log } = options;
  const database = openDatabase({
    endpoints,
    ...(tls === undefined ? {} : { tls }),
    probeInterval: options.inactivityProbe,
    clock,
    random,
    log,
    database: 'OVN_Southbound',
    tables: {
      Chassis: table({
        columns: { name: one('string') },
        where: [['name', '==', options.systemId]],
      }),
      Port_Binding: table({
        columns: portBindingColumns,
        // A row that an older agent's gateway could have: the rest follows when the own chassis is known.
        where: [['type', '==', 'localnet']],
      }),
    },
  });
  const ports = new Map<string, PortBinding>();
  let chassis: string | undefined;
  let interest: PortInterest | undefined;
  let applied: readonly Condition[] = [];
  let pending = 0;

  const request = () => {
    if (interest === undefined) return;
    const clauses = clausesOf(interest, chassis);
    if (equalData(clauses, applied)) return;
    applied = clauses;
    pending += 1;
    void database.setConditions({ Port_Binding: clauses }).then(() => {
      pending -= 1;
      events.stateChanged();
    });
  };

  database.onChange((changes) => {
    const updates: InventoryUpdate[] = [];
    for (const change of changes.of('Chassis')) {
      const value = change.kind === 'delete' ? undefined : change.new._uuid;
      // A Chassis that was made anew: the old row goes in the same transaction, in either order.
      if (change.kind === 'delete' && chassis !== change.uuid) continue;
      chassis = value;
      updates.push({ of: 'chassis', value });
    }
    for (const change of changes.of('Port_Binding')) {
      const before = ports.get(change.uuid);
      const after = change.kind === 'delete' ? undefined : parsePortBinding(toRow(change.new));
      if (after === undefined) ports.delete(change.uuid);
      else ports.set(change.uuid, after);
      updates.push({ of: 'port', before, after });
    }
    if (updates.length > 0) events.updated(updates);
    request();
  });
  database.onState(() => events.stateChanged());

  return {
    name: 'OVN_Southbound',
    get state(): SourceState {
      const state = sourceState(database.state);
      const isComplete = pending === 0 && interest !== undefined && chassis !== undefined;
      if (state.state !== 'synced' || isComplete) return state;
      const reason =
        chassis === undefined
          ? `there is no Chassis named ${options.systemId}; is ovn-controller running?`
          : 'reading the rows of this node';
      return { state: 'connecting', reason };
    },
    setInterest: (wanted) => {
      interest = wanted;
      request();
    },
    close: () => database.close(),
  };
}

function toRow(row: Omit<PortBindingRow, 'uuid'> & { readonly _uuid: string }): PortBindingRow {
  return { ...row, uuid: row._uuid };
}

/** Sorted, so that equal interests are equal clauses. */
function clausesOf(interest: PortInterest, chassis: string | undefined): readonly Condition[] {
  const own: readonly Condition[] =
    interest.ownChassis && chassis !== undefined ? [['chassis', '==', chassis]] : [];
  const each = (column: string, values: ReadonlySet<string>): readonly Condition[] =>
    [...values].sort().map((value): Condition => [column, '==', value]);
  return [
    ...own,
    ...each('type', interest.types),
    ...each('datapath', interest.datapaths),
    ...each('logical_port', interest.names),
  ];
}
