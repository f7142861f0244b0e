/**
 * Watches OVN_Southbound: the own Chassis, the HA_Chassis_Groups it is a member of, and those rows of Port_Binding that
 * this node is interested in. Row conditions keep the rest of the cloud away. Reads only.
 */

import { equalData } from '../../base/equal.ts';
import { exposesOf } from '../../inventory/exposes.ts';
import { type PortBinding, parsePortBinding } from '../../inventory/port-binding.ts';
import type {
  CloudSource,
  InventoryUpdate,
  PortInterest,
  SourceEvents,
  SourceState,
} from '../../inventory/source.ts';
import type { PortBindingRow } from '../../inventory/row.ts';
import {
  type Condition,
  map,
  one,
  openDatabase,
  optional,
  type RowChange,
  type RowOf,
  required,
  set,
  table,
} from '../../protocols/ovsdb/index.ts';
import { type ConnectionOptions, connectionOf } from '../connection.ts';
import { sourceState } from '../state.ts';
import { type BalancerConditions, Balancers, balancerTables } from './balancers.ts';
import type { Memory, Remembered } from './memory.ts';

const portBindingColumns = {
  logical_port: required(one('string')),
  type: one('string'),
  datapath: one('uuid'),
  chassis: optional('uuid'),
  ha_chassis_group: optional('uuid'),
  mac: set('string'),
  nat_addresses: set('string'),
  options: map('string', 'string'),
  external_ids: map('string', 'string'),
  tag: optional('integer'),
  up: optional('boolean'),
  additional_chassis: set('uuid'),
  virtual_parent: optional('string'),
};

export interface SouthboundOptions extends ConnectionOptions {
  /** `name` of the own Chassis. */
  readonly systemId: string;
  readonly memory: Memory;
}

export function openSouthboundSource(
  options: SouthboundOptions,
  events: SourceEvents,
): CloudSource {
  const { systemId, memory } = options;
  const remembered = memory.recall(systemId);
  const first = remembered === undefined ? unasked : recalled(remembered);
  const database = openDatabase({
    ...connectionOf(options),
    database: 'OVN_Southbound',
    tables: {
      Chassis: table({
        columns: { name: one('string'), external_ids: map('string', 'string') },
        where: [['name', '==', systemId]],
      }),
      // Which gateways may move here: asked for when the own chassis is known.
      HA_Chassis: table({ columns: { chassis: optional('uuid') }, where: first.HA_Chassis }),
      HA_Chassis_Group: table({
        columns: { ha_chassis: set('uuid') },
        where: first.HA_Chassis_Group,
      }),
      Port_Binding: table({ columns: portBindingColumns, where: first.Port_Binding }),
      ...balancerTables,
    },
  });
  const ports = new Map<string, PortBinding>();
  const balancers = new Balancers();
  /** Rows of HA_Chassis that stand for the own chassis; each makes it a member of one group. */
  const seats = new Set<string>();
  /** Rows of HA_Chassis_Group as delivered: only those with one of the seats are. */
  const delivered = new Set<string>();
  /** Those the own chassis counts as a member of. */
  const groups = new Set<string>();
  let chassis: string | undefined;
  let chassisExposes: boolean | undefined;
  let interest: PortInterest | undefined;
  // Load balancers are not remembered: what is asked of them follows from what comes.
  let applied: unknown = { ...first, ...balancers.conditions(new Set()) };
  let pending = 0;
  /** Whether what was asked for at first has come: before, nobody knows what else there is to ask for. */
  let isRead = false;

  const request = () => {
    if (interest === undefined || !isRead) return;
    const conditions = {
      ...conditionsOf(interest, { chassis, seats, groups }),
      ...balancers.conditions(balancedBy(interest, namesRouters())),
    };
    if (equalData(conditions, applied)) return;
    applied = conditions;
    if (chassis !== undefined) {
      const { types, datapaths, names, ownGroups } = interest;
      const own = { systemId, chassis, ownGroups, seats: [...seats], groups: [...groups] };
      memory.remember({ ...own, types: [...types], datapaths: [...datapaths], names: [...names] });
    }
    pending += 1;
    void database.setConditions(conditions).then(() => {
      pending -= 1;
      leave();
      events.stateChanged();
    });
  };

  /** Whether this OVN says which routers have a load balancer: since 23.09. */
  const namesRouters = () =>
    database.schema?.tables.get('Load_Balancer')?.columns.has('lr_datapath_group') === true;

  function* joined(): Iterable<InventoryUpdate> {
    for (const group of delivered.difference(groups)) {
      groups.add(group);
      yield { of: 'membership', group, value: true };
    }
  }

  /**
   * ovn-northd makes new seats for every change of a group, and a group with seats that were not asked for yet is not
   * delivered: only when nothing more is awaited is one that is not there left.
   */
  const leave = () => {
    if (pending > 0) return;
    const left = [...groups.difference(delivered)];
    if (left.length === 0) return;
    for (const group of left) groups.delete(group);
    events.updated(left.map((group) => ({ of: 'membership', group, value: false })));
    request();
  };

  database.onChange((changes) => {
    isRead = true;
    const updates: InventoryUpdate[] = [];
    for (const change of changes.of('Chassis')) {
      const value = change.kind === 'delete' ? undefined : change.new._uuid;
      // A Chassis that was made anew: the old row goes in the same transaction, in either order.
      if (change.kind === 'delete' && chassis !== change.uuid) continue;
      const exposes = change.kind === 'delete' ? undefined : exposesOf(change.new.external_ids);
      // Some write a sign of life into its external_ids, over and over.
      if (value === chassis && exposes === chassisExposes) continue;
      chassis = value;
      chassisExposes = exposes;
      updates.push({ of: 'chassis', value, exposes });
    }
    for (const change of changes.of('HA_Chassis')) {
      if (change.kind === 'delete') seats.delete(change.uuid);
      else seats.add(change.uuid);
    }
    for (const { kind, uuid } of changes.of('HA_Chassis_Group')) {
      if (kind === 'delete') delivered.delete(uuid);
      else delivered.add(uuid);
    }
    updates.push(...joined());
    for (const change of changes.of('Port_Binding')) {
      const before = ports.get(change.uuid);
      const after = portAfter(change, before);
      if (after === undefined) ports.delete(change.uuid);
      else ports.set(change.uuid, after);
      updates.push({ of: 'port', before, after });
    }
    const groupChanges = changes.of('Logical_DP_Group');
    updates.push(...balancers.read(namesRouters(), groupChanges, changes.of('Load_Balancer')));
    if (updates.length > 0) events.updated(updates);
    // Ports alone ask for nothing here: what follows from them comes by `setInterest`.
    const isNews = updates.some(({ of }) => of === 'chassis');
    const silent = new Set<string>(['Port_Binding', 'Chassis']);
    if (isNews || [...changes.tables].some((name) => !silent.has(name))) request();
    leave();
  });
  database.onState(({ name }) => {
    // Content without a single row is no change.
    if (name === 'synced' && !isRead) {
      isRead = true;
      request();
    }
    events.stateChanged();
  });

  return {
    name: 'OVN_Southbound',
    get state(): SourceState {
      const state = sourceState(database.state);
      const isComplete = pending === 0 && interest !== undefined && chassis !== undefined;
      if (state.state !== 'synced' || isComplete) return state;
      const reason =
        chassis === undefined
          ? `there is no Chassis named ${systemId}; is ovn-controller running?`
          : 'reading the rows of this node';
      return { state: 'connecting', reason };
    },
    get exchangesRoutes(): boolean | undefined {
      return database.schema?.tables.has('Advertised_Route');
    },
    setInterest: (wanted) => {
      interest = wanted;
      request();
    },
    close: () => database.close(),
  };
}

type PortRow = RowOf<typeof portBindingColumns>;

function portAfter(
  change: RowChange<PortRow>,
  before: PortBinding | undefined,
): PortBinding | undefined {
  if (change.kind === 'delete') return undefined;
  // What happens most: ovn-controller claims a port, says that it is up, or releases it.
  const isMoved =
    change.kind === 'modify' && change.columns.every((name) => name === 'chassis' || name === 'up');
  if (isMoved && before?.isMoving === false) {
    return { ...before, chassis: change.new.chassis, isUp: change.new.up !== false };
  }
  return parsePortBinding(toRow(change.new), before);
}

function toRow(row: Omit<PortBindingRow, 'uuid'> & { readonly _uuid: string }): PortBindingRow {
  return { ...row, uuid: row._uuid };
}

/** What is asked for as long as nothing is known: the rest follows from the own chassis. */
const unasked: Conditions = {
  HA_Chassis: [],
  HA_Chassis_Group: [],
  Port_Binding: [['type', '==', 'localnet']],
};

function recalled({ chassis, seats, groups, ...interest }: Remembered): Conditions {
  const { ownGroups, types, datapaths, names } = interest;
  const wanted = {
    ownChassis: true,
    ownGroups,
    types: new Set(types),
    datapaths: new Set(datapaths),
    names: new Set(names),
  };
  return conditionsOf(wanted, { chassis, seats: new Set(seats), groups: new Set(groups) });
}

function balancedBy({ balanced }: PortInterest, isByRouter: boolean): ReadonlySet<string> {
  if (balanced === undefined) return new Set();
  const { routers, switches } = balanced;
  return isByRouter ? routers : routers.union(switches);
}

interface Conditions extends Partial<BalancerConditions> {
  readonly HA_Chassis: readonly Condition[];
  readonly HA_Chassis_Group: readonly Condition[];
  readonly Port_Binding: readonly Condition[];
}

interface Own {
  readonly chassis: string | undefined;
  readonly seats: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
}

/** Sorted, so that equal interests are equal conditions. Each table's need what the one before it gave. */
function conditionsOf(interest: PortInterest, { chassis, seats, groups }: Own): Conditions {
  const own: readonly Condition[] = chassis === undefined ? [] : [['chassis', '==', chassis]];
  const coming: readonly Condition[] =
    chassis === undefined ? [] : [['additional_chassis', 'includes', [chassis]]];
  const each = (column: string, values: ReadonlySet<string>): readonly Condition[] =>
    [...values].sort().map((value): Condition => [column, '==', value]);
  const { ownChassis, ownGroups, types, datapaths, names, balanced } = interest;
  const portNames = [...(balanced?.portNames ?? [])].sort();
  return {
    HA_Chassis: ownGroups ? own : [],
    HA_Chassis_Group: [...seats]
      .sort()
      .map((seat): Condition => ['ha_chassis', 'includes', [seat]]),
    Port_Binding: [
      ...(ownChassis ? [...own, ...coming] : []),
      ...each('ha_chassis_group', groups),
      ...each('type', types),
      ...each('datapath', datapaths),
      ...each('logical_port', names),
      ...portNames.map((name): Condition => {
        return ['external_ids', 'includes', new Map([['neutron:port_name', name]])];
      }),
    ],
  };
}
