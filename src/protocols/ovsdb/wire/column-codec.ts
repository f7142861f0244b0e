/**
 * One column, between its JSON form and its value: compiled once from what the caller declared and
 * what the server's schema says, then applied to every row. RFC 7047 §5.1 <value>; differences as
 * in ovsdb-server(7) §4.1.14. Which columns a table has is the business of `table-codec.ts`.
 */

import { assertNever } from '../../../base/assert-never.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import { type Atom, atomCodecs, isNamedUuid, type Malformed, malformed } from './atom.ts';
import type { Column } from './column.ts';
import { type ColumnType, formatColumnType } from './schema.ts';
import {
  type AtomMap,
  type AtomSet,
  canonicalMap,
  canonicalSet,
  emptyMap,
  emptySet,
  toggleMap,
  toggleSet,
  type Value,
} from './value.ts';

export interface ColumnCodec {
  /**
   * What the column reads as where the server leaves it out, which means its type's initial value.
   */
  readonly initial: Value;
  decode(json: unknown): Value | Malformed;
  /** The new value, from the old one and the difference that an update carries. */
  patch(old: Value, json: unknown): Value | Malformed;
}

/** The codec, or what about the server's type contradicts the declaration. */
export function compileColumn(declared: Column, server: ColumnType): Result<ColumnCodec, string> {
  const fits = declared.shape === 'any' || isReadableAs(declared, server);
  if (!fits) return err(`is '${formatColumnType(server)}' in the server's schema`);
  if (server.value !== undefined)
    return ok(mapCodec(mapReader(server.key.type, server.value.type), server.max > 1));
  if (declared.shape === 'set' || (declared.shape === 'any' && server.max > 1)) {
    return ok(setCodec(setReader(server.key.type), server.max > 1));
  }
  const isOptional =
    declared.shape === 'optional' || (declared.shape === 'any' && server.min === 0);
  return ok(atomCodec(server, isOptional));
}

/** What an absent column, or one of another type than declared, reads as. */
export function absentColumn(declared: Column): ColumnCodec {
  const initial = initialValue(declared);
  return { initial, decode: () => initial, patch: () => initial };
}

function initialValue(declared: Column): Value {
  switch (declared.shape) {
    case 'one':
      return atomCodecs[declared.key].initial;
    case 'set':
      return emptySet;
    case 'map':
      return emptyMap;
    case 'optional':
    case 'any':
      return undefined;
    default:
      return assertNever(declared.shape);
  }
}

/** A set reads one value as well as many; one value cannot stand for many. */
function isReadableAs(declared: Column, server: ColumnType): boolean {
  if (declared.key !== server.key.type || declared.value !== server.value?.type) return false;
  return declared.shape === 'map' || declared.shape === 'set' || server.max === 1;
}

function atomCodec(server: ColumnType, isOptional: boolean): ColumnCodec {
  const atom = atomCodecs[server.key.type];
  // A column that must hold a value is left out of a row when it holds the type's initial one.
  const empty = isOptional ? undefined : atom.initial;
  const initial = server.min === 0 ? empty : atom.initial;
  const decode =
    server.min === 0
      ? (json: unknown) => (isEmptySet(json) ? empty : decodeLone(json))
      : (json: unknown) => atom.decode(json);
  // A set of one element may come with or without its brackets, RFC 7047 §5.1 <set>.
  const decodeLone = (json: unknown) => {
    const elements = setElements(json);
    return elements === undefined || elements.length !== 1
      ? atom.decode(json)
      : atom.decode(elements[0]);
  };
  return { initial, decode, patch: (_old, json) => decode(json) };
}

/**
 * Updates carry the difference for a column that can hold more than one element, and the new value
 * for all others, which includes a map of at most one pair (ovsdb-server 3.1;
 * `test/protocols/ovsdb/io/database.test.ts`).
 */
function setCodec(
  read: (json: unknown) => AtomSet | Malformed,
  isDifference: boolean,
): ColumnCodec {
  return {
    initial: emptySet,
    decode: read,
    patch: (old, json) => {
      const elements = read(json);
      if (elements === malformed || !isDifference) return elements;
      return toggleSet(Array.isArray(old) ? old : emptySet, elements);
    },
  };
}

function mapCodec(
  read: (json: unknown) => AtomMap | Malformed,
  isDifference: boolean,
): ColumnCodec {
  return {
    initial: emptyMap,
    decode: read,
    patch: (old, json) => {
      const pairs = read(json);
      if (pairs === malformed || !isDifference) return pairs;
      return toggleMap(old instanceof Map ? old : emptyMap, pairs);
    },
  };
}

// HOT: once per set or map column of every row of a dump; bench/ovsdb.ts.
function setReader(type: keyof typeof atomCodecs): (json: unknown) => AtomSet | Malformed {
  const atom = atomCodecs[type];
  return (json) => {
    const elements = setElements(json);
    if (elements !== undefined && elements.length === 0) return emptySet;
    const atoms: Atom[] = [];
    for (const element of elements ?? [json]) {
      const decoded = atom.decode(element);
      if (decoded === malformed) return malformed;
      atoms.push(decoded);
    }
    return canonicalSet(atoms);
  };
}

function mapReader(
  keyType: keyof typeof atomCodecs,
  valueType: keyof typeof atomCodecs,
): (json: unknown) => AtomMap | Malformed {
  const [keyAtom, valueAtom] = [atomCodecs[keyType], atomCodecs[valueType]];
  const share = sharer();
  return (json) => {
    if (!Array.isArray(json) || json[0] !== 'map' || !Array.isArray(json[1])) return malformed;
    if (json[1].length === 0) return emptyMap;
    const map = new Map<Atom, Atom>();
    for (const pair of json[1]) {
      if (!Array.isArray(pair) || pair.length !== 2) return malformed;
      const key = keyAtom.decode(pair[0]);
      const value = valueAtom.decode(pair[1]);
      if (key === malformed || value === malformed) return malformed;
      map.set(share(key), value);
    }
    return canonicalMap(map);
  };
}

/**
 * Gives equal keys as one: the maps of a table have few different ones, and JSON.parse makes each
 * anew. The number kept is bounded, because whoever writes the database chooses the keys.
 */
function sharer(): (key: Atom) => Atom {
  const known = new Map<Atom, Atom>();
  return (key) => {
    const shared = known.get(key);
    if (shared !== undefined) return shared;
    if (known.size < 1_000) known.set(key, key);
    return key;
  };
}

/** The elements of `["set", […]]`, or nothing for any other JSON. */
function setElements(json: unknown): readonly unknown[] | undefined {
  if (!Array.isArray(json) || json[0] !== 'set' || !Array.isArray(json[1])) return undefined;
  return json[1];
}

function isEmptySet(json: unknown): boolean {
  return setElements(json)?.length === 0;
}

/**
 * The JSON form of a value for a column of the server; `malformed` when it is not of the column's
 * type.
 */
export function encodeColumn(type: ColumnType, value: unknown): unknown {
  if (type.value === undefined) return encodeSet(type, value);
  if (!(value instanceof Map)) return malformed;
  const [keyAtom, valueAtom] = [atomCodecs[type.key.type], atomCodecs[type.value.type]];
  const pairs = [...value].map(([key, held]) => [keyAtom.encode(key), valueAtom.encode(held)]);
  return pairs.some((pair) => pair.includes(malformed)) ? malformed : ['map', pairs];
}

function encodeSet(type: ColumnType, value: unknown): unknown {
  const atom = atomCodecs[type.key.type];
  const isMany = Array.isArray(value) || value instanceof Set;
  if (!isMany && value !== undefined) return atom.encode(value);
  if (!isMany && type.min > 0) return malformed;
  const elements = isMany ? [...value].map((element) => atom.encode(element)) : [];
  return elements.includes(malformed) ? malformed : ['set', elements];
}

/** The keys that a `delete` mutator takes from a map: RFC 7047 §5.1 <mutation>. */
export function encodeKeys(type: ColumnType, value: unknown): unknown {
  return encodeSet({ ...type, value: undefined, min: 0 }, value);
}

/** How a value looks in a message. */
export function formatWritten(value: unknown): string {
  if (value instanceof Map) return JSON.stringify([...value]);
  if (value instanceof Set) return JSON.stringify([...value]);
  if (isNamedUuid(value)) return value.namedUuid;
  return JSON.stringify(value) ?? 'nothing';
}
