/**
 * A time that is put off again and again, as a hold time is with every message. The timer is left to run, and looks when it
 * rings how much is left: to put it off costs two assignments.
 */

import type { Timers } from './timers.ts';

export class Deadline {
  readonly #timers: Timers;
  readonly #expire: () => void;
  /** Milliseconds; 0 while stopped. */
  #length = 0;
  #since = 0;
  /** When the timer rings. */
  #rings = 0;
  #cancel: (() => void) | undefined;

  constructor(timers: Timers, expire: () => void) {
    this.#timers = timers;
    this.#expire = expire;
  }

  get isRunning(): boolean {
    return this.#cancel !== undefined;
  }

  /** From now on; `ms` more than 0. */
  start(ms: number): void {
    this.#length = ms;
    this.touch();
  }

  /** The same length once more from now on; nothing while stopped. */
  touch(): void {
    if (this.#length === 0) return;
    this.#since = this.#timers.now();
    const end = this.#since + this.#length;
    if (this.#cancel !== undefined && this.#rings <= end) return;
    this.#cancel?.();
    this.#arm(end);
  }

  stop(): void {
    this.#length = 0;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #arm(end: number): void {
    this.#rings = end;
    this.#cancel = this.#timers.after(end - this.#timers.now(), () => this.#ring());
  }

  #ring(): void {
    this.#cancel = undefined;
    const end = this.#since + this.#length;
    if (end > this.#timers.now()) this.#arm(end);
    else this.#expire();
  }
}
