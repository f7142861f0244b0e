/**
 * A RAFT cluster of three real ovsdb-servers: who leads, who follows, and what becomes of a
 * transaction when -9 strikes.
 */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';

import { unwrap } from '../../../../src/base/result.ts';
import type {
  Database,
  DatabaseState,
  Endpoint,
  Guard,
  Operation,
  TransactResult,
} from '../../../../src/protocols/ovsdb/index.ts';
import { openTest, type TestTables, testSchema } from '../support/items.ts';
import { type Relay, relayTo, startRelay } from '../support/relay.ts';
import { type OvsdbServer, startServer, until } from '../support/server.ts';

let members: readonly OvsdbServer[];

async function startCluster(): Promise<OvsdbServer[]> {
  let first = '';
  const servers: OvsdbServer[] = [];
  for (let i = 0; i < 3; i += 1) {
    const create = (file: string) => {
      const own = `unix:${file}.raft`;
      if (i === 0) first = own;
      return i === 0
        ? ['create-cluster', file, testSchema, own]
        : ['join-cluster', file, 'Test', own, first];
    };
    servers.push(await startServer({ create }));
    await until('the member has joined', () => {
      return roleOf(servers[i]!) !== undefined;
    });
  }
  return servers;
}

/** Nothing for a member that does not answer. */
function roleOf(server: OvsdbServer): 'leader' | 'follower' | undefined {
  try {
    const status = server.control('-T', '5', 'cluster/status', 'Test');
    if (!/^Status: cluster member$/m.test(status)) return undefined;
    const role = /^Role: (leader|follower)$/m.exec(status)?.[1];
    return role === 'leader' ? 'leader' : role === 'follower' ? 'follower' : undefined;
  } catch {
    return undefined;
  }
}

function leader(): OvsdbServer {
  return members.find((server) => roleOf(server) === 'leader') ?? assert.fail('nobody leads');
}

const others = (server: OvsdbServer) => members.filter((one) => one !== server);
const endpoints = (of: readonly { endpoint: Endpoint }[]) => of.map(({ endpoint }) => endpoint);

function insertOf(name: string): readonly Operation[] {
  return [{ op: 'insert', table: 'Item', row: { name } }];
}

/** Holds as long as there is no row of this name. */
function absent(name: string): Guard {
  const where = [['name', '==', name]] as const;
  return { op: 'wait', table: 'Item', where, columns: ['name'], until: '==', rows: [] };
}

/** How many rows of this name the cluster has, read from its leader. */
async function countOf(name: string): Promise<number> {
  const db = openTest(endpoints(members), { leaderOnly: true });
  unwrap(await db.whenSynced());
  const select = { op: 'select', table: 'Item', where: [['name', '==', name]] } as const;
  const [result] = unwrap(await db.transact([select])).results ?? [];
  await db.close();
  return result?.rows?.length ?? -1;
}

before(async () => {
  members = await startCluster();
});
after(async () => {
  for (const server of members) await server.stop();
});

describe('a cluster', () => {
  it('is read from its leader where that is asked for, and the leader is followed', async () => {
    const led = leader();
    const db = openTest(endpoints([...others(led), led]), { leaderOnly: true, shuffle: false });
    const states: DatabaseState[] = [];
    db.onState((state) => states.push(state));
    unwrap(await db.whenSynced());
    assert.ok(db.state.name === 'synced' && db.state.role?.leader);
    assert.deepEqual(db.state.endpoint, led.endpoint);
    const reasons = states.flatMap((state) => (state.name === 'down' ? [state.reason.code] : []));
    assert.deepEqual(reasons, ['not-leader', 'not-leader']);
    unwrap(await db.transact(insertOf('before')));
    states.length = 0;
    await led.kill();
    await until('another one is found', () => states.some(({ name }) => name === 'synced'));
    assert.ok(db.state.name === 'synced' && db.state.reading.resumed, 'and resumed from');
    assert.notDeepEqual(db.state.endpoint, led.endpoint);
    unwrap(await db.transact(insertOf('after')));
    await until('both are there', () => db.table('Item').size === 2);
    await db.close();
    await led.start();
    await until('it is back', () => roleOf(led) === 'follower');
  });

  it('is read from any member otherwise, and left when that loses touch', async () => {
    const led = leader();
    const [follower] = others(led);
    const db = openTest(follower!.endpoint);
    unwrap(await db.whenSynced());
    assert.ok(db.state.name === 'synced' && db.state.role?.leader === false);
    unwrap(await db.transact(insertOf('through a follower')));
    const heard = () => db.table('Item').find('name', 'through a follower') !== undefined;
    await until('it is heard', heard);
    const states: DatabaseState[] = [];
    db.onState((state) => states.push(state));
    for (const server of others(follower!)) server.pause();
    await until(
      'the member says that it lost touch',
      () => states.some((state) => state.name === 'down' && state.reason.code === 'unsuitable'),
      60_000,
    );
    assert.ok(heard());
    for (const server of others(follower!)) server.resume();
    unwrap(await db.whenSynced());
    await db.close();
  });
});

describe('a leader that is killed in the middle of a transaction', () => {
  /** A client of which the leader hears, and that hears of the leader until `mute`. */
  async function throughRelay(): Promise<{
    led: OvsdbServer;
    relay: Relay;
    db: Database<TestTables>;
  }> {
    await until('somebody leads', () => members.some((server) => roleOf(server) === 'leader'));
    const led = leader();
    const relay = await startRelay(relayTo(led.endpoint));
    const all = endpoints([relay, ...others(led)]);
    const db = openTest(all, { leaderOnly: true, shuffle: false });
    unwrap(await db.whenSynced());
    return { led, relay, db };
  }

  /** Sends, lets the cluster commit, loses the answer and the leader. */
  async function loseAnswer(name: string, guard: Guard | undefined) {
    const { led, relay, db } = await throughRelay();
    relay.mute();
    const pending = db.transact(insertOf(name), guard === undefined ? {} : { guard });
    const [follower] = others(led);
    const witness = openTest(follower!.endpoint);
    unwrap(await witness.whenSynced());
    const seen = () => witness.table('Item').find('name', name) !== undefined;
    await until('the cluster has committed', seen);
    await witness.close();
    await led.kill();
    const result = await pending;
    await relay.stop();
    await db.close();
    await led.start();
    await until('it is back', () => roleOf(led) !== undefined);
    return result;
  }

  it('after the commit: the client learns that it happened, and it happened once', async () => {
    const result = await loseAnswer('committed', absent('committed'));
    assert.deepEqual(result, { ok: true, value: { results: undefined } });
    assert.equal(await countOf('committed'), 1);
  });

  it('after the commit, without a guard: the client is told that it cannot know', async () => {
    const result = await loseAnswer('unguarded', undefined);
    assert.ok(!result.ok && result.error.kind === 'unknown', JSON.stringify(result));
    assert.equal(await countOf('unguarded'), 1);
  });

  it('before the commit: the client does it again, and it happens once', async () => {
    const { led, relay, db } = await throughRelay();
    // Nobody is there to agree: the leader writes the entry to its own log and waits.
    for (const server of others(led)) await server.kill();
    const pending = db.transact(insertOf('lost'), { guard: absent('lost') });
    await until('the leader has the entry', () => hasEntry(led, 'lost'));
    await led.kill();
    for (const server of others(led)) await server.start();
    const result = unwrap(await pending);
    assert.equal(result.results?.length, 1, 'the second sending was the one that did it');
    assert.equal(await countOf('lost'), 1);
    await led.start();
    await until('the old leader has forgotten its own entry', () => roleOf(led) === 'follower');
    assert.equal(await countOf('lost'), 1);
    await relay.stop();
    await db.close();
  });

  it('again and again under a stream of transactions: each happens exactly once', async () => {
    const db = openTest(endpoints(members), { leaderOnly: true });
    unwrap(await db.whenSynced());
    const results: TransactResult[] = [];
    let wanted = 0;
    const over = new AbortController();
    const stream = (async () => {
      while (!over.signal.aborted) {
        const batch = Array.from({ length: 5 }, () => `stream ${(wanted += 1)}`);
        results.push(...(await Promise.all(batch.map((name) => insistOn(db, name)))));
      }
    })();
    for (let round = 0; round < 2; round += 1) {
      const before_ = results.length;
      await until('some went through', () => results.length > before_ + 20);
      const led = leader();
      await led.kill();
      await until('the next one leads', () => others(led).some((one) => roleOf(one) === 'leader'));
      await led.start();
      await until('it is back', () => roleOf(led) === 'follower');
    }
    const last = results.length;
    await until('some more went through', () => results.length > last + 20);
    over.abort();
    await stream;
    assert.deepEqual(
      results.filter((result) => !result.ok),
      [],
    );
    const counts = new Map<string, number>();
    await until('all are heard', () => {
      counts.clear();
      for (const { name } of db.table('Item')) counts.set(name, (counts.get(name) ?? 0) + 1);
      return counts.has(`stream ${wanted}`);
    });
    const odd = Array.from({ length: wanted }, (_, i) => `stream ${i + 1}`).filter(
      (name) => counts.get(name) !== 1,
    );
    assert.deepEqual(odd, []);
    await db.close();
  });

  /** Until it is sent; from then on the guard sees to it. */
  async function insistOn(db: Database<TestTables>, name: string): Promise<TransactResult> {
    for (;;) {
      const result = await db.transact(insertOf(name), { guard: absent(name) });
      if (result.ok || result.error.kind !== 'unsent') return result;
      await db.whenSynced();
    }
  }
});

/** Whether the text stands in the log that the server has written. */
function hasEntry(server: OvsdbServer, text: string): boolean {
  const log = execFileSync('ovsdb-tool', ['show-log', '-m', '-m', `${server.directory}/db`], {
    encoding: 'utf8',
  });
  return log.includes(text);
}
