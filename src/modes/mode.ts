/** What a mode is: which scopes there are, which of them a change touches, and what each one wants. Pure. */

import type { Concept } from '../fabric/concepts.ts';
import type { Inventory, InventoryChange } from '../inventory/inventory.ts';
import type { PortBinding } from '../inventory/port-binding.ts';
import type { PortInterest } from '../inventory/source.ts';
import type { Condition } from '../resources/condition.ts';

/** The name of a scope, which says all that is needed to plan it: `gateway cr-lrp-1`. */
export type Scope = string;

export interface ScopePlan {
  readonly concepts: readonly Concept[];
  readonly conditions: readonly Condition[];
}

export const emptyPlan: ScopePlan = { concepts: [], conditions: [] };

export interface Mode {
  readonly name: string;
  /** Every scope there may be; planning all of them is a cold start. */
  scopes(inventory: Inventory): Iterable<Scope>;
  /** The scopes whose plan may differ after this change. Called with the inventory after it. */
  touched(change: InventoryChange, inventory: Inventory): Iterable<Scope>;
  /** Total: what cannot be planned is a condition, and a scope that is gone has an empty plan. */
  plan(scope: Scope, inventory: Inventory): ScopePlan;
  /** Whether `interest` may differ after this change; false for the many changes of single virtual machines. */
  bearsOnInterest(change: InventoryChange): boolean;
  /** The rows of Port_Binding that this node needs to see, given those it sees already. */
  interest(inventory: Inventory): PortInterest;
}

/** The scopes of ports by their names, given what the mode has for one. */
export function scopesOf(
  names: Iterable<string>,
  inventory: Inventory,
  scopeOf: (port: PortBinding) => Scope | undefined,
): readonly Scope[] {
  return [...names].flatMap((name) => {
    const port = inventory.port(name);
    return (port && scopeOf(port)) ?? [];
  });
}
