/**
 * What the core remembers per key beyond what is wanted and what is observed: what it stands on, how it stands, since
 * when it is unwanted. With the reverse index of needs, so that no question scans all keys.
 */

import type { Key, Reason, TargetName, Verb } from '../resources/resource.ts';

/** How an object stands, as of the last look at it. */
export type Standing =
  /** As it should be, or of no concern. */
  | { readonly is: 'settled' }
  /** An operation on it is under way. */
  | { readonly is: 'pending' }
  /** Something must come or go first. */
  | { readonly is: 'waiting'; readonly for: string }
  /** Somebody else has to make something first, and may never: of no concern until then. */
  | { readonly is: 'awaiting'; readonly for: string }
  /** Its target refused an operation; it is tried again. `count` is of failures in a row. */
  | {
      readonly is: 'failed';
      readonly error: string;
      readonly count: number;
      readonly retryAt: number;
      /** It is tried again as soon as its target reports a change, too. */
      readonly untilChange?: true;
    }
  /** Somebody else's object has its name. */
  | { readonly is: 'refused'; readonly reason: string };

const settled: Standing = { is: 'settled' };

function isTrouble({ is }: Standing): boolean {
  return is === 'waiting' || is === 'failed' || is === 'refused';
}

export interface Entry {
  readonly key: Key;
  readonly target: TargetName;
  /** What it needs, as it is wanted now; once it is unwanted, as it was wanted last. */
  readonly needs: readonly Key[];
  /** What it needed before, and stands on until its present needs are met: make before break. */
  readonly former: readonly Key[];
  readonly standing: Standing;
  /** What it is wanted for, or was last; empty for what this run has only found. */
  because: readonly Reason[];
  /** Failures in a row, also while it is being tried again. */
  failures: number;
  /** What its target last said to have done, until a look finds it so. */
  applied: Verb | undefined;
  /** How often in a row it was made or put right soon after the time before, with the same wanted of it. */
  repairs: number;
  /** When it was made or put right last. */
  repairedAt: number;
  /** When it may be put right next; in the past but for what is altered again and again. */
  restsUntil: number;
  unwantedSince: number | undefined;
  /** When something that stood on it was last removed. */
  leftAt: number | undefined;
  /** Since when it is wanted, and not there or not ours. */
  missingSince: number | undefined;
  /** Missing for too long, or standing on something that is: what stands on it is taken down. */
  readonly isGivenUp: boolean;
  /** Whether all that it may stand on is known: not of what was found at start, until its needs are met. */
  isExplained: boolean;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class Entries {
  readonly #entries = new Map<Key, Mutable<Entry>>();
  readonly #standingOn = new Map<Key, Set<Key>>();
  /** Keys that failed, wait or are refused: few, so that status looks at nothing else. */
  readonly #troubled = new Set<Key>();
  readonly #givenUp = new Set<Key>();

  get(key: Key): Entry | undefined {
    return this.#entries.get(key);
  }

  ensure(key: Key, target: TargetName): Entry {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry: Mutable<Entry> = {
      key,
      target,
      needs: [],
      former: [],
      standing: settled,
      because: [],
      failures: 0,
      applied: undefined,
      repairs: 0,
      repairedAt: Number.NEGATIVE_INFINITY,
      restsUntil: Number.NEGATIVE_INFINITY,
      unwantedSince: undefined,
      leftAt: undefined,
      missingSince: undefined,
      isGivenUp: false,
      isExplained: false,
    };
    this.#entries.set(key, entry);
    return entry;
  }

  setNeeds(key: Key, needs: readonly Key[]): void {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.needs === needs) return;
    const present = new Set(needs);
    entry.former = [...entry.former, ...entry.needs].filter((need) => !present.has(need));
    entry.needs = needs;
    for (const need of needs) {
      const standing = this.#standingOn.get(need);
      if (standing === undefined) this.#standingOn.set(need, new Set([key]));
      else standing.add(key);
    }
  }

  /** It stands on its present needs alone from now on; returns those that it let go of. */
  letGo(key: Key): readonly Key[] {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.former.length === 0) return [];
    const { former } = entry;
    entry.former = [];
    this.#unlink(key, former);
    return former;
  }

  #unlink(key: Key, needs: readonly Key[]): void {
    for (const need of needs) {
      const standing = this.#standingOn.get(need);
      standing?.delete(key);
      if (standing?.size === 0) this.#standingOn.delete(need);
    }
  }

  /** It was removed just now: tells what it stood on. */
  leave(key: Key, now: number): void {
    const { needs = [], former = [] } = this.#entries.get(key) ?? {};
    for (const need of [...needs, ...former]) {
      const entry = this.#entries.get(need);
      if (entry !== undefined) entry.leftAt = now;
    }
  }

  /** Keys that need this one, or did before and may stand on it still. */
  standingOn(key: Key): ReadonlySet<Key> {
    return this.#standingOn.get(key) ?? nothing;
  }

  forget(key: Key): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#unlink(key, [...entry.needs, ...entry.former]);
    this.#entries.delete(key);
    this.#troubled.delete(key);
    this.#givenUp.delete(key);
  }

  giveUp(key: Key, isGivenUp: boolean): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.isGivenUp = isGivenUp;
    if (isGivenUp) this.#givenUp.add(key);
    else this.#givenUp.delete(key);
  }

  /** The first of these that was given up. HOT: on a node that is well nothing is, and that is known at once. */
  givenUpOf(keys: readonly Key[]): Key | undefined {
    return this.#givenUp.size === 0 ? undefined : keys.find((key) => this.#givenUp.has(key));
  }

  mark(key: Key, standing: Standing): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.standing = standing;
    if (isTrouble(standing)) this.#troubled.add(key);
    else this.#troubled.delete(key);
  }

  /** It is as it should be: what went wrong before no longer counts. */
  settle(key: Key): void {
    this.mark(key, settled);
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.failures = 0;
    entry.applied = undefined;
  }

  /** Another thing is wanted of it: the failures so far say nothing about that. */
  forgive(key: Key): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.failures = 0;
    entry.applied = undefined;
    entry.repairs = 0;
    entry.restsUntil = Number.NEGATIVE_INFINITY;
    if (entry.standing.is === 'failed') this.mark(key, settled);
  }

  get isUntroubled(): boolean {
    return this.#troubled.size === 0;
  }

  troubled(): readonly Entry[] {
    return [...this.#troubled].flatMap((key) => this.#entries.get(key) ?? []);
  }

  get size(): number {
    return this.#entries.size;
  }
}

const nothing: ReadonlySet<Key> = new Set();
