/** When to look at which key again although nothing has happened: retries, and the ends of grace times. */

import type { Key } from '../resources/resource.ts';

export class Agenda {
  readonly #at = new Map<Key, number>();
  /** Not later than the earliest of all. */
  #next = Number.POSITIVE_INFINITY;

  /** At the latest at this time. */
  set(key: Key, at: number): void {
    if (at >= (this.#at.get(key) ?? Number.POSITIVE_INFINITY)) return;
    this.#at.set(key, at);
    this.#next = Math.min(this.#next, at);
  }

  delete(key: Key): void {
    this.#at.delete(key);
  }

  /** Takes out the keys whose time has come. Looks through all only when there may be one. */
  take(now: number): readonly Key[] {
    if (now < this.#next) return [];
    const due: Key[] = [];
    this.#next = Number.POSITIVE_INFINITY;
    for (const [key, at] of this.#at) {
      if (at <= now) due.push(key);
      else this.#next = Math.min(this.#next, at);
    }
    for (const key of due) this.#at.delete(key);
    return due;
  }

  /** When something is due, or somewhat earlier; `undefined` when nothing is. */
  get next(): number | undefined {
    return this.#at.size === 0 ? undefined : this.#next;
  }
}
