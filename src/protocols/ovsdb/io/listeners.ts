/** Listeners of the caller: one that throws is reported, and disturbs neither the others nor us. */

import type { Log } from '../../../base/ports.ts';

export class Listeners<T> {
  readonly #listeners = new Set<(value: T) => void>();
  readonly #log: Log;
  readonly #what: string;

  /** `what` they listen for, in the message about one that fails. */
  constructor(what: string, log: Log) {
    this.#what = what;
    this.#log = log;
  }

  /** Returns how to stop. */
  add(listener: (value: T) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(value: T): void {
    const listeners = [...this.#listeners];
    for (const listener of listeners) {
      try {
        listener(value);
      } catch (cause) {
        this.#log('error', `a listener for ${this.#what} failed`, { cause });
      }
    }
  }
}
