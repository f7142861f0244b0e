/**
 * Numbers and patterns of bits, of which a policy may name thousands, made ready to be asked: what a peer sends is looked
 * up, and not compared with one after the other.
 */

import {
  type BitPattern,
  communityBits,
  type CommunityKind,
  type CommunityPattern,
} from '../../../net/community.ts';
import type { PathAttributes } from '../wire/path-attributes.ts';
import { communityValues } from './community-values.ts';
import type { NumberRange } from './policy.ts';

/** Ranges in ascending order, none of which touches another. */
export class RangeSet {
  readonly #ranges: readonly NumberRange[];

  constructor(ranges: readonly NumberRange[]) {
    const merged: NumberRange[] = [];
    for (const { least, most } of ranges.toSorted((a, b) => a.least - b.least)) {
      const last = merged.at(-1);
      if (last === undefined || least > last.most + 1) merged.push({ least, most });
      else merged[merged.length - 1] = { least: last.least, most: Math.max(last.most, most) };
    }
    this.#ranges = merged;
  }

  has(value: number): boolean {
    let from = 0;
    let to = this.#ranges.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const range = this.#ranges[middle];
      if (range === undefined || value < range.least) to = middle;
      else if (value > range.most) from = middle + 1;
      else return true;
    }
    return false;
  }
}

/** Patterns of so many bits: those without `*` are looked up, the few others compared. */
export class PatternSet {
  readonly #exact: ReadonlySet<bigint>;
  readonly #others: readonly BitPattern[];

  constructor(patterns: readonly BitPattern[], bits: bigint) {
    const whole = (1n << bits) - 1n;
    this.#exact = new Set(patterns.filter(({ mask }) => mask === whole).map(({ value }) => value));
    this.#others = patterns.filter(({ mask }) => mask !== whole);
  }

  has(value: bigint): boolean {
    if (this.#exact.has(value)) return true;
    for (const { mask, value: wanted } of this.#others) {
      if ((value & mask) === wanted) return true;
    }
    return false;
  }
}

const kinds = Object.keys(communityBits) as readonly CommunityKind[];

/** Patterns of communities of any kind. */
export class CommunitySet {
  readonly #byKind: readonly (readonly [CommunityKind, PatternSet])[];

  constructor(patterns: readonly CommunityPattern[]) {
    this.#byKind = kinds.flatMap((kind) => {
      const own = patterns.filter((each) => each.kind === kind);
      return own.length === 0 ? [] : [[kind, new PatternSet(own, communityBits[kind])] as const];
    });
  }

  /** Whether one of the communities is in the set. */
  hasAnyOf(attributes: PathAttributes): boolean {
    return this.#byKind.some(([kind, set]) =>
      communityValues(attributes, kind).some((value) => set.has(value)),
    );
  }

  has(kind: CommunityKind, value: bigint): boolean {
    return this.#byKind.some(([each, set]) => each === kind && set.has(value));
  }
}
