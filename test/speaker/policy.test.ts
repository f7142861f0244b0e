/** Policies of `selvedge bgp` at work, over TCP on loopback: what passes, and what a file with other ones does to a session. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Log } from '../../src/base/ports.ts';
import { unwrap } from '../../src/base/result.ts';
import { parseBgpConfig } from '../../src/config/bgp/read.ts';
import { openOfB } from '../protocols/bgp/session/settings.ts';
import { RawPeer } from '../protocols/bgp/io/raw-peer.ts';
import { parseIp, parsePrefix } from '../../src/protocols/bgp/index.ts';
import { SpeakerProcess } from '../../src/speaker/process.ts';
import { summary } from '../../src/speaker/view.ts';
import { until } from '../interop/harness/until.ts';

/** Of this process, below those that the kernel gives to whoever connects: the test may run twice at a time. */
const port = 20_000 + (process.pid % 12_000);
const host = (last: number) => `127.0.93.${last}`;

const allow = '[policy.all]\ndefault = "accept"\n';
/** All prefixes of 10.0.0.0/8 but this one. */
const but = (prefix: string) => `
[policy.some]
[[policy.some.term]]
match.prefixes = "${prefix}"
action = "reject"
[[policy.some.term]]
match.prefixes = "10.0.0.0/8 le 32"
action = "accept"
`;

function config(last: number, as: number, more: string) {
  const text = `
[global]
as = ${as}
router_id = "192.0.2.${last}"
families = ["ipv4-unicast"]
[[listen]]
address = "${host(last)}"
port = ${port}
${more}`;
  return unwrap(parseBgpConfig(text));
}

function peerOf(last: number, from: number, as: number, more = ''): string {
  return `
[[peer]]
address = "${host(last)}"
source = "${host(from)}"
port = ${port}
as = ${as}
connect_retry = 1
${more}`;
}

const running = new Set<SpeakerProcess>();
after(() => {
  for (const each of running) each.stop();
});

/** What the log of all said. */
const said: string[] = [];
const log: Log = (_level, text) => void said.push(text);

function start(last: number, as: number, more: string): SpeakerProcess {
  const speaker = new SpeakerProcess(config(last, as, more), log);
  unwrap(speaker.start());
  running.add(speaker);
  return speaker;
}

function originate(of: SpeakerProcess, ...prefixes: readonly string[]): void {
  for (const text of prefixes) {
    of.routing.originate('ipv4-unicast', unwrap(parsePrefix(text)), {
      attributes: { origin: 'igp', asPath: [] },
      nextHop: { ip: unwrap(parseIp('10.9.9.9')) },
    });
  }
}

function count(of: SpeakerProcess): number {
  return of.routing.rib('ipv4-unicast')?.destinations.count ?? 0;
}

function sessions(of: SpeakerProcess): readonly number[] {
  return of.speaker.peers.map((peer) => peer.status.sessions);
}

test('a policy that changes ends no session', async () => {
  const peers = peerOf(2, 1, 65002, 'import = "some"\nexport = "all"\n');
  const us = start(1, 65001, allow + but('10.1.0.0/16') + peers);
  const other = start(2, 65002, allow + peerOf(1, 2, 65001, 'import = "all"\nexport = "all"\n'));
  originate(other, '10.1.0.0/16', '10.2.0.0/16', '10.3.0.0/16', '192.0.2.0/24');
  originate(us, '10.4.0.0/16', '10.5.0.0/16');
  await until('what the policies let pass', () => count(us) === 4 && count(other) === 6);
  const [family] = summary(us).peers[0]?.families ?? [];
  assert.equal(family?.rejectedIn, 2);

  // Another import policy: what it rejects goes, and what the one before it rejected comes.
  assert.deepEqual(us.reload(config(1, 65001, allow + but('10.2.0.0/15 le 32') + peers)), []);
  await until('what the other policy lets pass', () => count(us) === 3);

  // Another export policy: what it rejects is withdrawn.
  const narrow = peers.replace('export = "all"', 'export = "some"');
  assert.deepEqual(us.reload(config(1, 65001, allow + but('10.4.0.0/16') + narrow)), []);
  await until('the withdrawal', () => count(other) === 5 && count(us) === 5);

  // None at all: RFC 8212.
  const bare = peers.replace('export = "all"', '').replace('import = "some"', '');
  assert.deepEqual(us.reload(config(1, 65001, bare)), []);
  await until('nothing to pass', () => count(other) === 4 && count(us) === 2);
  assert.deepEqual([sessions(us), sessions(other)], [[1], [1]]);
  assert.equal(summary(us).peers[0]?.state, 'Established');
});

test('neighbours from a range follow its policies', async () => {
  const range = (policy: string) => `
[[range]]
prefix = "127.0.93.0/24"
as = "internal"
import = "${policy}"
`;
  const us = start(3, 65003, allow + but('10.1.0.0/16') + range('all'));
  const guest = start(4, 65003, peerOf(3, 4, 65003));
  originate(guest, '10.1.0.0/16', '10.2.0.0/16');
  await until('its routes', () => count(us) === 2);
  us.reload(config(3, 65003, allow + but('10.1.0.0/16') + range('some')));
  await until('the end of one of them', () => count(us) === 1);
  assert.deepEqual([sessions(us), sessions(guest)], [[1], [1]]);
});

test('an external peer without policies is spoken with, in silence', async () => {
  said.length = 0;
  const us = start(5, 65005, peerOf(6, 5, 65006));
  const other = start(
    6,
    65006,
    `${allow}${peerOf(5, 6, 65005, 'import = "all"\nexport = "all"\n')}`,
  );
  originate(us, '10.1.0.0/16');
  originate(other, '10.2.0.0/16', '10.3.0.0/16');
  await until('what is told to be rejected', () => {
    const [family] = summary(us).peers[0]?.families ?? [];
    return family?.rejectedIn === 2 && family.rejectedOut === 1;
  });
  assert.deepEqual([count(us), count(other)], [1, 2]);
  assert.ok(
    said.includes(
      `${host(6)}: nothing is taken from it, as it has no \`import\`; it is told nothing, as it has no \`export\` (RFC 8212); name policies, or set ebgp_requires_policy = false in [global]`,
    ),
    said.join('\n'),
  );
});

test('only a peer that cannot be asked for its routes begins anew, and is told why', async (t) => {
  said.length = 0;
  const open = openOfB({ families: [{ family: 'ipv4-unicast' }] });
  const text = (policy: string) => `
[global]
as = 65000
router_id = "192.0.2.7"
families = ["ipv4-unicast"]
[[listen]]
address = "127.0.0.1"
port = ${port}
${allow}${but('10.1.0.0/16')}
[[peer]]
address = "127.0.0.2"
as = "internal"
passive = true
graceful_restart = 0
import = "${policy}"
`;
  const us = new SpeakerProcess(unwrap(parseBgpConfig(text('all'))), log);
  unwrap(us.start());
  running.add(us);
  const peer = await RawPeer.connect(t, port);
  await peer.next();
  const capabilities = open.capabilities.filter(({ kind }) => !kind.endsWith('route-refresh'));
  peer.send({ ...open, capabilities });
  peer.send({ type: 'keepalive' });
  await until('the session', () => sessions(us)[0] === 1);
  us.reload(unwrap(parseBgpConfig(text('some'))));
  const told = await peer.rest();
  assert.ok(!told.some((each) => each.startsWith('ROUTE-REFRESH')), told.join('\n'));
  assert.match(told.at(-1) ?? '', /^NOTIFICATION .*what is taken has changed/);
  assert.ok(said.some((each) => /127\.0\.0\.2: the session begins anew: .*RFC 2918/.test(each)));
});
