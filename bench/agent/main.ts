/**
 * Runs in the lab: the agent in mode `evpn` on c1, with virtual machines as rows of the Southbound database and nothing
 * else that writes there, from the transaction to the kernel of the node and to that of the spine. One number of ports,
 * BENCH_PORTS, in a fresh guest, so that a cold start is one. Leaves `agent-PORTS.json`; `../agent.ts` runs it.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { release as kernelRelease } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cloud } from '../../lab/fabric/cloud/cloud.ts';
import { outDir } from '../../lab/fabric/out.ts';
import { startController, startNorthd, stopController, stopNorthd } from '../../lab/fabric/ovs.ts';
import { theFabric } from '../../lab/fabric/scenario.ts';
import type { Fabric } from '../../lab/fabric/topology.ts';
import { guestSeconds } from '../../lab/fabric/uptime.ts';
import { type PortFigures, type Report, sampleOf } from './figures.ts';
import { calibrate, versions } from './machine.ts';
import { NodeUnderTest } from './node-under-test.ts';
import { ipOf, range, Southbound } from './southbound.ts';
import { now, type Times, Watcher } from './watcher.ts';

const numbers = (name: string, otherwise: string): readonly number[] =>
  (process.env[name] ?? otherwise)
    .split(',')
    .filter((word) => word !== '')
    .map(Number);
const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);

const settings = {
  ports: number('BENCH_PORTS', 200),
  samples: number('BENCH_SAMPLES', 50),
  rounds: number('BENCH_ROUNDS', 3),
  idleSeconds: number('BENCH_IDLE', 60),
  /** Before each change: a node on which nothing happens, also none of what the change before has set off. */
  pauseMs: number('BENCH_PAUSE', 500),
  bursts: numbers('BENCH_BURSTS', '200,1000'),
};
const vni = 500;

interface Bench {
  readonly agent: NodeUnderTest;
  readonly southbound: Southbound;
  readonly kernel: Watcher;
  readonly spine: Watcher;
}

/** Milliseconds from before `act` to the first and last notice in both kernels. */
interface Measured {
  /** Until `act` was done; of a transaction, until the server's answer. */
  readonly acted: number;
  readonly kernel: Times;
  readonly spine: Times;
}

async function measure(
  { kernel, spine }: Bench,
  ports: readonly number[],
  change: 'new' | 'gone',
  act: () => Promise<unknown>,
): Promise<Measured> {
  const ips = ports.map(ipOf);
  const [near, far] = [await kernel.expect(ips, change), await spine.expect(ips, change)];
  const begun = now();
  const acted = act().then(() => now() - begun);
  const since = ({ first, last }: Times): Times => ({ first: first - begun, last: last - begun });
  const seen = { kernel: since(await near.seen), spine: since(await far.seen) };
  return { ...seen, acted: await acted };
}

function reached(all: readonly Measured[]) {
  return {
    committed: sampleOf(all.map(({ acted }) => acted)),
    kernel: sampleOf(all.map(({ kernel }) => kernel.last)),
    spine: sampleOf(all.map(({ spine }) => spine.last)),
  };
}

/** The ports in question unbound, then bound, then unbound again, so many times. */
async function thereAndBack(bench: Bench, sets: readonly (readonly number[])[]) {
  const { agent, southbound } = bench;
  const bound: Measured[] = [];
  const unbound: Measured[] = [];
  for (const ports of sets) {
    await sleep(settings.pauseMs);
    bound.push(await measure(bench, ports, 'new', () => southbound.bind(ports)));
    await sleep(settings.pauseMs);
    unbound.push(await measure(bench, ports, 'gone', () => southbound.unbind(ports)));
    if (ports.length > 1) await agent.operations();
  }
  return { bind: reached(bound), unbind: reached(unbound) };
}

async function coldStart(bench: Bench, ports: number): Promise<Pick<PortFigures, 'coldStart'>> {
  if (ports === 0) {
    await bench.agent.start();
    return {};
  }
  const start = () => bench.agent.start();
  return { coldStart: reached([await measure(bench, range(0, ports), 'new', start)]) };
}

async function burstsOf(bench: Bench, ports: number): Promise<PortFigures['bursts']> {
  const found: Record<string, PortFigures['bursts'][string]> = {};
  for (const size of settings.bursts) {
    say(`${ports} ports: ${size} more in one transaction, ${settings.rounds} times`);
    const set = range(ports, ports + size);
    const sets = range(0, settings.rounds).map(() => set);
    const { bind, unbind } = await thereAndBack(bench, sets);
    found[size] = { ...bind, withdrawn: unbind.kernel };
  }
  return found;
}

/** Starts of the agent on a node that is as it should be. */
async function startsOf(agent: NodeUnderTest): Promise<readonly number[]> {
  const starts: number[] = [];
  for (const _ of range(0, settings.rounds)) {
    await agent.stop();
    starts.push(await agent.start());
    if (process.env['BENCH_VERBOSE'] !== undefined) say(agent.story());
    if ((await agent.operations()) !== 0) throw new Error('a start in place changed something');
  }
  return starts;
}

async function idleOf(agent: NodeUnderTest): Promise<Pick<PortFigures, 'idle'>> {
  const { ports, idleSeconds } = settings;
  if (idleSeconds === 0 || ports === 0) return {};
  say(`${ports} ports: ${idleSeconds} s of nothing`);
  return { idle: await agent.idle(idleSeconds) };
}

async function measureAll(bench: Bench): Promise<PortFigures> {
  const { agent, southbound } = bench;
  const { ports, samples, rounds } = settings;
  await southbound.fill(ports + Math.max(1, ...settings.bursts), ports);
  say(`${ports} ports: cold start`);
  const cold = await coldStart(bench, ports);
  if (process.env['BENCH_VERBOSE'] !== undefined) say(agent.story());
  say(`${ports} ports: ${samples} ports bound and unbound, one after the other`);
  const single = await thereAndBack(
    bench,
    range(0, samples).map(() => [ports]),
  );
  const bursts = await burstsOf(bench, ports);
  // As many rows as ports, from here on.
  await southbound.trim(ports);
  say(`${ports} ports: resync, start with state in place`);
  const resyncs: number[] = [];
  for (const _ of range(0, rounds)) resyncs.push(await agent.resync());
  const startInPlace = sampleOf(await startsOf(agent));
  const idle = await idleOf(agent);
  // A guest that stays finds nothing of this run.
  const all = range(0, ports);
  if (ports > 0) await measure(bench, all, 'gone', () => southbound.unbind(all));
  return { ports, ...cold, ...single, bursts, resync: sampleOf(resyncs), startInPlace, ...idle };
}

/** A tenant's network behind a router with its gateway on c1; then nobody but us writes the Southbound database. */
async function withBench(fabric: Fabric, body: (bench: Bench) => Promise<void>): Promise<void> {
  const { central, c1, c2, spine } = fabric;
  const cloud = new Cloud(fabric);
  const outside = await cloud.network('public', {
    subnets: ['172.24.4.0/24'],
    physnet: 'physnet1',
  });
  const tenant = await cloud.network('tenant', { subnets: ['10.1.0.0/16'] });
  const router = await cloud.router('r1', { gateway: outside, host: 5, on: [c1] });
  await router.attach(tenant);
  await router.setBgpvpn({ vni, as: 64999 });
  await cloud.sync();
  const [networkPort = ''] = router.interfacePorts(tenant);
  for (const node of [c1, c2]) await stopController(node, true);
  await stopNorthd(central);
  const path = join(central.dir, 'run/ovn/ovnsb_db.sock');
  const southbound = await Southbound.open(path, networkPort, c1.name);
  const agent = new NodeUnderTest(c1);
  await agent.prepare();
  const kernel = new Watcher(c1, 'address');
  const route = new Watcher(spine, 'route', String(vni));
  try {
    await body({ agent, southbound, kernel, spine: route });
  } finally {
    await agent.stop();
    kernel.close();
    route.close();
    await southbound.clear();
    await southbound.close();
    await startNorthd(central);
    for (const node of [c1, c2]) await startController(node);
    await cloud.clear();
  }
}

function say(text: string): void {
  process.stdout.write(`[${guestSeconds()} s] bench: ${text}\n`);
}

const fabric = await theFabric();
say('calibrating');
const before = calibrate();
const results: PortFigures[] = [];
await withBench(fabric, async (bench) => {
  results.push(await measureAll(bench));
});
const release = /PRETTY_NAME="(.*)"/.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? '';
const report: Report = {
  at: new Date().toISOString(),
  release,
  kernel: kernelRelease(),
  versions: versions(),
  calibration: [{ ports: settings.ports, before, after: calibrate() }],
  results,
};
writeFileSync(join(outDir, `agent-${settings.ports}.json`), `${JSON.stringify(report, null, 2)}\n`);
say('done');
process.exit(0);
