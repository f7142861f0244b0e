/**
 * Keeps the process small: at its start Node takes what a start needs, and the rehearsal (rehearsal.ts) what compiling
 * needs; a burst leaves its own behind. Most of that is of use once, and is given back when there is nothing to do. Of
 * routes it knows nothing, and decides nothing that a peer could hear of. ADR 0012 has the figures.
 */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { loadAddon } from '../protocols/bgp/index.ts';

/** Milliseconds without work after which there is nothing to do. */
const quiet = 200;
/** Octets that the process must have grown by since the last time: it takes some milliseconds. */
const worthwhile = 4 << 20;

/**
 * Before anything of size is made: young objects get a megabyte, not sixteen. A route makes none (ADR 0012), so that with
 * more room their garbage would only lie about for longer.
 */
export function keepYoungSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/**
 * Ends what nobody holds any longer. Some ten milliseconds: for a start, while nobody waits. Node has no other way to ask
 * for it than this, or a flag on its command line.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  if (typeof gc === 'function') gc();
}

/** Gives memory back to the kernel after each burst of work. */
export class Tidying {
  #timer: NodeJS.Timeout | undefined;
  /** What the process had after the last time. */
  #least = 0;

  /** There is something to do. */
  readonly work = (): void => {
    if (this.#timer !== undefined) this.#timer.refresh();
    else this.#timer = setTimeout(() => this.#tidy(), quiet).unref();
  };

  #tidy(): void {
    if (process.memoryUsage.rss() < this.#least + worthwhile) return;
    loadAddon().trim?.();
    this.#least = process.memoryUsage.rss();
  }
}
