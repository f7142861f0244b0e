/** Watches this node's Open_vSwitch database: identity, OVN settings, bridges. Reads only. */

import { equalData } from '../../base/equal.ts';
import type { Clock, Log, Random } from '../../base/ports.ts';
import type { LocalOvs } from '../../inventory/local-ovs.ts';
import type { Source, SourceEvents } from '../../inventory/source.ts';
import type { Endpoint } from '../../net/endpoint.ts';
import { map, one, openDatabase, set, table } from '../../protocols/ovsdb/index.ts';
import { sourceState } from '../state.ts';
import { readLocalOvs } from './local-ovs.ts';

const tables = {
  Open_vSwitch: table({ columns: { external_ids: map('string', 'string') } }),
  Bridge: table({ columns: { name: one('string'), ports: set('uuid') } }),
  Port: table({
    columns: {
      name: one('string'),
      interfaces: set('uuid'),
      external_ids: map('string', 'string'),
    },
  }),
  Interface: table({ columns: { name: one('string'), type: one('string') } }),
};

export interface OvsSourceOptions {
  readonly endpoints: readonly Endpoint[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export function openOvsSource(options: OvsSourceOptions, events: SourceEvents): Source {
  const database = openDatabase({ ...options, database: 'Open_vSwitch', tables });
  let last: LocalOvs | undefined;

  const read = (): LocalOvs => {
    const [settings] = [...database.table('Open_vSwitch')];
    const bridges = [...database.table('Bridge')].map(({ name, ports }) => ({
      name,
      ports: ports.flatMap((uuid) => {
        const port = database.table('Port').get(uuid);
        if (port === undefined) return [];
        const types = port.interfaces.map(
          (each) => database.table('Interface').get(each)?.type ?? '',
        );
        return [{ name: port.name, types, isOurs: port.external_ids.has('selvedge') }];
      }),
    }));
    return readLocalOvs(settings?.external_ids ?? new Map<string, string>(), bridges);
  };

  database.onChange(() => {
    const value = read();
    // Most changes of this database (counters, other ports) alter nothing that is read here.
    if (last !== undefined && equalData(last, value)) return;
    last = value;
    events.updated([{ of: 'ovs', value }]);
  });
  database.onState(() => events.stateChanged());

  return {
    name: 'Open_vSwitch',
    get state() {
      return sourceState(database.state);
    },
    close: () => database.close(),
  };
}
