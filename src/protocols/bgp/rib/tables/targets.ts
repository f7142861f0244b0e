/**
 * What a table takes: the communities by which it knows the routes that are for it, and the index from those of a route to
 * the tables. RFC 4364 §4.3.1, RFC 7432 §7.10; of an Ethernet segment RFC 7432 §7.6.
 */

import { type Issue, issue } from '../../../../base/issue.ts';
import { err, ok, type Result } from '../../../../base/result.ts';
import { parseRouteTarget } from '../../../../net/route-distinguisher.ts';
import {
  encodeExtendedCommunity,
  type ExtendedCommunity,
  routeTargetOf,
} from '../../wire/extended-community.ts';
import type { RouteTargetCommunity } from '../../wire/extended-community/administered.ts';
import type { EsImport } from '../../wire/extended-community/evpn.ts';

/** Any route target with this number, whoever gave it out: FRR's `*:100`. */
export interface AnyAsTarget {
  readonly kind: 'any-as';
  readonly assigned: number;
}

export type ImportTarget = RouteTargetCommunity | EsImport | AnyAsTarget;

/** `65000:100` or, of any AS, `*:100`. */
export function parseImportTarget(text: string): Result<ImportTarget, Issue> {
  const [, digits] = /^\*:([0-9]{1,10})$/.exec(text) ?? [];
  if (digits !== undefined && Number(digits) <= 0xffff_ffff) {
    return ok({ kind: 'any-as', assigned: Number(digits) });
  }
  const exact = parseRouteTarget(text);
  if (exact.ok) return ok(routeTargetOf(exact.value));
  return err(issue(`'${text}' is not a route target (ASN:number, IPv4:number or *:number)`));
}

/** What of a route's communities a table may ask for. */
export interface RouteTargets {
  readonly exact: readonly bigint[];
  readonly assigned: readonly number[];
}

export function routeTargetsIn(communities: readonly ExtendedCommunity[]): RouteTargets {
  const exact: bigint[] = [];
  const assigned: number[] = [];
  for (const each of communities) {
    if (each.kind !== 'route-target' && each.kind !== 'es-import') continue;
    exact.push(encodeExtendedCommunity(each));
    if (each.kind === 'route-target') assigned.push(each.assigned);
  }
  return { exact, assigned };
}

export class TargetIndex<T> {
  readonly #exact = new Map<bigint, Set<T>>();
  readonly #anyAs = new Map<number, Set<T>>();

  add(target: ImportTarget, table: T): void {
    if (target.kind === 'any-as') addTo(this.#anyAs, target.assigned, table);
    else addTo(this.#exact, encodeExtendedCommunity(target), table);
  }

  remove(target: ImportTarget, table: T): void {
    if (target.kind === 'any-as') removeFrom(this.#anyAs, target.assigned, table);
    else removeFrom(this.#exact, encodeExtendedCommunity(target), table);
  }

  /** The tables that such a route is for. */
  of({ exact, assigned }: RouteTargets): readonly T[] {
    const found = new Set<T>();
    for (const each of exact) for (const table of this.#exact.get(each) ?? []) found.add(table);
    for (const each of assigned) for (const table of this.#anyAs.get(each) ?? []) found.add(table);
    return [...found];
  }
}

function addTo<K, T>(index: Map<K, Set<T>>, key: K, table: T): void {
  const tables = index.get(key) ?? new Set();
  index.set(key, tables.add(table));
}

function removeFrom<K, T>(index: Map<K, Set<T>>, key: K, table: T): void {
  const tables = index.get(key);
  tables?.delete(table);
  if (tables?.size === 0) index.delete(key);
}
