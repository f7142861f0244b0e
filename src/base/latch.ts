/** Something to wait on that others can set: it stays set until it is awaited, so that no wake-up is lost. */
export class Latch {
  #set = false;
  #release: (() => void) | undefined;

  set(): void {
    this.#set = true;
    this.#release?.();
  }

  /** Resolves at once when set, else when it is set, or with `false` after the given promise. Clears it. */
  async wait(otherwise: Promise<unknown>): Promise<boolean> {
    if (!this.#set) {
      const released = new Promise<void>((resolve) => {
        this.#release = resolve;
      });
      await Promise.race([released, otherwise]);
      this.#release = undefined;
    }
    const wasSet = this.#set;
    this.#set = false;
    return wasSet;
  }
}
