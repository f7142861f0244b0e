/** `selvedge bgp` and those who ask it, each as a process of its own, with sessions over loopback. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatReason } from '../../src/protocols/bgp/index.ts';
import {
  announceExamples,
  blocks,
  ours,
  type Running,
  shell,
  startClient,
  startSpeaker,
  until,
} from './speaker.ts';
import { evpnRoutes } from '../speaker/evpn-routes.ts';

interface Peer {
  readonly name: string;
  readonly state: string;
  readonly admin: string;
  readonly lastReason?: string;
  readonly messages: { readonly sent: { readonly refresh: number } };
  readonly families: readonly { readonly received: number; readonly sent: number }[];
}

interface Route {
  readonly route: string;
  readonly paths: readonly {
    readonly from: string;
    readonly isBest: boolean;
    readonly reason: string;
  }[];
}

async function neighbor(speaker: Running, last: number): Promise<Peer> {
  const path = `/neighbors?peer=127.0.0.${last}`;
  const [peer] = (await speaker.ask(path)) as readonly Peer[];
  assert.ok(peer);
  return peer;
}

/** An expression with addresses of the document in it. */
function like(text: string): RegExp {
  return new RegExp(ours(text).replaceAll('.', '\\.').replaceAll('\\.*', '.*'));
}

async function established(speaker: Running, last: number): Promise<void> {
  const isUp = async () => (await neighbor(speaker, last)).state === 'Established';
  await until(`a session with client ${last}`, isUp);
}

/** The document's own reflector; both clients announce the same, and the first has the lower router id. */
test('every command of docs/bgp.md does what it says', async (t) => {
  const speaker = await startSpeaker(t);
  const [two, three] = [startClient(t, 2), startClient(t, 3)];
  announceExamples(two, '192.0.2.2');
  announceExamples(three, '192.0.2.3');
  const reasons: string[] = [];
  three.listen(({ status: { lastReason } }) => {
    if (lastReason !== undefined) reasons.push(formatReason(lastReason));
  });
  await established(speaker, 2);
  await established(speaker, 3);
  const routes = async () => (await speaker.ask('/rib')) as readonly Route[];
  const isThere = async () => (await routes()).flatMap(({ paths }) => paths).length === 6;
  await until('all routes of both', isThere);

  const commands = blocks('sh').flatMap((block) =>
    block.split('\n').filter((line) => line.startsWith('selvedge bgp ')),
  );
  assert.ok(commands.length > 15, `only ${commands.length} commands are documented`);
  const said = new Map<string, string>();
  for (const command of commands) {
    await t.test(command, async () => {
      // A client that was reset comes back; until then some of these have nothing to say.
      for (const last of command.includes('start') ? [2] : [2, 3]) await established(speaker, last);
      const { err, out, status } = await speaker.type(command);
      assert.equal(status, 0, err);
      assert.equal(err, '');
      assert.notEqual(out.trim() + (command.includes('dump table.mrt') ? '.' : ''), '');
      if (/show .* --json$/.test(command)) JSON.parse(out);
      said.set(command, out);
    });
  }
  const one = ours('127.0.0.2');
  const other = ours('127.0.0.3');
  const table = said.get('selvedge bgp show evpn mac --vni 100') ?? '';
  assert.deepEqual(
    table.split('\n').map((line) => line.trim().split(/ {2,}/)),
    [
      [
        'RD',
        'MAC',
        'IP',
        'VNI',
        'ESI',
        'NEXT HOP',
        'FROM',
        'LOCPREF',
        'MED',
        'AS PATH',
        'COMMUNITIES',
      ],
      [
        '*>',
        '192.0.2.2:1',
        '02:00:00:00:00:01',
        '10.0.0.1',
        '100',
        '192.0.2.2',
        one,
        '100',
        'i',
        'RT:65000:100',
      ],
      ['*', '192.0.2.3', other, '100', 'i', 'RT:65000:100'],
      [''],
      ['1 route, 2 paths'],
      [''],
    ],
  );
  const detail = said.get('selvedge bgp show evpn mac --mac 02:00:00:00:00:01 --detail') ?? '';
  assert.match(detail, like('\\*> +best: router id\n +from 127.0.0.2,.*\n +next hop 192.0.2.2\n'));
  assert.match(detail, /\* +not used: router id\n/);
  assert.match(said.get('selvedge bgp show rib l2vpn-evpn 10.0.0.1') ?? '', /\n1 route, 2 paths\n/);
  const best = said.get('selvedge bgp show rib l2vpn-evpn --peer 127.0.0.2 --best') ?? '';
  assert.match(best, /\n3 routes, 3 paths\n/);
  assert.equal(readFileSync(join(speaker.directory, 'table.mrt')).readUInt16BE(4), 13);
  assert.ok(
    reasons.some((each) => /Administrative Shutdown "new cables, back at 14:00"/.test(each)),
    reasons.join(),
  );
});

test('a reset, a shutdown and a start do so to one peer, and tell it why', async (t) => {
  const speaker = await startSpeaker(t);
  const two = startClient(t, 2);
  announceExamples(two, '192.0.2.2');
  await established(speaker, 2);
  const before = await neighbor(speaker, 2);
  const reset = await speaker.type('selvedge bgp reset 127.0.0.2 --soft in');
  assert.match(reset.out, /is asked for all its routes again/);
  const asked = async () =>
    (await neighbor(speaker, 2)).messages.sent.refresh > before.messages.sent.refresh;
  await until('the refresh', asked);
  assert.equal((await neighbor(speaker, 2)).families[0]?.received, evpnRoutes.length);

  const down = await speaker.type('selvedge bgp shutdown 127.0.0.2 --message "new cables"');
  assert.match(down.out, like("is shut down, until 'selvedge bgp start 127.0.0.2'"));
  assert.equal((await neighbor(speaker, 2)).admin, 'stopped');
  const [us] = two.speaker.peers;
  await until('the words', () => us?.status.lastReason?.kind === 'received');
  const summary = await speaker.type('selvedge bgp show summary');
  assert.match(summary.out, like('127.0.0.2 +shut down'));
  const soft = await speaker.type('selvedge bgp reset 127.0.0.2 --soft out');
  assert.deepEqual(
    [soft.status, soft.err],
    [1, `selvedge: ${ours('127.0.0.2')} has no session; it is Idle\n`],
  );
  await speaker.type('selvedge bgp start 127.0.0.2');
  await established(speaker, 2);
});

test('whoever asks', async (t) => {
  const speaker = await startSpeaker(t);

  await t.test('what is asked wrongly is told with what would be right', async () => {
    const wrong: readonly (readonly [command: string, says: RegExp])[] = [
      ['show neighbors 127.0.0.9', like("no peer '127.0.0.9'; 'selvedge bgp show summary' lists")],
      ['show rib ipv4', /no family 'ipv4'; there are ipv4-unicast,/],
      ['show rib ipv4-unicast', /not held here, only l2vpn-evpn; see families in \[global\]/],
      ['show evpn macs', /no EVPN route type 'macs'; there are mac, imet, prefix, es, ad/],
      ['show evpn --rd 1', /'1' is not a route distinguisher/],
      ['show evpn --mac 1', /'1' is not a MAC address/],
      ['show evpn --vni 0', /'0' is not a VNI/],
      ['show evpn --prefix 10.0.0.0/33', /no prefix length of 0 to 32/],
      ['show rib l2vpn-evpn --peer x', /no peer 'x'/],
      ['show everything', /unknown command|too many arguments/],
      ['watch ipv4-unicast', /no family that is held here; there are l2vpn-evpn/],
      ['dump - --family x', /no family that is held here; there are l2vpn-evpn/],
      ['reset nobody', /no peer 'nobody'/],
      ['reset 127.0.0.2 --soft up', /Allowed choices are in, out/],
      [`shutdown 127.0.0.2 --message ${'x'.repeat(256)}`, /256 octets; RFC 9003 has room for 255/],
    ];
    const ask = ([command]: readonly [string, RegExp]) => speaker.type(`selvedge bgp ${command}`);
    const answers = await Promise.all(wrong.map(ask));
    wrong.forEach(([command, says], index) => {
      assert.match(answers[index]?.err ?? '', says, command);
      assert.equal(answers[index]?.status, 1, command);
    });
  });

  await t.test('where no speaker answers, the remedy is told', async () => {
    const ask = (words: string) => shell(`"$NODE" "$SELVEDGE" bgp ${words}`, speaker.directory);
    for (const words of ['show summary', 'show evpn', 'watch', 'dump x.mrt', 'start a']) {
      const { err, status } = await ask(`${words} --socket /nowhere/bgp.sock`);
      assert.equal(status, 1);
      assert.match(
        err,
        /^selvedge: cannot ask the speaker at \/nowhere\/bgp\.sock: .*ENOENT.*; start it with 'selvedge bgp', or name its socket with --socket\n$/,
      );
    }
    assert.equal(existsSync(join(speaker.directory, 'x.mrt')), false);
  });

  await t.test('only root and the group of the socket may ask', async () => {
    assert.equal(statSync(speaker.socket).mode & 0o777, 0o660);
  });

  await t.test('each command explains itself, with an example', async () => {
    const words = [
      '',
      'show summary',
      'show neighbors',
      'show rib',
      'show evpn',
      'watch',
      'dump',
      'reset',
      'shutdown',
      'start',
    ];
    for (const each of words) {
      const { out, status } = await shell(
        `"$NODE" "$SELVEDGE" bgp ${each} --help`,
        speaker.directory,
      );
      assert.equal(status, 0, each);
      assert.match(out, new RegExp(`Examples:\\n +\\$ selvedge bgp ${each}`), each);
    }
  });
});

test('a broken file changes nothing, and is told with its place', async (t) => {
  const speaker = await startSpeaker(t);
  startClient(t, 2);
  await established(speaker, 2);
  const text = readFileSync(speaker.config, 'utf8');
  writeFileSync(speaker.config, text.replace('hold_time = 180', 'hold_tine = 180'));
  process.kill(speaker.pid, 'SIGHUP');
  await until('the complaint', () => speaker.log().includes('all stays as it was'));
  assert.match(
    speaker.log(),
    /line \d+, column 1: group\.clients\.hold_tine: unknown; did you mean hold_time\?/,
  );
  assert.equal((await neighbor(speaker, 2)).state, 'Established');

  writeFileSync(
    speaker.config,
    text.replace('hold_time = 180', 'hold_time = 180\nconnect_retry = 3'),
  );
  process.kill(speaker.pid, 'SIGHUP');
  await until('the new file', () => speaker.log().includes('is read again'));
});

test('watch tells what there is, what changes, and who comes and goes', async (t) => {
  const speaker = await startSpeaker(t);
  const two = startClient(t, 2);
  await established(speaker, 2);
  const [file, watcher] = [join(speaker.directory, 'events'), join(speaker.directory, 'watcher')];
  const watching = speaker.type('selvedge bgp watch --json > events & echo $! > watcher; wait');
  const text = () => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  const has = (words: string, count: number) => () => text().split(words).length > count;
  await until('all that there is', has('"event":"current"', 1));
  announceExamples(two, '192.0.2.2');
  await until('the routes', has('"event":"route"', 3));
  two.stop('going home');
  await until('the end of the client', has('going home', 1));
  await until('the end of its routes', has('"event":"route"', 6));
  process.kill(Number(readFileSync(watcher, 'utf8')));
  await watching;
  const events = text()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  const told = events.filter(({ event }) => event === 'route');
  assert.deepEqual(
    told.map(({ best }) => best === null),
    [false, false, false, true, true, true],
  );
  assert.ok(events.some(({ state }) => state === 'Established'));
});

test('the metrics that are documented are those that are served', async (t) => {
  const speaker = await startSpeaker(t);
  const two = startClient(t, 2);
  announceExamples(two, '192.0.2.2');
  await established(speaker, 2);
  const base = `http://127.0.0.1:${speaker.metricsPort}`;
  const page = async () => (await fetch(`${base}/metrics`)).text();
  const peer = ours('127.0.0.2');
  const received = `selvedge_bgp_peer_prefixes_received{peer="${peer}",family="l2vpn-evpn"} 3`;
  await until('the routes', async () => (await page()).includes(received));
  const text = await page();
  const served = [...text.matchAll(/^# TYPE (selvedge_bgp_\w+) (\w+)$/gm)].map(
    ([, name = '', type = '']) => {
      const [, labels = ''] = new RegExp(`^${name}(?:\\{(.*)\\})? `, 'm').exec(text) ?? [];
      const names = [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label);
      const help = new RegExp(`^# HELP ${name} (.*)$`, 'm').exec(text)?.[1];
      return `| \`${name}\` | ${type} | ${names.join(', ')} | ${help} |`;
    },
  );
  const documented = readFileSync(join(import.meta.dirname, '../../docs/bgp.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `selvedge_bgp_'));
  assert.deepEqual(documented.toSorted(), served.toSorted());
  assert.match(text, /^selvedge_nodejs_eventloop_lag_max_seconds /m);
  assert.match(text, new RegExp(`^selvedge_bgp_peer_state\\{peer="${peer}"\\} 1$`, 'm'));
  assert.match(text, /^selvedge_bgp_rib_destinations\{family="l2vpn-evpn"\} 3$/m);
  assert.equal((await fetch(`${base}/healthz`)).status, 200);
  assert.equal((await fetch(`${base}/readyz`)).status, 200);
});
