/**
 * An import policy at work on the routes of one peer in one family: which of them go into the rib, and with which
 * attributes. What a set of attributes becomes is decided once, and known as long as the set is among the last that came.
 */

import { decodeNextHop } from '../wire/next-hop.ts';
import type { AddressFamily } from '../wire/family.ts';
import { type Accepted, DecisionTree, type PolicyChain } from '../policy/decision-tree.ts';
import { NlriFields } from '../policy/nlri-fields.ts';
import {
  attributesOf,
  type AttributeSet,
  type AttributeTable,
  nextHopOf,
  valuesOf,
} from './attribute-table.ts';
import type { Neighbour } from './peer.ts';
import { changedOctets } from './policy-octets.ts';

/**
 * Sets of which it is remembered what becomes of them. They are held although no route may have them as they came: an UPDATE
 * with the same octets is not checked again, as without a policy.
 */
const mostSets = 256;

/** `undefined`: rejected. */
type Outcome = Taken | undefined;

/** A set that no route has yet, or none any more, is made when one comes. */
interface Taken {
  readonly attributes: Uint8Array;
  readonly nextHop: Uint8Array;
  set: AttributeSet | undefined;
}

export class ImportFilter {
  readonly #chain: PolicyChain;
  readonly #from: Neighbour;
  readonly #family: AddressFamily;
  readonly #attributes: AttributeTable;
  /** In the order in which they came. */
  readonly #trees = new Map<AttributeSet, DecisionTree<Outcome>>();
  readonly #fields = new NlriFields();

  constructor(
    chain: PolicyChain,
    from: Neighbour,
    family: AddressFamily,
    attributes: AttributeTable,
  ) {
    this.#chain = chain;
    this.#from = from;
    this.#family = family;
    this.#attributes = attributes;
  }

  /** What is decided about routes with these attributes. */
  treeOf(set: AttributeSet): DecisionTree<Outcome> {
    const known = this.#trees.get(set);
    if (known !== undefined) return known;
    const nextHop = nextHopOf(set);
    const subject = {
      family: this.#family,
      from: this.#from,
      attributes: valuesOf(set),
      nextHop: decodeNextHop(nextHop, 0, nextHop.length, this.#family.nextHop),
    };
    const tree = new DecisionTree<Outcome>(this.#chain, subject, undefined, (verdict) =>
      this.#outcomeOf(set, verdict),
    );
    this.#trees.set(set, tree);
    this.#attributes.keep(set.id);
    const [oldest] = this.#trees.keys();
    if (this.#trees.size > mostSets && oldest !== undefined) this.#forget(oldest);
    return tree;
  }

  /**
   * The attributes that a route is taken with, or `undefined`; of no use to anybody who does not hold them at once. HOT: once
   * per route, where there is a policy.
   */
  judge(
    tree: DecisionTree<Outcome>,
    octets: Uint8Array,
    start: number,
    end: number,
  ): AttributeSet | undefined {
    const { ofAll } = tree;
    if (ofAll === undefined) this.#fields.read(this.#family, octets, start, end);
    const taken = ofAll === undefined ? tree.of(this.#fields) : ofAll.value;
    if (taken === undefined) return undefined;
    const { set } = taken;
    if (set !== undefined && this.#attributes.get(set.id) === set) return set;
    taken.set = this.#attributes.intern(taken.attributes, taken.nextHop);
    return taken.set;
  }

  /** Lets go of what it holds. */
  close(): void {
    for (const set of this.#trees.keys()) this.#forget(set);
  }

  #forget(set: AttributeSet): void {
    this.#trees.delete(set);
    this.#attributes.release(set.id);
  }

  #outcomeOf(set: AttributeSet, verdict: Accepted | undefined): Outcome {
    if (verdict === undefined) return undefined;
    if (verdict.set.size === 0) {
      return { attributes: attributesOf(set), nextHop: nextHopOf(set), set };
    }
    const changed = changedOctets(set, verdict, this.#family);
    return changed && { ...changed, set: undefined };
  }
}
