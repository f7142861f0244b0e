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
  /** Seconds, of every client; each says something in a third of it, and is down when it hears nothing for so long. */
  readonly hold: number;
}

/** Milliseconds, unless a name says otherwise; what could not be reached is absent. */
export interface Round {
  /** From before the first octet is written to the last route at the last sink. */
  readonly announce?: number;
  /** One route more, from its sender to the first sink. */
  readonly probeP50?: number;
  readonly probeP99?: number;
  /** From the connection of a client that comes late to its last route. */
  readonly dump?: number;
  readonly withdraw?: number;
  /** With its sessions up and no route. */
  readonly rssIdleMiB?: number;
  /** With all routes held, half a second later. */
  readonly rssMiB?: number;
  /** With all routes withdrawn, half a second later. */
  readonly rssAfterMiB?: number;
  /** All that the process has then, and what of it is more than it had without routes. */
  readonly octetsPerRouteInAll?: number;
  readonly octetsPerRoute?: number;
  /** CPU seconds, user and system: from its start until its sessions were up, and of each part after that. */
  readonly cpuStart?: number;
  readonly cpuAnnounce?: number;
  readonly cpuDump?: number;
  readonly cpuWithdraw?: number;
  /** The longest stalls of the event loop, of those who tell them; `Cpu`: what the loop itself worked in the longest. */
  readonly stallAnnounce?: number;
  readonly stallDump?: number;
  readonly stallWithdraw?: number;
  readonly stallCpu?: number;
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
      hold: load.hold,
      ...(routes !== undefined && { routes, pack: load.pack }),
    });
  const generator = open(host(2), load.routes);
  const sinks = sinkHosts.map((local) => open(local));
  const all = [generator, ...sinks];
  const figures = new Figures(reflector);
  try {
    await generator.hear('encoded');
    for (const each of all) await each.hear('up');
    await sleep(settling);
    const empty = figures.note('rssIdleMiB', round(rssMiBOf(reflector.pid)));
    await figures.begin('cpuStart');
    figures.note('announce', await transfer(generator, sinks, 'announce', load.routes));
    await sleep(500);
    const full = figures.note('rssMiB', round(rssMiBOf(reflector.pid)));
    figures.note('octetsPerRouteInAll', Math.round((full * 2 ** 20) / load.routes));
    figures.note('octetsPerRoute', Math.round(((full - empty) * 2 ** 20) / load.routes));
    await figures.end('cpuAnnounce', 'stallAnnounce');
    Object.assign(figures.all, await probe(generator, sinks[0], load.probes));
    await figures.begin();
    const late = open(host(3));
    all.push(late);
    figures.note('dump', await dump(late, load.routes));
    await figures.end('cpuDump', 'stallDump');
    const told = [...sinks, late];
    figures.note('withdraw', await transfer(generator, told, 'withdraw', load.routes));
    await sleep(500);
    figures.note('rssAfterMiB', round(rssMiBOf(reflector.pid)));
    await figures.end('cpuWithdraw', 'stallWithdraw');
  } catch (error) {
    // Of one that has ended, /proc knows nothing either.
    if (!(error instanceof Unreached) && reflector.isRunning) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    figures.all['failure'] = reflector.isRunning ? reason : `${reason}; the daemon has ended`;
  } finally {
    for (const each of all) await each.close();
    await stop(reflector);
  }
  return figures.all;
}

class Figures {
  readonly all: Record<string, number | string> = {};
  readonly #reflector: Reflector;
  #cpu = 0;

  constructor(reflector: Reflector) {
    this.#reflector = reflector;
  }

  note(name: keyof Round, value: number): number {
    this.all[name] = value;
    return value;
  }

  /** From here on counts what `end` tells; `start` is what was used before. */
  async begin(start?: keyof Round): Promise<void> {
    await this.#reflector.stall?.();
    this.#cpu = cpuOf(this.#reflector.pid);
    if (start !== undefined) this.note(start, round(this.#cpu, 2));
  }

  async end(cpu: keyof Round, stall: keyof Round): Promise<void> {
    const used = cpuOf(this.#reflector.pid);
    this.note(cpu, round(used - this.#cpu, 2));
    this.#cpu = used;
    const longest = await this.#reflector.stall?.();
    if (longest === undefined) return;
    this.note(stall, round(longest.wall));
    this.note('stallCpu', round(Math.max(Number(this.all['stallCpu'] ?? 0), longest.cpu)));
  }
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
