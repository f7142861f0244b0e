/** Which scopes have which address, of all that are planned: what a scope has depends on those that come before it by name. */

import type { Concept } from '../fabric/concepts.ts';
import { dispute, type HeldAddress, isHeld, seatOf } from '../fabric/holders.ts';
import type { Scope, ScopePlan } from '../modes/mode.ts';

interface Holding {
  readonly scope: Scope;
  readonly held: HeldAddress;
}

export class Holdings {
  /** By address and realm, in the order of the scopes' names. The first has it. */
  readonly #bySeat = new Map<string, readonly Holding[]>();

  /** Replaces the plan of a scope; returns the others to which an address is given or lost by that. */
  replace(scope: Scope, before: ScopePlan, after: ScopePlan): ReadonlySet<Scope> {
    const now = Map.groupBy(after.concepts.filter(isHeld), seatOf);
    const seats = new Set([...before.concepts.filter(isHeld).map(seatOf), ...now.keys()]);
    const affected = new Set<Scope>();
    for (const seat of seats) {
      const known = this.#bySeat.get(seat) ?? [];
      const others = known.filter((each) => each.scope !== scope);
      const own = (now.get(seat) ?? []).map((held) => ({ scope, held }));
      const all = others.length === 0 ? own : [...others, ...own].sort(byScope);
      if (all.length === 0) this.#bySeat.delete(seat);
      else this.#bySeat.set(seat, all);
      for (const each of others) {
        if (lossOf(each.held, known) !== lossOf(each.held, all)) affected.add(each.scope);
      }
    }
    return affected;
  }

  /** Of a plan what is the scope's own, with a condition for each address that is another's. */
  settle(scope: Scope, plan: ScopePlan): ScopePlan {
    const losses = new Map<Concept, string>();
    for (const concept of plan.concepts) {
      const loss = isHeld(concept) ? this.#lossOf(concept) : undefined;
      if (loss !== undefined) losses.set(concept, loss);
    }
    if (losses.size === 0) return plan;
    const told = [...new Set(losses.values())].map((message) => {
      return { scope, severity: 'error', message } as const;
    });
    return {
      concepts: plan.concepts.filter((concept) => !losses.has(concept)),
      conditions: [...plan.conditions, ...told],
    };
  }

  #lossOf(held: HeldAddress): string | undefined {
    return lossOf(held, this.#bySeat.get(seatOf(held)) ?? []);
  }
}

/** Why an address is not this one's, among all that have it. */
function lossOf(held: HeldAddress, all: readonly Holding[]): string | undefined {
  const [first] = all;
  return first === undefined ? undefined : dispute(held, first.held);
}

function byScope(a: Holding, b: Holding): number {
  return a.scope < b.scope ? -1 : a.scope > b.scope ? 1 : 0;
}
