/** What is read of this node's own OVN_Northbound: rows as specs, with the mark that says whose they are. */

import type { Clock, Log, Random } from '../../base/ports.ts';
import type { Endpoint } from '../../net/endpoint.ts';
import {
  type Database,
  map,
  one,
  openDatabase,
  optional,
  set,
  table,
} from '../../protocols/ovsdb/index.ts';

const externalIds = map('string', 'string');

/** Not the columns by which rows are held: of thousands of routes each change would be one of the whole set. */
const tables = {
  /** Here ovn-northd says which version it is; liveness is in other columns. */
  NB_Global: table({ columns: { options: map('string', 'string') } }),
  Logical_Switch: table({
    columns: { name: one('string'), external_ids: externalIds },
  }),
  Logical_Switch_Port: table({
    columns: {
      name: one('string'),
      type: one('string'),
      addresses: set('string'),
      options: map('string', 'string'),
      tag: optional('integer'),
      external_ids: externalIds,
    },
  }),
  Logical_Router: table({
    columns: {
      name: one('string'),
      options: map('string', 'string'),
      external_ids: externalIds,
    },
  }),
  Logical_Router_Port: table({
    columns: {
      name: one('string'),
      mac: one('string'),
      networks: set('string'),
      external_ids: externalIds,
    },
  }),
  Logical_Router_Static_Route: table({
    columns: {
      ip_prefix: one('string'),
      nexthop: one('string'),
      output_port: optional('string'),
      bfd: optional('uuid'),
      external_ids: externalIds,
    },
  }),
  Logical_Router_Policy: table({
    columns: {
      priority: one('integer'),
      match: one('string'),
      action: one('string'),
      external_ids: externalIds,
    },
  }),
  BFD: table({
    columns: { logical_port: one('string'), dst_ip: one('string'), external_ids: externalIds },
  }),
  Static_MAC_Binding: table({
    columns: {
      logical_port: one('string'),
      ip: one('string'),
      mac: one('string'),
      override_dynamic_mac: one('boolean'),
    },
    index: { logical_port: 'logical_port' },
  }),
};

export type NorthboundDatabase = Database<typeof tables>;

export interface NorthboundOptions {
  readonly endpoints: readonly Endpoint[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export function openNorthbound(options: NorthboundOptions): NorthboundDatabase {
  return openDatabase({ ...options, database: 'OVN_Northbound', tables });
}
