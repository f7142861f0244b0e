/** Sessions between the link-local addresses of a veth pair, unnumbered. Run by link-local.test.ts in a network namespace. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

import { unwrap } from '../../../../src/base/result.ts';
import { parseIfName } from '../../../../src/net/if-name.ts';
import { formatIp } from '../../../../src/net/ip.ts';
import { type NewPeer, RouterDiscovery, Speaker } from '../../../../src/protocols/bgp/index.ts';
import { runCases } from '../../netlink/io/namespace.ts';
import { settingsOfA, settingsOfB } from '../session/settings.ts';
import { ip } from './pair.ts';
import { Recorder } from './recorder.ts';

const left = unwrap(parseIfName('left'));
const right = unwrap(parseIfName('right'));

const run = (...words: readonly string[]) => execFileSync('ip', words, { encoding: 'utf8' });

run('link', 'set', 'lo', 'up');
run('link', 'add', left, 'type', 'veth', 'peer', 'name', right);
for (const [link, address] of [
  [left, 'fe80::1'],
  [right, 'fe80::2'],
] as const) {
  run('link', 'set', link, 'addrgenmode', 'none');
  run('link', 'set', link, 'up');
  run('address', 'add', `${address}/64`, 'dev', link, 'nodad');
}

interface Ends {
  readonly waits: NewPeer['remote'];
  readonly connects: NewPeer['remote'];
  readonly password?: string;
}

async function meet({ connects, password, waits }: Ends): Promise<readonly Recorder[]> {
  const [server, client] = [new Speaker(), new Speaker()];
  const [ofServer, ofClient] = [new Recorder(), new Recorder()];
  const connection = password === undefined ? {} : { password };
  try {
    const { port } = unwrap(server.listen({ ip: ip('::'), port: 0 }));
    const waiting = unwrap(
      server.add({
        remote: waits,
        settings: settingsOfA({ passive: true }),
        connection,
        handler: ofServer,
      }),
    );
    const connecting = unwrap(
      client.add({
        remote: connects,
        settings: settingsOfB(),
        connection: { ...connection, port },
        handler: ofClient,
      }),
    );
    waiting.start();
    connecting.start();
    await Promise.all([ofServer.whenUp(), ofClient.whenUp()]);
  } finally {
    server.abandon();
    client.abandon();
  }
  return [ofServer, ofClient];
}

/** Both ends of the pair are here: what leaves by `left` for fe80::2 comes in by `right`, from fe80::1. */
const toRight = { ip: ip('fe80::2'), link: left };

await runCases({
  'an address and its link': async () => {
    const [handler] = await meet({ waits: { ip: ip('fe80::1'), link: right }, connects: toRight });
    assert.deepEqual(handler?.calls, ['up', 'down']);
  },
  'whoever connects from a link': async () => {
    await meet({ waits: { link: right }, connects: toRight });
  },
  'whoever connects from a link, with TCP-MD5': async () => {
    await meet({ waits: { link: right }, connects: toRight, password: 'of the link' });
  },
  'both known by their links: each finds the other': async () => {
    const found = [left, right].map((link) => {
      const heard = Promise.withResolvers<string>();
      const discovery = new RouterDiscovery({ link, found: (at) => heard.resolve(formatIp(at)) });
      discovery.start();
      return { discovery, heard: heard.promise };
    });
    try {
      const addresses = await Promise.all(found.map(({ heard }) => heard));
      assert.deepEqual(addresses, ['fe80::2', 'fe80::1']);
    } finally {
      for (const { discovery } of found) discovery.close();
    }
  },
  'a link that is not there yet is looked for until it is': async () => {
    const later = unwrap(parseIfName('later'));
    const [heard, said] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
    const discovery = new RouterDiscovery({
      link: later,
      found: (at) => heard.resolve(formatIp(at)),
      log: (_level, message) => said.resolve(message),
    });
    const other = new RouterDiscovery({ link: unwrap(parseIfName('far')), found: () => {} });
    discovery.start();
    try {
      const reason = 'No such device';
      const words = `later: the neighbour cannot be looked for: ${reason}; is tried again`;
      assert.equal((await said.promise).toLowerCase(), words.toLowerCase());
      run('link', 'add', later, 'type', 'veth', 'peer', 'name', 'far');
      for (const [link, address] of [
        [later, 'fe80::a'],
        ['far', 'fe80::b'],
      ] as const) {
        run('link', 'set', link, 'addrgenmode', 'none');
        run('link', 'set', link, 'up');
        run('address', 'add', `${address}/64`, 'dev', link, 'nodad');
      }
      other.start();
      assert.equal(await heard.promise, 'fe80::b');
    } finally {
      discovery.close();
      other.close();
    }
  },
  'not from another link': async () => {
    const server = new Speaker();
    const refused = Promise.withResolvers<string>();
    const client = new Speaker({
      log: (_level, message) => {
        if (message.includes('Connection Rejected')) refused.resolve(message);
      },
    });
    try {
      const { port } = unwrap(server.listen({ ip: ip('::'), port: 0 }));
      const handler = new Recorder();
      const settings = settingsOfA({ passive: true });
      unwrap(server.add({ remote: { ip: ip('fe80::1'), link: left }, settings, handler })).start();
      const remote = toRight;
      const connection = { port };
      unwrap(client.add({ remote, settings: settingsOfB(), connection, handler })).start();
      await refused.promise;
      assert.deepEqual(handler.calls, []);
    } finally {
      server.abandon();
      client.abandon();
    }
  },
});
