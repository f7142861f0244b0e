/** `selvedge bgp` at work: a route reflector and its clients, over TCP on loopback. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { silentLog } from '../../src/base/ports.ts';
import { unwrap } from '../../src/base/result.ts';
import { parseBgpConfig } from '../../src/config/bgp/read.ts';
import { parseIp } from '../../src/protocols/bgp/index.ts';
import { SpeakerProcess } from '../../src/speaker/process.ts';
import { routes, summary } from '../../src/speaker/view.ts';
import { evpnRoutes } from './evpn-routes.ts';
import { until } from '../interop/harness/until.ts';

/** Of this process, below those that the kernel gives to whoever connects: the test may run twice at a time. */
const port = 20_000 + (process.pid % 12_000);
const host = (last: number) => `127.0.92.${last}`;

function config(last: number, peers: string): ReturnType<typeof parse> {
  return parse(`
[global]
as = 65000
router_id = "192.0.2.${last}"
[[listen]]
address = "${host(last)}"
port = ${port}
${peers}`);
}

function parse(text: string) {
  return unwrap(parseBgpConfig(text));
}

function peerOf(last: number, from: number, more = ''): string {
  return `
[[peer]]
address = "${host(last)}"
source = "${host(from)}"
port = ${port}
as = "internal"
hold_time = 9
connect_retry = 1
${more}`;
}

const running = new Set<SpeakerProcess>();
after(() => {
  for (const each of running) each.stop();
});

function start(last: number, peers: string): SpeakerProcess {
  const speaker = new SpeakerProcess(config(last, peers), silentLog);
  unwrap(speaker.start());
  running.add(speaker);
  return speaker;
}

function established(of: SpeakerProcess): number {
  return summary(of).peers.filter(({ state }) => state === 'Established').length;
}

function texts(of: SpeakerProcess): readonly string[] {
  return routes(of, 'l2vpn-evpn')
    .map(({ route }) => route)
    .toSorted((a, b) => a.localeCompare(b));
}

const told = {
  attributes: { origin: 'igp', asPath: [], localPref: 100 },
  nextHop: { ip: unwrap(parseIp('192.0.2.2')) },
} as const;

test('what one client announces the others hear of, and no longer when it is gone', async () => {
  const client = (last: number) => peerOf(last, 1, 'client = true\n');
  const reflector = start(1, client(2) + client(3));
  const one = start(2, peerOf(1, 2));
  const other = start(3, peerOf(1, 3));
  for (const route of evpnRoutes) one.routing.originate('l2vpn-evpn', route, told);
  const seen: string[] = [];
  other.routing.watch('l2vpn-evpn', ({ text, best }) =>
    seen.push(`${best === undefined ? '-' : '+'} ${text}`),
  );
  await until('both sessions', () => established(reflector) === 2);
  await until('the routes', () => texts(other).length === 3);
  assert.deepEqual(texts(other), [
    '[2]:[0]:[48]:[02:00:00:00:00:01]:[32]:[10.0.0.1]',
    '[3]:[0]:[32]:[192.0.2.2]',
    '[5]:[0]:[24]:[10.1.0.0]',
  ]);
  const [route] = routes(other, 'l2vpn-evpn');
  assert.equal(route?.rd, '192.0.2.2:1');
  const attributes = route?.paths[0]?.lines ?? [];
  assert.ok(attributes.includes('ORIGINATOR_ID 192.0.2.2'), attributes.join());
  assert.ok(attributes.includes('CLUSTER_LIST 192.0.2.1'), attributes.join());
  assert.equal(route?.paths[0]?.nextHop, '192.0.2.2');

  // Nobody hears of its own.
  assert.equal(
    routes(one, 'l2vpn-evpn').every(({ paths }) => paths.length === 1),
    true,
  );

  const [mac] = evpnRoutes;
  if (mac !== undefined) one.routing.withdraw('l2vpn-evpn', mac);
  await until('the withdrawal', () => texts(other).length === 2);

  one.stop('going home');
  running.delete(one);
  await until('the end of the others', () => texts(other).length === 0);
  await until('all of it to be told', () => seen.length === 6);
  assert.equal(seen.filter((each) => each.startsWith('+')).length, 3);
  const view = summary(reflector).peers.find(({ name }) => name === host(2));
  assert.match(view?.lastReason ?? '', /going home/);

  // Another configuration: the client that stays does not notice.
  const before = summary(reflector).peers.find(({ name }) => name === host(3))?.uptime;
  assert.deepEqual(reflector.reload(config(1, client(3) + client(4))), []);
  const names = summary(reflector).peers.map(({ name }) => name);
  assert.deepEqual(names.toSorted(), [host(3), host(4)]);
  assert.equal(established(reflector), 1);
  assert.ok(
    (summary(reflector).peers.find(({ name }) => name === host(3))?.uptime ?? 0) >= (before ?? 0),
  );
});

test('a neighbour from a range is heard like one that is configured', async () => {
  const range = `
[[range]]
prefix = "127.0.92.0/24"
limit = 2
as = "internal"
client = true
graceful_restart = 0
`;
  const reflector = start(5, range);
  const guest = start(6, peerOf(5, 6));
  for (const route of evpnRoutes) guest.routing.originate('l2vpn-evpn', route, told);
  await until('its routes', () => texts(reflector).length === 3);
  assert.equal(summary(reflector).peers[0]?.families[0]?.received, 3);
  guest.stop();
  running.delete(guest);
  await until('their end', () => texts(reflector).length === 0);
  assert.equal(summary(reflector).attributeSets, 0);
});

test('what needs a restart is told, and stays as it was', () => {
  const speaker = start(9, '');
  const issues = speaker.reload({ ...config(9, ''), listen: [] });
  assert.deepEqual(issues, [{ path: 'listen', message: 'has changed; restart to let it hold' }]);
  assert.equal(speaker.config.listen.length, 1);
});
