/**
 * Which rows of each table are wanted, and which the content was read with. The two differ from a
 * call of `setConditions` until the server has applied it. Sends nothing: `content.ts` does.
 */

import { err, ok, type Result } from '../../../base/result.ts';
import type { RowFilter } from '../wire/condition.ts';
import type { Reason } from './reason.ts';

export type FilterMap = ReadonlyMap<string, RowFilter>;

interface Waiter {
  readonly version: number;
  readonly resolve: (result: Result<void, Reason>) => void;
}

export class Filters {
  #wanted: FilterMap;
  #wantedVersion = 0;
  #held: FilterMap = new Map();
  #heldVersion = -1;
  #asked: { readonly filters: FilterMap; readonly version: number } | undefined;
  #waiters: Waiter[] = [];
  #closedBecause: Reason | undefined;

  constructor(initial: FilterMap) {
    this.#wanted = initial;
  }

  /** What the content was read with, as far as the server has confirmed. */
  get held(): FilterMap {
    return this.#held;
  }

  /**
   * Resolves when the content is that of these filters. A table that is not named keeps its filter.
   */
  want(changes: FilterMap): Promise<Result<void, Reason>> {
    if (this.#closedBecause !== undefined) return Promise.resolve(err(this.#closedBecause));
    this.#wanted = new Map([...this.#wanted, ...changes]);
    this.#wantedVersion += 1;
    const version = this.#wantedVersion;
    return new Promise((resolve) => this.#waiters.push({ version, resolve }));
  }

  /** Whether there is something to ask the server for, and no question is open. */
  get isAskingDue(): boolean {
    return this.#asked === undefined && this.#heldVersion < this.#wantedVersion;
  }

  /** Begins a full reading with everything that is wanted. */
  askAll(): FilterMap {
    this.#asked = { filters: this.#wanted, version: this.#wantedVersion };
    return this.#wanted;
  }

  /** Begins a change: the filters that differ from those the content was read with. */
  askChanges(): FilterMap {
    this.askAll();
    return new Map([...this.#wanted].filter(([table, filter]) => this.#held.get(table) !== filter));
  }

  /** The server has applied what was asked. */
  confirm(): void {
    if (this.#asked === undefined) return;
    this.#held = this.#asked.filters;
    this.#settle(this.#asked.version, ok(undefined));
  }

  /** The server refused what was asked; the content stays as it was read. */
  refuse(because: Reason): void {
    if (this.#asked !== undefined) this.#settle(this.#asked.version, err(because));
  }

  /**
   * The connection is lost. Returns whether a question was open: then nobody knows with which
   * filters the content was read last, and it must be read again in full.
   */
  interrupt(): boolean {
    const wasAsked = this.#asked !== undefined;
    this.#asked = undefined;
    return wasAsked;
  }

  close(because: Reason): void {
    this.#closedBecause = because;
    this.#settle(Number.POSITIVE_INFINITY, err(because));
  }

  #settle(version: number, result: Result<void, Reason>): void {
    this.#asked = undefined;
    this.#heldVersion = version;
    const done = this.#waiters.filter((waiter) => waiter.version <= version);
    this.#waiters = this.#waiters.filter((waiter) => waiter.version > version);
    for (const waiter of done) waiter.resolve(result);
  }
}
