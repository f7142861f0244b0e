/** The Southbound source on a real ovsdb-server: which rows it asks for, and what it makes of a group that changes. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { silentLog } from '../../src/base/ports.ts';
import type { CloudSource, InventoryUpdate, PortInterest } from '../../src/inventory/source.ts';
import {
  named,
  openDatabase,
  type Operation,
  parseUuid,
  systemClock,
  type Uuid,
} from '../../src/protocols/ovsdb/index.ts';
import { openSouthboundSource } from '../../src/sources/ovn-sb/index.ts';
import { fileMemory, type Remembered } from '../../src/sources/ovn-sb/memory.ts';
import { type OvsdbServer, startServer, until } from '../protocols/ovsdb/support/server.ts';

const ports = { clock: systemClock, random: Math.random, log: silentLog };
const interest: PortInterest = {
  ownChassis: true,
  ownGroups: true,
  types: new Set(),
  datapaths: new Set(),
  names: new Set(),
};

describe('the groups of gateways that this node is a member of', () => {
  let server: OvsdbServer;
  let database: ReturnType<typeof openDatabase>;
  let source: CloudSource;
  let updates: InventoryUpdate[] = [];
  /** What the source asked for, each time when that was something else. */
  const asked: Remembered[] = [];

  const write = async (...operations: readonly Operation[]) => {
    const result = await database.transact(operations);
    assert.ok(result.ok, JSON.stringify(result));
    await until('all is read', () => source.state.state === 'synced');
  };
  const heard = (): readonly string[] => {
    const lines = updates.flatMap((update) => {
      if (update.of === 'membership') return [update.value ? 'member' : 'no member'];
      if (update.of !== 'port') return [];
      const { before: gone, after: come } = update;
      return [`${gone === undefined ? '-' : gone.name} to ${come === undefined ? '-' : come.name}`];
    });
    updates = [];
    return lines;
  };
  /** A chassis by name: `here` or `there`. */
  const chassisIds = { here: uuid(1), there: uuid(2) };
  type Name = keyof typeof chassisIds;
  const register = (name: Name, ip: string): readonly Operation[] => {
    const row = { type: 'geneve', ip, chassis_name: name };
    const as = `${name}Encap`;
    return [
      { op: 'insert', table: 'Encap', as, row },
      {
        op: 'insert',
        table: 'Chassis',
        uuid: chassisIds[name],
        row: { name, encaps: [named(as)] },
      },
    ];
  };
  /** As ovn-northd does it: all members anew, in one transaction with the group. */
  const reseat = (...members: readonly Name[]): readonly Operation[] => [
    ...members.map(
      (name, at): Operation => ({
        op: 'insert',
        table: 'HA_Chassis',
        as: `seat${at}`,
        row: { chassis: chassisIds[name], priority: at },
      }),
    ),
    {
      op: 'update',
      table: 'HA_Chassis_Group',
      where: [],
      row: { ha_chassis: members.map((_, at) => named(`seat${at}`)) },
    },
  ];

  const open = (): CloudSource => {
    const opened = openSouthboundSource(
      {
        ...ports,
        endpoints: [server.endpoint],
        tls: undefined,
        inactivityProbe: 0,
        systemId: 'here',
        memory: { recall: () => asked.at(-1), remember: (what) => void asked.push(what) },
      },
      { updated: (more) => void updates.push(...more), stateChanged: () => {} },
    );
    opened.setInterest(interest);
    return opened;
  };

  before(async () => {
    server = await startServer();
    database = openDatabase({
      ...ports,
      endpoints: [server.endpoint],
      database: 'OVN_Southbound',
      tables: {},
    });
    source = open();
    await until('the server is there', () => database.state.name === 'synced');
    await write(
      ...register('here', '192.0.2.1'),
      ...register('there', '192.0.2.2'),
      { op: 'insert', table: 'HA_Chassis_Group', as: 'group', row: { name: 'g' } },
      ...reseat('there'),
      { op: 'insert', table: 'Datapath_Binding', as: 'router', row: { tunnel_key: 1 } },
      {
        op: 'insert',
        table: 'Port_Binding',
        row: {
          logical_port: 'cr-lrp',
          type: 'chassisredirect',
          datapath: named('router'),
          tunnel_key: 1,
          ha_chassis_group: [named('group')],
        },
      },
    );
    await until('the chassis is read', () => updates.some(({ of }) => of === 'chassis'));
  });

  after(async () => {
    await source.close();
    await database.close();
    await server.stop();
  });

  test('are no concern of a node that is in none', () => {
    assert.deepEqual(heard(), []);
  });

  test('bring the gateways that may move here', async () => {
    await write(...reseat('there', 'here'));
    await until('the gateway is read', () => updates.some(({ of }) => of === 'port'));
    assert.deepEqual(heard(), ['member', '- to cr-lrp']);
  });

  test('are not left when ovn-northd makes the members anew', async () => {
    await write(...reseat('here', 'there'));
    await write(...reseat('there', 'here'));
    const options = new Map([['distributed-port', 'lrp']]);
    await write({ op: 'update', table: 'Port_Binding', where: [], row: { options } });
    await until('the last change is read', () => updates.length > 0);
    assert.deepEqual(heard(), ['cr-lrp to cr-lrp']);
  });

  test('keep the floating IPs that a port has when one more comes, and do not read them again', async () => {
    const entry = (last: number) =>
      `fa:16:3e:00:00:05 172.24.4.${last} is_chassis_resident("vm-${last}")`;
    const set = async (...nat_addresses: readonly string[]) => {
      await write({ op: 'update', table: 'Port_Binding', where: [], row: { nat_addresses } });
      await until('it is read', () => updates.length > 0);
      const [update] = updates.splice(0);
      assert.ok(update?.of === 'port');
      return update;
    };
    const { after: one } = await set(entry(1));
    const known = one?.nat.at('vm-1')[0];
    const { before: former, after: two } = await set(entry(1), entry(2));
    assert.ok(known !== undefined && two?.nat.at('vm-1')[0] === known);
    assert.deepEqual([former?.nat.names('vm-2'), two.nat.names('vm-2')], [false, true]);
    await set();
  });

  /** What a source that is opened now says until it is in step, and how often it had to ask anew. */
  const openAnew = async () => {
    await source.close();
    updates = [];
    const known = asked.length;
    source = open();
    await until('all is read', () => source.state.state === 'synced');
    return { heard: heard(), times: asked.length - known };
  };

  test('are asked for at once by a run that knows what the one before it asked for', async () => {
    assert.deepEqual(await openAnew(), { heard: ['member', '- to cr-lrp'], times: 0 });
  });

  test('are found also by one that knows only what was once', async () => {
    const old = asked.at(-1);
    assert.ok(old);
    asked.push({ ...old, seats: [uuid(8)], groups: [uuid(9)] });
    const { heard: lines, times } = await openAnew();
    assert.deepEqual(lines, ['member', '- to cr-lrp']);
    assert.ok(times > 0);
  });

  test('are kept when ovn-controller makes the row of this chassis anew', async () => {
    await source.close();
    source = open();
    await until('all is read', () => source.state.state === 'synced');
    updates = [];
    chassisIds.here = uuid(3);
    const gone: Operation = { op: 'delete', table: 'Chassis', where: [['name', '==', 'here']] };
    await write(gone, ...register('here', '192.0.2.1'), ...reseat('there', 'here'));
    const isKnown = ({ of, value }: { of: string; value?: unknown }): boolean =>
      of === 'chassis' && value === chassisIds.here;
    await until('the new row is known', () => updates.some(isKnown));
    // Only now what follows from it is asked for.
    const options = new Map([['distributed-port', 'lrp-2']]);
    await write({ op: 'update', table: 'Port_Binding', where: [], row: { options } });
    await until('the last change is read', () => updates.some(({ of }) => of === 'port'));
    assert.deepEqual(heard(), ['cr-lrp to cr-lrp']);
  });

  test('are left when this node is taken out', async () => {
    await write(...reseat('there'));
    await until('the gateway is gone', () => updates.some(({ of }) => of === 'port'));
    assert.deepEqual(heard(), ['no member', 'cr-lrp to -']);
  });
});

describe('what is remembered from one run to the next', () => {
  const dir = mkdtempSync(join(tmpdir(), 'selvedge-memory-'));
  const path = join(dir, 'southbound.json');
  after(() => rmSync(dir, { recursive: true }));
  const what: Remembered = {
    systemId: 'here',
    chassis: uuid(1),
    seats: [],
    groups: [uuid(2)],
    ownGroups: true,
    types: ['localnet'],
    datapaths: [uuid(3)],
    names: ['lrp'],
  };

  test('is what was written last, for the same chassis only', async () => {
    const memory = fileMemory(path, silentLog);
    assert.equal(memory.recall('here'), undefined);
    memory.remember({ ...what, names: [] });
    memory.remember(what);
    await until(
      'it is written',
      () => fileMemory(path, silentLog).recall('here')?.names[0] === 'lrp',
    );
    assert.deepEqual(memory.recall('here'), what);
    assert.equal(memory.recall('there'), undefined);
  });

  for (const [title, text] of Object.entries({
    'half a file': '{"systemId":"here"',
    'another form': JSON.stringify({ ...what, names: 'lrp' }),
    'what is no UUID': JSON.stringify({ ...what, datapaths: ['router'] }),
    'no object': 'null',
  })) {
    test(`is nothing when there is ${title}`, () => {
      writeFileSync(path, text);
      assert.equal(fileMemory(path, silentLog).recall('here'), undefined);
    });
  }

  test('is not needed: where nothing can be written, that is a word in the log', async () => {
    const said: string[] = [];
    const memory = fileMemory(join(dir, 'no/such.json'), (_, text) => void said.push(text));
    memory.remember(what);
    await until('it is said', () => said.length > 0);
    assert.match(said.join(), /^cannot write .*no\/such\.json: Error: ENOENT/);
    assert.equal(memory.recall('here'), undefined);
  });
});

function uuid(last: number): Uuid {
  const parsed = parseUuid(`00000000-0000-4000-8000-00000000000${last}`);
  assert.ok(parsed.ok);
  return parsed.value;
}
