/**
 * What it costs to read a Southbound database of 100,000 ports, and to follow it: CPU, memory, and
 * the longest time that the event loop stood still. Prints a table for people, then one line of
 * JSON. Starts its own server.
 *
 *     node bench/ovsdb.ts [ports]
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

import { unwrap } from '../src/base/result.ts';
import type { Endpoint } from '../src/net/endpoint.ts';
import { Slicer } from '../src/protocols/ovsdb/wire/slicer.ts';
import { loadPorts, openPorts, portRow } from '../test/protocols/ovsdb/support/ports.ts';
import { startServer, until } from '../test/protocols/ovsdb/support/server.ts';

interface Figures {
  readonly [name: string]: number;
}

const round = (value: number, digits = 0) => Number(value.toFixed(digits));
const cpuMs = (since: NodeJS.CpuUsage) => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
};

/** The first reading, in a process of its own so that memory is its own. */
async function read(endpoint: Endpoint): Promise<Figures> {
  const rssBefore = process.memoryUsage().rss;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let rssMax = rssBefore;
  const sample = setInterval(() => (rssMax = Math.max(rssMax, process.memoryUsage().rss)), 5);
  const [cpu, started] = [process.cpuUsage(), performance.now()];
  delay.enable();
  const db = openPorts(endpoint);
  unwrap(await db.whenSynced());
  delay.disable();
  const [spent, took] = [cpuMs(cpu), performance.now() - started];
  clearInterval(sample);
  const changes = await follow(db);
  const rows = db.table('Port_Binding').size;
  await db.close();
  return {
    rows,
    cpu_ms: round(spent),
    wall_ms: round(took),
    rss_before_mib: round(rssBefore / 2 ** 20),
    rss_max_mib: round(Math.max(rssMax, process.memoryUsage().rss) / 2 ** 20),
    loop_blocked_max_ms: round(delay.max / 1e6),
    loop_blocked_p99_ms: round(delay.percentile(99) / 1e6),
    ...changes,
  };
}

/**
 * One changed row after the other, from before the transaction is sent to the listener that hears
 * of it.
 */
async function follow(db: ReturnType<typeof openPorts>): Promise<Figures> {
  const times: number[] = [];
  const cpu = process.cpuUsage();
  for (let i = 0; i < 200; i += 1) {
    const heard = Promise.withResolvers<void>();
    const stop = db.onChange(() => heard.resolve());
    const uuid = db.table('Port_Binding').find('logical_port', portRow(i).logical_port)?._uuid;
    const where = [['_uuid', '==', uuid]] as const;
    const started = performance.now();
    await db.transact([{ op: 'update', table: 'Port_Binding', where, row: { tag: i + 1 } }]);
    await heard.promise;
    times.push(performance.now() - started);
    stop();
  }
  times.sort((a, b) => a - b);
  return {
    change_p50_ms: round(times[100] ?? 0, 2),
    change_p99_ms: round(times[197] ?? 0, 2),
    change_cpu_ms: round(cpuMs(cpu) / 200, 2),
  };
}

/** The octets of a large reply through the slicer alone, against JSON.parse of the whole. */
function slice(ports: number): Figures {
  const rows = Object.fromEntries(
    Array.from({ length: ports }, (_, i) => {
      const { mac, options, external_ids, ...row } = portRow(i);
      const pairs = [...external_ids];
      const initial = {
        ...row,
        mac: ['set', mac],
        options: ['map', [...options]],
        external_ids: ['map', pairs],
      };
      return [`${i.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`, { initial }];
    }),
  );
  const reply = { id: 1, result: [false, 'x', { Port_Binding: rows }], error: null };
  const octets = Buffer.from(JSON.stringify(reply));
  let sliced = 0;
  const slicer = new Slicer({ onRow: () => (sliced += 1), onMessage: () => {} });
  const [cpu] = [process.cpuUsage()];
  for (let at = 0; at < octets.length; at += 65_536) slicer.push(octets.subarray(at, at + 65_536));
  const spent = cpuMs(cpu);
  const cpuWhole = process.cpuUsage();
  JSON.parse(octets.toString());
  return {
    slice_mib: round(octets.length / 2 ** 20, 1),
    slice_rows: sliced,
    slice_cpu_ms: round(spent),
    parse_whole_cpu_ms: round(cpuMs(cpuWhole)),
  };
}

async function inChild(endpoint: Endpoint): Promise<Figures> {
  const child = fork(import.meta.filename, [JSON.stringify(endpoint)], {
    env: { ...process.env, SELVEDGE_BENCH: 'read' },
  });
  const [figures] = (await once(child, 'message')) as [Figures];
  await once(child, 'exit');
  return figures;
}

async function main(): Promise<void> {
  const ports = Number(process.argv[2] ?? 100_000);
  const server = await startServer();
  try {
    await loadPorts(server.endpoint, ports);
    await until('the server is at rest', () => server.control('version') !== '');
    const figures: Figures = { ...(await inChild(server.endpoint)), ...slice(ports) };
    for (const [name, value] of Object.entries(figures)) {
      process.stdout.write(`${name.padEnd(24)}${String(value).padStart(10)}\n`);
    }
    process.stdout.write(
      `${JSON.stringify({ bench: 'ovsdb', node: process.version, ...figures })}\n`,
    );
  } finally {
    await server.stop();
  }
}

if (process.env['SELVEDGE_BENCH'] === 'read') {
  process.send?.(await read(JSON.parse(process.argv[2] ?? '')));
  process.disconnect();
} else {
  await main();
}
