/** Cases of kernel.test.ts: batches with failures in them, big dumps, and what the monitor hears and misses. */

import assert from 'node:assert/strict';
import {
  change,
  create,
  link,
  linkOf,
  type NetlinkEvent,
  neigh,
  neighOf,
  type Request,
  remove,
  route,
  routeOf,
  watchNetlink,
} from '../../../../src/protocols/netlink/index.ts';
import {
  linkNamed,
  ifName,
  mac,
  must,
  mustAll,
  netlink,
  prefix,
  table,
  withLink,
} from './kernel.ts';
import { type Cases, runCases } from './namespace.ts';

const address = mac('02:00:00:00:00:07');

function neighAt(index: number, number: number) {
  return neighOf({ index, ip: { family: 4, value: 0x0a000000 + number }, address });
}

/** Waits until the condition holds; netlink has no other way to say that all has been told. */
async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, `${what} did not happen`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function withMonitor(
  options: Parameters<typeof watchNetlink>[1],
  body: (heard: { readonly events: NetlinkEvent[]; overflows: number }) => Promise<void>,
): Promise<void> {
  const heard = { events: [] as NetlinkEvent[], overflows: 0 };
  const listener = {
    event: (event: NetlinkEvent) => void heard.events.push(event),
    overflow: () => {
      heard.overflows += 1;
    },
  };
  const monitor = must(watchNetlink(listener, options));
  try {
    await body(heard);
  } finally {
    monitor.close();
  }
}

const cases: Cases = {
  'each request of a large batch has its own result': () =>
    withLink('sv-veth', { type: 'veth' }, async ({ index }) => {
      // Every third one is on a device that is not there; more failures than the receive buffer holds answers.
      const isBad = (i: number) => i % 3 === 1;
      const requests = Array.from(
        { length: 2000 },
        (_, i): Request => create(neigh, neighAt(isBad(i) ? 99999 : index, i)),
      );
      const results = await netlink.batch(requests);
      assert.equal(results.length, requests.length);
      for (const [i, result] of results.entries()) {
        assert.equal(result.ok ? 'ok' : result.error.code, isBad(i) ? 'ENODEV' : 'ok', `${i}`);
      }
      const found = must(await netlink.dump(neigh, { family: 4, index }));
      assert.equal(found.length, requests.filter((_, i) => !isBad(i)).length);
    }),
  'a batch of nothing is done': async () => {
    assert.deepEqual(await netlink.batch([]), []);
  },
  'ten thousand routes are written, dumped and removed': async () => {
    const base = { table: table(90000), type: 'blackhole' } as const;
    const all = Array.from({ length: 10_000 }, (_, i) =>
      routeOf({ ...base, destination: { ip: { family: 4, value: 0x64000000 + i }, length: 32 } }),
    );
    mustAll(await netlink.batch(all.map((one) => create(route, one))));
    assert.equal(must(await netlink.dump(route, { table: base.table })).length, all.length);
    mustAll(await netlink.batch(all.map((one) => remove(route, one))));
    assert.equal(must(await netlink.dump(route, { table: base.table })).length, 0);
  },
  'requests, batches and dumps that are asked for at once are answered in order': () =>
    withLink('sv-veth', { type: 'veth' }, async ({ index }) => {
      const [made, , removed, empty] = await Promise.all([
        netlink.request(create(neigh, neighAt(index, 1))),
        netlink.dump(neigh, { family: 4, index }),
        netlink.request(remove(neigh, neighAt(index, 1))),
        netlink.dump(neigh, { family: 4, index }),
      ]);
      must(made);
      must(removed);
      assert.deepEqual(must(empty), []);
    }),
  'a dump of what this kernel does not have is refused, and the socket goes on': async () => {
    const unknown = { ...route, name: 'nothing', type: 240 };
    const refused = await netlink.dump(unknown, {});
    assert.equal(refused.ok ? '' : refused.error.code, 'EOPNOTSUPP');
    assert.ok(must(await netlink.dump(link, {})).length > 0);
  },
  'the monitor hears of every object, and by whom': () =>
    withMonitor({}, async ({ events }) => {
      await withLink('sv-br', { type: 'bridge' }, async ({ index }) => {
        const one = neighAt(index, 1);
        must(await netlink.request(create(neigh, one)));
        must(await netlink.request(remove(neigh, one)));
        const to = routeOf({
          destination: prefix('100.64.0.0/10'),
          table: table(90000),
          type: 'blackhole',
        });
        must(await netlink.request(create(route, to)));
        must(await netlink.request(remove(route, to)));
      });
      const isGone = ({ object, change: how }: NetlinkEvent) => object === 'link' && how === 'gone';
      await until(() => events.some(isGone), 'the removal of the link');
      const heard = new Set(events.map((event) => `${event.object} ${event.change}`));
      for (const expected of [
        'link new',
        'link gone',
        'neigh new',
        'neigh gone',
        'route new',
        'route gone',
        'netconf new',
      ]) {
        assert.ok(heard.has(expected), `${expected} in ${[...heard].join(', ')}`);
      }
      const made = events.find(({ object, value }) => object === 'route' && value.table === 90000);
      assert.equal(made?.by, netlink.port);
      assert.notEqual(netlink.port, 0);
    }),
  'a monitor of some groups hears no others': () =>
    withMonitor({ groups: ['neigh'] }, async ({ events }) => {
      await withLink('sv-veth', { type: 'veth' }, async ({ index }) => {
        must(await netlink.request(create(neigh, neighAt(index, 1))));
      });
      await until(() => events.some(({ object }) => object === 'neigh'), 'the neighbour');
      const others = events.filter(({ object }) => object !== 'neigh' && object !== 'fdb');
      assert.deepEqual(others, []);
    }),
  'an overflow is told, and the monitor hears on': () =>
    withMonitor({ receiveBuffer: 4096 }, async (heard) => {
      await withLink('sv-veth', { type: 'veth' }, async ({ index }) => {
        const flood = Array.from({ length: 2000 }, (_, i) => create(neigh, neighAt(index, i)));
        mustAll(await netlink.batch(flood));
        await until(() => heard.overflows > 0, 'the overflow');
        // Whatever of the flood is still in the buffer comes before this one.
        must(await netlink.request(change(link, linkOf({ index, alias: 'after the flood' }))));
        const isAfter = ({ value }: NetlinkEvent) =>
          'alias' in value && value.alias === 'after the flood';
        await until(() => heard.events.some(isAfter), 'the change after the flood');
      });
    }),
  'a monitor with the default buffer loses nothing of a flood': () =>
    withMonitor({ groups: ['neigh'] }, async (heard) => {
      await withLink('sv-veth', { type: 'veth' }, async ({ index }) => {
        const flood = Array.from({ length: 10_000 }, (_, i) => create(neigh, neighAt(index, i)));
        mustAll(await netlink.batch(flood));
        const count = () =>
          heard.events.filter(({ object, change: how }) => object === 'neigh' && how === 'new')
            .length;
        await until(() => heard.events.length >= flood.length && count() >= flood.length, 'all');
        assert.equal(heard.overflows, 0);
      });
    }),
  'a device that is renamed keeps its index': () =>
    withLink('sv-veth', { type: 'veth' }, async ({ index }) => {
      const down = { flags: 0, change: 1 };
      must(await netlink.request(change(link, linkOf({ index, ...down }))));
      must(await netlink.request(change(link, linkOf({ index, name: ifName('sv-other') }))));
      assert.equal((await linkNamed(ifName('sv-other'))).index, index);
    }),
};

await runCases(cases);
netlink.close();
