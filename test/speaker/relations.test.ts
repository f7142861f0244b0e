/**
 * What peers of other ASes are to `selvedge bgp`, over TCP on loopback: roles as they are shown and kept, the AS of a
 * confederation as its members and all others know it, and options that change while the sessions stand.
 */

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { renderNeighbor } from '../../src/cli/render-bgp.ts';
import { silentLog } from '../../src/base/ports.ts';
import { unwrap } from '../../src/base/result.ts';
import { parseBgpConfig } from '../../src/config/bgp/read.ts';
import { formatAsPath, parseIp, parsePrefix, valuesOf } from '../../src/protocols/bgp/index.ts';
import { neighborView } from '../../src/speaker/peers.ts';
import { SpeakerProcess } from '../../src/speaker/process.ts';
import { until } from '../interop/harness/until.ts';

/** Of this process, below those that the kernel gives to whoever connects: the test may run twice at a time. */
const port = 20_000 + (process.pid % 12_000);
const host = (last: number) => `127.0.97.${last}`;

function config(last: number, as: number, global: string, ...peers: readonly string[]) {
  const text = `
[global]
as = ${as}
router_id = "192.0.2.${last}"
families = ["ipv4-unicast"]
ebgp_requires_policy = false
${global}
[[listen]]
address = "${host(last)}"
port = ${port}
${peers.join('\n')}`;
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

function start(of: ReturnType<typeof config>): SpeakerProcess {
  const speaker = new SpeakerProcess(of, silentLog);
  unwrap(speaker.start());
  running.add(speaker);
  return speaker;
}

function originate(of: SpeakerProcess, prefix: string, ...asns: readonly number[]): void {
  const asPath = asns.length === 0 ? [] : [{ type: 'sequence', asns } as const];
  of.routing.originate('ipv4-unicast', unwrap(parsePrefix(prefix)), {
    attributes: { origin: 'igp', asPath },
    nextHop: { ip: unwrap(parseIp('10.9.9.9')) },
  });
}

/** The AS paths of all routes, as FRR would print them, in the order in which they came. */
function paths(of: SpeakerProcess): readonly string[] {
  const rib = of.routing.rib('ipv4-unicast');
  assert.ok(rib !== undefined);
  return [...rib.destinations].flatMap((destination) => {
    const set = rib.attributes.get(rib.paths.attributes(rib.destinations.bestPath(destination)));
    return set === undefined ? [] : [formatAsPath(valuesOf(set).asPath ?? [])];
  });
}

function roleLine(of: SpeakerProcess, index = 0): string | undefined {
  const peer = of.speaker.peers[index];
  assert.ok(peer !== undefined);
  const line = renderNeighbor(neighborView(of, peer))
    .split('\n')
    .find((one) => one.includes('Role  '));
  return line?.trim().replace(/^Role +/, '');
}

test('roles are told, kept and shown (RFC 9234)', async () => {
  const us = start(
    config(
      1,
      65001,
      '',
      peerOf(2, 1, 65002, 'role = "provider"\nrole_strict = true\n'),
      peerOf(3, 1, 65003, 'role = "peer"\n'),
      peerOf(4, 1, 65004),
    ),
  );
  assert.equal(roleLine(us), 'ours provider (strict), theirs not known; 0 leaks held off');
  const customer = start(config(2, 65002, '', peerOf(1, 2, 65001, 'role = "customer"\n')));
  const beside = start(config(3, 65003, '', peerOf(1, 3, 65001)));
  const other = start(config(4, 65004, '', peerOf(1, 4, 65001)));
  originate(beside, '10.3.0.0/16');
  originate(other, '10.4.0.0/16');
  await until('the customer to have both', () => paths(customer).length === 2);
  assert.equal(roleLine(us), 'ours provider (strict), theirs customer; 0 leaks held off');
  assert.equal(roleLine(us, 1), 'ours peer, theirs not told; 0 leaks held off');
  assert.equal(roleLine(us, 2), undefined);
  assert.equal(roleLine(customer), 'ours customer, theirs provider; 0 leaks held off');
  // What has come from beside goes no further than to customers; the other one has said nothing of what it is.
  assert.deepEqual(
    [paths(beside), paths(other)],
    [
      ['', '65001 65004'],
      ['', '65001 65003'],
    ],
  );
});

test('a peer of another role is refused, and none where one is asked for', async () => {
  const refusal = async (last: number, ours: string, theirs: string): Promise<string> => {
    const us = start(config(last, 65001, '', peerOf(last + 1, last, 65002, ours)));
    const other = start(config(last + 1, 65002, '', peerOf(last, last + 1, 65001, theirs)));
    const words = (of: SpeakerProcess) => {
      const peer = of.speaker.peers[0];
      return (peer && neighborView(of, peer).lastReason) ?? '';
    };
    await until('a refusal', () => /Role Mismatch/.test(words(us) + words(other)));
    return [words(us), words(other)].find((each) => each.includes('Role Mismatch')) ?? '';
  };
  assert.match(await refusal(11, 'role = "peer"\n', 'role = "customer"\n'), /Role Mismatch/);
  const strict = 'role = "peer"\nrole_strict = true\n';
  assert.match(await refusal(13, strict, ''), /Role Mismatch/);
});

test('a confederation is one AS to all but its members (RFC 5065)', async () => {
  const global = 'confederation = 65000\nconfederation_members = [64602]';
  const outside = peerOf(23, 21, 65010);
  const us = start(config(21, 64601, global, peerOf(22, 21, 64602), outside));
  const member = start(
    config(
      22,
      64602,
      'confederation = 65000\nconfederation_members = [64601]',
      peerOf(21, 22, 64601),
    ),
  );
  const other = start(config(23, 65010, '', peerOf(21, 23, 65000)));
  originate(member, '10.1.0.0/16');
  originate(other, '10.2.0.0/16');
  await until('all to hear of both', () =>
    [us, member, other].every((each) => paths(each).length === 2),
  );
  assert.deepEqual(paths(us).toSorted(), ['(64602)', '65010']);
  assert.deepEqual(paths(member).toSorted(), ['', '(64601) 65010']);
  assert.deepEqual(paths(other).toSorted(), ['', '65000']);
  const [peer] = us.speaker.peers;
  assert.equal(peer && neighborView(us, peer).kind, 'confederation');
});

describe('without the end of a session', () => {
  test('a file changes which paths are taken, and how they are told', async () => {
    const file = (ofB: string, ofC = '') =>
      config(31, 65001, '', peerOf(32, 31, 65002, ofB), peerOf(33, 31, 65003, ofC));
    const us = start(file(''));
    const b = start(config(32, 65002, '', peerOf(31, 32, 65001)));
    const c = start(config(33, 65003, '', peerOf(31, 33, 65001)));
    originate(b, '10.1.0.0/16', 65001, 65003);
    originate(b, '10.2.0.0/16', 64700);
    await until('what is no loop', () => paths(c).length === 1);
    assert.deepEqual(paths(c), ['65001 65002 64700']);
    const reload = (...peers: readonly [string, string?]) =>
      assert.deepEqual(us.reload(file(...peers)), []);

    reload('allow_own_as = 1\n');
    await until('the path through us', () => paths(us).length === 2);
    // It would be a loop to the one who hears of it.
    assert.equal(paths(c).length, 1);
    reload('allow_own_as = 1\n', 'as_override = true\nallow_own_as = 1\n');
    await until('it to be told as ours', () => paths(c).length === 2);
    assert.deepEqual(paths(c).toSorted(), ['65001 65002 64700', '65001 65002 65001 65001']);
    reload('', 'remove_private_as = "all"\n');
    await until('paths without private ASes', () => paths(c).join() === '65001');
    reload('', 'remove_private_as = "replace-all"\nnext_hop = "unchanged"\n');
    await until('ours in their place', () => paths(c).join() === '65001 65001 65001');
    const sessions = us.speaker.peers.map((peer) => peer.status.sessions);
    assert.deepEqual(sessions, [1, 1]);
  });
});
