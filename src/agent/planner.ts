/** Keeps the plans of all scopes in step with the inventory: an update re-plans the scopes it touches, and no others. */

import { lower } from '../fabric/lower.ts';
import type { FabricSettings } from '../fabric/settings.ts';
import type { Inventory, MutableInventory } from '../inventory/inventory.ts';
import type { InventoryUpdate } from '../inventory/source.ts';
import type { Mode, Scope } from '../modes/mode.ts';
import type { Planned } from '../resources/condition.ts';
import type { Kinds } from '../resources/index.ts';

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
    const { mode, inventory, setScope } = this.#ports;
    const dirty = [...this.#dirty].slice(0, most);
    for (const scope of dirty) {
      this.#dirty.delete(scope);
      const planned = planScope(mode, scope, inventory, this.#ports.kinds, this.#ports.settings);
      const isEmpty = planned.resources.length === 0 && planned.conditions.length === 0;
      setScope(scope, isEmpty ? undefined : planned);
    }
    return dirty.length;
  }

  /** Whether the interest was read since it could last have changed. */
  takeStaleInterest(): boolean {
    const stale = this.#interestIsStale;
    this.#interestIsStale = false;
    return stale;
  }
}

export function planScope(
  mode: Mode,
  scope: Scope,
  inventory: Inventory,
  kinds: Kinds,
  settings: FabricSettings,
): Planned {
  const { concepts, conditions } = mode.plan(scope, inventory);
  return {
    resources: concepts.flatMap((concept) => lower(concept, kinds, settings)),
    conditions,
  };
}
