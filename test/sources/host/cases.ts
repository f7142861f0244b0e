/** Cases of source.test.ts: what the source hears of the kernel, and how often it reads it. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

import { type Clock, silentLog } from '../../../src/base/ports.ts';
import { unwrap } from '../../../src/base/result.ts';
import type { Host } from '../../../src/inventory/host.ts';
import type { Source } from '../../../src/inventory/source.ts';
import { formatIp } from '../../../src/net/ip.ts';
import {
  type Monitor,
  type MonitorListener,
  watchNetlink,
} from '../../../src/protocols/netlink/index.ts';
import { openHostSource } from '../../../src/sources/host/index.ts';
import { type Cases, runCases } from '../../protocols/netlink/io/namespace.ts';

interface Heard {
  readonly source: Source;
  /** As text, oldest first. */
  readonly told: string[];
  /** Milliseconds that were asked of the clock, each a reading to come. */
  readonly waits: number[];
}

async function listening(body: (heard: Heard) => Promise<void>): Promise<void> {
  const told: string[] = [];
  const waits: number[] = [];
  const clock: Clock = {
    now: () => performance.now(),
    sleep: (ms, signal) => {
      waits.push(ms);
      return sleep(ms, undefined, signal === undefined ? {} : { signal });
    },
  };
  const settings = { localIp: undefined, localNic: undefined, underlayMtu: undefined };
  let monitor: Monitor | undefined;
  const watch = (listener: MonitorListener) => void (monitor = unwrap(watchNetlink(listener)));
  const source = openHostSource(
    { ...settings, watch, faces: () => new Set(), clock, log: silentLog },
    {
      updated: (updates) => {
        for (const update of updates) if (update.of === 'host') told.push(textOf(update.value));
      },
      stateChanged: () => {},
    },
  );
  try {
    await until('synced', () => source.state.state === 'synced');
    await body({ source, told, waits });
  } finally {
    await source.close();
    monitor?.close();
  }
}

function textOf({ vtep, underlayMtu }: Host): string {
  return `${vtep === undefined ? 'none' : formatIp(vtep)} ${underlayMtu ?? 'none'}`;
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (const end = performance.now() + 60_000; !isSo(); await sleep(5)) {
    assert.ok(performance.now() < end, `still not: ${what}`);
  }
}

function ip(...lines: readonly string[]): void {
  const run = spawnSync('ip', ['-batch', '-'], { encoding: 'utf8', input: lines.join('\n') });
  assert.equal(run.status, 0, run.stderr);
}

const cases: Cases = {
  'a namespace without any route is read all the same': () =>
    listening(async ({ told }) => assert.deepEqual(told, ['none none'])),

  'an address of the loopback device is told, and its going': () =>
    listening(async ({ told }) => {
      ip('link set lo up', 'addr add 10.255.1.1/32 dev lo');
      await until('told', () => told.at(-1) === '10.255.1.1 none');
      ip('addr del 10.255.1.1/32 dev lo');
      await until('told', () => told.at(-1) === 'none none');
    }),

  'devices and addresses of virtual machines cost no reading': () =>
    listening(async ({ told, waits }) => {
      const addresses = Array.from(
        { length: 200 },
        (_, at) => `addr add 10.1.0.${at}/32 dev lo-500`,
      );
      ip('link add lo-500 type veth peer name lo-501', 'link set lo-500 up', ...addresses);
      ip('addr add 10.255.1.7/32 dev lo');
      await until('told', () => told.at(-1) === '10.255.1.7 none');
      assert.equal(waits.length, 1);
      ip('addr del 10.255.1.7/32 dev lo', 'link del lo-500');
      await until('told', () => told.at(-1) === 'none none');
    }),

  'routes come and go without a reading each, and one by a new device is seen at once': () =>
    listening(async ({ told, waits }) => {
      ip(
        'link add up0 type veth peer name up1',
        'link set up0 up mtu 9000',
        'link set up1 up mtu 9000',
        'addr add 10.0.0.1/31 dev up0',
        'route add default via 10.0.0.0',
      );
      await until('told', () => told.at(-1) === 'none 9000');
      const numbers = Array.from(
        { length: 2_000 },
        (_, at) => `10.${100 + (at >> 8)}.${at & 255}.0/24`,
      );
      const readings = async (address: string, ...lines: readonly string[]): Promise<number[]> => {
        const before = waits.length;
        // What comes last is heard last.
        ip(...lines, `addr add ${address}/32 dev lo`);
        await until('told', () => told.at(-1)?.startsWith(`${address} `) === true);
        ip(`addr del ${address}/32 dev lo`);
        await until('told', () => told.at(-1) === 'none 9000');
        return waits.slice(before);
      };
      await readings('10.255.1.1');
      const added = await readings(
        '10.255.1.2',
        ...numbers.map((one) => `route add ${one} via 10.0.0.0`),
      );
      assert.equal(added.filter((wait) => wait >= 30_000).length, 1);
      const gone = await readings('10.255.1.3', ...numbers.map((one) => `route del ${one}`));
      for (const each of [added, gone])
        assert.ok(each.length < 40, `${each.length} for 2000 routes`);
      ip(
        'link add up2 type veth peer name up3',
        'link set up2 up mtu 1500',
        'link set up3 up',
        'addr add 10.0.1.1/31 dev up2',
        'route add 10.9.0.0/16 via 10.0.1.0',
      );
      await until('told', () => told.at(-1) === 'none 1500');
      ip('route del 10.9.0.0/16');
      await until('told', () => told.at(-1) === 'none 9000');
    }),

  'nothing is told once it is closed, though it was reading': () =>
    listening(async ({ source, told }) => {
      const before = told.length;
      ip('addr add 10.255.1.9/32 dev lo');
      await source.close();
      await listening(async (other) => {
        await until('told to another', () => other.told.at(-1)?.startsWith('10.255.1.9 ') === true);
      });
      assert.equal(told.length, before);
      await source.close();
    }),
};

await runCases(cases);
process.exit(0);
