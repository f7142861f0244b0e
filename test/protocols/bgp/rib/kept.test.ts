/** What is kept of a peer: no more than it may announce, and after it is gone as long as was agreed on. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unwrap } from '../../../../src/base/result.ts';
import { parsePrefix } from '../../../../src/net/prefix.ts';
import type {
  FamilyName,
  PathAttributes,
  RestartSettings,
} from '../../../../src/protocols/bgp/index.ts';
import { formatErrorCode } from '../../../../src/protocols/bgp/index.ts';
import type { PrefixLimit } from '../../../../src/protocols/bgp/rib/prefix-limit.ts';
import { LLGR_STALE, NO_EXPORT, NO_LLGR } from '../../../../src/protocols/bgp/rib/rank.ts';
import { families } from '../../../../src/protocols/bgp/wire/family.ts';
import { plain, Talk, Talker } from './talk.ts';

const ipv4 = 'ipv4-unicast';
const prefix = (text: string) => unwrap(parsePrefix(text));
const spoken = [{ family: ipv4 }] as const;

function restart(longLived: number): RestartSettings {
  const lasting = new Map<FamilyName, number>([[ipv4, longLived]]);
  return { time: 60, notification: true, preserved: [ipv4], restarted: false, longLived: lasting };
}

describe('long-lived stale routes (RFC 9494)', () => {
  function build() {
    const talk = new Talk([ipv4]);
    const lasting = { families: spoken, restart: restart(3600) };
    const gone = new Talker(talk, { id: 1, ours: lasting, theirs: { restart: restart(3600) } });
    const knows = new Talker(talk, { id: 2, ours: lasting, theirs: { restart: restart(3600) } });
    const plainPeer = new Talker(talk, { id: 3, ours: { families: spoken } });
    for (const each of [gone, knows, plainPeer]) each.up();
    return { talk, gone, knows, plainPeer };
  }

  function communitiesAt(peer: Talker): readonly (readonly [string, readonly number[]])[] {
    return [...peer.told].map(([key, { attributes }]) => [key, attributes.communities ?? []]);
  }

  test('are marked, told to those who know of them, and withdrawn from others', () => {
    const { talk, gone, knows, plainPeer } = build();
    gone.announce(ipv4, prefix('10.1.0.0/16'));
    gone.announce(ipv4, prefix('10.2.0.0/16'), { ...plain, communities: [7] });
    gone.announce(ipv4, prefix('10.3.0.0/16'), { ...plain, communities: [NO_LLGR] });
    talk.run();
    const { retained } = gone.down();
    assert.equal(retained[0]?.longLivedTime, 3600);
    talk.run();
    assert.equal(plainPeer.told.size, 3);
    gone.routes.expired(families[ipv4], 'long-lived');
    talk.run();
    assert.deepEqual(communitiesAt(knows), [
      [`${ipv4} 10.1.0.0/16`, [LLGR_STALE]],
      [`${ipv4} 10.2.0.0/16`, [7, LLGR_STALE]],
    ]);
    assert.deepEqual(communitiesAt(plainPeer), []);
    gone.routes.expired(families[ipv4], 'delete');
    talk.run();
    assert.deepEqual(communitiesAt(knows), []);
    assert.equal(talk.routing.attributes.count, 0);
  });

  test('are told to others of our AS as the last resort where that is wanted (§4.6)', () => {
    const { talk, gone, plainPeer } = build();
    const options = { ours: { families: spoken }, routing: { longLivedPartial: true } };
    const partial = new Talker(talk, { id: 4, ...options });
    const outside = new Talker(talk, { id: 5, as: 65001, ...options });
    for (const each of [partial, outside]) each.up();
    gone.announce(ipv4, prefix('10.1.0.0/16'), { ...plain, localPref: 300, communities: [7] });
    gone.announce(ipv4, prefix('10.2.0.0/16'), { ...plain, communities: [NO_EXPORT] });
    gone.down();
    gone.routes.expired(families[ipv4], 'long-lived');
    talk.run();
    assert.deepEqual(communitiesAt(partial), [
      [`${ipv4} 10.1.0.0/16`, [7, LLGR_STALE, NO_EXPORT]],
      [`${ipv4} 10.2.0.0/16`, [NO_EXPORT, LLGR_STALE]],
    ]);
    const told = [...partial.told.values()].map(({ attributes }) => attributes);
    assert.deepEqual(
      told.map(({ localPref }) => localPref),
      [0, 0],
    );
    // RFC 4456 §8 holds for them as for all that is reflected.
    assert.ok(told.every(({ clusterList, originatorId }) => clusterList && originatorId));
    assert.deepEqual([communitiesAt(outside), communitiesAt(plainPeer)], [[], []]);

    // From now on this one is told no longer, and the other one is.
    partial.routes.alter({ longLivedPartial: false });
    plainPeer.routes.alter({ longLivedPartial: true });
    talk.run();
    assert.deepEqual([partial.told.size, plainPeer.told.size], [0, 2]);
  });

  test('are what they were when the peer comes back and says so', () => {
    const { talk, gone, knows, plainPeer } = build();
    gone.announce(ipv4, prefix('10.1.0.0/16'));
    gone.announce(ipv4, prefix('10.2.0.0/16'));
    gone.down();
    gone.routes.expired(families[ipv4], 'long-lived');
    talk.run();
    gone.up();
    gone.announce(ipv4, prefix('10.1.0.0/16'));
    gone.endOfRib(ipv4);
    talk.run();
    assert.deepEqual(communitiesAt(knows), [[`${ipv4} 10.1.0.0/16`, []]]);
    assert.deepEqual(communitiesAt(plainPeer), [[`${ipv4} 10.1.0.0/16`, []]]);
  });

  test('are used when there is no other, whatever their preference', () => {
    const { talk, gone, knows, plainPeer } = build();
    const much: PathAttributes = { ...plain, localPref: 1000 };
    gone.announce(ipv4, prefix('10.1.0.0/16'), much);
    knows.announce(ipv4, prefix('10.1.0.0/16'));
    talk.run();
    const preference = () => plainPeer.told.get(`${ipv4} 10.1.0.0/16`)?.attributes.localPref;
    assert.equal(preference(), 1000);
    gone.down();
    gone.routes.expired(families[ipv4], 'long-lived');
    talk.run();
    assert.equal(preference(), 100);
  });
});

describe('a limit of prefixes', () => {
  const limits = (limit: Partial<PrefixLimit>): ReadonlyMap<FamilyName, PrefixLimit> =>
    new Map([[ipv4, { most: 4, warnAt: 3, action: 'reset', ...limit }]]);

  function announceAll(peer: Talker, count: number) {
    for (let n = 0; n < count; n += 1) {
      const error = peer.announce(ipv4, prefix(`10.${n}.0.0/16`));
      if (error !== undefined) return { error, n };
    }
    return undefined;
  }

  test('ends the session with the family and the limit (RFC 4486 §4)', () => {
    const talk = new Talk([ipv4]);
    const peer = new Talker(talk, {
      id: 1,
      ours: { families: spoken },
      routing: { limits: limits({}) },
    });
    peer.up();
    const ended = announceAll(peer, 10);
    assert.ok(ended !== undefined);
    assert.equal(ended.n, 4);
    const { code, subcode, data } = ended.error;
    assert.equal(formatErrorCode(code, subcode), 'Cease/Maximum Number of Prefixes Reached');
    assert.deepEqual([...data], [0, 1, 1, 0, 0, 0, 4]);
  });

  test('is a hard reset where routes would be kept over it (RFC 8538)', () => {
    const talk = new Talk([ipv4]);
    const peer = new Talker(talk, {
      id: 1,
      ours: { families: spoken, restart: restart(0) },
      theirs: { restart: restart(0) },
      routing: { limits: limits({}) },
    });
    peer.up();
    const ended = announceAll(peer, 10);
    assert.ok(ended !== undefined);
    const { code, subcode, data } = ended.error;
    assert.equal(formatErrorCode(code, subcode), 'Cease/Hard Reset');
    assert.deepEqual([...data], [6, 1, 0, 1, 1, 0, 0, 0, 4]);
  });

  test('warns once on the way, and once beyond', () => {
    const talk = new Talk([ipv4]);
    const warned: number[] = [];
    const peer = new Talker(talk, {
      id: 1,
      ours: { families: spoken },
      routing: {
        limits: limits({ action: 'warn' }),
        nearLimit: (_family, count) => void warned.push(count),
      },
    });
    peer.up();
    assert.equal(announceAll(peer, 10), undefined);
    assert.deepEqual(warned, [3, 5]);
    // What is announced again is not more.
    for (let n = 0; n < 8; n += 1) peer.withdraw(ipv4, prefix(`10.${n}.0.0/16`));
    announceAll(peer, 2);
    announceAll(peer, 2);
    assert.deepEqual(warned, [3, 5, 3]);
  });
});

describe('after a restart of ours (RFC 4724 §4.1)', () => {
  function build() {
    let ring = (): void => {};
    let ended = 0;
    const talk = new Talk([ipv4], {
      after: (_ms, callback) => {
        ring = callback;
        return () => {};
      },
      restarting: { wait: 1, over: () => void (ended += 1) },
    });
    const knows = { ours: { families: spoken, restart: restart(0) } };
    const back = { ...restart(0), restarted: true };
    const [a, b, plainPeer, restarting] = [
      new Talker(talk, { id: 1, ...knows, theirs: { restart: restart(0) } }),
      new Talker(talk, { id: 2, ...knows, theirs: { restart: restart(0) } }),
      new Talker(talk, { id: 3, ours: { families: spoken } }),
      new Talker(talk, { id: 4, ...knows, theirs: { restart: back } }),
    ] as const;
    for (const each of [a, b, plainPeer, restarting]) each.routes.expect();
    return { talk, a, b, plainPeer, restarting, ring: () => ring(), ended: () => ended };
  }

  test('nobody is told anything until all that can say so have said all', () => {
    const { talk, a, b, plainPeer, restarting, ended } = build();
    for (const each of [a, plainPeer, restarting]) each.up();
    a.announce(ipv4, prefix('10.1.0.0/16'));
    a.endOfRib(ipv4);
    talk.run();
    assert.deepEqual([plainPeer.has(ipv4), plainPeer.ends, ended()], [[], [], 0]);
    b.up();
    talk.run();
    assert.deepEqual([plainPeer.has(ipv4), plainPeer.ends, ended()], [[], [], 0]);
    b.announce(ipv4, prefix('10.2.0.0/16'));
    b.endOfRib(ipv4);
    talk.run();
    assert.deepEqual(plainPeer.has(ipv4), ['10.1.0.0/16', '10.2.0.0/16']);
    assert.deepEqual([plainPeer.ends, a.ends, ended()], [[ipv4], [ipv4], 1]);
  });

  test('or their time is over', () => {
    const { talk, a, plainPeer, ring, ended } = build();
    for (const each of [a, plainPeer]) each.up();
    a.announce(ipv4, prefix('10.1.0.0/16'));
    talk.run();
    assert.deepEqual([plainPeer.has(ipv4), plainPeer.ends], [[], []]);
    ring();
    talk.run();
    assert.deepEqual([plainPeer.has(ipv4), plainPeer.ends, ended()], [['10.1.0.0/16'], [ipv4], 1]);
  });
});
