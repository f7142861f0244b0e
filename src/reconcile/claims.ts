/**
 * What all scopes want, merged by key. Equal specs are shared and live until the last scope lets go; of unequal ones
 * the scope that comes first by name has its way, and the others get a condition that names both.
 */

import { equalData } from '../base/equal.ts';
import type { Condition } from '../resources/condition.ts';
import type { Key, Reason, Resource } from '../resources/resource.ts';

export class Claims {
  readonly #byScope = new Map<string, ReadonlyMap<Key, Resource>>();
  readonly #byKey = new Map<Key, Map<string, Resource>>();
  /** Merged resources of keys with several claims, until one of these changes. */
  readonly #merged = new Map<Key, Resource>();
  /** Keys that a scope wants in two ways at once. */
  readonly #torn = new Map<string, readonly Key[]>();

  /** Replaces what a scope wants; returns the keys whose merged resource may have changed. */
  set(scope: string, resources: readonly Resource[]): Set<Key> {
    const before = this.#byScope.get(scope) ?? new Map<Key, Resource>();
    const after = this.#gather(scope, resources);
    const changed = new Set<Key>();
    for (const key of before.keys()) {
      if (!after.has(key)) this.#withdraw(scope, key, changed);
    }
    for (const wanted of after.values()) {
      if (!sameClaim(before.get(wanted.key), wanted)) this.#put(scope, wanted, changed);
    }
    if (after.size === 0) this.#byScope.delete(scope);
    else this.#byScope.set(scope, after);
    return changed;
  }

  /** What one scope wants, by key; what it wants several times merged in the same way, the first spec winning. */
  #gather(scope: string, resources: readonly Resource[]): ReadonlyMap<Key, Resource> {
    const gathered = new Map<Key, Resource>();
    const torn = new Set<Key>();
    for (const wanted of resources) {
      const known = gathered.get(wanted.key);
      if (known === undefined || sameClaim(known, wanted)) gathered.set(wanted.key, wanted);
      else if (equalData(known.spec, wanted.spec)) gathered.set(wanted.key, join(known, [wanted]));
      else torn.add(wanted.key);
    }
    if (torn.size === 0) this.#torn.delete(scope);
    else this.#torn.set(scope, [...torn]);
    return gathered;
  }

  #withdraw(scope: string, key: Key, changed: Set<Key>): void {
    const claims = this.#byKey.get(key);
    claims?.delete(scope);
    if (claims?.size === 0) this.#byKey.delete(key);
    this.#merged.delete(key);
    changed.add(key);
  }

  #put(scope: string, wanted: Resource, changed: Set<Key>): void {
    const claims = this.#byKey.get(wanted.key) ?? new Map<string, Resource>();
    claims.set(scope, wanted);
    this.#byKey.set(wanted.key, claims);
    this.#merged.delete(wanted.key);
    changed.add(wanted.key);
  }

  keys(): Iterable<Key> {
    return this.#byKey.keys();
  }

  scopes(): Iterable<string> {
    return this.#byScope.keys();
  }

  /** The scopes that want this key, by name. */
  scopesOf(key: Key): readonly string[] {
    return [...(this.#byKey.get(key)?.keys() ?? [])].sort();
  }

  /** The merged resource, or `undefined` when no scope wants the key. */
  wanted(key: Key): Resource | undefined {
    const claims = this.#byKey.get(key);
    if (claims === undefined) return undefined;
    // HOT: nearly every key has one claim; bench/reconcile.
    if (claims.size === 1) return claims.values().next().value;
    const known = this.#merged.get(key) ?? merge(claims);
    if (known !== undefined) this.#merged.set(key, known);
    return known;
  }

  /** A condition for each claim that lost against another. */
  conflicts(): readonly Condition[] {
    const between = [...this.#byKey].flatMap(([key, claims]) => conflictsOf(key, claims));
    const within = [...this.#torn].flatMap(([scope, keys]) =>
      keys.map((key) => conflict(scope, key, 'it wants it in two ways; remove one of the two')),
    );
    return [...between, ...within];
  }
}

function conflictsOf(key: Key, claims: ReadonlyMap<string, Resource>): readonly Condition[] {
  if (claims.size < 2) return [];
  const [winner = '', ...others] = [...claims.keys()].sort();
  const spec = claims.get(winner)?.spec;
  return others
    .filter((scope) => !equalData(claims.get(scope)?.spec, spec))
    .map((scope) => conflict(scope, key, `${winner} wants it otherwise; make the two agree`));
}

function conflict(scope: string, key: Key, problem: string): Condition {
  return { scope, severity: 'error', message: `cannot set up ${key}: ${problem}` };
}

function sameClaim(a: Resource | undefined, b: Resource): boolean {
  return (
    a !== undefined &&
    (a === b ||
      (equalData(a.spec, b.spec) && equalData(a.needs, b.needs) && equalData(a.because, b.because)))
  );
}

function merge(claims: ReadonlyMap<string, Resource>): Resource | undefined {
  const sorted = [...claims.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, wanted]) => wanted);
  const [first, ...others] = sorted;
  if (first === undefined) return undefined;
  return join(
    first,
    others.filter((wanted) => equalData(wanted.spec, first.spec)),
  );
}

/** One resource for several of the same spec, with the needs and reasons of them all. */
function join(first: Resource, others: readonly Resource[]): Resource {
  const all = [first, ...others];
  return {
    key: first.key,
    spec: first.spec,
    needs: [...new Set(all.flatMap((wanted) => wanted.needs))],
    because: uniqueReasons(all.flatMap((wanted) => wanted.because)),
  };
}

function uniqueReasons(reasons: readonly Reason[]): readonly Reason[] {
  const seen = new Map<string, Reason>();
  for (const reason of reasons) {
    seen.set(`${reason.source}\n${reason.object}\n${reason.fact}`, reason);
  }
  return [...seen.values()];
}
