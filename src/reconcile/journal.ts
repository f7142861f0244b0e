/** The last operations with their reasons and outcomes, in order. A ring: old entries fall out. */

import type { Key, Reason, TargetName, Verb } from '../resources/resource.ts';

export interface JournalEntry {
  /** Counts from 1 in this run of the agent. */
  readonly number: number;
  /** Milliseconds on the agent's clock. */
  readonly at: number;
  readonly verb: Verb;
  readonly key: Key;
  readonly target: TargetName;
  /** Of a removal, what the object was wanted for as long as it was. */
  readonly because: readonly Reason[];
  /** `undefined` when it was carried out, else the target's own text. */
  readonly error: string | undefined;
}

export class Journal {
  readonly #entries: JournalEntry[] = [];
  readonly #capacity: number;
  #count = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Entries ever written, fallen out or not. */
  get count(): number {
    return this.#count;
  }

  write(entry: Omit<JournalEntry, 'number'>): JournalEntry {
    const numbered = { ...entry, number: this.#count + 1 };
    this.#entries[this.#count % this.#capacity] = numbered;
    this.#count += 1;
    return numbered;
  }

  /** Oldest first. */
  entries(): readonly JournalEntry[] {
    const split = this.#count % this.#capacity;
    if (this.#count <= this.#capacity) return [...this.#entries];
    return [...this.#entries.slice(split), ...this.#entries.slice(0, split)];
  }
}
