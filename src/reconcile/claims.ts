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

  /** Replaces what a scope wants; returns the keys whose merged resource may have changed. */
  set(scope: string, resources: readonly Resource[]): Set<Key> {
    const before = this.#byScope.get(scope) ?? new Map<Key, Resource>();
    const after = new Map(resources.map((wanted) => [wanted.key, wanted]));
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

  #withdraw(scope: string, key: Key, changed: Set<Key>): void {
    const claims = this.#byKey.get(key);
    claims?.delete(scope);
    if (claims?.size === 0) this.#byKey.delete(key);
    changed.add(key);
  }

  #put(scope: string, wanted: Resource, changed: Set<Key>): void {
    const claims = this.#byKey.get(wanted.key) ?? new Map<string, Resource>();
    claims.set(scope, wanted);
    this.#byKey.set(wanted.key, claims);
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
    return mergeClaims(claims);
  }

  /** A condition for each scope whose claim on this key lost. */
  conflicts(key: Key): readonly Condition[] {
    const claims = this.#byKey.get(key);
    if (claims === undefined || claims.size < 2) return [];
    const [winner = '', ...others] = [...claims.keys()].sort();
    const spec = claims.get(winner)?.spec;
    return others
      .filter((scope) => !equalData(claims.get(scope)?.spec, spec))
      .map((scope) => ({
        scope,
        severity: 'error',
        message: `cannot set up ${key}: ${winner} wants it otherwise; make the two agree`,
      }));
  }
}

function sameClaim(a: Resource | undefined, b: Resource): boolean {
  return (
    a !== undefined &&
    (a === b ||
      (equalData(a.spec, b.spec) && equalData(a.needs, b.needs) && equalData(a.because, b.because)))
  );
}

function mergeClaims(claims: ReadonlyMap<string, Resource>): Resource | undefined {
  const sorted = [...claims.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, wanted]) => wanted);
  const [first] = sorted;
  if (first === undefined) return undefined;
  const agreeing = sorted.filter((wanted) => equalData(wanted.spec, first.spec));
  return {
    key: first.key,
    spec: first.spec,
    needs: [...new Set(agreeing.flatMap((wanted) => wanted.needs))],
    because: uniqueReasons(agreeing.flatMap((wanted) => wanted.because)),
  };
}

function uniqueReasons(reasons: readonly Reason[]): readonly Reason[] {
  const seen = new Map<string, Reason>();
  for (const reason of reasons) {
    seen.set(`${reason.source}\n${reason.object}\n${reason.fact}`, reason);
  }
  return [...seen.values()];
}
