/** Two speakers of ours over TCP on loopback: sessions come up, carry UPDATEs, and end. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { unwrap } from '../../../../src/base/result.ts';
import {
  encodeMessage,
  formatReason,
  type Message,
  type RestartSettings,
  wireSession,
} from '../../../../src/protocols/bgp/index.ts';
import { asn, id } from '../session/settings.ts';
import { type End, makePair, startBoth } from './pair.ts';
import { fastTimers } from './raw-peer.ts';

async function bothUp({ a, b }: { readonly a: End; readonly b: End }): Promise<void> {
  await Promise.all([a.handler.whenUp(), b.handler.whenUp()]);
}

describe('a session comes up', () => {
  test('when one connects and one waits', async (t) => {
    const pair = makePair(t, { settings: { passive: true } });
    startBoth(pair);
    const session = await pair.a.handler.whenUp();
    assert.deepEqual(session.negotiated.families, ['l2vpn-evpn']);
    assert.equal(session.negotiated.wire.peer, 'internal');
    assert.equal(session.negotiated.holdTime, 90);
  });

  test('over IPv6', async (t) => {
    // ::1 is the only address of its kind that loopback has: A waits for B, whose port nobody needs to know.
    const pair = makePair(t, { address: '::1', settings: { passive: true } }, { address: '::1' });
    startBoth(pair);
    await bothUp(pair);
  });

  test('between two ASes', async (t) => {
    const external = { remote: 'external' } as const;
    const ofB = { local: { asn: asn(4_200_000_001), id: id('10.0.0.1') } };
    const pair = makePair(t, { settings: external }, { settings: { ...external, ...ofB } });
    startBoth(pair);
    const { negotiated } = await pair.a.handler.whenUp();
    assert.equal(negotiated.wire.peer, 'external');
    assert.equal(negotiated.remote.asn, 4_200_000_001);
  });

  test('and stays one, when both connect at once', async (t) => {
    for (let round = 0; round < 20; round += 1) {
      const pair = makePair(t, {}, round % 2 === 0 ? {} : { settings: { local: lowId } });
      startBoth(pair);
      await bothUp(pair);
      // Both ends mean the same connection: what one sends, the other hears.
      pair.a.handler.session?.send(refresh);
      await pair.b.handler.until(() => pair.b.handler.calls.includes('refresh l2vpn-evpn request'));
      pair.a.speaker.abandon();
      pair.b.speaker.abandon();
    }
  });

  test('again, when the first attempt found nobody', async (t) => {
    const pair = makePair(
      t,
      { speaker: { timers: fastTimers(100) } },
      { settings: { passive: true } },
    );
    // Stopped, a peer refuses who connects.
    pair.a.peer.start();
    await pair.a.handler.until(() => true);
    pair.b.peer.start();
    await bothUp(pair);
  });
});

const lowId = { asn: asn(65000), id: id('9.0.0.1') };
const octetsOf = (message: Message): Uint8Array => unwrap(encodeMessage(message, wireSession()));
const refresh = octetsOf({
  type: 'route-refresh',
  afi: 25,
  safi: 70,
  subtype: 'request',
  filters: new Uint8Array(0),
});
/** An End-of-RIB of EVPN. */
const update = Uint8Array.from(
  Array.from({ length: 16 }, () => 0xff).concat([0, 29, 2, 0, 0, 0, 6, 0x80, 15, 3, 0, 25, 70]),
);

describe('an established session', () => {
  test('hands over each UPDATE where it lies', async (t) => {
    const pair = makePair(t, { settings: { passive: true } });
    startBoth(pair);
    await bothUp(pair);
    const seen: Uint8Array[] = [];
    pair.a.handler.onUpdate = (octets) => seen.push(octets.slice());
    for (let i = 0; i < 3; i += 1) pair.b.handler.session?.send(update);
    await pair.a.handler.until(() => seen.length === 3);
    assert.deepEqual(seen, [update, update, update]);
  });

  test('ends with the error that the handler returns', async (t) => {
    const pair = makePair(t, { settings: { passive: true } });
    startBoth(pair);
    await bothUp(pair);
    const data = new Uint8Array(0);
    pair.a.handler.verdict = { code: 3, subcode: 1, data, reason: 'no good', rfc: 'RFC 7606' };
    pair.b.handler.session?.send(update);
    const [ofA, ofB] = [await pair.a.handler.whenDown(), await pair.b.handler.whenDown()];
    assert.equal(
      formatReason(ofA.reason),
      'sent UPDATE Message Error/Malformed Attribute List: no good (RFC 7606)',
    );
    assert.equal(
      formatReason(ofB.reason),
      'received UPDATE Message Error/Malformed Attribute List',
    );
  });

  test('does nothing for who still holds it when it is over', async (t) => {
    const pair = makePair(t, { settings: { passive: true } });
    startBoth(pair);
    await bothUp(pair);
    const session = await pair.b.handler.whenUp();
    pair.a.peer.stop();
    await pair.b.handler.whenDown();
    session.send(update);
    session.whenDrained(() => assert.fail('drained after down'));
    assert.equal(session.queued, 0);
  });

  test('keeps its hold time while it takes in a flood', async (t) => {
    const pair = makePair(
      t,
      { settings: { passive: true, holdTime: 3 }, speaker: { portion: 4096 } },
      { settings: { holdTime: 3 } },
    );
    startBoth(pair);
    await bothUp(pair);
    const many = Uint8Array.from(Array.from({ length: 2000 }, () => [...update]).flat());
    const flood = (): void => {
      for (let i = 0; i < 4; i += 1) pair.b.handler.session?.send(many);
      if (pair.a.handler.updates < 400_000) pair.b.handler.session?.whenDrained(flood);
    };
    flood();
    await pair.a.handler.until(() => pair.a.handler.updates >= 400_000);
    assert.deepEqual([pair.a.handler.calls, pair.b.handler.calls], [['up'], ['up']]);
  });
});

describe('an end is told', () => {
  test('by who shuts down, with words', async (t) => {
    const pair = makePair(t);
    startBoth(pair);
    await bothUp(pair);
    pair.a.peer.stop('back at noon');
    const { reason, retained } = await pair.b.handler.whenDown();
    assert.equal(formatReason(reason), 'received Cease/Administrative Shutdown "back at noon"');
    assert.deepEqual(retained, []);
    assert.deepEqual([pair.a.peer.status.admin, pair.a.peer.status.state], ['stopped', 'Idle']);
  });

  test('by who resets, and the session comes back', async (t) => {
    const pair = makePair(t);
    startBoth(pair);
    await bothUp(pair);
    pair.a.peer.reset({ words: 'once more' });
    const { reason } = await pair.b.handler.whenDown();
    assert.equal(formatReason(reason), 'received Cease/Administrative Reset "once more"');
    await bothUp(pair);
    assert.deepEqual(pair.a.handler.calls, ['up', 'down', 'up']);
  });

  test('by BFD', async (t) => {
    const pair = makePair(t);
    startBoth(pair);
    await bothUp(pair);
    pair.a.peer.bfdDown();
    const { reason } = await pair.b.handler.whenDown();
    assert.equal(formatReason(reason), 'received Cease/BFD Down');
  });

  test('by who is configured otherwise, when that needs a new OPEN', async (t) => {
    const pair = makePair(t);
    startBoth(pair);
    await bothUp(pair);
    pair.a.peer.configure({ ...pair.a.peer.settings, connectRetry: 5 });
    assert.equal(pair.a.peer.status.state, 'Established');
    pair.a.peer.configure({ ...pair.a.peer.settings, holdTime: 30 });
    const { reason } = await pair.b.handler.whenDown();
    assert.equal(formatReason(reason), 'received Cease/Other Configuration Change');
    const { negotiated } = await pair.b.handler.whenUp();
    assert.equal(negotiated.holdTime, 30);
  });
});

describe('graceful restart', () => {
  const helper: RestartSettings = {
    time: 60,
    notification: true,
    preserved: ['l2vpn-evpn'],
    restarted: false,
    longLived: new Map([['l2vpn-evpn', 100]]),
  };
  const settings = { restart: helper };

  test('routes of a peer that goes without a word are retained', async (t) => {
    const pair = makePair(t, { settings }, { settings });
    startBoth(pair);
    await bothUp(pair);
    pair.a.peer.abandon();
    const { retained } = await pair.b.handler.whenDown();
    assert.deepEqual(
      retained.map(({ family, ...times }) => ({ family: family.name, ...times })),
      [{ family: 'l2vpn-evpn', restartTime: 60, longLivedTime: 100 }],
    );
    pair.a.peer.start();
    const session = await pair.b.handler.whenUp();
    assert.deepEqual(
      [...session.resumed].map(({ name }) => name),
      ['l2vpn-evpn'],
    );
  });

  test('they age, and go', async (t) => {
    const pair = makePair(t, { settings }, { settings, speaker: { timers: fastTimers(1000) } });
    startBoth(pair);
    await bothUp(pair);
    pair.a.speaker.abandon();
    await pair.b.handler.until(() => pair.b.handler.calls.length === 4);
    assert.deepEqual(pair.b.handler.calls, [
      'up',
      'down',
      'expired l2vpn-evpn long-lived',
      'expired l2vpn-evpn delete',
    ]);
  });

  test('a hard reset is obeyed at once, a soft one is not', async (t) => {
    const pair = makePair(t, { settings }, { settings });
    startBoth(pair);
    await bothUp(pair);
    pair.a.peer.reset({ isSoft: true });
    assert.equal((await pair.b.handler.whenDown()).retained.length, 1);
    await bothUp(pair);
    pair.a.peer.stop('for good');
    const { reason, retained } = await pair.b.handler.whenDown();
    assert.equal(
      formatReason(reason),
      'received Cease/Hard Reset: Cease/Administrative Shutdown "for good"',
    );
    assert.deepEqual(retained, []);
  });
});
