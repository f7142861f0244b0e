/** Values by key, and the keys of each device, so that all that stands on a device is found without a search. */

export class Facts<K extends string, V> {
  readonly #values = new Map<K, { readonly index: number; readonly value: V }>();
  readonly #byIndex = new Map<number, Set<K>>();

  get(key: K): V | undefined {
    return this.#values.get(key)?.value;
  }

  has(key: K): boolean {
    return this.#values.has(key);
  }

  /** `index` is that of the device; 0 without one. */
  set(key: K, index: number, value: V): void {
    this.delete(key);
    this.#values.set(key, { index, value });
    const keys = this.#byIndex.get(index);
    if (keys === undefined) this.#byIndex.set(index, new Set([key]));
    else keys.add(key);
  }

  delete(key: K): void {
    const known = this.#values.get(key);
    if (known === undefined) return;
    this.#values.delete(key);
    const keys = this.#byIndex.get(known.index);
    keys?.delete(key);
    if (keys?.size === 0) this.#byIndex.delete(known.index);
  }

  keys(): Iterable<K> {
    return this.#values.keys();
  }

  /** A copy, so that they can be deleted on the way. */
  on(index: number): readonly K[] {
    return [...(this.#byIndex.get(index) ?? [])];
  }
}
