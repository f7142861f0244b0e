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

  /** The bits of the numbers 32·`at` to 32·`at` + 31. */
  word(at: number): number {
    return this.#words[at] ?? 0;
  }

  setWord(at: number, bits: number): void {
    if (bits !== 0) this.add(at * 32);
    if (at < this.#words.length) this.#words[at] = bits;
  }

  /** The least that is there, from this one on; -1 when there is none. */
  next(from: number): number {
    for (let at = from >>> 5; at < this.#words.length; at += 1) {
      const above = at === from >>> 5 ? -1 << (from & 31) : -1;
      const bits = (this.#words[at] ?? 0) & above;
      if (bits !== 0) return at * 32 + 31 - Math.clz32(bits & -bits);
    }
    return -1;
  }

  get count(): number {
    let count = 0;
    for (const word of this.#words) {
      for (let left = word; left !== 0; left &= left - 1) count += 1;
    }
    return count;
  }
}
