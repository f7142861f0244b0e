/**
 * Puts operations into an order that every target accepts. Nobody writes sequence numbers: what an object needs is
 * made before it and removed after it, also across targets; and what is announced over a path goes before that path
 * is altered. Pure.
 */

import type { Key } from '../resources/resource.ts';
import type { Operation } from '../resources/target.ts';

/** What the order depends on, besides the operations. */
export interface Surroundings {
  /** Whether it exists as it is wanted, so that others may be made on it. */
  serves(key: Key): boolean;
  /** What must be there before this is done to the object. */
  needs(operation: Operation): readonly Key[];
  /** What exists and must be gone before it may go: what stands on it, and what it has to outlive. */
  inTheWay(operation: Operation): Iterable<Key>;
  /** What is announced over the object, is to be withdrawn, and must be before this is done to it. */
  withdrawals(operation: Operation): Iterable<Key>;
  /** Whether the target takes what is made on the object of this operation along with it. */
  leads(operation: Operation): boolean;
}

export interface Blocked {
  readonly operation: Operation;
  /** What it waits for. */
  readonly on: Key;
}

export interface Ordered {
  /** Operations of one level do not depend on each other; those of the first can be carried out now. */
  readonly levels: readonly (readonly Operation[])[];
  /** For operations of later levels, one of the level before that they wait for. */
  readonly after: ReadonlyMap<Key, Key>;
  /** Operations of later levels that can be carried out now, together with these ones that they come after. */
  readonly along: ReadonlyMap<Key, readonly Key[]>;
  readonly blocked: readonly Blocked[];
}

/** The keys whose operations come first, or the key that it cannot do without. */
type Predecessors = { readonly first: readonly Key[] } | { readonly missing: Key };

type Place =
  | {
      readonly level: number;
      readonly after: Key | undefined;
      /** What it can go along with; `undefined` when something has to be waited for. */
      readonly along: readonly Key[] | undefined;
    }
  | { readonly blockedOn: Key };

export function order(operations: readonly Operation[], around: Surroundings): Ordered {
  const byKey = new Map(operations.map((operation) => [operation.key, operation]));
  const places = new Map<Key, Place>();

  const place = (operation: Operation): Place => {
    const { key } = operation;
    const known = places.get(key);
    if (known !== undefined) return known;
    // A circle of needs, which no sound plan has, waits for itself.
    places.set(key, { blockedOn: key });
    const found = predecessorsOf(operation, byKey, around);
    const here =
      'missing' in found ? { blockedOn: found.missing } : placeAfter(operation, found.first);
    places.set(key, here);
    return here;
  };

  const placeAfter = (operation: Operation, first: readonly Key[]): Place => {
    let level = 0;
    let after: Key | undefined;
    let along: Key[] | undefined = [];
    for (const key of first) {
      const before = byKey.get(key);
      if (before === undefined) continue;
      const at = place(before);
      if ('blockedOn' in at) return { blockedOn: key };
      if (at.along !== undefined && takesAlong(before, operation, around)) along?.push(key);
      else along = undefined;
      if (at.level < level) continue;
      level = at.level + 1;
      after = key;
    }
    return { level, after, along };
  };

  return collect(operations, place);
}

/** Only of what is made anew: it can be taken back when what it stands on was refused. */
function takesAlong(before: Operation, operation: Operation, around: Surroundings): boolean {
  const isNew = before.verb === 'create' && operation.verb === 'create';
  return isNew && before.target === operation.target && around.leads(before);
}

function predecessorsOf(
  operation: Operation,
  byKey: ReadonlyMap<Key, Operation>,
  around: Surroundings,
): Predecessors {
  return operation.verb === 'remove'
    ? removingPredecessors(operation, byKey, around)
    : makingPredecessors(operation, byKey, around);
}

function makingPredecessors(
  operation: Operation,
  byKey: ReadonlyMap<Key, Operation>,
  around: Surroundings,
): Predecessors {
  const first: Key[] = [];
  for (const need of around.needs(operation)) {
    const pending = byKey.get(need);
    // Also one that is only changed: joining a device to a VRF, for one, takes its routes away.
    if (pending !== undefined && pending.verb !== 'remove') first.push(need);
    else if (pending !== undefined || !around.serves(need)) return { missing: need };
  }
  for (const withdrawal of around.withdrawals(operation)) {
    if (byKey.get(withdrawal)?.verb !== 'remove') return { missing: withdrawal };
    first.push(withdrawal);
  }
  return { first };
}

function removingPredecessors(
  operation: Operation,
  byKey: ReadonlyMap<Key, Operation>,
  around: Surroundings,
): Predecessors {
  const first: Key[] = [];
  for (const key of around.inTheWay(operation)) {
    if (key === operation.key) continue;
    const pending = byKey.get(key);
    // What no longer stands on it once it is changed is in the way until then.
    if (pending === undefined) return { missing: key };
    first.push(key);
  }
  return { first };
}

function collect(
  operations: readonly Operation[],
  place: (operation: Operation) => Place,
): Ordered {
  const levels: Operation[][] = [];
  const after = new Map<Key, Key>();
  const along = new Map<Key, readonly Key[]>();
  const blocked: Blocked[] = [];
  for (const operation of operations) {
    const at = place(operation);
    if ('blockedOn' in at) {
      blocked.push({ operation, on: at.blockedOn });
      continue;
    }
    while (levels.length <= at.level) levels.push([]);
    levels[at.level]?.push(operation);
    if (at.after === undefined) continue;
    after.set(operation.key, at.after);
    if (at.along !== undefined) along.set(operation.key, at.along);
  }
  return { levels, after, along, blocked };
}
