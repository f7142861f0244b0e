/**
 * The client against a real ovsdb-server over a Unix socket: reading, every operation, conditions,
 * locks.
 */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';

import { unwrap } from '../../../../src/base/result.ts';
import {
  type Changes,
  type Database,
  named,
  type Operation,
  one,
  openDatabase,
  required,
  table,
  type TransactResult,
  type Uuid,
  type WriteRow,
} from '../../../../src/protocols/ovsdb/index.ts';
import { openTest, type TestTables, testSchema } from '../support/items.ts';
import { type OvsdbServer, startServer, until } from '../support/server.ts';
import { valueOf } from '../support/values.ts';

let server: OvsdbServer;
let db: Database<TestTables>;

before(async () => {
  server = await startServer({ schema: testSchema });
  db = openTest(server.endpoint);
  unwrap(await db.whenSynced());
});
after(async () => {
  await db.close();
  await server.stop();
});

const commit = async (...operations: readonly Operation[]) =>
  unwrap(await db.transact(operations)).results ?? [];

async function insertItem(row: WriteRow): Promise<Uuid> {
  const [result] = await commit({ op: 'insert', table: 'Item', row });
  return result?.uuid ?? assert.fail('no uuid');
}

function errorOf(result: TransactResult) {
  assert.ok(!result.ok && result.error.kind === 'refused', JSON.stringify(result));
  return result.error.error;
}

describe('reading', () => {
  it('holds what the server holds, whatever is written', async () => {
    const columns = [...(db.schema?.tables.get('Item')?.columns ?? [])].filter(
      ([, type]) => type.key.type !== 'uuid',
    );
    const values = fc.record(
      Object.fromEntries(columns.map(([name, type]) => [name, valueOf(type)])),
      { requiredKeys: [], noNullPrototype: true },
    );
    const uuid = await insertItem({ name: 'random' });
    await fc.assert(
      fc.asyncProperty(values, async (row) => {
        const [, selected] = await commit(
          { op: 'update', table: 'Item', where: [['_uuid', '==', uuid]], row },
          { op: 'select', table: 'Item', where: [['_uuid', '==', uuid]] },
        );
        const { _version, ...stored } = selected?.rows?.[0] ?? {};
        assert.ok(_version);
        assert.deepEqual(db.table('Item').get(uuid), stored);
      }),
      { numRuns: 150 },
    );
    await commit({ op: 'delete', table: 'Item', where: [] });
  });

  it('tells each transaction once, with the old and the new rows', async () => {
    const heard: Changes<TestTables>[] = [];
    const stop = db.onChange((changes) => void heard.push(changes));
    const uuid = await insertItem({ name: 'a', words: ['x', 'y'], ids: new Map([['vni', '7']]) });
    const where = [['_uuid', '==', uuid]] as const;
    await commit({ op: 'mutate', table: 'Item', where, mutations: [['words', 'delete', ['x']]] });
    await commit({ op: 'delete', table: 'Item', where });
    stop();
    const kinds = heard.map((changes) => changes.of('Item').map(({ kind }) => kind));
    assert.deepEqual(kinds, [['insert'], ['modify'], ['delete']]);
    const [modified] = heard[1]?.of('Item') ?? [];
    assert.ok(modified?.kind === 'modify');
    assert.deepEqual(modified.columns, ['words']);
    assert.deepEqual([modified.old.words, modified.new.words], [['x', 'y'], ['y']]);
    assert.deepEqual([...(heard[0]?.tables ?? [])], ['Item']);
  });

  it('finds rows by column, by element and by function', async () => {
    const uuid = await insertItem({ name: 'b', words: ['p', 'q'], ids: new Map([['vni', '8']]) });
    const items = db.table('Item');
    assert.equal(items.find('name', 'b')?._uuid, uuid);
    assert.equal(items.find('words', 'q')?._uuid, uuid);
    assert.deepEqual(
      items.by('vni', '8').map((row) => row.name),
      ['b'],
    );
    await commit({ op: 'update', table: 'Item', where: [], row: { ids: new Map([['vni', '9']]) } });
    assert.deepEqual(items.by('vni', '8'), []);
    assert.equal(items.find('vni', '9')?._uuid, uuid);
    await commit({ op: 'delete', table: 'Item', where: [] });
    assert.equal(items.size, 0);
  });

  it('begins with what there is for a listener that asks for it', async () => {
    const uuid = await insertItem({ name: 'there' });
    const heard: Changes<TestTables>[] = [];
    db.onChange((changes) => void heard.push(changes), { replay: true })();
    assert.equal(heard.length, 1);
    assert.equal(heard[0]?.cause, 'initial');
    assert.deepEqual(
      heard[0]?.of('Item').map((change) => change.uuid),
      [uuid],
    );
    await commit({ op: 'delete', table: 'Item', where: [] });
  });

  it('merges what happens while a listener is busy', async () => {
    const heard: Changes<TestTables>[] = [];
    const busy = Promise.withResolvers<void>();
    const stop = db.onChange((changes) => {
      heard.push(changes);
      return busy.promise;
    });
    const uuid = await insertItem({ name: 'busy' });
    for (let count = 1; count <= 20; count += 1) {
      await commit({ op: 'update', table: 'Item', where: [['_uuid', '==', uuid]], row: { count } });
    }
    assert.equal(heard.length, 1);
    busy.resolve();
    await until('the rest is told', () => heard.length === 2);
    const [change] = heard[1]?.of('Item') ?? [];
    assert.ok(change?.kind === 'modify');
    assert.deepEqual([change.old.count, change.new.count, heard[1]?.merged], [0, 20, 20]);
    stop();
    await commit({ op: 'delete', table: 'Item', where: [] });
  });
});

describe('operations', () => {
  it('insert, with a reference to a row of the same transaction', async () => {
    const [item, part] = await commit(
      { op: 'insert', table: 'Item', row: { name: 'whole', parts: [named('p')] } },
      { op: 'insert', table: 'Part', as: 'p', row: { label: 'x', size: 3 } },
    );
    assert.deepEqual(db.table('Item').get(item!.uuid!)?.parts, [part!.uuid]);
    assert.equal(db.table('Part').find('label', 'x')?.size, 3);
    // RFC 7047 §3.2: a row of a table that is no root goes with the last strong reference to it.
    await commit({ op: 'delete', table: 'Item', where: [] });
    assert.equal(db.table('Part').size, 0);
  });

  it('insert, with a UUID of our choice', async () => {
    const uuid = '36bef046-7da7-43a5-905a-c17899216fcb' as Uuid;
    const insert = { op: 'insert', table: 'Item', uuid, row: { name: 'chosen' } } as const;
    await commit(insert);
    assert.equal(db.table('Item').get(uuid)?.name, 'chosen');
    assert.equal(errorOf(await db.transact([insert])).code, 'duplicate uuid');
    await commit({ op: 'delete', table: 'Item', where: [] });
  });

  it('select, of some rows and columns', async () => {
    await commit(
      { op: 'insert', table: 'Item', row: { name: 's1', count: 1, maybe: 5 } },
      { op: 'insert', table: 'Item', row: { name: 's2', count: 2, words: ['w'] } },
    );
    const select = (where: Operation & { op: 'select' }) => commit(where).then(([of]) => of?.rows);
    const columns = ['name', 'maybe', 'words'];
    const of = { op: 'select', table: 'Item', columns } as const;
    const [one_, two] = [
      { name: 's1', maybe: 5, words: [] },
      { name: 's2', maybe: undefined, words: ['w'] },
    ];
    assert.deepEqual(await select({ ...of, where: [['count', '<', 2]] }), [one_]);
    assert.deepEqual(await select({ ...of, where: [['words', 'includes', ['w']]] }), [two]);
    assert.deepEqual(await select({ ...of, where: [['words', 'excludes', ['w']]] }), [one_]);
    assert.deepEqual(
      await select({
        ...of,
        where: [
          ['name', '!=', 's1'],
          ['count', '>=', 2],
        ],
      }),
      [two],
    );
    assert.deepEqual(await select({ ...of, where: [['maybe', '==', []]] }), [two]);
    await commit({ op: 'delete', table: 'Item', where: [] });
  });

  it('update and delete, which count what they match', async () => {
    await insertItem({ name: 'u' });
    const where = [['name', '==', 'u']] as const;
    const update = {
      op: 'update',
      table: 'Item',
      where,
      row: { flag: true, maybe: undefined },
    } as const;
    const remove = { op: 'delete', table: 'Item', where } as const;
    assert.deepEqual(await commit(update, remove, remove), [
      { count: 1 },
      { count: 1 },
      { count: 0 },
    ]);
  });

  it('mutate, with every mutator', async () => {
    const uuid = await insertItem({
      name: 'm',
      count: 10,
      numbers: [1, 2],
      words: ['a', 'b'],
      ids: new Map([
        ['k', 'v'],
        ['l', 'w'],
        ['m', 'x'],
      ]),
    });
    const mutations = [
      ['count', '+=', 5],
      ['count', '-=', 1],
      ['count', '*=', 3],
      ['count', '/=', 2],
      ['count', '%=', 16],
      ['numbers', '+=', 10],
      ['words', 'insert', ['c', 'a']],
      ['words', 'delete', ['b']],
      [
        'ids',
        'insert',
        new Map([
          ['n', 'y'],
          ['k', 'ignored: the key is there'],
        ]),
      ],
      ['ids', 'delete', ['l']],
      ['ids', 'delete', new Map([['m', 'another value']])],
    ] as const;
    await commit({ op: 'mutate', table: 'Item', where: [['_uuid', '==', uuid]], mutations });
    const row = db.table('Item').get(uuid);
    assert.deepEqual([row?.count, row?.numbers, row?.words], [5, [11, 12], ['a', 'c']]);
    assert.deepEqual(
      row?.ids,
      new Map([
        ['k', 'v'],
        ['m', 'x'],
        ['n', 'y'],
      ]),
    );
    await commit({ op: 'delete', table: 'Item', where: [] });
    const byZero = {
      op: 'mutate',
      table: 'Item',
      where: [],
      mutations: [['count', '/=', 0]],
    } as const;
    await insertItem({ name: 'zero' });
    assert.equal(errorOf(await db.transact([byZero])).code, 'domain error');
    await commit({ op: 'delete', table: 'Item', where: [] });
  });

  it('wait, which holds a transaction back until its rows are so', async () => {
    const wait = {
      op: 'wait',
      table: 'Item',
      where: [['name', '==', 'awaited']],
      columns: ['count'],
      until: '==',
      rows: [{ count: 2 }],
    } as const;
    const waiting = db.transact([wait, { op: 'comment', comment: 'after the wait' }]);
    await insertItem({ name: 'awaited', count: 1 });
    await commit({ op: 'update', table: 'Item', where: [], row: { count: 2 } });
    assert.deepEqual(unwrap(await waiting).results, [{}, {}]);
    const failed = errorOf(await db.transact([{ ...wait, rows: [], timeout: 0 }]));
    assert.deepEqual([failed.code, failed.index, failed.operation?.op], ['timed out', 0, 'wait']);
    await commit({ op: 'delete', table: 'Item', where: [] });
  });

  it('commit and comment, which succeed with nothing to tell', async () => {
    const results = await commit(
      { op: 'comment', comment: 'why' },
      { op: 'commit', durable: true },
    );
    assert.deepEqual(results, [{}, {}]);
  });

  it('abort, which undoes what went before', async () => {
    const insert = { op: 'insert', table: 'Item', row: { name: 'never' } } as const;
    const error = errorOf(await db.transact([insert, { op: 'abort' }, insert]));
    assert.deepEqual([error.code, error.index, error.operation], ['aborted', 1, { op: 'abort' }]);
    assert.equal(db.table('Item').find('name', 'never'), undefined);
  });

  it('assert, which needs the lock', async () => {
    const asserting = [{ op: 'assert', lock: 'mine' }] as const;
    assert.equal(errorOf(await db.transact(asserting)).code, 'not owner');
    const lock = db.lock('mine');
    await until('the lock is ours', () => lock.isHeld);
    assert.deepEqual(await commit(...asserting), [{}]);
    lock.release();
    assert.equal(errorOf(await db.transact(asserting)).code, 'not owner');
  });

  it('name what the server refuses, and the operation that it refused', async () => {
    const bad = { op: 'insert', table: 'Part', row: { label: 'x', size: 11 } } as const;
    const error = errorOf(await db.transact([{ op: 'comment', comment: 'fine' }, bad]));
    assert.equal(error.code, 'constraint violation');
    assert.match(error.message, /^constraint violation: .*11/);
    assert.deepEqual([error.index, error.operation], [1, bad]);
    const dangling = {
      op: 'insert',
      table: 'Item',
      row: { parts: [crypto.randomUUID()] },
    } as const;
    const atCommit = errorOf(await db.transact([dangling]));
    assert.equal(atCommit.code, 'referential integrity violation');
    assert.equal(atCommit.operation, undefined);
    const local = errorOf(
      await db.transact([{ op: 'insert', table: 'Item', row: { count: 'x' } }]),
    );
    assert.equal(local.message, `syntax error: "x" does not fit column 'count'`);
  });
});

describe('locks', () => {
  it('go from one client to the next, and can be stolen', async () => {
    const other = openTest(server.endpoint);
    unwrap(await other.whenSynced());
    const ours = db.lock('shared');
    await until('we hold it', () => ours.isHeld);
    const theirs = other.lock('shared');
    unwrap(await other.transact([]));
    assert.equal(theirs.isHeld, false);
    ours.release();
    await until('they hold it', () => theirs.isHeld);
    const heard: boolean[] = [];
    theirs.onChange((isHeld) => void heard.push(isHeld));
    const stolen = db.lock('shared', { steal: true });
    await until('it is stolen', () => stolen.isHeld && !theirs.isHeld);
    assert.deepEqual(heard, [false]);
    await other.close();
    stolen.release();
  });
});

describe('conditions', () => {
  it('choose the rows, and change while we read', async () => {
    const rows = ['c1', 'c2', 'c3'].map((name, count) => ({ name, count }));
    await commit(...rows.map((row) => ({ op: 'insert', table: 'Item', row }) as const));
    const some = openTest(server.endpoint, {
      tables: { ...(await import('../support/items.ts')).testTables },
    });
    const names = () => [...some.table('Item')].map(({ name }) => name).sort();
    const heard: string[] = [];
    some.onChange((changes) => {
      for (const { kind } of changes.of('Item')) heard.push(kind);
    });
    // Asked for before there is a connection: the first reading is already so.
    unwrap(
      await some.setConditions({
        Item: [
          ['name', '==', 'c1'],
          ['count', '>', 1],
        ],
      }),
    );
    assert.deepEqual(names(), ['c1', 'c3']);
    unwrap(await some.setConditions({ Item: [['name', '==', 'c2']] }));
    assert.deepEqual(names(), ['c2']);
    assert.deepEqual(heard.sort(), ['delete', 'delete', 'insert', 'insert', 'insert']);
    unwrap(await some.setConditions({ Item: [] }));
    assert.deepEqual(names(), []);
    unwrap(await some.setConditions({ Item: 'all', Part: [] }));
    assert.deepEqual(names(), ['c1', 'c2', 'c3']);
    const [first, second] = [some.setConditions({ Item: [] }), some.setConditions({ Item: 'all' })];
    unwrap(await first);
    unwrap(await second);
    assert.deepEqual(names(), ['c1', 'c2', 'c3']);
    await some.close();
    assert.equal((await some.setConditions({ Item: 'all' })).ok, false);
    await commit({ op: 'delete', table: 'Item', where: [] });
  });

  it('follow a row that comes to match, and one that ceases to', async () => {
    const some = openTest(server.endpoint);
    unwrap(await some.setConditions({ Item: [['flag', '==', true]] }));
    const uuid = await insertItem({ name: 'f', count: 4 });
    const where = [['_uuid', '==', uuid]] as const;
    await commit({ op: 'update', table: 'Item', where, row: { flag: true } });
    await until('it comes', () => some.table('Item').get(uuid)?.count === 4);
    await commit({ op: 'update', table: 'Item', where, row: { flag: false } });
    await until('it goes', () => some.table('Item').get(uuid) === undefined);
    await some.close();
    await commit({ op: 'delete', table: 'Item', where: [] });
  });
});

describe('another schema', () => {
  const wanted = {
    Item: table({
      columns: { name: required(one('string')), count: one('integer'), maybe: one('string') },
      where: [['later', '==', 'x']],
    }),
    Part: table({ columns: { label: required(one('string')) } }),
  };

  it('that is older reads as absent what it lacks, and says so', async () => {
    const schema = JSON.parse(readFileSync(testSchema, 'utf8'));
    delete schema.tables.Item.columns.count;
    delete schema.tables.Item.columns.parts;
    delete schema.tables.Part;
    const file = join(server.directory, 'old.ovsschema');
    writeFileSync(file, JSON.stringify(schema));
    const older = await startServer({ schema: file });
    const client = openDatabase({ endpoints: [older.endpoint], database: 'Test', tables: wanted });
    try {
      unwrap(await client.whenSynced());
      assert.deepEqual(
        client.problems.map(({ required: isRequired, message }) => [isRequired, message]),
        [
          [false, "column Item.count is not in the server's schema"],
          [false, "column Item.maybe is 'optional integer' in the server's schema"],
          [true, "table Part is not in the server's schema"],
          [false, "where of Item: there is no column 'later'"],
        ],
      );
      unwrap(await client.setConditions({ Item: 'all' }));
      unwrap(await client.transact([{ op: 'insert', table: 'Item', row: { name: 'x' } }]));
      const rows = [...client.table('Item')].map(({ _uuid, ...row }) => row);
      assert.deepEqual(rows, [{ name: 'x', count: 0, maybe: '' }]);
      assert.equal(client.table('Part').size, 0);
      assert.equal(client.problems.length, 3);
    } finally {
      await client.close();
      await older.stop();
    }
  });
});

describe('closing', () => {
  it('can be done twice, keeps the content, and refuses what comes after', async () => {
    const client = openTest(server.endpoint);
    unwrap(await client.whenSynced());
    const uuid = await insertItem({ name: 'kept' });
    await until('it is heard', () => client.table('Item').size === 1);
    await Promise.all([client.close(), client.close()]);
    await client.close();
    assert.equal(client.state.name, 'closed');
    assert.equal(client.table('Item').get(uuid)?.name, 'kept');
    const failed = await client.transact([]);
    assert.ok(!failed.ok && failed.error.kind === 'unsent');
    assert.equal(failed.error.reason.code, 'closed');
    assert.equal((await client.whenSynced()).ok, false);
    await commit({ op: 'delete', table: 'Item', where: [] });
  });

  it('before there was a connection leaves nothing waiting', async () => {
    const client = openTest({ kind: 'unix', path: '/nonexistent' });
    const synced = client.whenSynced();
    const changed = client.setConditions({ Item: [] });
    await client.close();
    assert.equal((await synced).ok, false);
    assert.equal((await changed).ok, false);
  });
});
