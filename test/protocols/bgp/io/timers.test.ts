/** When a peer does what, on a clock of the test. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import {
  formatReason,
  keepalive,
  type PeerOptions,
  Speaker,
  type SpeakerOptions,
} from '../../../../src/protocols/bgp/index.ts';
import { unwrap } from '../../../../src/base/result.ts';
import { openOfB, settingsOfA } from '../session/settings.ts';
import { ip } from './pair.ts';
import { Recorder } from './recorder.ts';
import { FakeTransport, VirtualTimers } from './virtual-time.ts';

const second = 1000;

function begin(settings: Partial<PeerOptions> = {}, options: SpeakerOptions = {}) {
  const [timers, transport, handler] = [new VirtualTimers(), new FakeTransport(), new Recorder()];
  // Without jitter: chance is at its upper end.
  const speaker = new Speaker({ timers, transport, random: () => 1, ...options });
  const remote = { ip: ip('10.0.0.2') };
  const peer = unwrap(speaker.add({ remote, settings: settingsOfA(settings), handler }));
  peer.start();
  const establish = (holdTime = 9): void => {
    transport.last.connect();
    transport.last.arrive(openOfB({ holdTime }), keepalive);
  };
  return { timers, transport, handler, speaker, peer, establish };
}

describe('connect-retry', () => {
  test('an attempt that is not answered is made again', () => {
    const { timers, transport } = begin({ connectRetry: 10 });
    timers.pass(9.9 * second);
    assert.equal(transport.streams.length, 1);
    timers.pass(0.2 * second);
    assert.equal(transport.streams.length, 2);
    assert.ok(transport.streams[0]?.isClosed);
  });

  test('so is one that was refused, and not at once', () => {
    const { peer, timers, transport } = begin({ connectRetry: 10 });
    transport.last.fail();
    assert.equal(peer.status.state, 'Active');
    timers.pass(9.9 * second);
    assert.equal(transport.streams.length, 1);
    timers.pass(0.2 * second);
    assert.equal(transport.streams.length, 2);
  });

  test('with jitter down to three quarters of the time, RFC 4271 §10', () => {
    const { timers, transport } = begin({ connectRetry: 10 }, { random: () => 0 });
    timers.pass(7.6 * second);
    assert.equal(transport.streams.length, 2);
  });
});

describe('delay-open', () => {
  test('our OPEN goes out when that of the peer was waited for in vain', () => {
    const { peer, timers, transport } = begin({ delayOpen: 5 });
    transport.last.connect();
    timers.pass(4.9 * second);
    assert.deepEqual([peer.status.state, transport.last.sent], ['Connect', []]);
    timers.pass(0.2 * second);
    assert.equal(peer.status.state, 'OpenSent');
    assert.match(transport.last.sent.join(), /^OPEN/);
  });

  test('a connection that is lost meanwhile leads to another attempt', () => {
    const { timers, transport } = begin({ delayOpen: 60, connectRetry: 10 });
    transport.last.connect();
    transport.last.fail();
    timers.pass(10.1 * second);
    assert.equal(transport.streams.length, 2);
    transport.last.connect();
    transport.last.arrive(openOfB(), keepalive);
    assert.deepEqual(transport.last.sent.map((text) => text.split(' ')[0]).slice(0, 2), [
      'OPEN',
      'KEEPALIVE',
    ]);
  });
});

describe('hold time', () => {
  test('a keepalive goes out each third of it', () => {
    const { establish, timers, transport } = begin();
    establish(9);
    const before = transport.last.sent.length;
    for (let i = 0; i < 4; i += 1) {
      timers.pass(3 * second);
      transport.last.arrive(keepalive);
    }
    assert.deepEqual(transport.last.sent.slice(before), Array(4).fill('KEEPALIVE'));
  });

  test('a silent peer is given up when it is over', () => {
    const { establish, handler, timers } = begin();
    establish(9);
    timers.pass(8.9 * second);
    assert.deepEqual(handler.calls, ['up']);
    timers.pass(0.2 * second);
    assert.deepEqual(handler.calls, ['up', 'down']);
  });

  test('it counts from octets received: what waits to be read when a late timer rings, has come', () => {
    const { establish, handler, timers, transport } = begin();
    establish(9);
    transport.last.wait(keepalive);
    timers.stall(20 * second);
    timers.pass(0);
    assert.deepEqual(handler.calls, ['up']);
    timers.pass(9.1 * second);
    assert.deepEqual(handler.calls, ['up', 'down']);
  });

  test('zero asks for nothing', () => {
    const { establish, handler, timers, transport } = begin();
    establish(0);
    const before = transport.last.sent.length;
    timers.pass(24 * 3600 * second);
    assert.deepEqual(handler.calls, ['up']);
    assert.equal(transport.last.sent.length, before);
  });
});

describe('send-hold time, RFC 9687', () => {
  const data = new Uint8Array(1000).fill(0xff);
  data.set([1000 >> 8, 1000 & 0xff, 2], 16);

  test('a peer that takes nothing is dropped', async () => {
    const { establish, handler, timers, transport } = begin({ sendHoldTime: 60 });
    establish(0);
    transport.last.room = 0;
    handler.session?.send(data);
    await Promise.resolve();
    timers.pass(59 * second);
    assert.deepEqual(handler.calls, ['up']);
    timers.pass(2 * second);
    assert.equal(
      handler.lastDown === undefined ? '' : formatReason(handler.lastDown.reason),
      'sent Send Hold Timer Expired: the peer takes nothing any more',
    );
  });

  test('one that takes a little is not', async () => {
    const { establish, handler, timers, transport } = begin({ sendHoldTime: 60 });
    establish(0);
    transport.last.room = 0;
    handler.session?.send(data);
    await Promise.resolve();
    timers.pass(59 * second);
    transport.last.drain();
    timers.pass(59 * second);
    assert.deepEqual(handler.calls, ['up']);
    assert.equal(handler.session?.queued, 0);
  });

  test('the last words go out when the peer takes some again', async () => {
    const { establish, handler, peer, transport } = begin();
    establish(0);
    const stream = transport.last;
    stream.room = 500;
    handler.session?.send(data);
    handler.session?.send(data);
    await Promise.resolve();
    peer.stop('gone');
    assert.ok(!stream.isClosed);
    stream.drain();
    // The message that was under way is whole, the one behind it was dropped.
    assert.deepEqual(
      stream.sent.slice(-2).map((text) => text.split(' ')[0]),
      ['KEEPALIVE', 'NOTIFICATION'],
    );
    assert.ok(stream.isClosed);
  });
});

describe('a peer that flaps', () => {
  test('is left alone longer and longer, and in the end comes back at once', () => {
    const { peer, timers, transport } = begin();
    const waits: number[] = [];
    for (let round = 0; round < 9; round += 1) {
      const before = transport.streams.length;
      transport.last.connect();
      transport.last.arrive(openOfB(), keepalive, openOfB());
      let wait = 0;
      for (; transport.streams.length === before; wait += 1) timers.pass(second);
      waits.push(wait);
    }
    assert.deepEqual(waits, [0, 1, 2, 4, 8, 16, 32, 60, 60]);
    transport.last.connect();
    transport.last.arrive(openOfB({ holdTime: 0 }), keepalive);
    timers.pass(60 * second);
    assert.equal(peer.status.failures, 0);
  });
});

test('a peer that is left alone is tried again when an administrator resets it', () => {
  const { peer, transport } = begin();
  for (let failure = 1; failure <= 2; failure += 1) {
    transport.last.connect();
    transport.last.arrive(openOfB(), keepalive, openOfB());
  }
  assert.equal(peer.status.admin, 'held');
  peer.reset();
  assert.deepEqual([peer.status.admin, peer.status.state], ['running', 'Connect']);
});

const enough = {
  code: 6,
  subcode: 4,
  data: new Uint8Array(0),
  reason: 'enough',
  rfc: 'RFC 4486',
};

test('a handler that waits is not called back from within a message of the session', async () => {
  const { establish, handler, timers, transport } = begin();
  establish(9);
  transport.last.room = 0;
  const data = new Uint8Array(100_000).fill(0xff);
  for (let at = 0; at < data.length; at += 1000) data.set([1000 >> 8, 1000 & 0xff, 2], at + 16);
  handler.session?.send(data);
  const drained = new Promise<void>((resolve) => {
    handler.session?.whenDrained(() => {
      handler.session?.reset(enough);
      resolve();
    });
  });
  transport.last.room = Number.POSITIVE_INFINITY;
  // The keepalive takes along what was queued before it.
  timers.pass(3 * second);
  assert.deepEqual(handler.calls, ['up']);
  await drained;
  await handler.whenDown();
  assert.deepEqual(handler.calls, ['up', 'down']);
});

test('with too many prefixes, only when told to, or after a time that was set', () => {
  const data = new Uint8Array(0);
  const error = { code: 6, subcode: 1, data, reason: 'too many', rfc: 'RFC 4486' };
  const byHand = begin();
  byHand.establish();
  byHand.handler.session?.reset(error);
  byHand.timers.pass(24 * 3600 * second);
  assert.equal(byHand.transport.streams.length, 1);
  byHand.peer.start();
  assert.equal(byHand.transport.streams.length, 2);

  const timed = begin({ maxPrefixesHold: 300 });
  timed.establish();
  timed.handler.session?.reset(error);
  timed.timers.pass(299 * second);
  assert.equal(timed.transport.streams.length, 1);
  timed.timers.pass(2 * second);
  assert.equal(timed.transport.streams.length, 2);
});

test('a speaker that has ended leaves no timer behind', () => {
  const { establish, speaker, timers } = begin();
  establish();
  timers.pass(5 * second);
  speaker.abandon();
  assert.equal(timers.running, 0);
});
