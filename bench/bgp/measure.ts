/** One round: a fresh reflector, a client that announces, clients that count, and what that took. */

import { setTimeout as sleep } from 'node:timers/promises';
import { round, sampleOf } from '../agent/figures.ts';
import { cpuOf, rssMiBOf } from '../agent/machine.ts';
import type { Reflector, Subject } from './reflector.ts';
import { Client, Unreached } from './thread.ts';

export interface Load {
  readonly routes: number;
  /** Routes in one UPDATE. */
  readonly pack: number;
  readonly sinks: number;
  readonly probes: number;
}

/** Milliseconds, unless a name says otherwise; what could not be reached is absent. */
export interface Round {
  /** From before the first octet is written to the last route at the last sink. */
  readonly announce?: number;
  /** With all routes held, half a second later. */
  readonly rssMiB?: number;
  /** What a route costs beyond what the daemon had with its sessions up and no route. */
  readonly octetsPerRoute?: number;
  /** From when it was started until then. */
  readonly cpuSeconds?: number;
  /** One route more, from its sender to the first sink. */
  readonly probeP50?: number;
  readonly probeP99?: number;
  /** From the connection of a client that comes late to its last route. */
  readonly dump?: number;
  readonly withdraw?: number;
  readonly cpuSecondsAtEnd?: number;
  /** What went wrong; the figures after it are absent. */
  readonly failure?: string;
}

const as = 65000;
const port = 1790;
const patience = 180_000;
/** What daemons do about a session that has just come up is over by then. */
const settling = 2000;

/** No address waits for an old connection to be forgotten, and another bench at the same time has others. */
let rounds = 0;

export async function measureRound(subject: Subject, load: Load): Promise<Round> {
  rounds += 1;
  const network = `127.${64 + (process.pid % 64)}.${rounds % 250}`;
  const host = (n: number): string => `${network}.${n}`;
  const sinkHosts = Array.from({ length: load.sinks }, (_, i) => host(10 + i));
  const clients = [host(2), host(3), ...sinkHosts];
  const reflector = await subject.start({ address: host(1), port, as, clients });
  const open = (local: string, routes?: number): Client =>
    new Client({
      local,
      address: host(1),
      port,
      as,
      ...(routes !== undefined && { routes, pack: load.pack }),
    });
  const generator = open(host(2), load.routes);
  const sinks = sinkHosts.map((local) => open(local));
  const all = [generator, ...sinks];
  const figures: Record<string, number | string> = {};
  try {
    await generator.hear('encoded');
    for (const each of all) await each.hear('up');
    await sleep(settling);
    const empty = rssMiBOf(reflector.pid);
    figures['announce'] = await transfer(generator, sinks, 'announce', load.routes);
    await sleep(500);
    figures['rssMiB'] = round(rssMiBOf(reflector.pid));
    figures['octetsPerRoute'] = Math.round(
      ((rssMiBOf(reflector.pid) - empty) * 2 ** 20) / load.routes,
    );
    figures['cpuSeconds'] = round(cpuOf(reflector.pid), 2);
    Object.assign(figures, await probe(generator, sinks[0], load.probes));
    const late = open(host(3));
    all.push(late);
    figures['dump'] = await dump(late, load.routes);
    figures['withdraw'] = await transfer(generator, [...sinks, late], 'withdraw', load.routes);
    figures['cpuSecondsAtEnd'] = round(cpuOf(reflector.pid), 2);
  } catch (error) {
    // Of one that has ended, /proc knows nothing either.
    if (!(error instanceof Unreached) && reflector.isRunning) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    figures['failure'] = reflector.isRunning ? reason : `${reason}; the daemon has ended`;
  } finally {
    for (const each of all) await each.close();
    await stop(reflector);
  }
  return figures;
}

/** A daemon that ended by itself, or does not end, is its own failure, not the bench's. */
async function stop(reflector: Reflector): Promise<void> {
  await reflector.stop().catch((error: unknown) => console.error(error));
}

async function transfer(
  generator: Client,
  sinks: readonly Client[],
  what: 'announce' | 'withdraw',
  count: number,
): Promise<number> {
  const counted = what === 'announce' ? 'announced' : 'withdrawn';
  for (const sink of sinks) {
    sink.tell({ do: 'expect', what: counted, count });
    await sink.hear('expecting');
  }
  generator.tell({ do: what });
  const { at } = await generator.hear('sending');
  let last = 0;
  for (const sink of sinks) last = Math.max(last, (await sink.hear('reached', patience)).at);
  return round(last - at);
}

/** One at a time, each withdrawn before the next. */
async function probe(
  generator: Client,
  sink: Client | undefined,
  probes: number,
): Promise<Pick<Round, 'probeP50' | 'probeP99'>> {
  if (sink === undefined || probes === 0) return {};
  const times: number[] = [];
  for (let n = 0; n < probes; n += 1) {
    for (const what of ['announce', 'withdraw'] as const) {
      const counted = what === 'announce' ? 'announced' : 'withdrawn';
      sink.tell({ do: 'expect', what: counted, count: 1 });
      await sink.hear('expecting');
      generator.tell({ do: `${what} probe`, n });
      const { at } = await generator.hear('sending');
      const reached = await sink.hear('reached');
      if (what === 'announce') times.push(reached.at - at);
    }
  }
  const { p50, p99 } = sampleOf(times);
  return { probeP50: p50, probeP99: p99 };
}

/** It expects before the session is up, so not one route is missed. */
async function dump(late: Client, routes: number): Promise<number> {
  late.tell({ do: 'expect', what: 'announced', count: routes });
  // Heard here, it is not taken for the answer to the next one.
  await late.hear('expecting');
  const { connectedAt } = await late.hear('up');
  return round((await late.hear('reached', patience)).at - connectedAt);
}
