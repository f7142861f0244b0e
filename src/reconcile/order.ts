/**
 * Puts operations into an order that every target accepts. Nobody writes sequence numbers: what an object needs is
 * made before it and removed after it, also across targets, and all making comes before all removing (make before
 * break). Pure.
 */

import type { Key } from '../resources/resource.ts';
import type { Operation } from '../resources/target.ts';

/** What the order depends on, besides the operations. */
export interface Surroundings {
  /** Whether the object exists now. */
  exists(key: Key): boolean;
  /** What it needs; for an object that is going, what it needed while it was wanted. */
  needs(key: Key): readonly Key[];
  /** Objects that need this one, as far as they are ours. */
  neededBy(key: Key): Iterable<Key>;
  /** What must be gone before it may go. */
  outlives(key: Key): readonly Key[];
}

export interface Blocked {
  readonly operation: Operation;
  /** What it waits for. */
  readonly on: Key;
}

export interface Ordered {
  /** Operations of one level do not depend on each other. */
  readonly levels: readonly (readonly Operation[])[];
  readonly blocked: readonly Blocked[];
}

export function order(operations: readonly Operation[], around: Surroundings): Ordered {
  const making = operations.filter((operation) => operation.verb !== 'remove');
  const removing = operations.filter((operation) => operation.verb === 'remove');
  const made = sortByDependency(making, makingPredecessors(making, around));
  const removed = sortByDependency(removing, removingPredecessors(removing, around));
  return {
    levels: [...made.levels, ...removed.levels],
    blocked: [...made.blocked, ...removed.blocked],
  };
}

/** For each operation the keys that come first, or the key that it cannot do without. */
type Predecessors = (operation: Operation) => { first: readonly Key[]; missing?: Key };

function makingPredecessors(making: readonly Operation[], around: Surroundings): Predecessors {
  const verbs = new Map(making.map((operation) => [operation.key, operation.verb]));
  return (operation) => {
    const first: Key[] = [];
    for (const need of around.needs(operation.key)) {
      const verb = verbs.get(need);
      // An object that exists and is only changed serves those that need it all along.
      if (verb === 'create' || verb === 'replace') first.push(need);
      else if (!around.exists(need)) return { first, missing: need };
    }
    return { first };
  };
}

function removingPredecessors(removing: readonly Operation[], around: Surroundings): Predecessors {
  const going = new Set(removing.map((operation) => operation.key));
  return (operation) => {
    const first: Key[] = [];
    const before = [...around.neededBy(operation.key), ...around.outlives(operation.key)];
    for (const key of before) {
      if (!around.exists(key)) continue;
      if (!going.has(key)) return { first, missing: key };
      first.push(key);
    }
    return { first };
  };
}

function sortByDependency(operations: readonly Operation[], predecessors: Predecessors): Ordered {
  const byKey = new Map(operations.map((operation) => [operation.key, operation]));
  const placed = new Map<Key, number | Key>();
  const levels: Operation[][] = [];
  const blocked: Blocked[] = [];

  /** The level of a key, or the key it waits for. A circle of needs waits for itself. */
  const place = (operation: Operation): number | Key => {
    const known = placed.get(operation.key);
    if (known !== undefined) return known;
    placed.set(operation.key, operation.key);
    const { first, missing } = predecessors(operation);
    let level: number | Key = missing ?? 0;
    for (const key of first) {
      const before = byKey.get(key);
      if (before === undefined || typeof level !== 'number') continue;
      const at = place(before);
      level = typeof at === 'number' ? Math.max(level, at + 1) : key;
    }
    placed.set(operation.key, level);
    return level;
  };

  for (const operation of operations) {
    const at = place(operation);
    if (typeof at === 'number') (levels[at] ??= []).push(operation);
    else blocked.push({ operation, on: at });
  }
  return { levels, blocked };
}
