/**
 * Runs in the lab: the agent on c1, with virtual machines as rows of the Southbound database and nothing
 * else that writes there, from the transaction to the kernel of the node and to that of the spine. One number of ports,
 * BENCH_PORTS, in a fresh guest, so that a cold start is one. Leaves a report; `../agent.ts` runs it.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { release as kernelRelease } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cloud } from '../../lab/fabric/cloud/cloud.ts';
import type { FabricNode } from '../../lab/fabric/node.ts';
import { outDir } from '../../lab/fabric/out.ts';
import { startController, startNorthd, stopController, stopNorthd } from '../../lab/fabric/ovs.ts';
import { theFabric } from '../../lab/fabric/scenario.ts';
import type { Fabric } from '../../lab/fabric/topology.ts';
import { guestSeconds } from '../../lab/fabric/uptime.ts';
import { type PortFigures, type Report, reportName, sampleOf } from './figures.ts';
import { Asker, askedFor } from './asker.ts';
import { calibrate, giveWay, versions } from './machine.ts';
import {
  afterStop,
  bindingIn,
  coldTimes,
  commitTimes,
  floatingTimes,
  type Instruments,
  measure,
  thereAndBack,
} from './measure.ts';
import { NodeUnderTest } from './node-under-test.ts';
import { measurePredecessor } from './predecessor.ts';
import { range } from './rows.ts';
import { Southbound } from './southbound.ts';
import { Watcher } from './watcher.ts';
import { workloadOf } from './workload.ts';

const numbers = (name: string, otherwise: string): readonly number[] =>
  (process.env[name] ?? otherwise)
    .split(',')
    .filter((word) => word !== '')
    .map(Number);
const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);

const workload = workloadOf(process.env['BENCH_MODE'] ?? 'evpn');
const settings = {
  ports: number('BENCH_PORTS', 200),
  /** Ports in all, those of the other node included; 0 for none of these. */
  cloud: number('BENCH_CLOUD', 0),
  samples: number('BENCH_SAMPLES', 50),
  rounds: number('BENCH_ROUNDS', 3),
  idleSeconds: number('BENCH_IDLE', 60),
  pause: number('BENCH_PAUSE', 500),
  bursts: numbers('BENCH_BURSTS', '200,1000'),
  /** Samples of the replaced agent, afterwards on the same node; 0 leaves it out. */
  predecessor: number('BENCH_PREDECESSOR', 0),
};
/** Ports that are there beside those that are bound from the start. */
const few = 10;
/** After a start FRR is looked at more and more rarely, and V8 collects garbage a last time after 100 s. */
const restSeconds = 120;

interface Bench extends Instruments {
  readonly agent: NodeUnderTest;
  readonly node: FabricNode;
}

async function coldStart(bench: Bench, ports: number): Promise<Pick<PortFigures, 'coldStart'>> {
  if (ports === 0) {
    await bench.agent.start();
    return {};
  }
  return coldTimes(bench, ports, () => bench.agent.start());
}

async function burstsOf(bench: Bench, ports: number): Promise<PortFigures['bursts']> {
  const found: Record<string, PortFigures['bursts'][string]> = {};
  for (const size of settings.bursts) {
    say(`${ports} ports: ${size} more in one transaction, ${settings.rounds} times`);
    const set = range(ports, ports + size);
    const settled = () => bench.agent.operations();
    const binding = bindingIn(bench.southbound);
    const { bind, unbind } = await thereAndBack(bench, binding, set, settings.rounds, settled);
    found[size] = { ...bind, withdrawn: unbind.kernel };
  }
  return found;
}

/** What of a bind is the kernel's, among as many. */
async function kernelTimes({ node, kernel }: Bench): Promise<Pick<PortFigures, 'kernelAlone'>> {
  const { ports, samples, pause } = settings;
  // Without ports there may be no devices.
  if (!workload.isAskedAlone || ports === 0) return {};
  const asker = await Asker.start(node);
  const took: number[] = [];
  for (const _ of range(0, samples)) {
    await sleep(pause);
    const { seen } = await kernel.expect([askedFor], 'new');
    const begun = await asker.ask();
    took.push((await seen).last - begun);
  }
  asker.close();
  return { kernelAlone: sampleOf(took) };
}

/** Starts of the agent on a node that is as it should be. */
async function startsOf(agent: NodeUnderTest): Promise<readonly number[]> {
  const starts: number[] = [];
  for (const _ of range(0, settings.rounds)) {
    await agent.stop();
    await afterStop();
    starts.push(await agent.start());
    if (process.env['BENCH_VERBOSE'] !== undefined) say(agent.story());
    if ((await agent.operations()) !== 0) throw new Error('a start in place changed something');
  }
  return starts;
}

async function idleOf(agent: NodeUnderTest): Promise<Pick<PortFigures, 'idle'>> {
  const { ports, idleSeconds } = settings;
  if (idleSeconds === 0 || ports === 0) return {};
  say(`${ports} ports: ${restSeconds} s to come to rest, then ${idleSeconds} s of nothing`);
  await sleep(restSeconds * 1000);
  return { idle: await agent.idle(idleSeconds) };
}

/** A guest that stays finds nothing of this run. */
async function clearNode(bench: Bench): Promise<void> {
  const all = range(0, settings.ports);
  if (all.length > 0) await measure(bench, all, 'gone', await bench.southbound.unbinding(all));
}

async function predecessorOf(fabric: Fabric, bench: Bench): Promise<PortFigures | undefined> {
  const { ports, idleSeconds, bursts, predecessor: samples } = settings;
  if (samples === 0) return undefined;
  await bench.agent.drain();
  say(`${ports} ports: ovn-bgp-agent on the same node`);
  const [burst = 1] = bursts;
  await bench.southbound.fill(ports + Math.max(few, burst), 0);
  const driver = workload.predecessor;
  const asked = { driver, ports, samples, burst, idleSeconds: Math.max(1, idleSeconds) };
  return measurePredecessor(fabric.c1, bench, asked);
}

async function measureAll(bench: Bench): Promise<PortFigures> {
  const { agent, southbound } = bench;
  const { ports, cloud, samples, rounds } = settings;
  await southbound.fill(ports + Math.max(few, ...settings.bursts), ports);
  await southbound.surround(cloud);
  const commit = await commitTimes(bench, ports, samples);
  say(`${ports} ports: cold start`);
  const cold = await coldStart(bench, ports);
  if (process.env['BENCH_VERBOSE'] !== undefined) say(agent.story());
  say(`${ports} ports: ${samples} ports bound and unbound, one after the other`);
  const single = await thereAndBack(bench, bindingIn(southbound), [ports], samples);
  const alone = await kernelTimes(bench);
  const floating = await floatingTimes(bench, ports, samples);
  const bursts = await burstsOf(bench, ports);
  // As many rows as ports, from here on.
  await southbound.trim(ports);
  say(`${ports} ports: resync, start with state in place`);
  const resyncs: number[] = [];
  for (const _ of range(0, rounds)) resyncs.push(await agent.resync());
  const startInPlace = sampleOf(await startsOf(agent));
  const idle = await idleOf(agent);
  return {
    ports,
    ...(cloud === 0 ? {} : { cloud }),
    commit,
    ...cold,
    ...single,
    ...alone,
    ...floating,
    bursts,
    resync: sampleOf(resyncs),
    startInPlace,
    ...idle,
  };
}

/** The networks of the workload; then nobody but us writes the Southbound database. */
async function withBench(fabric: Fabric, body: (bench: Bench) => Promise<void>): Promise<void> {
  const { central, c1, c2, spine } = fabric;
  const cloud = new Cloud(fabric);
  const places = await workload.prepare(fabric, cloud);
  await cloud.sync();
  for (const node of [c1, c2]) await stopController(node, true);
  await stopNorthd(central);
  const path = join(central.dir, 'run/ovn/ovnsb_db.sock');
  const southbound = await Southbound.open(path, places, [c1.name, c2.name]);
  const agent = new NodeUnderTest(c1);
  await agent.prepare(workload.mode);
  const kernel = new Watcher(c1, 'address');
  const route = new Watcher(spine, 'route', String(workload.spineTable));
  try {
    await body({ agent, node: c1, southbound, kernel, spine: route, pause: settings.pause });
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
giveWay();
const results: PortFigures[] = [];
const predecessor: PortFigures[] = [];
const release = /PRETTY_NAME="(.*)"/.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? '';

/** What is known by now: the replaced agent takes its time, and may not come to an end. */
function save(): void {
  const { ports, cloud } = settings;
  const report: Report = {
    mode: workload.mode,
    at: new Date().toISOString(),
    release,
    kernel: kernelRelease(),
    versions: versions(),
    calibration: [{ ports, ...(cloud === 0 ? {} : { cloud }), before, after: calibrate() }],
    results,
    predecessor,
  };
  const name = reportName(workload.mode, ports, cloud);
  writeFileSync(join(outDir, name), `${JSON.stringify(report, null, 2)}\n`);
}

await withBench(fabric, async (bench) => {
  results.push(await measureAll(bench));
  save();
  const peer = await predecessorOf(fabric, bench);
  if (peer !== undefined) predecessor.push(peer);
  else await clearNode(bench);
});
save();
say('done');
process.exit(0);
