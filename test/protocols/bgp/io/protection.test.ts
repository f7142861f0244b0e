/** What the kernel keeps out: segments that are not signed (TCP-MD5, RFC 2385), segments from too far (GTSM, RFC 5082). */

import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';

import type { Log } from '../../../../src/base/ports.ts';
import { unwrap } from '../../../../src/base/result.ts';
import { parsePrefix } from '../../../../src/net/prefix.ts';
import { Speaker, tcpTransport } from '../../../../src/protocols/bgp/index.ts';
import { settingsOfA, settingsOfB } from '../session/settings.ts';
import { type EndOptions, ip, makePair, startBoth } from './pair.ts';
import { fastTimers } from './raw-peer.ts';
import { Recorder } from './recorder.ts';

/** Whether this kernel was built with CONFIG_TCP_MD5SIG. */
function md5Missing(): string | false {
  const opened = tcpTransport().listen({ ip: ip('127.0.0.1'), port: 0 }, (stream) =>
    stream.close(),
  );
  const listener = unwrap(opened);
  const set = listener.setPassword(ip('127.0.0.2'), 'secret');
  listener.close();
  return set.ok ? false : `this kernel has no TCP-MD5: ${set.error}`;
}

/** A log that can be waited on. */
function awaitedLog() {
  let found: () => void = () => {};
  let wanted = '';
  const log: Log = (_level, message) => {
    if (wanted !== '' && message.includes(wanted)) found();
  };
  const says = (text: string) =>
    new Promise<void>((resolve) => {
      wanted = text;
      found = resolve;
    });
  return { log, says };
}

async function staysDown(t: TestContext, a: EndOptions, b: EndOptions, words: string) {
  const { log, says } = awaitedLog();
  const timers = fastTimers(100);
  const passive = { passive: true };
  const pair = makePair(
    t,
    { ...a, settings: passive, speaker: { timers, log } },
    { ...b, speaker: { timers, log } },
  );
  const said = says(words);
  startBoth(pair);
  await said;
  assert.deepEqual([pair.a.handler.calls, pair.b.handler.calls], [[], []]);
}

describe('TCP-MD5', { skip: md5Missing() }, () => {
  test('with the same password there is a session', async (t) => {
    const connection = { password: 'a secret of 24 octets...' };
    const pair = makePair(t, { connection }, { connection });
    startBoth(pair);
    await Promise.all([pair.a.handler.whenUp(), pair.b.handler.whenUp()]);
  });

  test('with another there is not even a connection', async (t) => {
    const [ours, theirs] = [{ password: 'right' }, { password: 'wrong' }];
    await staysDown(t, { connection: ours }, { connection: theirs }, 'no answer to the attempt');
  });

  test('nor without one', async (t) => {
    await staysDown(t, { connection: { password: 'right' } }, {}, 'no answer to the attempt');
  });

  test('a listener that is opened later asks for it, until the peer is removed', async (t) => {
    const [server, client] = [new Speaker(), new Speaker()];
    t.after(() => {
      server.abandon();
      client.abandon();
    });
    const waiting = { remote: { ip: ip('127.0.0.2') }, settings: settingsOfA({ passive: true }) };
    const connecting = { remote: { ip: ip('127.0.0.1') }, settings: settingsOfB() };
    const source = { ip: ip('127.0.0.2') };
    const meet = async (port: number, connection: { readonly password?: string }) => {
      const [handler, far] = [new Recorder(), new Recorder()];
      const ours = unwrap(server.add({ ...waiting, connection, handler }));
      const listening =
        port === 0 ? unwrap(server.listen({ ip: ip('127.0.0.1'), port })) : { port };
      const there = { ...connection, port: listening.port, source };
      const theirs = unwrap(client.add({ ...connecting, connection: there, handler: far }));
      ours.start();
      theirs.start();
      await Promise.all([handler.whenUp(), far.whenUp()]);
      client.remove(theirs);
      server.remove(ours);
      return listening.port;
    };
    const port = await meet(0, { password: 'of the first' });
    await meet(port, {});
  });

  test('the neighbours of a range share one, over IPv6 too', async (t) => {
    for (const [address, text] of [
      ['127.0.0.1', '127.0.2.0/24'],
      ['::1', '::/64'],
    ] as const) {
      const [server, client] = [new Speaker(), new Speaker()];
      t.after(() => {
        server.abandon();
        client.abandon();
      });
      const connection = { password: 'of all' };
      const { port } = unwrap(server.listen({ ip: ip(address), port: 0 }));
      const prefix = unwrap(parsePrefix(text));
      const handler = new Recorder();
      unwrap(
        server.addRange({
          prefix,
          limit: 1,
          settings: settingsOfA(),
          connection,
          handler: () => handler,
        }),
      );
      const source = { ip: ip(address === '::1' ? '::1' : '127.0.2.7') };
      const peer = unwrap(
        client.add({
          remote: { ip: ip(address) },
          settings: settingsOfB(),
          connection: { ...connection, port, source },
          handler: new Recorder(),
        }),
      );
      peer.start();
      await handler.whenUp();
    }
  });
});

describe('GTSM', () => {
  for (const [address, other] of [
    ['127.0.0.1', '127.0.0.2'],
    ['::1', '::1'],
  ] as const) {
    test(`two that do the same come together, ${address}`, async (t) => {
      const connection = { hops: 1, ttlSecurity: true };
      const isOne = address === other;
      const pair = makePair(
        t,
        { address, connection, settings: isOne ? { passive: true } : {} },
        { address: other, connection },
      );
      startBoth(pair);
      await Promise.all([pair.a.handler.whenUp(), pair.b.handler.whenUp()]);
    });
  }

  test('who does not is not heard', async (t) => {
    const connection = { hops: 1, ttlSecurity: true };
    await staysDown(t, { connection }, { connection: { hops: 1 } }, 'Hold Timer Expired');
  });
});
