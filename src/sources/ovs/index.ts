/** Watches this node's Open_vSwitch database: identity, OVN settings, bridges. Reads only. */

import { equalData } from '../../base/equal.ts';
import type { LocalOvs } from '../../inventory/local-ovs.ts';
import type { Source, SourceEvents } from '../../inventory/source.ts';
import { integrationBridge, type OvsDatabase } from '../../ovs/database.ts';
import type { Uuid } from '../../protocols/ovsdb/index.ts';
import { sourceState } from '../state.ts';
import { type BridgePort, readLocalOvs } from './local-ovs.ts';

export function openOvsSource(database: OvsDatabase, events: SourceEvents): Source {
  let last: LocalOvs | undefined;

  const readPort = (uuid: Uuid): readonly BridgePort[] => {
    const port = database.table('Port').get(uuid);
    if (port === undefined) return [];
    const types = port.interfaces.map((each) => database.table('Interface').get(each)?.type ?? '');
    return [{ name: port.name, types, isOurs: port.external_ids.has('selvedge') }];
  };
  const read = (): LocalOvs => {
    const [settings] = [...database.table('Open_vSwitch')];
    const integration = integrationBridge(settings?.external_ids);
    const bridges = [...database.table('Bridge')].map(({ name, ports }) => ({
      name,
      // The integration bridge has a port for every VM, of which none leads out of the node.
      ports: name === integration ? [] : ports.flatMap(readPort),
    }));
    return readLocalOvs(settings?.external_ids ?? new Map<string, string>(), bridges);
  };

  database.onChange(
    () => {
      const value = read();
      // Most changes of this database (counters, other ports) alter nothing that is read here.
      if (last !== undefined && equalData(last, value)) return;
      last = value;
      events.updated([{ of: 'ovs', value }]);
    },
    { replay: true },
  );
  database.onState(() => events.stateChanged());

  return {
    name: 'Open_vSwitch',
    get state() {
      return sourceState(database.state);
    },
    // The database is closed by whoever opened it.
    close: async () => {},
  };
}
