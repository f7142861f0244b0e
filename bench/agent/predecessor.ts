/**
 * The agent that Selvedge replaces, measured in the same guest by the same instruments: Debian's ovn-bgp-agent, on a node
 * that Selvedge has left bare. It has its defaults, but that it logs its locks and how often it goes over everything.
 */

import { readFileSync, rmSync } from 'node:fs';
import { loopback } from '../../lab/fabric/addresses.ts';
import type { FabricNode } from '../../lab/fabric/node.ts';
import { OvnBgpAgent } from '../../lab/fabric/ovn-bgp-agent.ts';
import { waitFor } from '../../lab/fabric/wait.ts';
import { type Idle, type PortFigures, sampleOf } from './figures.ts';
import { asUsual, idleOf } from './machine.ts';
import {
  afterStop,
  bindingIn,
  coldTimes,
  floatingTimes,
  type Instruments,
  thereAndBack,
} from './measure.ts';
import { range } from './rows.ts';
import type { PredecessorDriver } from './workload.ts';

const logFile = '/run/lab/bench-ovn-bgp-agent.log';
const patienceSeconds = 1800;
/**
 * Seconds: none of its runs over everything, in which it answers to nothing else, falls into what is measured; or several
 * are seen. Its default is 300.
 */
const longInterval = 3600;
const shortInterval = 15;

export interface PredecessorSettings {
  readonly driver: PredecessorDriver;
  readonly ports: number;
  readonly samples: number;
  readonly burst: number;
  readonly idleSeconds: number;
}

export async function measurePredecessor(
  node: FabricNode,
  instruments: Instruments,
  settings: PredecessorSettings,
): Promise<PortFigures> {
  const { driver, ports, samples, burst, idleSeconds } = settings;
  const quiet = new Predecessor(node, driver, longInterval);
  const cold = await coldTimes(instruments, ports, () => quiet.start());
  const binding = bindingIn(instruments.southbound);
  const single = await thereAndBack(instruments, binding, [ports], samples);
  const floating = await floatingTimes(instruments, ports, samples);
  const many = await thereAndBack(instruments, binding, range(ports, ports + burst), 1);
  const idle = await quiet.idle(idleSeconds);
  await quiet.stop();
  await afterStop();
  const busy = new Predecessor(node, driver, shortInterval);
  const startInPlace = sampleOf([await busy.start()]);
  const resyncs = await busy.resyncs(1);
  await busy.stop();
  return {
    ports,
    ...cold,
    ...single,
    ...floating,
    bursts: { [burst]: { ...many.bind, withdrawn: many.unbind.kernel } },
    startInPlace,
    resync: sampleOf(resyncs),
    idle,
  };
}

class Predecessor {
  readonly #agent: OvnBgpAgent;

  constructor(node: FabricNode, driver: PredecessorDriver, reconcileInterval: number) {
    const settings = { vtep: loopback(1).v4, driver, reconcileInterval, logFile, by: asUsual };
    this.#agent = new OvnBgpAgent(node, settings);
  }

  /** Milliseconds from the start of the process to the end of its first run over everything. */
  async start(): Promise<number> {
    rmSync(logFile, { force: true });
    await this.#agent.configure();
    const begun = Date.now();
    await this.#agent.launch();
    const [first] = await this.#runs(1);
    return (first?.endedAt ?? Number.NaN) - begun;
  }

  /** Milliseconds that each of its later runs over everything took, of which one may last minutes. */
  async resyncs(count: number): Promise<readonly number[]> {
    const runs = await this.#runs(count + 1);
    return runs.slice(1).map(({ held }) => held);
  }

  async #runs(count: number): Promise<readonly Run[]> {
    return waitFor(
      `ovn-bgp-agent to have been ${count} times over everything`,
      async () => {
        const runs = runsIn(readFileSync(logFile, 'utf8'));
        return runs.length >= count && runs;
      },
      patienceSeconds,
    );
  }

  async idle(seconds: number): Promise<Idle> {
    return idleOf(this.#agent.node, await this.#agent.pids(), seconds);
  }

  async stop(): Promise<void> {
    await this.#agent.stop();
  }
}

/** A run over everything: milliseconds of the wall clock, and how long it took. */
interface Run {
  readonly endedAt: number;
  readonly held: number;
}

function runsIn(log: string): readonly Run[] {
  const line = /^(\S+ \S+) .*Lock "(?:evpn|bgp)" .*released.*\.sync" :: held ([0-9.]+)s/gm;
  return [...log.matchAll(line)].map(([, time = '', held = '']) => ({
    // The guest's own zone, as the agent has it.
    endedAt: Date.parse(time.replace(' ', 'T')),
    held: Number(held) * 1000,
  }));
}
