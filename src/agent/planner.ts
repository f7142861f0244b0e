/** Keeps the plans of all scopes in step with the inventory: an update re-plans the scopes it touches, and no others. */

import { equalData } from '../base/equal.ts';
import { lower } from '../fabric/lower.ts';
import type { FabricSettings } from '../fabric/settings.ts';
import type { MutableInventory } from '../inventory/inventory.ts';
import type { InventoryUpdate } from '../inventory/source.ts';
import { emptyPlan, type Mode, type Scope, type ScopePlan } from '../modes/mode.ts';
import type { Planned } from '../resources/condition.ts';
import type { Kinds } from '../resources/index.ts';
import { Holdings } from './holdings.ts';

export interface PlannerPorts {
  readonly mode: Mode;
  readonly kinds: Kinds;
  readonly settings: FabricSettings;
  readonly inventory: MutableInventory;
  /** Hands over what a scope wants now; `undefined` when it wants nothing and has nothing to say. */
  readonly setScope: (scope: Scope, planned: Planned | undefined) => void;
}

export class Planner {
  readonly #ports: PlannerPorts;
  readonly #dirty = new Set<Scope>();
  /** Plans of scopes that want something: most changes leave most of what they touch as it was. */
  readonly #plans = new Map<Scope, ScopePlan>();
  readonly #holdings = new Holdings();
  #interestIsStale = true;

  constructor(ports: PlannerPorts) {
    this.#ports = ports;
  }

  /** Takes updates into the inventory and marks what they touch. */
  apply(updates: readonly InventoryUpdate[]): void {
    const { inventory, mode } = this.#ports;
    for (const update of updates) {
      const change = inventory.apply(update);
      for (const scope of mode.touched(change, inventory)) this.#dirty.add(scope);
      this.#interestIsStale ||= mode.bearsOnInterest(change);
    }
  }

  get hasWork(): boolean {
    return this.#dirty.size > 0;
  }

  /** Plans what is marked, but no more than so many scopes; returns how many that were. */
  plan(most = Number.POSITIVE_INFINITY): number {
    const { mode, inventory } = this.#ports;
    const dirty = [...this.#dirty].slice(0, most);
    for (const scope of dirty) {
      this.#dirty.delete(scope);
      this.#hand(scope, mode.plan(scope, inventory));
    }
    return dirty.length;
  }

  #hand(scope: Scope, plan: ScopePlan): void {
    const before = this.#plans.get(scope) ?? emptyPlan;
    if (equalData(before, plan)) return;
    const isEmpty = plan.concepts.length === 0 && plan.conditions.length === 0;
    if (isEmpty) this.#plans.delete(scope);
    else this.#plans.set(scope, plan);
    // Together: an address that one scope lets go of stays for the other that has it from now on.
    for (const each of [scope, ...this.#holdings.replace(scope, before, plan)]) this.#give(each);
  }

  #give(scope: Scope): void {
    const { kinds, settings, setScope } = this.#ports;
    const plan = this.#plans.get(scope);
    const settled = plan === undefined ? undefined : this.#holdings.settle(scope, plan);
    setScope(scope, settled === undefined ? undefined : lowered(settled, kinds, settings));
  }

  /** Whether the interest may have changed since it was last read. */
  get hasStaleInterest(): boolean {
    return this.#interestIsStale;
  }

  /** The same, and from now on it has been read. */
  takeStaleInterest(): boolean {
    const stale = this.#interestIsStale;
    this.#interestIsStale = false;
    return stale;
  }
}

function lowered(
  { concepts, conditions }: ScopePlan,
  kinds: Kinds,
  settings: FabricSettings,
): Planned {
  return {
    resources: concepts.flatMap((concept) => lower(concept, kinds, settings)),
    conditions,
  };
}
