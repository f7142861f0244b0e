/** From a transaction on the Southbound database to both kernels, whatever agent is between them. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type PortFigures, type Reached, type Sample, sampleOf } from './figures.ts';
import { range } from './rows.ts';
import type { Southbound } from './southbound.ts';
import { type Act, carryOut } from './transaction.ts';
import { now, type Times, type Watcher } from './watcher.ts';

/** The ends of what is measured. */
export interface Instruments {
  readonly southbound: Southbound;
  readonly kernel: Watcher;
  readonly spine: Watcher;
  /** Milliseconds of rest before each change: a node on which nothing happens, also none of what the last one set off. */
  readonly pause: number;
}

/** Milliseconds from before `act` to the first and last notice in both kernels. */
interface Measured {
  readonly kernel: Times;
  readonly spine: Times;
}

export async function measure(
  { southbound, kernel, spine }: Instruments,
  ports: readonly number[],
  change: 'new' | 'gone',
  act: Act,
): Promise<Measured> {
  const ips = ports.map((port) => southbound.ipOf(port));
  const [near, far] = [await kernel.expect(ips, change), await spine.expect(ips, change)];
  const begun = now();
  const ended = act();
  const since = ({ first, last }: Times): Times => ({ first: first - begun, last: last - begun });
  const seen = { kernel: since(await near.seen), spine: since(await far.seen) };
  await ended();
  return seen;
}

/** From the start of an agent on a node where nothing is set up; `start` resolves to when it says that all is done. */
export async function coldTimes(
  instruments: Instruments,
  ports: number,
  start: () => Promise<number>,
): Promise<Pick<PortFigures, 'coldStart'>> {
  const settled: number[] = [];
  const act = () => {
    const started = start();
    return async () => void settled.push(await started);
  };
  const measured = await measure(instruments, range(0, ports), 'new', act);
  return { coldStart: { ...reached([measured]), settled: sampleOf(settled) } };
}

function reached(all: readonly Measured[]): Reached {
  return {
    kernel: sampleOf(all.map(({ kernel }) => kernel.last)),
    spine: sampleOf(all.map(({ spine }) => spine.last)),
  };
}

/** How long the server takes to answer a transaction of one port. */
export async function commitTimes(
  { southbound, pause }: Instruments,
  port: number,
  times: number,
): Promise<Sample> {
  const took: number[] = [];
  for (const _ of range(0, times)) {
    for (const bound of [true, false]) {
      const act = await (bound ? southbound.binding([port]) : southbound.unbinding([port]));
      await sleep(pause);
      const begun = now();
      await act()();
      took.push(now() - begun);
    }
  }
  return sampleOf(took);
}

/** A transaction on some ports, and the one that undoes it. */
export type Change = readonly [
  there: (ports: readonly number[]) => Promise<Act>,
  back: (ports: readonly number[]) => Promise<Act>,
];

export function bindingIn(southbound: Southbound): Change {
  return [(ports) => southbound.binding(ports), (ports) => southbound.unbinding(ports)];
}

export function floatingIn(southbound: Southbound): Change {
  return [(ports) => southbound.associating(ports), (ports) => southbound.dissociating(ports)];
}

/** Until what an agent that was stopped has left others to do is done: a start is measured alone. */
export function afterStop(): Promise<void> {
  return sleep(2000);
}

/** So many times, until exposed and until withdrawn; `settled` says when the agent is done with several. */
export async function thereAndBack(
  instruments: Instruments,
  [there, back]: Change,
  ports: readonly number[],
  times: number,
  settled: () => Promise<unknown> = async () => {},
): Promise<{ readonly bind: Reached; readonly unbind: Reached }> {
  const { pause } = instruments;
  const exposed: Measured[] = [];
  const withdrawn: Measured[] = [];
  for (const _ of range(0, times)) {
    const expose = await there(ports);
    await sleep(pause);
    exposed.push(await measure(instruments, ports, 'new', expose));
    const withdraw = await back(ports);
    await sleep(pause);
    withdrawn.push(await measure(instruments, ports, 'gone', withdraw));
    await settled();
  }
  return { bind: reached(exposed), unbind: reached(withdrawn) };
}

/** A floating IP given to a virtual machine that runs, and taken away; nothing where there are none. */
export async function floatingTimes(
  instruments: Instruments,
  ports: number,
  times: number,
): Promise<Pick<PortFigures, 'floating'>> {
  const { southbound } = instruments;
  const port = southbound.floatingFrom(ports);
  if (port === undefined) return {};
  await carryOut(southbound.dissociating([port]));
  await carryOut(southbound.binding([port]));
  const { bind, unbind } = await thereAndBack(instruments, floatingIn(southbound), [port], times);
  await carryOut(southbound.unbinding([port]));
  await carryOut(southbound.associating([port]));
  return { floating: { associated: bind, dissociated: unbind } };
}
