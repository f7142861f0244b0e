/**
 * One speaker with peers in two VRFs that have the same addresses, and two neighbours, each behind a veth pair into one of
 * them. Run by vrf.test.ts in a network namespace.
 */

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';

import { unwrap } from '../../../../src/base/result.ts';
import { type IfName, parseIfName } from '../../../../src/net/if-name.ts';
import { formatIp } from '../../../../src/net/ip.ts';
import { Speaker } from '../../../../src/protocols/bgp/index.ts';
import { runCases, Skip } from '../../netlink/io/namespace.ts';
import { asn, id, settingsOfA, settingsOfB } from '../session/settings.ts';
import { ip } from './pair.ts';
import { Recorder } from './recorder.ts';

const run = (...words: readonly string[]) => execFileSync('ip', words, { encoding: 'utf8' });
const name = (text: string): IfName => unwrap(parseIfName(text));

const hasVrfs = spawnSync('ip', 'link add red type vrf table 11'.split(' ')).status === 0;
const families = { v4: ['10.0.0.1', '10.0.0.2'], v6: ['fd00::1', 'fd00::2'] } as const;
/** Ours, the VRF of the neighbour, and the identifier that tells it from the other one. */
const fabrics = [
  { ours: name('red'), theirs: name('blue'), neighbour: '192.0.2.11' },
  { ours: name('green'), theirs: name('teal'), neighbour: '192.0.2.12' },
] as const;

function makeVrfs(): void {
  run('link', 'set', 'lo', 'up');
  for (const [index, { ours, theirs }] of fabrics.entries()) {
    const ends = [
      { vrf: ours, veth: `near${index}`, side: 0 },
      { vrf: theirs, veth: `far${index}`, side: 1 },
    ] as const;
    run('link', 'add', ends[0].veth, 'type', 'veth', 'peer', 'name', ends[1].veth);
    for (const { side, veth, vrf } of ends) {
      const table = String(11 + 2 * index + side);
      if (vrf !== 'red') run('link', 'add', vrf, 'type', 'vrf', 'table', table);
      run('link', 'set', vrf, 'up');
      run('link', 'set', veth, 'master', vrf);
      run('link', 'set', veth, 'up');
      run('address', 'add', `${families.v4[side]}/24`, 'dev', veth);
      run('address', 'add', `${families.v6[side]}/64`, 'dev', veth, 'nodad');
    }
  }
}

/** Both sessions come up, and each is with the neighbour of its own VRF. */
async function meet(
  [near, far]: readonly [string, string],
  passwordIn: (vrf: IfName) => { readonly password?: string } = () => ({}),
): Promise<void> {
  const server = new Speaker();
  const clients: Speaker[] = [];
  try {
    const met = fabrics.map(async ({ neighbour, ours, theirs }) => {
      const { port } = unwrap(server.listen({ ip: ip(near), port: 0, device: ours }));
      const [ofServer, ofClient] = [new Recorder(), new Recorder()];
      const waiting = server.add({
        remote: { ip: ip(far) },
        settings: settingsOfA({ passive: true }),
        connection: { device: ours, ...passwordIn(ours) },
        handler: ofServer,
      });
      const client = new Speaker();
      clients.push(client);
      const connecting = client.add({
        remote: { ip: ip(near) },
        settings: settingsOfB({ local: { asn: asn(65000), id: id(neighbour) } }),
        connection: { device: theirs, port, ...passwordIn(ours) },
        handler: ofClient,
      });
      unwrap(waiting).start();
      unwrap(connecting).start();
      const [{ negotiated }] = await Promise.all([ofServer.whenUp(), ofClient.whenUp()]);
      return formatIp(negotiated.remote.id);
    });
    assert.deepEqual(
      await Promise.all(met),
      fabrics.map(({ neighbour }) => neighbour),
    );
  } finally {
    for (const speaker of [server, ...clients]) speaker.abandon();
  }
}

if (hasVrfs) makeVrfs();
const inVrfs = (body: () => Promise<void>) => (): Promise<void> => {
  if (!hasVrfs) throw new Skip('this kernel has no VRFs');
  return body();
};

await runCases({
  'the same addresses in two VRFs are two neighbours': inVrfs(() => meet(families.v4)),
  'over IPv6 too': inVrfs(() => meet(families.v6)),
  'each has a password of its own': inVrfs(() =>
    meet(families.v4, (vrf) => ({ password: `that of ${vrf}` })),
  ),
  'who is in no VRF does not reach who listens in one': inVrfs(async () => {
    const [server, client] = [new Speaker(), new Speaker()];
    try {
      const [near, far] = [ip(families.v4[0]), ip(families.v4[1])];
      const handler = new Recorder();
      const { port } = unwrap(server.listen({ ip: near, port: 0, device: name('red') }));
      const connection = { device: name('red') };
      const settings = settingsOfA({ passive: true });
      unwrap(server.add({ remote: { ip: far }, settings, connection, handler })).start();
      const outside = new Recorder();
      const peer = unwrap(
        client.add({
          remote: { ip: near },
          settings: settingsOfB(),
          connection: { port },
          handler: outside,
        }),
      );
      peer.start();
      const attempted = Promise.withResolvers<void>();
      const timer = setInterval(() => peer.status.state === 'Active' && attempted.resolve(), 10);
      await attempted.promise;
      clearInterval(timer);
      assert.deepEqual([handler.calls, outside.calls], [[], []]);
    } finally {
      server.abandon();
      client.abandon();
    }
  }),
});
