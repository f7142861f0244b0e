/** The side of the bench that starts `watch.ts` in a node's namespace and asks it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Namespace } from '../../lab/fabric/namespace.ts';

export interface Expectation {
  readonly ips: readonly string[];
  readonly change: 'new' | 'gone';
}

/** Milliseconds on the clock of `now()`. */
export type Seen = { readonly ready: true } | { readonly first: number; readonly last: number };

export interface Times {
  readonly first: number;
  readonly last: number;
}

/** Milliseconds on a clock that all processes of the machine share. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export class Watcher {
  readonly #child: ChildProcess;
  #heard = Promise.withResolvers<Seen>();

  constructor(node: Namespace, ...what: readonly ['address'] | readonly ['route', string]) {
    const script = join(import.meta.dirname, `watch${import.meta.filename.slice(-3)}`);
    const enter = ['nsenter', `--net=/run/netns/${node.name}`, '--', process.execPath, script];
    const first = ['--fifo', '1', ...enter, ...what];
    this.#child = spawn('chrt', first, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.on('message', (seen: Seen) => this.#heard.resolve(seen));
    this.#child.on('exit', (status) => {
      if (status !== 0) throw new Error(`the watch of ${what.join(' ')} has ended`);
    });
  }

  /** When it resolves, the watch is on; `seen` resolves when all has come, or gone. */
  async expect(
    ips: readonly string[],
    change: Expectation['change'],
  ): Promise<{ readonly seen: Promise<Times> }> {
    const ready = this.#next();
    this.#child.send({ ips, change } satisfies Expectation);
    await ready;
    return { seen: this.#next().then(timesOf) };
  }

  async #next(): Promise<Seen> {
    const seen = await this.#heard.promise;
    this.#heard = Promise.withResolvers<Seen>();
    return seen;
  }

  close(): void {
    this.#child.disconnect();
  }
}

function timesOf(seen: Seen): Times {
  if ('first' in seen) return seen;
  throw new Error('the watch has not seen anything');
}
