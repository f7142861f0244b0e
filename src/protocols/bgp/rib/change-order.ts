/**
 * Destinations in the order in which they last changed. Whoever has to tell others of changes has a cursor in that order:
 * what is behind it is new to him. A destination that changes again moves to the end, so that one who is slow hears of the
 * last state only, one who is new walks through all there is, and what waits for anybody is never more than the table.
 */

import { type Destination, none } from './destinations.ts';
import { Rows } from './rows.ts';

/** A place in the order: behind `at`, or before the first where that is `none`. */
export interface Cursor {
  at: Destination;
  /** The number of the change at `at`; 0 at the beginning. */
  change: number;
}

const PREVIOUS = 0;
const NEXT = 1;
/** The number of its last change in two halves; 0 of one that is not in the order. */
const CHANGE = 2;
const CHANGE_HIGH = 3;
/** How many cursors stand at it. */
const CURSORS = 4;
const width = 5;
const half = 2 ** 31;

export class ChangeOrder {
  readonly #rows = new Rows(width);
  #first: Destination = none;
  #last: Destination = none;
  /** The number of the last change. */
  #change = 0;
  readonly #cursors = new Set<Cursor>();

  get lastChange(): number {
    return this.#change;
  }

  /** The number of the destination's last change. */
  changeOf(destination: Destination): number {
    return this.#rows.get(destination, CHANGE_HIGH) * half + this.#rows.get(destination, CHANGE);
  }

  /** The destination after the cursor, or `none`. */
  after(at: Destination): Destination {
    return at === none ? this.#first : this.#rows.get(at, NEXT);
  }

  /** A new cursor, before everything. */
  open(): Cursor {
    const cursor: Cursor = { at: none, change: 0 };
    this.#cursors.add(cursor);
    return cursor;
  }

  /** A new cursor, behind everything. */
  openAtEnd(): Cursor {
    const cursor = this.open();
    if (this.#last !== none) this.move(cursor, this.#last);
    cursor.change = this.#change;
    return cursor;
  }

  close(cursor: Cursor): void {
    this.#leave(cursor);
    this.#cursors.delete(cursor);
  }

  /** To the very beginning again. */
  rewind(cursor: Cursor): void {
    this.#leave(cursor);
    cursor.at = none;
    cursor.change = 0;
  }

  move(cursor: Cursor, to: Destination): void {
    if (cursor.at === to) return;
    this.#leave(cursor);
    cursor.at = to;
    cursor.change = this.changeOf(to);
    this.#rows.set(to, CURSORS, this.#rows.get(to, CURSORS) + 1);
  }

  /** The change up to which every cursor is. */
  get passedByAll(): number {
    let least = this.#change;
    for (const { change } of this.#cursors) least = Math.min(least, change);
    return least;
  }

  // HOT: once per route that changes; see bench/bgp.
  touch(destination: Destination): void {
    this.#change += 1;
    const rows = this.#rows;
    rows.reserve(destination);
    if (this.#isIn(destination)) this.#unlink(destination);
    rows.set(destination, CHANGE, this.#change % half);
    rows.set(destination, CHANGE_HIGH, Math.floor(this.#change / half));
    rows.set(destination, PREVIOUS, this.#last);
    rows.set(destination, NEXT, none);
    if (this.#last === none) this.#first = destination;
    else rows.set(this.#last, NEXT, destination);
    this.#last = destination;
  }

  remove(destination: Destination): void {
    if (!this.#isIn(destination)) return;
    this.#unlink(destination);
    this.#rows.set(destination, CHANGE, 0);
    this.#rows.set(destination, CHANGE_HIGH, 0);
    if (this.#last === none) this.#rows.clear();
  }

  #isIn(destination: Destination): boolean {
    return this.changeOf(destination) > 0;
  }

  #unlink(destination: Destination): void {
    const rows = this.#rows;
    const previous = rows.get(destination, PREVIOUS);
    const next = rows.get(destination, NEXT);
    if (rows.get(destination, CURSORS) > 0) this.#stepBack(destination, previous);
    if (previous === none) this.#first = next;
    else rows.set(previous, NEXT, next);
    if (next === none) this.#last = previous;
    else rows.set(next, PREVIOUS, previous);
  }

  /** Cursors at a destination that moves stay where they are: behind the one before it. Their change does not go back. */
  #stepBack(from: Destination, to: Destination): void {
    for (const cursor of this.#cursors) {
      if (cursor.at !== from) continue;
      cursor.at = to;
      if (to !== none) this.#rows.set(to, CURSORS, this.#rows.get(to, CURSORS) + 1);
    }
    this.#rows.set(from, CURSORS, 0);
  }

  #leave({ at }: Cursor): void {
    if (at !== none) this.#rows.set(at, CURSORS, Math.max(0, this.#rows.get(at, CURSORS) - 1));
  }
}
