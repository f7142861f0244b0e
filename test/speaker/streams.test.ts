/** What a speaker tells piece by piece: each piece small, every route once, and nothing kept for a reader who is slow. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../../src/base/ports.ts';
import { unwrap } from '../../src/base/result.ts';
import { parseBgpConfig } from '../../src/config/bgp/read.ts';
import { parseIp, parsePrefix, type Prefix } from '../../src/protocols/bgp/index.ts';
import { dumpPortions } from '../../src/speaker/dump.ts';
import { eventPortions } from '../../src/speaker/events.ts';
import { SpeakerProcess } from '../../src/speaker/process.ts';
import { routePortions } from '../../src/speaker/routes.ts';

const family = 'ipv4-unicast';
const nextHop = { ip: unwrap(parseIp('192.0.2.2')) };

function speaker(): SpeakerProcess {
  const config = `[global]
as = 65000
router_id = "192.0.2.1"
families = ["ipv4-unicast"]`;
  return new SpeakerProcess(unwrap(parseBgpConfig(config)), silentLog);
}

function prefixOf(index: number): Prefix {
  return unwrap(parsePrefix(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}/32`));
}

function announce(of: SpeakerProcess, index: number, med = 0): void {
  const attributes = { origin: 'igp', asPath: [], med } as const;
  of.routing.originate(family, prefixOf(index), { attributes, nextHop });
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

interface Line {
  readonly route?: string;
  readonly event?: string;
  readonly best?: { readonly attributes: { readonly med?: number } } | null;
}

function linesOf(portion: string): readonly Line[] {
  return portion
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Line => JSON.parse(line));
}

async function gather(portions: AsyncIterable<string>): Promise<readonly (readonly Line[])[]> {
  const all: (readonly Line[])[] = [];
  for await (const portion of portions) all.push(linesOf(portion));
  return all;
}

test('a table is told in portions of a few routes, each route once', async () => {
  const one = speaker();
  const count = 5000;
  for (let index = 0; index < count; index += 1) announce(one, index);
  const query = new URLSearchParams({ family });
  const portions = await gather(unwrap(routePortions(one, query)));
  assert.ok(portions.every((lines) => lines.length <= 128));
  const routes = portions.flat().map(({ route }) => route);
  assert.equal(new Set(routes).size, count);
  assert.equal(routes.length, count);

  const none = new URLSearchParams({ family, prefix: '192.0.2.0/24' });
  assert.deepEqual((await gather(unwrap(routePortions(one, none)))).flat(), []);
  const some = new URLSearchParams({ family, prefix: '10.0.1.2' });
  const found = (await gather(unwrap(routePortions(one, some)))).flat();
  assert.deepEqual(
    found.map(({ route }) => route),
    ['10.0.1.2/32'],
  );
});

test('a table that changes while it is told is told to its end', async () => {
  const one = speaker();
  for (let index = 0; index < 1000; index += 1) announce(one, index);
  const portions = unwrap(routePortions(one, new URLSearchParams({ family })));
  const seen = new Set<string | undefined>();
  let index = 0;
  for await (const portion of portions) {
    for (const { route } of linesOf(portion)) seen.add(route);
    one.routing.withdraw(family, prefixOf(index));
    one.routing.withdraw(family, prefixOf(999 - index));
    index += 1;
    await turns(3);
  }
  // What was there all the while: those in the middle.
  for (let kept = 100; kept < 900; kept += 1) {
    assert.ok(seen.has(`10.0.${kept >> 8}.${kept & 255}/32`), `route ${kept}`);
  }
  const dumped: number[] = [];
  for await (const octets of unwrap(dumpPortions(one, new URLSearchParams()))) {
    dumped.push(octets.length);
  }
  assert.ok(dumped.length > 2);
});

test('a slow reader is told the last state, and keeps nothing but what has ended', async () => {
  const one = speaker();
  announce(one, 1);
  announce(one, 2);
  const end = new AbortController();
  const events = unwrap(eventPortions(one, new URLSearchParams({ family }), end.signal));
  const reader = events[Symbol.asyncIterator]();
  const first = linesOf((await reader.next()).value ?? '');
  assert.deepEqual(
    first.map(({ event }) => event),
    ['route', 'route', 'current'],
  );
  for (let med = 1; med <= 1000; med += 1) announce(one, 1, med);
  one.routing.withdraw(family, prefixOf(2));
  await turns(20);
  const rib = one.routing.rib(family);
  assert.equal(rib?.destinations.count, 2);
  const second = linesOf((await reader.next()).value ?? '');
  assert.deepEqual(
    second.map(({ best, route }) => [route, best?.attributes.med ?? null]),
    [
      ['10.0.0.1/32', 1000],
      ['10.0.0.2/32', null],
    ],
  );

  one.routing.withdraw(family, prefixOf(1));
  await turns(20);
  assert.equal(rib?.destinations.count, 1);
  const waiting = reader.next();
  assert.deepEqual(linesOf((await waiting).value ?? '').length, 1);
  const last = reader.next();
  end.abort();
  assert.equal((await last).done, true);
  await turns(20);
  assert.equal(rib?.destinations.count, 0);
  assert.equal(rib?.order.passedByAll, rib?.order.lastChange);
});

test('from now on, nothing is told of what was there', async () => {
  const one = speaker();
  announce(one, 1);
  const end = new AbortController();
  const query = new URLSearchParams({ family, 'from-now': '' });
  const reader = unwrap(eventPortions(one, query, end.signal))[Symbol.asyncIterator]();
  assert.deepEqual(
    linesOf((await reader.next()).value ?? '').map(({ event }) => event),
    ['current'],
  );
  announce(one, 2);
  const [told] = linesOf((await reader.next()).value ?? '');
  assert.equal(told?.route, '10.0.0.2/32');
  const last = reader.next();
  end.abort();
  assert.equal((await last).done, true);
});
