/**
 * Losing the server and finding it again: restarts, resumption, silence, nonsense, old servers.
 * Real ovsdb-servers.
 */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';

import type { Log } from '../../../../src/base/ports.ts';
import { unwrap } from '../../../../src/base/result.ts';
import type {
  Changes,
  Database,
  DatabaseState,
  ReasonCode,
} from '../../../../src/protocols/ovsdb/index.ts';
import { openTest, type TestTables, testSchema } from '../support/items.ts';
import { relayTo, startRelay } from '../support/relay.ts';
import { type OvsdbServer, startServer, until } from '../support/server.ts';

/**
 * A server of one database, in a cluster of one: only clusters know which transactions there were.
 */
const clusterOfOne = {
  create: (file: string) => ['create-cluster', file, testSchema, `unix:${file}.raft`],
};

function statesOf(db: Database<TestTables>): DatabaseState[] {
  const states: DatabaseState[] = [];
  db.onState((state) => states.push(state));
  return states;
}

function reasonsOf(states: readonly DatabaseState[]): ReasonCode[] {
  return states.flatMap((state) => (state.name === 'down' ? [state.reason.code] : []));
}

async function insert(db: Database<TestTables>, ...names: string[]): Promise<void> {
  const rows = names.map((name) => ({ op: 'insert', table: 'Item', row: { name } }) as const);
  unwrap(await db.transact(rows));
}

const names = (db: Database<TestTables>) => [...db.table('Item')].map(({ name }) => name).sort();

async function withServer(
  options: Parameters<typeof startServer>[0],
  use: (server: OvsdbServer) => Promise<void>,
): Promise<void> {
  const server = await startServer(options);
  try {
    await use(server);
  } finally {
    await server.stop();
  }
}

async function withClient(
  db: Database<TestTables>,
  use: (db: Database<TestTables>) => Promise<void>,
): Promise<void> {
  try {
    await use(db);
  } finally {
    await db.close();
  }
}

describe('a restart of the server', () => {
  it('is survived with the content kept, and resumed where the server can', () =>
    withServer(clusterOfOne, (server) =>
      withClient(openTest(server.endpoint), async (db) => {
        const states = statesOf(db);
        unwrap(await db.whenSynced());
        await insert(db, 'a', 'b');
        await until('both are heard', () => db.table('Item').size === 2);
        const heard: Changes<TestTables>[] = [];
        db.onChange((changes) => void heard.push(changes));
        await server.kill();
        await until('the loss is noticed', () => db.state.name === 'down');
        assert.deepEqual(names(db), ['a', 'b']);
        await server.start();
        const other = openTest(server.endpoint);
        unwrap(await other.whenSynced());
        unwrap(await db.whenSynced());
        const state = states.findLast(({ name }) => name === 'synced');
        assert.ok(state?.name === 'synced');
        assert.deepEqual(state.reading, { method: 'monitor_cond_since', resumed: true });
        assert.deepEqual(heard, []);
        await insert(other, 'c');
        await until('the new row is heard', () => db.table('Item').size === 3);
        assert.deepEqual(
          heard.map(({ cause }) => cause),
          ['update'],
        );
        await other.close();
      }),
    ));

  it('brings what changed meanwhile, by resumption, and nothing else', () =>
    withServer(clusterOfOne, async (server) => {
      const relay = await startRelay(relayTo(server.endpoint));
      const writer = openTest(server.endpoint);
      await withClient(openTest(relay.endpoint), async (db) => {
        unwrap(await writer.whenSynced());
        unwrap(await db.whenSynced());
        // A server forgets transactions that are larger than its content: let there be some.
        await insert(writer, ...Array.from({ length: 50 }, () => 'z'));
        await insert(writer, 'a', 'b');
        await until('all are heard', () => db.table('Item').size === 52);
        const heard: Changes<TestTables>[] = [];
        db.onChange((changes) => void heard.push(changes));
        relay.mute();
        await insert(writer, 'c');
        unwrap(
          await writer.transact([{ op: 'delete', table: 'Item', where: [['name', '==', 'a']] }]),
        );
        await relay.stop();
        assert.equal(db.table('Item').size, 52);
        // The same path again, this time with an open ear.
        const again = await startRelay(relayTo(server.endpoint));
        const { path } = relay.endpoint as { path: string };
        await relinkSocket(again.endpoint as { path: string }, path);
        await until('it caught up', () => names(db).slice(0, 3).join() === 'b,c,z');
        assert.deepEqual(
          heard.map(({ cause }) => cause),
          ['resync'],
        );
        assert.deepEqual(
          heard[0]
            ?.of('Item')
            .map(({ kind }) => kind)
            .sort(),
          ['delete', 'insert'],
        );
        assert.ok(db.state.name === 'synced' && db.state.reading.resumed);
        await again.stop();
        await rm(dirname(path), { recursive: true });
      });
      await writer.close();
    }));

  it('of a server that cannot resume brings the difference', () =>
    withServer({ schema: testSchema }, (server) =>
      withClient(openTest(server.endpoint), async (db) => {
        unwrap(await db.whenSynced());
        await insert(db, 'a', 'b', 'c');
        await until('all are heard', () => db.table('Item').size === 3);
        const heard: Changes<TestTables>[] = [];
        db.onChange((changes) => void heard.push(changes));
        const before = db.table('Item').find('name', 'b');
        server.pause();
        const other = openTest(server.endpoint);
        // Nobody hears of these before the connection is cut.
        const written = other.whenSynced().then(() =>
          other.transact([
            { op: 'delete', table: 'Item', where: [['name', '==', 'a']] },
            { op: 'update', table: 'Item', where: [['name', '==', 'b']], row: { count: 5 } },
            { op: 'insert', table: 'Item', row: { name: 'd' } },
          ]),
        );
        server.resume();
        unwrap(await written);
        await other.close();
        await until('it is heard', () => db.table('Item').find('name', 'd') !== undefined);
        heard.length = 0;
        await server.kill();
        await server.start();
        await until('the loss is noticed and mended', () => db.state.name === 'synced');
        assert.deepEqual(heard, [], 'the same content is no change');
        assert.notEqual(db.table('Item').find('name', 'b'), before);
        assert.deepEqual(names(db), ['b', 'c', 'd']);
        assert.ok(db.state.name === 'synced' && !db.state.reading.resumed);
      }),
    ));

  it('with another database in its place brings the difference to that', () =>
    withServer({ schema: testSchema }, (first) =>
      withServer({ schema: testSchema }, async (second) => {
        const writer = openTest(second.endpoint);
        unwrap(await writer.whenSynced());
        await insert(writer, 'x');
        await writer.close();
        const db = openTest([first.endpoint, second.endpoint], { shuffle: false });
        await withClient(db, async () => {
          unwrap(await db.whenSynced());
          await insert(db, 'a', 'b');
          await until('both are heard', () => db.table('Item').size === 2);
          const heard: Changes<TestTables>[] = [];
          db.onChange((changes) => void heard.push(changes));
          await first.kill();
          await until('the other is read', () => names(db).join() === 'x');
          assert.deepEqual(
            heard.map(({ cause }) => cause),
            ['resync'],
          );
          const kinds = heard[0]?.of('Item').map(({ kind }) => kind);
          assert.deepEqual(kinds?.sort(), ['delete', 'delete', 'insert']);
        });
      }),
    ));

  it('applies conditions that were changed while it was away', () =>
    withServer(clusterOfOne, (server) =>
      withClient(openTest(server.endpoint), async (db) => {
        unwrap(await db.whenSynced());
        await insert(db, 'a', 'b');
        await until('both are heard', () => db.table('Item').size === 2);
        await server.kill();
        await until('the loss is noticed', () => db.state.name !== 'synced');
        const changed = db.setConditions({ Item: [['name', '==', 'a']] });
        await server.start();
        unwrap(await changed);
        assert.deepEqual(names(db), ['a']);
      }),
    ));

  it('asks again for the locks that were held', () =>
    withServer({ schema: testSchema }, (server) =>
      withClient(openTest(server.endpoint), async (db) => {
        unwrap(await db.whenSynced());
        const lock = db.lock('l');
        const heard: boolean[] = [];
        lock.onChange((isHeld) => void heard.push(isHeld));
        await until('it is ours', () => lock.isHeld);
        await server.kill();
        await until('it is lost', () => !lock.isHeld);
        await server.start();
        await until('it is ours again', () => lock.isHeld);
        assert.deepEqual(heard, [true, false, true]);
      }),
    ));
});

describe('a server that', () => {
  const talks: readonly (readonly [string, string | Buffer, RegExp])[] = [
    ['is a web server', 'HTTP/1.1 400 Bad Request\r\n\r\n', /^not a JSON-RPC message: 'HTTP/],
    ['sends noise', Buffer.from([0x16, 0x03, 0x01, 0xff]), /^not a JSON-RPC message: '....'$/],
    [
      'sends JSON of another kind',
      '{"hello": "world"}',
      /^a message that is no request and no reply$/,
    ],
    [
      'answers what nobody asked',
      '{"id": 99, "result": 1, "error": null}',
      /^a reply to no request/,
    ],
    ['never ends its brackets', `{"id":${'['.repeat(100)}`, /^more than 64 brackets open at once$/],
    ['sends what is no text', Buffer.from('{"id":"\xff"}', 'latin1'), /^not JSON: /],
    ['sends half a message', '{"id":', /^the server closed the connection$/],
  ];
  for (const [what, octets, expected] of talks) {
    it(`${what} is left with a reason, and tried again`, async () => {
      const relay = await startRelay(() => (client) => void client.end(octets));
      await withClient(openTest(relay.endpoint), async (db) => {
        const states = statesOf(db);
        await until('it was tried three times', () => relay.accepted >= 3);
        const down = states.find((state) => state.name === 'down');
        assert.match(down?.reason.message ?? '', expected);
        assert.ok((down?.retryAt ?? 0) > (down?.since ?? 0), 'after a pause');
      });
      await relay.stop();
    });
  }

  it('turns to nonsense later leaves the content as it was', () =>
    withServer({ schema: testSchema }, async (server) => {
      let isSane = true;
      const relay = await startRelay((state) => (client) => {
        if (isSane) relayTo(server.endpoint)(state)(client);
        else client.end('nonsense');
      });
      await withClient(openTest(relay.endpoint), async (db) => {
        unwrap(await db.whenSynced());
        await insert(db, 'a');
        await until('it is heard', () => db.table('Item').size === 1);
        const states = statesOf(db);
        isSane = false;
        relay.cut();
        await until('it is noticed', () => reasonsOf(states).includes('nonsense'));
        assert.deepEqual(names(db), ['a']);
        const failed = await db.transact([]);
        assert.ok(!failed.ok && failed.error.kind === 'unsent');
        isSane = true;
        unwrap(await db.whenSynced());
        assert.deepEqual(names(db), ['a']);
      });
      await relay.stop();
    }));

  const uuid = '00000000-0000-4000-8000-000000000000';
  const updateOf = (row: unknown) =>
    JSON.stringify({
      id: null,
      method: 'update3',
      params: ['data', uuid, { Item: { [uuid]: row } }],
    });
  const relapses: readonly (readonly [string, string, RegExp])[] = [
    [
      'ends in the middle of an update',
      updateOf({ insert: {} }).slice(0, 90),
      /closed the connection/,
    ],
    [
      'sends a row of wrong types',
      updateOf({ insert: { count: 'many' } }),
      /a row of Item does not fit/,
    ],
    ['sends a row that is none', updateOf(7), /a row of Item does not fit/],
    [
      'sends more than the limit',
      updateOf({ insert: { name: 'x'.repeat(2000) } }),
      /longer than the limit/,
    ],
  ];
  for (const [what, octets, expected] of relapses) {
    it(`${what} later is left with a reason, keeps its content, and is read again`, () =>
      withServer({ schema: testSchema }, async (server) => {
        let client: Socket | undefined;
        const relay = await startRelay((state) => (each) => {
          client = each;
          relayTo(server.endpoint)(state)(each);
        });
        const limits = { valueBytes: 1000 };
        await withClient(openTest(relay.endpoint, { limits }), async (db) => {
          unwrap(await db.whenSynced());
          await insert(db, 'a');
          await until('it is heard', () => db.table('Item').size === 1);
          const states = statesOf(db);
          client?.end(octets);
          await until('it is left', () => states.some(({ name }) => name === 'down'));
          const down = states.find((state) => state.name === 'down');
          assert.match(down?.reason.message ?? '', expected);
          assert.deepEqual(names(db), ['a']);
          unwrap(await db.whenSynced());
          assert.deepEqual(names(db), ['a']);
        });
        await relay.stop();
      }));
  }

  it('contradicts itself is left, and read again in full', () =>
    withServer(clusterOfOne, async (server) => {
      const forged = '00000000-0000-4000-8000-000000000000';
      let inject: ((text: string) => void) | undefined;
      const relay = await startRelay((state) => (client) => {
        inject = (text) => void client.write(text);
        relayTo(server.endpoint)(state)(client);
      });
      await withClient(openTest(relay.endpoint), async (db) => {
        unwrap(await db.whenSynced());
        await insert(db, 'a');
        const states = statesOf(db);
        const update = { Item: { [forged]: { modify: { count: 1 } } } };
        inject?.(JSON.stringify({ id: null, method: 'update3', params: ['data', forged, update] }));
        await until('it is left', () => reasonsOf(states).includes('nonsense'));
        unwrap(await db.whenSynced());
        assert.ok(db.state.name === 'synced' && !db.state.reading.resumed);
        assert.deepEqual(names(db), ['a']);
      });
      await relay.stop();
    }));

  it('is stopped is found out by a probe', () =>
    withServer({ schema: testSchema }, (server) =>
      withClient(openTest(server.endpoint, { probeInterval: 100 }), async (db) => {
        unwrap(await db.whenSynced());
        await insert(db, 'a');
        await until('it is heard', () => db.table('Item').size === 1);
        const states = statesOf(db);
        server.pause();
        await until('it is given up', () => reasonsOf(states).includes('silent'));
        assert.deepEqual(names(db), ['a']);
        server.resume();
        unwrap(await db.whenSynced());
      }),
    ));

  it('says nothing from the beginning is found out by a probe', async () => {
    const relay = await startRelay(() => () => {});
    await withClient(openTest(relay.endpoint, { probeInterval: 50 }), async (db) => {
      const states = statesOf(db);
      await until('it is given up', () => reasonsOf(states).includes('silent'));
    });
    await relay.stop();
  });

  it('is merely quiet is kept: it answers our probes, and we answer its', () =>
    withServer({ schema: testSchema }, async (server) => {
      const relay = await startRelay(relayTo(server.endpoint));
      await withClient(openTest(relay.endpoint, { probeInterval: 250 }), async (db) => {
        unwrap(await db.whenSynced());
        const states = statesOf(db);
        const started = Date.now();
        await until('many probes have passed', () => Date.now() - started > 2000);
        assert.deepEqual(states, []);
        assert.equal(relay.accepted, 1);
      });
      await relay.stop();
    }));

  it('probes us is answered', async () => {
    const answers: string[] = [];
    const relay = await startRelay(() => (client) => {
      client.on('data', (octets) => answers.push(octets.toString()));
      client.write(
        '{"method":"echo","params":["x",1],"id":"probe"}{"method":"odd","params":[],"id":1}',
      );
    });
    await withClient(openTest(relay.endpoint), async () => {
      await until('both are answered', () => answers.join('').includes('unknown method'));
      assert.ok(answers.join('').includes('{"id":"probe","result":["x",1],"error":null}'));
    });
    await relay.stop();
  });

  it('does not have the database is left for one that has', () =>
    withServer({}, (southbound) =>
      withServer({ schema: testSchema }, async (right) => {
        const db = openTest([southbound.endpoint, right.endpoint], { shuffle: false });
        const states = statesOf(db);
        await withClient(db, async () => {
          unwrap(await db.whenSynced());
          assert.deepEqual(reasonsOf(states), ['unsuitable']);
        });
      }),
    ));
});

describe('a schema that changes while we read', () => {
  it('is read anew, and what it brings and takes is told', () =>
    withServer({ schema: testSchema }, (server) =>
      withClient(openTest(server.endpoint), async (db) => {
        unwrap(await db.whenSynced());
        const row = { name: 'a', count: 5, words: ['w'] };
        unwrap(await db.transact([{ op: 'insert', table: 'Item', row }]));
        await until('it is heard', () => db.table('Item').size === 1);
        const heard: Changes<TestTables>[] = [];
        db.onChange((changes) => void heard.push(changes));
        convert(server, (columns) => delete columns['count']);
        await until('the column goes', () => db.table('Item').find('name', 'a')?.count === 0);
        assert.deepEqual(
          db.problems.map(({ message }) => message),
          ["column Item.count is not in the server's schema"],
        );
        convert(server, (columns) => (columns['count'] = { type: 'integer' }));
        await until('it is back', () => db.problems.length === 0 && db.state.name === 'synced');
        const [change] = heard[0]?.of('Item') ?? [];
        assert.ok(change?.kind === 'modify');
        assert.deepEqual([heard[0]?.cause, change.columns], ['resync', ['count']]);
      }),
    ));

  function convert(server: OvsdbServer, edit: (columns: Record<string, unknown>) => void): void {
    const schema = JSON.parse(readFileSync(testSchema, 'utf8'));
    edit(schema.tables.Item.columns);
    const file = join(server.directory, 'new.ovsschema');
    writeFileSync(file, JSON.stringify(schema));
    const { path } = server.endpoint as { path: string };
    execFileSync('ovsdb-client', ['convert', `unix:${path}`, file], { stdio: 'pipe' });
  }
});

describe('a caller', () => {
  it('whose listeners throw is told so, and disturbs nothing', () =>
    withServer({ schema: testSchema }, async (server) => {
      const logged: string[] = [];
      const log: Log = (level, message) => void logged.push(`${level} ${message}`);
      await withClient(openTest(server.endpoint, { log }), async (db) => {
        db.onState(() => {
          throw new Error('state');
        });
        db.onChange(() => {
          throw new Error('change');
        });
        unwrap(await db.whenSynced());
        await insert(db, 'a');
        await until('it is heard', () => db.table('Item').size === 1);
        assert.ok(logged.includes('error a listener for the state failed'));
        assert.ok(logged.includes('error a listener for changes failed'));
      });
    }));

  it('is told once why a server stays away', async () => {
    const logged: string[] = [];
    const log: Log = (level, message) => void logged.push(`${level} ${message}`);
    const db = openTest({ kind: 'unix', path: '/nonexistent' }, { log });
    await withClient(db, () => until('it was tried', () => logged.length >= 3));
    const levels = logged.map((line) => line.split(' ')[0]);
    assert.deepEqual(levels.slice(0, 3), ['warn', 'debug', 'debug']);
    assert.match(
      logged[0] ?? '',
      /^warn lost unix:\/nonexistent: .*ENOENT.*; next attempt in 0\.\d s$/,
    );
  });
});

describe('an old server', () => {
  const olds = [
    ['monitor_cond', ['monitor_cond_since']],
    ['monitor', ['monitor_cond_since', 'monitor_cond']],
  ] as const;
  for (const [method, unknown] of olds) {
    it(`is read by ${method}`, () =>
      withServer({ schema: testSchema }, async (server) => {
        // Servers without these methods know no _Server database either.
        const relay = await startRelay(
          relayTo(server.endpoint, [...unknown, 'set_db_change_aware']),
        );
        await withClient(openTest(relay.endpoint), async (db) => {
          unwrap(await db.whenSynced());
          assert.ok(db.state.name === 'synced');
          assert.deepEqual(db.state.reading, { method, resumed: false });
          await insert(db, 'a', 'b');
          const where = [['name', '==', 'a']] as const;
          const mutations = [['words', 'insert', ['x']]] as const;
          unwrap(await db.transact([{ op: 'mutate', table: 'Item', where, mutations }]));
          await until('it is heard', () => db.table('Item').find('words', 'x')?.name === 'a');
          unwrap(await db.transact([{ op: 'delete', table: 'Item', where }]));
          await until('it is heard', () => names(db).join() === 'b');
          relay.cut();
          unwrap(await db.whenSynced());
          unwrap(await db.setConditions({ Item: [] }));
          const isFiltered = method === 'monitor_cond';
          assert.deepEqual(names(db), isFiltered ? [] : ['b']);
        });
        await relay.stop();
      }));
  }
});

async function relinkSocket(from: { path: string }, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await symlink(from.path, to);
}
