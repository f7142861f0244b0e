/** The paths of one family by their sets of attributes, so that whoever starts from a set looks at no other path. */

import { none } from './destinations.ts';
import type { Path } from './paths.ts';
import { Rows } from './rows.ts';

/** Others of the same set. */
const NEXT = 0;
const PREVIOUS = 1;

export class PathsBySet {
  // In both, paths are one more than their number, so that what was never set is none.
  /** By set: one of its paths. */
  readonly #first = new Rows(1);
  /** By path. */
  readonly #others = new Rows(2);

  add(path: Path, set: number): void {
    this.#first.reserve(set);
    this.#others.reserve(path);
    const next = this.#first.get(set, 0);
    this.#others.set(path, NEXT, next);
    this.#others.set(path, PREVIOUS, 0);
    if (next !== 0) this.#others.set(next - 1, PREVIOUS, path + 1);
    this.#first.set(set, 0, path + 1);
  }

  /** Nothing when the set is `none`. */
  remove(path: Path, set: number): void {
    if (set === none) return;
    const next = this.#others.get(path, NEXT);
    const previous = this.#others.get(path, PREVIOUS);
    if (previous === 0) this.#first.set(set, 0, next);
    else this.#others.set(previous - 1, NEXT, next);
    if (next !== 0) this.#others.set(next - 1, PREVIOUS, previous);
  }

  *of(set: number): Generator<Path> {
    let at = this.#first.get(set, 0);
    for (; at > 0; at = this.#others.get(at - 1, NEXT)) yield at - 1;
  }
}
