/**
 * What the core remembers per key beyond what is wanted and what is observed: needs, failures, since when it is
 * unwanted. With the reverse index of needs, so that no question scans all keys.
 */

import type { Key, TargetName } from '../resources/resource.ts';

export interface Failure {
  /** In a row. */
  readonly count: number;
  readonly error: string;
  /** When to try again, on the clock. */
  readonly retryAt: number;
}

export interface Entry {
  readonly key: Key;
  readonly target: TargetName;
  needs: readonly Key[];
  failure: Failure | undefined;
  /** Why nothing is done about it although it is not as it should be. */
  waiting: string | undefined;
  /** A foreign object stands in the way. */
  refused: string | undefined;
  unwantedSince: number | undefined;
}

export class Entries {
  readonly #entries = new Map<Key, Entry>();
  readonly #neededBy = new Map<Key, Set<Key>>();
  /** Keys that failed, wait or are refused: few, so that status and retries look at nothing else. */
  readonly #troubled = new Set<Key>();

  get(key: Key): Entry | undefined {
    return this.#entries.get(key);
  }

  ensure(key: Key, target: TargetName): Entry {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry: Entry = {
      key,
      target,
      needs: [],
      failure: undefined,
      waiting: undefined,
      refused: undefined,
      unwantedSince: undefined,
    };
    this.#entries.set(key, entry);
    return entry;
  }

  setNeeds(entry: Entry, needs: readonly Key[]): void {
    if (entry.needs === needs) return;
    for (const need of entry.needs) this.#neededBy.get(need)?.delete(entry.key);
    for (const need of needs) {
      const dependents = this.#neededBy.get(need) ?? new Set<Key>();
      dependents.add(entry.key);
      this.#neededBy.set(need, dependents);
    }
    entry.needs = needs;
  }

  neededBy(key: Key): ReadonlySet<Key> {
    return this.#neededBy.get(key) ?? nothing;
  }

  forget(key: Key): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.setNeeds(entry, []);
    this.#entries.delete(key);
    this.#troubled.delete(key);
    if (this.#neededBy.get(key)?.size === 0) this.#neededBy.delete(key);
  }

  /** Records how a key stands after it was looked at; clears what is not named. */
  mark(
    entry: Entry,
    trouble: Partial<Pick<Entry, 'failure' | 'waiting' | 'refused'>> | undefined,
  ): void {
    entry.failure = trouble?.failure;
    entry.waiting = trouble?.waiting;
    entry.refused = trouble?.refused;
    if (trouble === undefined) this.#troubled.delete(entry.key);
    else this.#troubled.add(entry.key);
  }

  troubled(): readonly Entry[] {
    return [...this.#troubled].flatMap((key) => this.#entries.get(key) ?? []);
  }

  get size(): number {
    return this.#entries.size;
  }
}

const nothing: ReadonlySet<Key> = new Set();
