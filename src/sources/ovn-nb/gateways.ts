/**
 * Which gateways are bound to the own chassis, from OVN_Southbound: before OVN 23.09 the Northbound database does not say
 * where a gateway is. Reads only.
 */

import type { SourceState } from '../../inventory/source.ts';
import { one, openDatabase, optional, table } from '../../protocols/ovsdb/index.ts';
import { type ConnectionOptions, connectionOf } from '../connection.ts';
import { sourceState } from '../state.ts';

export interface GatewaysOptions extends ConnectionOptions {
  readonly systemId: string;
}

export interface GatewaysHere {
  readonly state: SourceState;
  /** Names of the chassisredirect ports that are bound here. */
  readonly names: ReadonlySet<string>;
  close(): Promise<void>;
}

export function openGatewaysHere(options: GatewaysOptions, changed: () => void): GatewaysHere {
  const { systemId } = options;
  const database = openDatabase({
    ...connectionOf(options),
    database: 'OVN_Southbound',
    tables: {
      Chassis: table({ columns: { name: one('string') }, where: [['name', '==', systemId]] }),
      Port_Binding: table({
        columns: { logical_port: one('string'), type: one('string'), chassis: optional('uuid') },
        where: [],
      }),
    },
  });
  let names: ReadonlySet<string> = new Set();
  let chassis: string | undefined;
  let pending = 0;

  const follow = () => {
    const [own] = [...database.table('Chassis')];
    if (own?._uuid === chassis) return;
    chassis = own?._uuid;
    pending += 1;
    const where = own === undefined ? [] : ([['chassis', '==', own._uuid]] as const);
    void database.setConditions({ Port_Binding: where }).then(() => {
      pending -= 1;
      changed();
    });
  };

  database.onChange((changes) => {
    follow();
    if (!changes.tables.has('Port_Binding')) return;
    const bound = [...database.table('Port_Binding')].filter(
      (row) => row.type === 'chassisredirect' && row.chassis === chassis,
    );
    names = new Set(bound.map(({ logical_port }) => logical_port));
    changed();
  });
  database.onState(changed);

  return {
    get state(): SourceState {
      const state = sourceState(database.state);
      if (state.state !== 'synced' || (pending === 0 && chassis !== undefined)) return state;
      const reason =
        chassis === undefined
          ? `there is no Chassis named ${systemId} in OVN_Southbound; is ovn-controller running?`
          : 'reading the gateways of this node from OVN_Southbound';
      return { state: 'connecting', reason };
    },
    get names(): ReadonlySet<string> {
      return names;
    },
    close: () => database.close(),
  };
}
