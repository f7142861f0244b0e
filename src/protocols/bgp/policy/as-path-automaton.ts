/**
 * Matches AS paths in one pass: a pattern becomes an automaton without choice points to go back to, all of whose states are
 * followed at once. The time is at most the length of the path times the size of the pattern, whatever a peer sends.
 *
 * An AS_SET is one step, which any of its members may take. Segments of a confederation are not part of the path between
 * ASes and are passed over, RFC 5065 §5.3.
 */

import { assertNever } from '../../../base/assert-never.ts';
import type { AsPathNode, AsPathPattern } from '../../../net/as-path-pattern.ts';
import { type AsPath, isConfederation } from '../wire/attribute/as-path.ts';

/** One step of a path: a single AS, or the members of a set. */
type Hop = readonly number[];

/** `to`: states that follow, without a step where there is no range. */
interface State {
  readonly range: { readonly least: number; readonly most: number } | undefined;
  readonly to: number[];
}

export class AsPathAutomaton {
  readonly #pattern: AsPathPattern;
  readonly #states: State[] = [];
  readonly #start: number;
  readonly #end: number;
  /** By state: in which search it was visited last. */
  readonly #visits: Float64Array;
  #visit = 0;
  /** Whether the last search came to the end of the pattern. */
  #isAtEnd = false;

  constructor(pattern: AsPathPattern) {
    this.#pattern = pattern;
    this.#end = this.#open();
    this.#start = this.#compile(pattern.node, this.#end);
    this.#visits = new Float64Array(this.#states.length);
  }

  matches(path: AsPath): boolean {
    const { fromStart, toEnd } = this.#pattern;
    let states = this.#follow([this.#start]);
    for (const hop of hopsOf(path)) {
      if (this.#isAtEnd && !toEnd) return true;
      const reached = states.flatMap((state) => this.#step(state, hop));
      states = this.#follow(fromStart ? reached : [this.#start, ...reached]);
      if (states.length === 0 && !this.#isAtEnd) return false;
    }
    return this.#isAtEnd;
  }

  #step(of: number, hop: Hop): readonly number[] {
    const { range, to } = this.#states[of] ?? dead;
    if (range === undefined) return none;
    return hop.some((asn) => asn >= range.least && asn <= range.most) ? to : none;
  }

  /** Those that take a step next, of all that can be reached from there without one. Each state is visited once. */
  #follow(from: readonly number[]): readonly number[] {
    const next: number[] = [];
    const left = [...from];
    this.#visit += 1;
    this.#isAtEnd = false;
    for (let state = left.pop(); state !== undefined; state = left.pop()) {
      if (this.#visits[state] === this.#visit) continue;
      this.#visits[state] = this.#visit;
      if (state === this.#end) this.#isAtEnd = true;
      const { range, to } = this.#states[state] ?? dead;
      if (range === undefined) left.push(...to);
      else next.push(state);
    }
    return next;
  }

  #open(...to: number[]): number {
    return this.#states.push({ range: undefined, to }) - 1;
  }

  /** Where to begin so as to be at `next` behind it. */
  #compile(node: AsPathNode, next: number): number {
    switch (node.is) {
      case 'as':
        return this.#states.push({ range: node, to: [next] }) - 1;
      case 'sequence':
        return node.of.reduceRight((to, each) => this.#compile(each, to), next);
      case 'choice':
        return this.#open(...node.of.map((each) => this.#compile(each, next)));
      case 'repeat':
        return this.#repeat(node, next);
      default:
        return assertNever(node);
    }
  }

  #repeat({ of, times }: Extract<AsPathNode, { is: 'repeat' }>, next: number): number {
    if (times === '?') return this.#open(this.#compile(of, next), next);
    const again = this.#open(next);
    const once = this.#compile(of, again);
    this.#states[again]?.to.push(once);
    return times === '+' ? once : again;
  }
}

const none: readonly number[] = [];
const dead: State = { range: undefined, to: [] };

function* hopsOf(path: AsPath): Generator<Hop> {
  for (const segment of path) {
    if (isConfederation(segment)) continue;
    if (segment.type === 'set') yield segment.asns;
    else for (const asn of segment.asns) yield [asn];
  }
}
