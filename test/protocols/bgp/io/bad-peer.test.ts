/** Peers that are wrong, silent, deaf or not wanted. */

import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';

import { unwrap } from '../../../../src/base/result.ts';
import { parsePrefix } from '../../../../src/net/prefix.ts';
import {
  formatReason,
  type PeerOptions,
  Speaker,
  type SpeakerOptions,
} from '../../../../src/protocols/bgp/index.ts';
import { asn, id, openOfB, settingsOfA } from '../session/settings.ts';
import { ip } from './pair.ts';
import { fastTimers, RawPeer } from './raw-peer.ts';
import { Recorder } from './recorder.ts';

/** A speaker that waits for 127.0.0.2. */
function listen(t: TestContext, settings: Partial<PeerOptions> = {}, options: SpeakerOptions = {}) {
  const speaker = new Speaker(options);
  t.after(() => speaker.abandon());
  const { port } = unwrap(speaker.listen({ ip: ip('127.0.0.1'), port: 0 }));
  const handler = new Recorder();
  const peer = unwrap(
    speaker.add({
      remote: { ip: ip('127.0.0.2') },
      settings: settingsOfA({ passive: true, ...settings }),
      handler,
    }),
  );
  peer.start();
  return { speaker, port, handler, peer };
}

describe('an OPEN is refused', () => {
  const cases: readonly (readonly [
    what: string,
    theirs: Partial<PeerOptions>,
    answer: string,
    ours?: Partial<PeerOptions>,
  ])[] = [
    [
      'of another AS',
      { local: { asn: asn(65001), id: id('10.0.0.2') } },
      'OPEN Message Error/Bad Peer AS',
    ],
    [
      'with our own identifier',
      { local: { asn: asn(65000), id: id('10.0.0.1') } },
      'OPEN Message Error/Bad BGP Identifier',
    ],
    ['with hold time 1', { holdTime: 1 }, 'OPEN Message Error/Unacceptable Hold Time'],
    ['with hold time 2', { holdTime: 2 }, 'OPEN Message Error/Unacceptable Hold Time'],
    [
      'without a family of ours',
      { families: [{ family: 'ipv6-unicast' }] },
      'OPEN Message Error/Unsupported Capability 0x010400190046',
    ],
    [
      'of another role',
      { ...external(65001), role: { role: 'provider', strict: false } },
      'OPEN Message Error/Role Mismatch',
      { remote: 'external', role: { role: 'provider', strict: false } },
    ],
    [
      'without a role, where one is asked for',
      external(65001),
      'OPEN Message Error/Role Mismatch',
      { remote: 'external', role: { role: 'customer', strict: true } },
    ],
  ];
  for (const [what, theirs, answer, ours] of cases) {
    test(what, async (t) => {
      const { handler, port } = listen(t, ours);
      const raw = await RawPeer.connect(t, port);
      await raw.next();
      raw.send(openOfB(theirs));
      assert.deepEqual(await raw.rest(), [`NOTIFICATION ${answer}`]);
      assert.deepEqual(handler.calls, []);
    });
  }

  test('of another version', async (t) => {
    const { port } = listen(t);
    const raw = await RawPeer.connect(t, port);
    await raw.next();
    raw.socket.write(header(29, 1, [3, 0xfd, 0xe8, 0, 90, 10, 0, 0, 2, 0]));
    assert.deepEqual(await raw.rest(), [
      'NOTIFICATION OPEN Message Error/Unsupported Version Number 0x0004',
    ]);
  });
});

function external(number: number): Partial<PeerOptions> {
  return { local: { asn: asn(number), id: id('10.0.0.2') }, remote: 'external' };
}

/** A header and a body that may not belong together. */
function header(length: number, type: number, body: readonly number[] = []): Uint8Array {
  const marker = new Uint8Array(16).fill(0xff);
  return Uint8Array.from([...marker, length >> 8, length & 0xff, type, ...body]);
}

const zeros = (length: number) => Array.from({ length }, () => 0);

describe('octets that are no message end the connection', () => {
  const cases: readonly (readonly [what: string, octets: Uint8Array, answer: string])[] = [
    [
      'garbage before OPEN',
      new TextEncoder().encode('GET / HTTP/1.1\r\nHost: router\r\n\r\n'),
      'Message Header Error/Connection Not Synchronized',
    ],
    [
      'more than 4096 octets',
      header(4097, 2, zeros(4078)),
      'Message Header Error/Bad Message Length 0x1001',
    ],
    ['an unknown type', header(19, 9), 'Message Header Error/Bad Message Type 0x09'],
    [
      'a KEEPALIVE before OPEN',
      header(19, 4),
      'Finite State Machine Error/Receive Unexpected Message in OpenSent State 0x04',
    ],
    [
      'an UPDATE before OPEN',
      header(23, 2, [0, 0, 0, 0]),
      'Finite State Machine Error/Receive Unexpected Message in OpenSent State 0x02',
    ],
  ];
  for (const [what, octets, answer] of cases) {
    test(what, async (t) => {
      const { port } = listen(t);
      const raw = await RawPeer.connect(t, port);
      await raw.next();
      raw.socket.write(octets);
      assert.deepEqual(await raw.rest(), [`NOTIFICATION ${answer}`]);
    });
  }

  // RFC 8654 §4, §5: what counts is that we have said so; the peer need not.
  test('a long message is none without our capability, and is one with it', async (t) => {
    const long = header(5000, 2, [0, 0, 0, 0, ...zeros(5000 - 23)]);
    for (const extendedMessage of [true, false]) {
      const { handler, port } = listen(t);
      const raw = await RawPeer.connect(t, port);
      await raw.establish({ extendedMessage });
      raw.socket.write(long);
      await handler.until(() => handler.updates === 1);
      assert.equal(handler.octets, 5000);
    }

    const other = listen(t, { extendedMessage: false });
    const plain = await RawPeer.connect(t, other.port);
    await plain.establish({ extendedMessage: true });
    plain.socket.write(long);
    assert.deepEqual(await plain.rest(), [
      'NOTIFICATION Message Header Error/Bad Message Length 0x1388',
    ]);
  });
});

test('a second OPEN is out of place', async (t) => {
  const { handler, port } = listen(t);
  const raw = await RawPeer.connect(t, port);
  await raw.establish();
  raw.send(openOfB());
  assert.deepEqual(await raw.rest(), [
    'NOTIFICATION Finite State Machine Error/Receive Unexpected Message in Established State 0x01',
  ]);
  assert.deepEqual(handler.calls, ['up', 'down']);
});

test('a peer that falls silent is given up after the hold time', async (t) => {
  const { handler, port } = listen(t, {}, { timers: fastTimers(100) });
  const raw = await RawPeer.connect(t, port);
  await raw.establish({ holdTime: 9 });
  assert.deepEqual(await raw.rest(), ['NOTIFICATION Hold Timer Expired']);
  assert.equal((await handler.whenDown()).reason.kind, 'sent');
});

test('a peer that says nothing at all is given up, too', async (t) => {
  const { port } = listen(t, {}, { timers: fastTimers(1000) });
  const raw = await RawPeer.connect(t, port);
  const [first, ...rest] = await raw.rest();
  assert.match(first ?? '', /^OPEN /);
  assert.deepEqual(rest, ['NOTIFICATION Hold Timer Expired']);
});

test('a peer that stops reading is asked for nothing more, and dropped in the end', async (t) => {
  const { handler, port } = listen(t, { sendHoldTime: 20 }, { timers: fastTimers(100) });
  const raw = await RawPeer.connect(t, port);
  await raw.establish({ holdTime: 0 });
  raw.socket.pause();
  const session = await handler.whenUp();
  const update = new Uint8Array(4096);
  update.set(header(4096, 2));
  let built = 0;
  const build = (): void => {
    // As a RIB does: until enough is queued, and again when that is gone.
    while (session.queued < 1 << 20) {
      session.send(update);
      built += update.length;
    }
    session.whenDrained(build);
  };
  build();
  const { reason } = await handler.whenDown();
  assert.equal(
    formatReason(reason),
    'sent Send Hold Timer Expired: the peer takes nothing any more',
  );
  assert.ok(built < 64 << 20, `${built} octets were built for nobody`);
});

describe('a connection is refused', () => {
  test('from an address that is nobody’s', async (t) => {
    const { port } = listen(t);
    const raw = await RawPeer.connect(t, port, '127.0.0.9');
    assert.deepEqual(await raw.rest(), ['NOTIFICATION Cease/Connection Rejected']);
  });

  test('from a peer that is shut down', async (t) => {
    const { peer, port } = listen(t);
    peer.stop();
    const raw = await RawPeer.connect(t, port);
    assert.deepEqual(await raw.rest(), ['NOTIFICATION Cease/Connection Rejected']);
  });

  test('from a peer that failed too often lately', async (t) => {
    const { peer, port } = listen(t);
    for (let failure = 1; failure <= 2; failure += 1) {
      const raw = await RawPeer.connect(t, port);
      raw.socket.write('nonsense of nineteen octets');
      assert.equal((await raw.rest()).length, 2);
    }
    assert.equal(peer.status.admin, 'held');
    const raw = await RawPeer.connect(t, port);
    assert.deepEqual(await raw.rest(), []);
  });
});

test('who connects again has given up the connection before', async (t) => {
  const { handler, port } = listen(t);
  const first = await RawPeer.connect(t, port);
  await first.next();
  const second = await RawPeer.connect(t, port);
  assert.deepEqual(await first.rest(), []);
  await second.establish();
  await handler.whenUp();
});

describe('while a session is established', () => {
  test('another connection of the peer is refused', async (t) => {
    const { handler, port } = listen(t);
    const first = await RawPeer.connect(t, port);
    await first.establish();
    const second = await RawPeer.connect(t, port);
    await second.next();
    second.send(openOfB());
    assert.deepEqual(await second.rest(), ['NOTIFICATION Cease/Connection Collision Resolution']);
    assert.deepEqual(handler.calls, ['up']);
  });

  test('unless the peer has restarted, and its routes are kept', async (t) => {
    const restart = {
      time: 60,
      notification: false,
      preserved: ['l2vpn-evpn'],
      restarted: false,
      longLived: new Map(),
    } as const;
    const { handler, port } = listen(t, { restart });
    const first = await RawPeer.connect(t, port);
    await first.establish({ restart });
    const second = await RawPeer.connect(t, port);
    await second.establish({ restart: { ...restart, restarted: true } });
    await handler.until(() => handler.calls.length === 3);
    assert.deepEqual(handler.calls, ['up', 'down', 'up']);
    assert.deepEqual(handler.lastDown?.reason, { kind: 'restarted' });
    assert.equal(handler.lastDown?.retained.length, 1);
  });
});

describe('neighbours in a range', () => {
  const range = { prefix: unwrap(parsePrefix('127.0.1.0/24')), limit: 2 };

  function welcome(t: TestContext) {
    const all = listen(t);
    const handlers = new Map<string, Recorder>();
    const close = unwrap(
      all.speaker.addRange({
        ...range,
        settings: settingsOfA(),
        handler: (of) => {
          const handler = new Recorder();
          handlers.set(String(of.value), handler);
          return handler;
        },
      }),
    );
    return { ...all, handlers, close };
  }
  const neighbour = (last: number) => ({
    local: { asn: asn(65000), id: id(`10.0.1.${last}`) },
  });

  test('come by themselves, up to a limit, and are forgotten', async (t) => {
    const { handlers, port, speaker } = welcome(t);
    const first = await RawPeer.connect(t, port, '127.0.1.1');
    await first.establish(neighbour(1));
    const second = await RawPeer.connect(t, port, '127.0.1.2');
    await second.establish(neighbour(2));
    assert.deepEqual(
      speaker.peers.map(({ name }) => name),
      ['127.0.0.2', '127.0.1.1', '127.0.1.2'],
    );
    const third = await RawPeer.connect(t, port, '127.0.1.3');
    assert.deepEqual(await third.rest(), ['NOTIFICATION Cease/Connection Rejected']);
    assert.equal(handlers.size, 2);
  });

  test('go with their range', async (t) => {
    const { close, port, speaker } = welcome(t);
    const first = await RawPeer.connect(t, port, '127.0.1.1');
    await first.establish(neighbour(1));
    close();
    assert.deepEqual(await first.rest(), ['NOTIFICATION Cease/Peer De-configured']);
    assert.equal(speaker.peers.length, 1);
  });
});

describe('a peer is not added', () => {
  test('twice', (t) => {
    const { handler, speaker } = listen(t);
    const again = speaker.add({
      remote: { ip: ip('127.0.0.2') },
      settings: settingsOfA(),
      handler,
    });
    assert.deepEqual(again, {
      ok: false,
      error: [{ path: 'remote', message: 'another peer has this address' }],
    });
  });

  test('with settings that cannot be, and all of them are told', (t) => {
    const { handler, speaker } = listen(t);
    const added = speaker.add({
      remote: { ip: ip('fe80::1') },
      settings: settingsOfA({ holdTime: 2, families: [] }),
      connection: { password: 'p'.repeat(81), hops: 0 },
      handler,
    });
    assert.deepEqual(added.ok ? [] : added.error.map(({ path }) => path), [
      'families',
      'holdTime',
      'connection.hops',
      'connection.password',
      'remote.link',
    ]);
  });
});
