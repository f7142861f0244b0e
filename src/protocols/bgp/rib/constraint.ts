/**
 * Route-target constraint of one peer as a filter of what it is told: what it has asked for, since when that is known, and
 * what a change of it concerns. RFC 4684 §3, §6. The peer's own words come from the rib of memberships.
 */

import type { Alike, AskedAlike } from './asked-alike.ts';
import type { RouteTargetMembership } from '../wire/nlri/route-target.ts';
import type { Wanted } from './advertiser.ts';
import type { AttributeSet } from './attribute-table.ts';
import { Memberships } from './route-targets.ts';

export class Constraint implements Wanted {
  readonly #all: AskedAlike;
  readonly #asked = new Memberships();
  /** Of what was asked for when it was last looked for. */
  #alike: Alike | undefined;
  #isOld = true;
  /** What has come or gone since `takeChanges`. */
  #changes = new Memberships();
  /** Whether the peer has said all that it asks for; until then it is told nothing. */
  isKnown = false;

  constructor(all: AskedAlike) {
    this.#all = all;
  }

  get alike(): Alike | undefined {
    if (this.#isOld) this.#lookAgain();
    return this.#alike;
  }

  has(set: AttributeSet): boolean {
    return this.#asked.has(set);
  }

  /** The peer asks for these, or does no longer. */
  change(membership: RouteTargetMembership, by: 1 | -1): void {
    if (by === 1) this.#asked.add(membership);
    else this.#asked.remove(membership);
    this.#changes.add(membership);
    this.#isOld = true;
  }

  /** Nobody is told by it any more. */
  close(): void {
    if (this.#alike !== undefined) this.#all.release(this.#alike);
    this.#alike = undefined;
    this.#isOld = true;
  }

  #lookAgain(): void {
    const text = this.#asked.isAll ? undefined : this.#asked.format();
    if (text !== this.#alike?.text) {
      this.close();
      this.#alike = text === undefined ? undefined : this.#all.take(text);
    }
    this.#isOld = false;
  }

  /** Of all sets, those that the changes since the last call are about. */
  takeChanges(all: Iterable<AttributeSet>): readonly AttributeSet[] {
    const changes = this.#changes;
    if (changes.isEmpty) return [];
    this.#changes = new Memberships();
    return [...all].filter((set) => changes.has(set));
  }
}
