/**
 * Column values as callers see them: atoms, sets, maps, or nothing. How they compare, and how they
 * are kept.
 */

import { type Atom, compareAtoms } from './atom.ts';
import type { NamedUuid } from './uuid.ts';

/** A set: sorted, without duplicates. */
export type AtomSet = readonly Atom[];
/** A map: iterates in the order of its keys. */
export type AtomMap = ReadonlyMap<Atom, Atom>;
/** What a column of a row holds; `undefined` is an empty column of at most one value. */
export type Value = Atom | AtomSet | AtomMap | undefined;

export type WriteAtom = Atom | NamedUuid;
/**
 * What may be written to a column, in whichever form is at hand; its type is checked against the
 * server's schema.
 */
export type WriteValue =
  | WriteAtom
  | readonly WriteAtom[]
  | ReadonlySet<WriteAtom>
  | ReadonlyMap<WriteAtom, WriteAtom>
  | undefined;

/** Shared by all rows: most columns of most rows are empty. */
export const emptySet: AtomSet = Object.freeze([]);
export const emptyMap: AtomMap = new Map();

/**
 * Sorted and without duplicates; reuses the array when it already is, which is how servers send
 * sets.
 */
export function canonicalSet(atoms: readonly Atom[]): AtomSet {
  if (atoms.length === 0) return emptySet;
  if (isStrictlySorted(atoms)) return atoms;
  return [...new Set(atoms)].sort(compareAtoms);
}

/** In the order of its keys; the map itself when it already is, which is how servers send maps. */
export function canonicalMap(map: AtomMap): AtomMap {
  if (map.size === 0) return emptyMap;
  let before: Atom | undefined;
  for (const key of map.keys()) {
    if (before !== undefined && compareAtoms(before, key) > 0) {
      return new Map([...map].sort(([a], [b]) => compareAtoms(a, b)));
    }
    before = key;
  }
  return map;
}

function isStrictlySorted(atoms: readonly Atom[]): boolean {
  let before: Atom | undefined;
  for (const atom of atoms) {
    if (before !== undefined && compareAtoms(before, atom) >= 0) return false;
    before = atom;
  }
  return true;
}

/** Equality by content. */
export function equalValues(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a instanceof Map) return b instanceof Map && equalMaps(a, b);
  if (Array.isArray(a)) return Array.isArray(b) && equalSets(a, b);
  return false;
}

function equalSets(a: AtomSet, b: AtomSet): boolean {
  return a.length === b.length && a.every((atom, i) => atom === b[i]);
}

function equalMaps(a: AtomMap, b: AtomMap): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) if (b.get(key) !== value) return false;
  return true;
}

/**
 * The difference of two sets, RFC-less: what ovsdb-server(7) §4.1.14 sends, applied. Each element
 * toggles.
 */
export function toggleSet(old: AtomSet, difference: AtomSet): AtomSet {
  const parts: AtomSet[] = [];
  let from = 0;
  // Both are sorted: of a set of thousands that gets one more, few are compared.
  for (const atom of difference) {
    const at = placeIn(old, atom, from);
    const isThere = old[at] === atom;
    parts.push(old.slice(from, at), isThere ? [] : [atom]);
    from = isThere ? at + 1 : at;
  }
  const next = [...parts, old.slice(from)].flat();
  return next.length === 0 ? emptySet : next;
}

/** Where the atom is from `from` on, or would be. */
function placeIn(set: AtomSet, atom: Atom, from: number): number {
  let [low, high] = [from, set.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const there = set[middle];
    if (there !== undefined && compareAtoms(there, atom) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * ovsdb-server(7) §4.1.14: a pair we hold goes, a key with another value is replaced, an unknown
 * key comes.
 */
export function toggleMap(old: AtomMap, difference: AtomMap): AtomMap {
  const next = new Map(old);
  for (const [key, value] of difference) {
    if (next.get(key) === value) next.delete(key);
    else next.set(key, value);
  }
  return canonicalMap(next);
}
