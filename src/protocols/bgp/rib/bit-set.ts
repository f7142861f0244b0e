/** A set of small numbers, one bit each. */
export class BitSet {
  #words = new Uint32Array(0);

  has(of: number): boolean {
    return ((this.#words[of >>> 5] ?? 0) & (1 << (of & 31))) !== 0;
  }

  add(of: number): void {
    const word = of >>> 5;
    if (word >= this.#words.length) {
      const longer = new Uint32Array(Math.max(64, word + 1, this.#words.length * 2));
      longer.set(this.#words);
      this.#words = longer;
    }
    this.#words[word] = (this.#words[word] ?? 0) | (1 << (of & 31));
  }

  /** Whether it was there. */
  delete(of: number): boolean {
    if (!this.has(of)) return false;
    const word = of >>> 5;
    this.#words[word] = (this.#words[word] ?? 0) & ~(1 << (of & 31));
    return true;
  }

  get count(): number {
    let count = 0;
    for (const word of this.#words) {
      for (let left = word; left !== 0; left &= left - 1) count += 1;
    }
    return count;
  }
}
