/** How often each text is held: it is there as long as somebody holds it. */

export class Counts<T extends string = string> {
  readonly #counts = new Map<T, number>();

  /** Another number whenever there is another text, or one is gone. */
  version = 0;

  add(text: T): void {
    const before = this.#counts.get(text) ?? 0;
    if (before === 0) this.version += 1;
    this.#counts.set(text, before + 1);
  }

  remove(text: T): void {
    const left = (this.#counts.get(text) ?? 0) - 1;
    if (left > 0) {
      this.#counts.set(text, left);
      return;
    }
    this.#counts.delete(text);
    this.version += 1;
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  keys(): Iterable<T> {
    return this.#counts.keys();
  }
}
