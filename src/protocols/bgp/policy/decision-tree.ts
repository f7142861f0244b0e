/**
 * Asks a list of policies about routes. What depends on the attributes alone is decided once for each set of them; where a
 * term asks for the NLRI, the question stands in a tree, and a route goes down that tree: its answers lead to a verdict that
 * routes before it have left there. The tree grows as routes ask, up to a limit; what lies beyond is decided anew each time.
 *
 * What comes out is the same as without all this, which is what `judge` does: a property of the tests.
 */

import type { Ip } from '../../../net/ip.ts';
import type { PathAttributes } from '../wire/path-attributes.ts';
import { Change } from './changes.ts';
import {
  type NlriCondition,
  nlriConditions,
  type Subject,
  type SubjectCondition,
  subjectConditions,
} from './conditions.ts';
import type { NlriFields } from './nlri-fields.ts';
import type { Action, Changes, Policy } from './policy.ts';

interface CompiledTerm {
  readonly ofSubject: readonly SubjectCondition[];
  readonly ofNlri: readonly NlriCondition[];
  readonly change: Change | undefined;
  readonly action: Action;
}

/** What was decided: `undefined` is a rejection. */
export interface Accepted {
  readonly attributes: PathAttributes;
  readonly nextHop: Subject['nextHop'];
  /** What was set on the way, whatever the value. */
  readonly set: ReadonlySet<keyof Changes>;
}

/** How far a route has come in the list. */
interface Progress {
  readonly subject: Subject;
  readonly set: ReadonlySet<keyof Changes>;
  readonly term: number;
  /** Of the NLRI conditions of that term, the one that is asked next. */
  readonly condition: number;
}

/** `L`: what the user of the tree has made of the verdict, once. */
export type Leaf<L> = { readonly is: 'leaf'; readonly value: L };

interface Question<L> {
  readonly is: 'question';
  readonly condition: NlriCondition;
  readonly progress: Progress;
  yes: Node<L> | undefined;
  no: Node<L> | undefined;
}

type Node<L> = Leaf<L> | Question<L>;

const nothingSet: ReadonlySet<keyof Changes> = new Set();
/** Nodes that are kept of one set of attributes. */
const mostNodes = 256;

/** A list of policies, ready to be asked. */
export class PolicyChain {
  readonly policies: readonly Policy[];
  readonly #terms: readonly CompiledTerm[];
  /** Whether the same route of two peers may fare differently. */
  readonly asksForPeer: boolean;
  readonly setsOurAddress: boolean;

  constructor(policies: readonly Policy[]) {
    this.policies = policies;
    this.#terms = policies.flatMap(({ terms, otherwise }) => [
      ...terms.map(({ match, set, action }) => ({
        ofSubject: subjectConditions(match),
        ofNlri: nlriConditions(match),
        change: new Change(set),
        action,
      })),
      { ofSubject: [], ofNlri: [], change: undefined, action: otherwise },
    ]);
    const terms = policies.flatMap((each) => each.terms);
    this.asksForPeer = terms.some(
      ({ match }) => match.peers !== undefined || match.sources !== undefined,
    );
    this.setsOurAddress = terms.some(({ set }) => set.nextHop === 'self');
  }

  /** Asks without remembering anything. `undefined`: rejected. */
  judge(subject: Subject, nlri: NlriFields, ourAddress?: Ip): Accepted | undefined {
    let step = this.advance({ subject, set: nothingSet, term: 0, condition: 0 }, ourAddress);
    while (step.is === 'question') {
      const { condition, progress } = step;
      step = this.advance(
        answered(progress, condition(nlri, progress.subject.attributes)),
        ourAddress,
      );
    }
    return step.verdict;
  }

  /** As far as it goes without another look at the NLRI. */
  advance(
    from: Progress,
    ourAddress: Ip | undefined,
  ):
    | { readonly is: 'verdict'; readonly verdict: Accepted | undefined }
    | { readonly is: 'question'; readonly condition: NlriCondition; readonly progress: Progress } {
    let { subject, set, condition } = from;
    for (let index = from.term; index < this.#terms.length; index += 1) {
      const term = this.#terms[index];
      if (term === undefined) break;
      const isOpen = condition > 0 || term.ofSubject.every((each) => each(subject));
      const asked = term.ofNlri[condition];
      if (isOpen && asked !== undefined) {
        return {
          is: 'question',
          condition: asked,
          progress: { subject, set, term: index, condition },
        };
      }
      condition = 0;
      if (!isOpen) continue;
      if (term.action === 'reject') break;
      if (term.change !== undefined && term.change.sets.length > 0) {
        subject = term.change.of(subject, ourAddress);
        set = set.union(new Set(term.change.sets));
      }
      if (term.action === 'next') continue;
      const { attributes, nextHop } = subject;
      return { is: 'verdict', verdict: { attributes, nextHop, set } };
    }
    return { is: 'verdict', verdict: undefined };
  }
}

/** To the next condition of the term, or to the next term. */
function answered({ subject, set, term, condition }: Progress, isYes: boolean): Progress {
  return isYes
    ? { subject, set, term, condition: condition + 1 }
    : { subject, set, term: term + 1, condition: 0 };
}

/** Of one set of attributes. */
export class DecisionTree<L> {
  readonly #chain: PolicyChain;
  readonly #ourAddress: Ip | undefined;
  readonly #leafOf: (verdict: Accepted | undefined) => L;
  #nodes = 0;
  readonly #root: Node<L>;

  /** `leafOf` is called once for each way to a verdict, as long as there is room for it. */
  constructor(
    chain: PolicyChain,
    subject: Subject,
    ourAddress: Ip | undefined,
    leafOf: (verdict: Accepted | undefined) => L,
  ) {
    this.#chain = chain;
    this.#ourAddress = ourAddress;
    this.#leafOf = leafOf;
    this.#root = this.#grow({ subject, set: nothingSet, term: 0, condition: 0 });
  }

  /** The verdict about every route of this set, where none of them needs to be looked at. */
  get ofAll(): Leaf<L> | undefined {
    return this.#root.is === 'leaf' ? this.#root : undefined;
  }

  /** HOT: once per route, where a policy asks for its NLRI. */
  of(nlri: NlriFields): L {
    let node = this.#root;
    while (node.is === 'question') {
      const isYes = node.condition(nlri, node.progress.subject.attributes);
      const known: Node<L> | undefined = isYes ? node.yes : node.no;
      node = known ?? this.#branch(node, isYes);
    }
    return node.value;
  }

  #branch(from: Question<L>, isYes: boolean): Node<L> {
    const made = this.#grow(answered(from.progress, isYes));
    if (this.#nodes > mostNodes) return made;
    if (isYes) from.yes = made;
    else from.no = made;
    return made;
  }

  #grow(from: Progress): Node<L> {
    this.#nodes += 1;
    const step = this.#chain.advance(from, this.#ourAddress);
    if (step.is === 'verdict') return { is: 'leaf', value: this.#leafOf(step.verdict) };
    return { ...step, yes: undefined, no: undefined };
  }
}
