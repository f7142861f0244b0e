/**
 * Tells somebody what a table uses: all there is at first, then what changes, in portions. Whoever is busy with a portion is
 * told no more until he is done, and then of what is true by then.
 */

import type { Cursor } from '../change-order.ts';
import { none } from '../destinations.ts';
import type { Entries } from './entries.ts';
import type { TableKey } from './key.ts';
import type { TablePath } from './path.ts';

export interface TableChange<K extends TableKey = TableKey> {
  readonly key: K;
  /** What this listener was told last; `undefined`: there was none. */
  readonly old: TablePath | undefined;
  /** `undefined`: there is none any more. */
  readonly now: TablePath | undefined;
}

export interface TableNews<K extends TableKey = TableKey> {
  readonly changes: readonly TableChange<K>[];
  /**
   * Nothing more waits to be told: what the ribs hold is in the table. Said once at the beginning even of an empty table, so
   * that whoever removes what no table knows can wait for it. What peers have yet to send nobody knows here.
   */
  readonly isCurrent: boolean;
}

/** A promise that is returned is waited for. */
export type TellTable<K extends TableKey = TableKey> = (news: TableNews<K>) => void | Promise<void>;

interface Listener<K extends TableKey> {
  tell(news: TableNews<K>): void | Promise<void>;
}

/** Changes that are told before others get their turn. */
const portion = 1024;

export class TableWatch<K extends TableKey> {
  readonly #entries: Entries<K>;
  readonly #cursor: Cursor;
  readonly #listener: Listener<K>;
  readonly #wake: () => void;
  /** By the number of an entry. */
  readonly #told = new Map<number, TablePath>();
  #isBusy = false;
  #isClosed = false;
  #wasCurrent = false;

  constructor(entries: Entries<K>, listener: Listener<K>, wake: () => void) {
    this.#entries = entries;
    this.#cursor = entries.order.open();
    this.#listener = listener;
    this.#wake = wake;
  }

  /** The next portion; `isMoreComing`: the table itself is behind. Whether there is more for one who is not busy. */
  advance(isMoreComing: boolean): boolean {
    if (this.#isBusy) return false;
    const changes = this.#take();
    const isMore = this.#entries.order.after(this.#cursor.at) !== none;
    const isCurrent = !isMore && !isMoreComing;
    if (changes.length === 0 && (this.#wasCurrent || !isCurrent)) return isMore;
    this.#wasCurrent = isCurrent;
    this.#hand({ changes, isCurrent });
    return isMore && !this.#isBusy;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#entries.order.close(this.#cursor);
  }

  #take(): readonly TableChange<K>[] {
    const { order } = this.#entries;
    const changes: TableChange<K>[] = [];
    for (let looked = 0; looked < portion; looked += 1) {
      const next = order.after(this.#cursor.at);
      if (next === none) break;
      order.move(this.#cursor, next);
      const entry = this.#entries.byId(next);
      const old = this.#told.get(next);
      const now = entry?.best;
      // What has changed and changed back since is no news.
      if (entry === undefined || old === now) continue;
      if (now === undefined) this.#told.delete(next);
      else this.#told.set(next, now);
      changes.push({ key: entry.key, old, now });
    }
    return changes;
  }

  #hand(news: TableNews<K>): void {
    const done = this.#listener.tell(news);
    if (done === undefined) return;
    this.#isBusy = true;
    // What the listener fails with is his own: nobody here knows what to do about it, so it is not caught.
    void done.finally(() => {
      this.#isBusy = false;
      this.#wake();
    });
  }
}
