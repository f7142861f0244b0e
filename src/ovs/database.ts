/**
 * The node's Open_vSwitch database, as all of this program reads and writes it: one client, so that every row comes once
 * and is read once. Opened and closed by whoever puts the parts together.
 */

import type { Clock, Log, Random } from '../base/ports.ts';
import type { Endpoint } from '../net/endpoint.ts';
import {
  type Changes,
  type Database,
  map,
  one,
  openDatabase,
  optional,
  set,
  table,
} from '../protocols/ovsdb/index.ts';

const tables = {
  Open_vSwitch: table({ columns: { external_ids: map('string', 'string') } }),
  Bridge: table({
    columns: { name: one('string'), ports: set('uuid') },
    index: { name: 'name', ports: 'ports' },
  }),
  Port: table({
    columns: {
      name: one('string'),
      interfaces: set('uuid'),
      tag: optional('integer'),
      external_ids: map('string', 'string'),
    },
    index: { name: 'name' },
  }),
  Interface: table({
    columns: {
      name: one('string'),
      type: one('string'),
      ofport: optional('integer'),
      mtu_request: optional('integer'),
      error: optional('string'),
    },
    index: { name: 'name' },
  }),
};

export type OvsDatabase = Database<typeof tables>;
export type OvsChanges = Changes<typeof tables>;

export interface OvsDatabaseOptions {
  readonly endpoints: readonly Endpoint[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export function openOvsDatabase(options: OvsDatabaseOptions): OvsDatabase {
  return openDatabase({ ...options, database: 'Open_vSwitch', tables });
}

/** The bridge that OVN has for itself, `external_ids:ovn-bridge`. */
export function integrationBridge(settings: ReadonlyMap<string, string> | undefined): string {
  return settings?.get('ovn-bridge') ?? 'br-int';
}
