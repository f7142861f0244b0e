/**
 * 100,000 ports in a real Southbound database: all of them arrive, and the process stays alive
 * while they do.
 */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { unwrap } from '../../../../src/base/result.ts';
import { type Changes, parseUuid, type Uuid } from '../../../../src/protocols/ovsdb/index.ts';
import {
  loadPorts,
  openPorts,
  portRow,
  portsPerDatapath,
  type PortTables,
} from '../support/ports.ts';
import { type OvsdbServer, startServer, until } from '../support/server.ts';

const count = 100_000;
let server: OvsdbServer;

before(async () => {
  server = await startServer();
  await loadPorts(server.endpoint, count);
});
after(() => server.stop());

describe('a table of 100,000 rows', () => {
  it('is read whole, in one change set, in pieces that leave the event loop free', async () => {
    const db = openPorts(server.endpoint);
    const heard: Changes<PortTables>[] = [];
    db.onChange((changes) => void heard.push(changes));
    let turns = 0;
    const turn = setInterval(() => (turns += 1), 1);
    unwrap(await db.whenSynced());
    clearInterval(turn);
    assert.ok(turns > 50, `timers ran ${turns} times while the table came`);
    const ports = db.table('Port_Binding');
    assert.equal(ports.size, count);
    assert.deepEqual(
      heard.map((changes) => changes.of('Port_Binding').length),
      [count],
    );
    for (const i of [0, 1, 4_711, count - 1]) {
      const { tunnel_key, ...row } = portRow(i);
      const read = ports.find('logical_port', row.logical_port);
      assert.deepEqual({ ...read, ...row }, { ...read }, `port ${i}`);
      assert.equal(ports.by('datapath', read?.datapath ?? '').length, portsPerDatapath);
      assert.equal(read?.tunnel_key, tunnel_key);
    }
    await db.close();
  });

  it('is read in part, where conditions ask for a part', async () => {
    const db = openPorts(server.endpoint);
    const [one, two] = [portRow(0), portRow(50_000)].map((row) => row.logical_port);
    unwrap(
      await db.setConditions({
        Port_Binding: [
          ['logical_port', '==', one],
          ['logical_port', '==', two],
        ],
      }),
    );
    assert.equal(db.table('Port_Binding').size, 2);
    const datapath = [...db.table('Port_Binding')][0]!.datapath satisfies Uuid;
    assert.ok(parseUuid(datapath).ok);
    unwrap(await db.setConditions({ Port_Binding: [['datapath', '==', datapath]] }));
    assert.equal(db.table('Port_Binding').size, portsPerDatapath);
    const where = [['datapath', '==', datapath]] as const;
    const row = { up: false };
    unwrap(await db.transact([{ op: 'update', table: 'Port_Binding', where, row }]));
    await until('all are down', () =>
      [...db.table('Port_Binding')].every(({ up }) => up === false),
    );
    await db.close();
  });
});
