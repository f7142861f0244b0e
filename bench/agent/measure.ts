/** From a transaction on the Southbound database to both kernels, whatever agent is between them. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Reached, type Sample, sampleOf } from './figures.ts';
import { ipOf, range, type Southbound } from './southbound.ts';
import type { Act } from './transaction.ts';
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
  { kernel, spine }: Instruments,
  ports: readonly number[],
  change: 'new' | 'gone',
  act: Act,
): Promise<Measured> {
  const ips = ports.map(ipOf);
  const [near, far] = [await kernel.expect(ips, change), await spine.expect(ips, change)];
  const begun = now();
  const ended = act();
  const since = ({ first, last }: Times): Times => ({ first: first - begun, last: last - begun });
  const seen = { kernel: since(await near.seen), spine: since(await far.seen) };
  await ended();
  return seen;
}

export function reached(all: readonly Measured[]): Reached {
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

/** Some ports bound, then unbound, so many times; `settled` says when the agent is done with several. */
export async function thereAndBack(
  instruments: Instruments,
  ports: readonly number[],
  times: number,
  settled: () => Promise<unknown> = async () => {},
): Promise<{ readonly bind: Reached; readonly unbind: Reached }> {
  const { southbound, pause } = instruments;
  const bound: Measured[] = [];
  const unbound: Measured[] = [];
  for (const _ of range(0, times)) {
    const bind = await southbound.binding(ports);
    await sleep(pause);
    bound.push(await measure(instruments, ports, 'new', bind));
    const unbind = await southbound.unbinding(ports);
    await sleep(pause);
    unbound.push(await measure(instruments, ports, 'gone', unbind));
    await settled();
  }
  return { bind: reached(bound), unbind: reached(unbound) };
}
