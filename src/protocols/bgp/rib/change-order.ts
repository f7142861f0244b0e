/**
 * Destinations in the order in which they last changed. Whoever has to tell others of changes has a cursor in that order:
 * what is behind it is new to him. A destination that changes again moves to the end, so that one who is slow hears of the
 * last state only, one who is new walks through all there is, and what waits for anybody is never more than the table.
 */

import { type Destination, longer, none } from './destinations.ts';

/** A place in the order: behind `at`, or before the first where that is `none`. */
export interface Cursor {
  at: Destination;
  /** The number of the change at `at`; 0 at the beginning. */
  change: number;
}

export class ChangeOrder {
  #previous = new Int32Array(0);
  #next = new Int32Array(0);
  #isIn = new Uint8Array(0);
  /** How many cursors stand at a destination. */
  #cursorsAt = new Uint16Array(0);
  #changes = new Float64Array(0);
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
    return this.#changes[destination] ?? 0;
  }

  /** The destination after the cursor, or `none`. */
  after(at: Destination): Destination {
    return at === none ? this.#first : (this.#next[at] ?? none);
  }

  /** A new cursor, before everything. */
  open(): Cursor {
    const cursor: Cursor = { at: none, change: 0 };
    this.#cursors.add(cursor);
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
    this.#cursorsAt[to] = (this.#cursorsAt[to] ?? 0) + 1;
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
    if (destination >= this.#next.length) this.#grow(destination);
    if (this.#isIn[destination] === 1) this.#unlink(destination);
    this.#isIn[destination] = 1;
    this.#changes[destination] = this.#change;
    this.#previous[destination] = this.#last;
    this.#next[destination] = none;
    if (this.#last === none) this.#first = destination;
    else this.#next[this.#last] = destination;
    this.#last = destination;
  }

  remove(destination: Destination): void {
    if (this.#isIn[destination] !== 1) return;
    this.#unlink(destination);
    this.#isIn[destination] = 0;
  }

  #unlink(destination: Destination): void {
    const previous = this.#previous[destination] ?? none;
    const next = this.#next[destination] ?? none;
    if ((this.#cursorsAt[destination] ?? 0) > 0) this.#stepBack(destination, previous);
    if (previous === none) this.#first = next;
    else this.#next[previous] = next;
    if (next === none) this.#last = previous;
    else this.#previous[next] = previous;
  }

  /** Cursors at a destination that moves stay where they are: behind the one before it. Their change does not go back. */
  #stepBack(from: Destination, to: Destination): void {
    for (const cursor of this.#cursors) {
      if (cursor.at !== from) continue;
      cursor.at = to;
      if (to !== none) this.#cursorsAt[to] = (this.#cursorsAt[to] ?? 0) + 1;
    }
    this.#cursorsAt[from] = 0;
  }

  #leave({ at }: Cursor): void {
    if (at !== none) this.#cursorsAt[at] = Math.max(0, (this.#cursorsAt[at] ?? 0) - 1);
  }

  #grow(destination: Destination): void {
    while (destination >= this.#next.length) {
      this.#previous = longer(this.#previous);
      this.#next = longer(this.#next);
    }
    const { length } = this.#next;
    this.#isIn = copied(new Uint8Array(length), this.#isIn);
    this.#cursorsAt = copied(new Uint16Array(length), this.#cursorsAt);
    this.#changes = copied(new Float64Array(length), this.#changes);
  }
}

function copied<A extends Uint8Array | Uint16Array | Float64Array>(to: A, from: A): A {
  to.set(from);
  return to;
}
