/** Who has to be looked at again once something else has come or gone. */

import type { Key } from '../resources/resource.ts';

export class Waiters {
  readonly #byCause = new Map<Key, Set<Key>>();

  add(waiter: Key, on: Key): void {
    const waiters = this.#byCause.get(on);
    if (waiters === undefined) this.#byCause.set(on, new Set([waiter]));
    else waiters.add(waiter);
  }

  /** Takes out all that waited for this key. */
  release(on: Key): Iterable<Key> {
    const waiters = this.#byCause.get(on) ?? [];
    this.#byCause.delete(on);
    return waiters;
  }
}
