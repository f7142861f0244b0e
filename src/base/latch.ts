/** Something to wait on that others can set: it stays set until it is awaited, so that no wake-up is lost. */
export class Latch {
  #set = false;
  #release: (() => void) | undefined;

  set(): void {
    this.#set = true;
    this.#release?.();
  }

  /** Resolves at once when set, else when it is set. Clears it. */
  async wait(): Promise<void> {
    if (!this.#set) {
      await new Promise<void>((resolve) => {
        this.#release = resolve;
      });
      this.#release = undefined;
    }
    this.#set = false;
  }
}
