/**
 * A Southbound database with as many Port_Bindings as wanted, for the large table and for the
 * bench.
 */

import {
  type Database,
  map,
  named,
  one,
  openDatabase,
  type Operation,
  optional,
  set,
  table,
  type WriteRow,
} from '../../../../src/protocols/ovsdb/index.ts';
import { unwrap } from '../../../../src/base/result.ts';
import type { Endpoint } from '../../../../src/net/endpoint.ts';

/** The columns that a router of workloads wants: 14, as in the measurements. */
export const portTables = {
  Port_Binding: table({
    columns: {
      logical_port: one('string'),
      type: one('string'),
      gateway_chassis: set('uuid'),
      ha_chassis_group: optional('uuid'),
      options: map('string', 'string'),
      datapath: one('uuid'),
      tunnel_key: one('integer'),
      parent_port: optional('string'),
      tag: optional('integer'),
      chassis: optional('uuid'),
      mac: set('string'),
      nat_addresses: set('string'),
      up: optional('boolean'),
      external_ids: map('string', 'string'),
    },
    index: { logical_port: 'logical_port', datapath: 'datapath' },
  }),
};

export type PortTables = typeof portTables;

export const portsPerDatapath = 1000;

/** Row `i`, as Neutron writes them. */
export function portRow(i: number) {
  const [high, low] = [Math.floor(i / 250) % 250, i % 250];
  const id = (of: number) => `${of.toString(16).padStart(8, '0')}-5e1b-4d7e-9c1a-0242ac120002`;
  return {
    logical_port: id(i),
    type: '',
    tunnel_key: (i % portsPerDatapath) + 1,
    mac: [
      `fa:16:3e:00:${high.toString(16)}:${low.toString(16)} 10.${Math.floor(i / 62_500)}.${high}.${low}`,
    ],
    options: new Map([['requested-chassis', `compute-${i % 500}`]]),
    up: true,
    external_ids: new Map([
      ['neutron:cidrs', `10.${Math.floor(i / 62_500)}.${high}.${low}/24`],
      ['neutron:device_id', id(i + 1_000_000)],
      ['neutron:device_owner', 'compute:nova'],
      ['neutron:network_name', `neutron-${id(Math.floor(i / portsPerDatapath))}`],
      ['neutron:port_name', `port of tenant ${i}`],
      ['neutron:project_id', id(i % 97).replaceAll('-', '')],
      ['neutron:revision_number', '4'],
      ['neutron:security_group_ids', id(i % 211)],
    ]),
  } satisfies WriteRow;
}

/** Writes `count` ports, a datapath's worth a transaction. */
export async function loadPorts(endpoint: Endpoint, count: number): Promise<void> {
  const writer = openDatabase({
    endpoints: [endpoint],
    database: 'OVN_Southbound',
    tables: {},
    probeInterval: 0,
  });
  unwrap(await writer.whenSynced());
  for (let from = 0; from < count; from += portsPerDatapath) {
    const key = from / portsPerDatapath + 1;
    const operations: Operation[] = [
      { op: 'insert', table: 'Datapath_Binding', as: 'dp', row: { tunnel_key: key } },
    ];
    for (let i = from; i < Math.min(from + portsPerDatapath, count); i += 1) {
      const row = { ...portRow(i), datapath: named('dp') };
      operations.push({ op: 'insert', table: 'Port_Binding', row });
    }
    unwrap(await writer.transact(operations));
  }
  await writer.close();
}

export function openPorts(endpoint: Endpoint): Database<PortTables> {
  return openDatabase({ endpoints: [endpoint], database: 'OVN_Southbound', tables: portTables });
}
