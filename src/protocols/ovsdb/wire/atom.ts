/**
 * Atoms: the five kinds of single value that OVSDB stores, between their JSON form and ours. RFC 7047 §5.1
 * <atom>. Sets and maps of them are in `column-codec.ts`.
 */

import { isUuid, type NamedUuid, type Uuid, zeroUuid } from './uuid.ts';

/**
 * What each atomic type is in TypeScript. An `integer` is 64 bits wide in OVSDB and a double here: beyond 2^53
 * it is read rounded and refused when written.
 */
export interface AtomValues {
  readonly integer: number;
  readonly real: number;
  readonly boolean: boolean;
  readonly string: string;
  readonly uuid: Uuid;
}

export type AtomType = keyof AtomValues;
export type Atom = AtomValues[AtomType];

/** What a decoder returns for JSON that is not of its type; never a value. */
export const malformed: unique symbol = Symbol('malformed');
export type Malformed = typeof malformed;

export interface AtomCodec<T extends Atom = Atom> {
  /** The value of a column that was never written, RFC 7047 §5.2.1. */
  readonly initial: T;
  decode(json: unknown): T | Malformed;
  /** The JSON form, or `malformed` for a value of another type. */
  encode(value: unknown): unknown;
}

export const atomCodecs: { readonly [K in AtomType]: AtomCodec<AtomValues[K]> } = {
  integer: plainAtom<number>(0, (v): v is number => Number.isSafeInteger(v), Number.isInteger),
  real: plainAtom<number>(0, (v): v is number => Number.isFinite(v)),
  boolean: plainAtom<boolean>(false, (v): v is boolean => typeof v === 'boolean'),
  string: plainAtom<string>('', (v): v is string => typeof v === 'string'),
  uuid: { initial: zeroUuid, decode: decodeUuid, encode: encodeUuid },
};

export function isAtomType(text: unknown): text is AtomType {
  return typeof text === 'string' && Object.hasOwn(atomCodecs, text);
}

/** Atoms that JSON has a value for: the same going in and out, but what we accept may be wider than what we send. */
function plainAtom<T extends Atom>(
  initial: T,
  is: (value: unknown) => value is T,
  accept: (value: unknown) => boolean = is,
): AtomCodec<T> {
  return {
    initial,
    decode: (json) => (accept(json) ? (json as T) : malformed),
    encode: (value) => (is(value) ? value : malformed),
  };
}

/** `["uuid", "36bef046-…"]` */
function decodeUuid(json: unknown): Uuid | Malformed {
  if (!Array.isArray(json) || json[0] !== 'uuid') return malformed;
  const text: unknown = json[1];
  return typeof text === 'string' && isUuid(text) ? text : malformed;
}

/** `["uuid", …]`, or `["named-uuid", …]` for a row of the same transaction. */
function encodeUuid(value: unknown): unknown {
  if (isNamedUuid(value)) return ['named-uuid', value.namedUuid];
  return typeof value === 'string' && isUuid(value) ? ['uuid', value] : malformed;
}

export function isNamedUuid(value: unknown): value is NamedUuid {
  return typeof value === 'object' && value !== null && 'namedUuid' in value;
}

/** The order in which we keep atoms of one type in sets and maps, so that equal contents look equal. */
export function compareAtoms(a: Atom, b: Atom): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
