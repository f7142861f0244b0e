/**
 * An export policy at work: which of the routes in use peers are told of, and with which attributes. One for all peers that
 * have the policy, so that they are still told in the same octets. What is decided about a set of attributes is kept as long
 * as the set, and changes nothing in the tables: what a route is told with is no set of theirs.
 */

import type { Ip } from '../../../net/ip.ts';
import { type Accepted, DecisionTree, type PolicyChain } from '../policy/decision-tree.ts';
import { NlriFields } from '../policy/nlri-fields.ts';
import type { AddressFamily } from '../wire/family.ts';
import { decodeNextHop } from '../wire/next-hop.ts';
import { type AttributeSet, nextHopOf, valuesOf } from './attribute-table.ts';
import type { Neighbour } from './peer.ts';
import { changedOctets } from './policy-octets.ts';

/** `undefined`: not told. */
type Tree = DecisionTree<AttributeSet | undefined>;

interface Decided {
  readonly family: AddressFamily;
  /** Only where the policy asks who a route comes from. */
  readonly from: Neighbour | undefined;
  readonly tree: Tree;
}

/** Above the numbers of all sets in the table. */
const firstId = 2 ** 32;

export class ExportFilter {
  readonly #chain: PolicyChain;
  readonly #ourAddress: Ip | undefined;
  readonly #decided = new WeakMap<AttributeSet, Decided[]>();
  readonly #fields = new NlriFields();
  #nextId = firstId;
  /** Routes come one behind the other with the same attributes. */
  #last: (Decided & { readonly set: AttributeSet; readonly peer: Neighbour }) | undefined;

  constructor(chain: PolicyChain, ourAddress: Ip | undefined) {
    this.#chain = chain;
    this.#ourAddress = ourAddress;
  }

  /** The attributes that a route is told with, or `undefined`. HOT: once per route, where there is a policy. */
  judge(
    family: AddressFamily,
    set: AttributeSet,
    from: Neighbour,
    octets: Uint8Array,
    start: number,
    end: number,
  ): AttributeSet | undefined {
    const last = this.#last;
    const isSame = last?.set === set && last.peer === from && last.family === family;
    const { tree } = isSame ? last : this.#find(family, set, from);
    const ofAll = tree.ofAll;
    if (ofAll !== undefined) return ofAll.value;
    this.#fields.read(family, octets, start, end);
    return tree.of(this.#fields);
  }

  #find(family: AddressFamily, set: AttributeSet, peer: Neighbour): Decided {
    const from = this.#chain.asksForPeer ? peer : undefined;
    const all = this.#decided.get(set) ?? [];
    const found =
      all.find((each) => each.family === family && each.from === from) ??
      this.#decide(family, set, peer, from);
    if (!all.includes(found)) {
      // What was decided of an earlier session of the same peer is of no use any more.
      const others = all.filter((each) => each.family !== family || each.from?.id !== from?.id);
      this.#decided.set(set, [...others, found]);
    }
    this.#last = { ...found, set, peer };
    return found;
  }

  #decide(
    family: AddressFamily,
    set: AttributeSet,
    peer: Neighbour,
    from: Neighbour | undefined,
  ): Decided {
    const hop = nextHopOf(set);
    const nextHop = decodeNextHop(hop, 0, hop.length, family.nextHop);
    const subject = { family, from: peer, attributes: valuesOf(set), nextHop };
    const tree: Tree = new DecisionTree(this.#chain, subject, this.#ourAddress, (verdict) =>
      this.#setOf(set, verdict, family),
    );
    return { family, from, tree };
  }

  #setOf(
    set: AttributeSet,
    verdict: Accepted | undefined,
    family: AddressFamily,
  ): AttributeSet | undefined {
    if (verdict === undefined || verdict.set.size === 0) return verdict && set;
    const changed = changedOctets(set, verdict, family);
    if (changed === undefined) return undefined;
    const { attributes, nextHop } = changed;
    const octets = new Uint8Array(attributes.length + nextHop.length);
    octets.set(attributes);
    octets.set(nextHop, attributes.length);
    const id = this.#nextId;
    this.#nextId += 1;
    return {
      id,
      octets,
      attributesLength: attributes.length,
      rank: set.rank,
      correctFrom: 0,
      told: new Map(),
      own: { med: verdict.set.has('med'), nextHop: verdict.set.has('nextHop') },
    };
  }
}
