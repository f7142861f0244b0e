/** Work of which only one piece may be under way. It is done in the order it comes; the first begins at once. */
export class Turns {
  #open = 0;
  #last: Promise<void> = Promise.resolve();

  /** Begins before it returns, unless something is under way, be it this very caller. What was before may have failed. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#open === 0 ? undefined : this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    // Work may ask for more before it first waits: that comes after it.
    this.#open += 1;
    this.#last = promise;
    const run = before === undefined ? work() : before.then(work);
    const leave = (): void => {
      this.#open -= 1;
      resolve();
    };
    void run.then(leave, leave);
    return run;
  }

  /** Resolves when all that has been taken so far is done. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
