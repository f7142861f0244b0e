/** How the inventory finds things without a search: what there is under a text. */

/** Ports, or other things, by some text they have. */
export class Index<T> {
  readonly #sets = new Map<string, Set<T>>();

  get(key: string): Iterable<T> {
    return this.#sets.get(key) ?? [];
  }

  add(key: string, port: T): void {
    const set = this.#sets.get(key);
    if (set === undefined) this.#sets.set(key, new Set([port]));
    else set.add(port);
  }

  remove(key: string, port: T): void {
    const set = this.#sets.get(key);
    set?.delete(port);
    if (set?.size === 0) this.#sets.delete(key);
  }
}

/** Texts by some other text, each for as long as it was added more often than removed. */
export class Tally {
  readonly #counts = new Map<string, Map<string, number>>();

  get(key: string): Iterable<string> {
    return this.#counts.get(key)?.keys() ?? [];
  }

  add(key: string, value: string): void {
    const counts = this.#counts.get(key) ?? new Map<string, number>();
    counts.set(value, (counts.get(value) ?? 0) + 1);
    this.#counts.set(key, counts);
  }

  remove(key: string, value: string): void {
    const counts = this.#counts.get(key);
    const left = (counts?.get(value) ?? 0) - 1;
    if (left > 0) counts?.set(value, left);
    else counts?.delete(value);
    if (counts?.size === 0) this.#counts.delete(key);
  }
}
