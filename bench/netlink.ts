/**
 * CPU time of netlink at scale: 10,000 forwarding entries, neighbours and routes written, dumped and removed, and single
 * requests, each the best of several rounds. Prints a table and a line of JSON. Needs root; works in a network namespace
 * of its own.
 *
 *   node bench/netlink.ts [entries]
 */

import { spawnSync } from 'node:child_process';
import { release } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Result } from '../src/base/result.ts';
import { unwrap } from '../src/base/result.ts';
import { parseIfName } from '../src/net/if-name.ts';
import type { Ip } from '../src/net/ip.ts';
import type { Mac } from '../src/net/mac.ts';
import { parseTableId, parseVni } from '../src/net/numbers.ts';
import {
  addressOf,
  create,
  fdb,
  fdbOf,
  IFF,
  link,
  linkOf,
  NetlinkSocket,
  NTF,
  neigh,
  neighOf,
  netlinkTransport,
  type ObjectCodec,
  objects,
  remove,
  route,
  routeOf,
  type Transport,
} from '../src/protocols/netlink/index.ts';

const inside = 'SELVEDGE_BENCH_NAMESPACE';
const rounds = 5;
const singles = 2000;

if (process.env[inside] === undefined) runInside();
else await main(Number(process.argv[2] ?? 10_000));

function runInside(): void {
  const namespace = `selvedge-bench-${process.pid}`;
  const ip = (...args: string[]) => spawnSync('ip', args, { stdio: 'inherit' });
  if (ip('netns', 'add', namespace).status !== 0) process.exit(1);
  const self = [process.execPath, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const env = { ...process.env, [inside]: namespace };
  const run = spawnSync('ip', ['netns', 'exec', namespace, ...self], { stdio: 'inherit', env });
  ip('netns', 'delete', namespace);
  process.exit(run.status ?? 1);
}

interface Workload {
  readonly object: string;
  readonly write: (netlink: NetlinkSocket) => Promise<void>;
  readonly dump: (netlink: NetlinkSocket) => Promise<void>;
  readonly single: (netlink: NetlinkSocket) => Promise<void>;
  readonly remove: (netlink: NetlinkSocket) => Promise<void>;
}

async function main(entries: number): Promise<void> {
  const { transport, kernelTime } = timed(netlinkTransport());
  const netlink = unwrap(NetlinkSocket.open({ transport }));
  const index = await setUp(netlink);
  const workloads = workloadsOf(index, entries);
  const rows: Record<string, Record<string, number>> = {};
  for (const workload of workloads)
    rows[workload.object] = await measure(netlink, workload, kernelTime);
  console.table(rows);
  console.log(JSON.stringify({ kernel: release(), node: process.version, entries, singles, rows }));
  netlink.close();
}

/** A VXLAN device that is up and has an address, by index. */
async function setUp(netlink: NetlinkSocket): Promise<number> {
  const name = unwrap(parseIfName('vx-bench'));
  const is = { type: 'vxlan', vni: unwrap(parseVni(1001)), port: 4789, learning: false } as const;
  const up = { flags: IFF.up, change: IFF.up };
  must(await netlink.request(create(link, linkOf({ name, ...up, info: { is } }))));
  const { index } = unwrap(await netlink.get(link, linkOf({ name })));
  const own = addressOf({ index, prefix: { ip: { family: 4, value: 0x0a000001 }, length: 8 } });
  must(await netlink.request(create(objects.address, own)));
  return index;
}

function workloadsOf(index: number, entries: number): readonly Workload[] {
  const all = Array.from({ length: entries }, (_, i) => i);
  const ip = (base: number, i: number): Ip => ({ family: 4, value: base + i });
  const mac = (i: number) => (0x020000000000 + i) as Mac;
  const table = unwrap(parseTableId(100));
  return [
    workloadOf(
      fdb,
      { index },
      all.map((i) =>
        fdbOf({ index, mac: mac(i), destination: ip(0x0aff0000, i), flags: NTF.self }),
      ),
    ),
    workloadOf(
      neigh,
      { index, family: 4 },
      all.map((i) => neighOf({ index, ip: ip(0x0a000100, i), address: mac(i) })),
    ),
    workloadOf(
      route,
      { table, family: 4 },
      all.map((i) =>
        routeOf({
          destination: { ip: ip(0x64000000, i), length: 32 },
          table,
          gateway: ip(0x0a000002, 0),
          oif: index,
        }),
      ),
    ),
  ];
}

function workloadOf<T, F>(codec: ObjectCodec<T, F>, filter: F, all: readonly T[]): Workload {
  return {
    object: codec.name,
    write: async (netlink) => {
      for (const one of await netlink.batch(all.map((value) => create(codec, value)))) must(one);
    },
    dump: async (netlink) => {
      const found = must(await netlink.dump(codec, filter));
      if (found.length < all.length) throw new Error(`${found.length} of ${all.length} dumped`);
    },
    remove: async (netlink) => {
      for (const one of await netlink.batch(all.map((value) => remove(codec, value)))) must(one);
    },
    single: async (netlink) => {
      for (const value of all.slice(0, singles)) must(await netlink.request(create(codec, value)));
      for (const value of all.slice(0, singles)) must(await netlink.request(remove(codec, value)));
    },
  };
}

function must<T>(result: Result<T, { readonly message: string }>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

/** The transport with a clock in it: requests are carried out by the kernel within `send`. */
function timed(inner: Transport): { transport: Transport; kernelTime: () => number } {
  let spent = 0;
  const transport: Transport = {
    ...inner,
    send: (datagram) => {
      const start = performance.now();
      const errno = inner.send(datagram);
      spent += performance.now() - start;
      return errno;
    },
  };
  return { transport, kernelTime: () => spent };
}

/** Milliseconds of CPU for each step, how much of it the kernel's, and microseconds for a request that is waited for. */
async function measure(
  netlink: NetlinkSocket,
  of: Workload,
  kernelTime: () => number,
): Promise<Record<string, number>> {
  const best: Record<string, number> = {};
  const keep = async (name: string, per: number, step: () => Promise<void>) => {
    const kernelBefore = kernelTime();
    const used = await cpu(step);
    const kernel = kernelTime() - kernelBefore;
    best[name] = Math.min(best[name] ?? Infinity, used / per);
    best[`${name} kernel`] = Math.min(best[`${name} kernel`] ?? Infinity, kernel / per);
  };
  for (let round = 0; round < rounds; round += 1) {
    await keep('add ms', 1, () => of.write(netlink));
    await keep('dump ms', 1, () => of.dump(netlink));
    await keep('remove ms', 1, () => of.remove(netlink));
    await keep('single us', (singles * 2) / 1000, () => of.single(netlink));
  }
  return Object.fromEntries(Object.entries(best).map(([key, ms]) => [key, Number(ms.toFixed(1))]));
}

/** User and system milliseconds that the step took. */
async function cpu(step: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await step();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
