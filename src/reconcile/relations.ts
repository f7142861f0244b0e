/**
 * How objects bear on each other: what one may be made on, what is in the way of its going, and what has to be
 * withdrawn before it is altered. The order of operations follows from nothing else.
 */

import type { Key } from '../resources/resource.ts';
import type { Operation } from '../resources/target.ts';
import type { Claims } from './claims.ts';
import type { Entries } from './entries.ts';
import type { Surroundings } from './order.ts';
import type { View } from './view.ts';

export class Relations implements Surroundings {
  readonly #view: View;
  readonly #claims: Claims;
  readonly #entries: Entries;
  /** Announcements found at start, which may stand on what only an earlier run knew of. */
  readonly #unexplained = new Set<Key>();

  constructor(view: View, claims: Claims, entries: Entries) {
    this.#view = view;
    this.#claims = claims;
    this.#entries = entries;
  }

  /** An announcement is there, and nobody knows yet over what. */
  suspect(key: Key): void {
    this.#unexplained.add(key);
  }

  /** It is known what it stands on, or it is gone; returns whether that was open. */
  explain(key: Key): boolean {
    return this.#unexplained.delete(key);
  }

  isUnexplained(key: Key): boolean {
    return this.#unexplained.has(key);
  }

  /** The same before anything was tried: all serves that is there and not somebody else's. */
  previewed(refused: ReadonlySet<Key>): Surroundings {
    return {
      needs: (operation) => this.needs(operation),
      serves: (key) => this.#view.exists(key) && !refused.has(key),
      inTheWay: (operation) => this.inTheWay(operation),
      withdrawals: (operation) => this.withdrawals(operation),
      leads: (operation) => this.leads(operation),
    };
  }

  /**
   * What is announced already is put right although its way is not whole. It may be what that waits for: a VRF that is made
   * anew gives an address its local route back, and the kernel takes no other route to that address beside it.
   */
  needs({ key, verb, spec }: Operation): readonly Key[] {
    const kind = this.#view.kind(spec.kind);
    if (verb === 'change' && kind.announces) return kind.needs(spec);
    return this.#claims.wanted(key)?.needs ?? [];
  }

  /** It exists, and as it is wanted; else what is announced over it might go astray. */
  serves(key: Key): boolean {
    const standing = this.#entries.get(key)?.standing.is ?? 'settled';
    return standing === 'settled' && this.#view.exists(key);
  }

  *inTheWay({ key, spec }: Operation): Iterable<Key> {
    const kind = this.#view.kind(spec.kind);
    // What is not ours to remove cannot be waited for.
    for (const each of this.#entries.standingOn(key)) {
      if (this.#view.observeOurs(each) !== undefined) yield each;
    }
    for (const each of kind.outlives(spec)) if (this.#view.exists(each)) yield each;
    if (kind.announces) return;
    // One of them is enough: when it has gone, the next is found.
    for (const each of this.#unexplained) {
      if (this.#view.observeOurs(each) === undefined) continue;
      yield each;
      return;
    }
  }

  *withdrawals({ key, verb }: Operation): Iterable<Key> {
    if (verb !== 'change' && verb !== 'replace') return;
    for (const each of this.#entries.standingOn(key)) {
      const observed = this.#isGoing(each) ? this.#view.observeOurs(each) : undefined;
      if (observed !== undefined && this.#view.kind(observed.spec.kind).announces) yield each;
    }
    for (const each of this.#unexplained) {
      if (!this.#isGoing(each)) continue;
      yield each;
      return;
    }
  }

  leads(operation: Operation): boolean {
    return this.#view.leads(operation);
  }

  #isGoing(key: Key): boolean {
    return (
      this.#claims.wanted(key) === undefined || this.#entries.get(key)?.unwantedSince !== undefined
    );
  }
}
