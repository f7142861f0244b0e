/**
 * Atoms: the five kinds of single value that OVSDB stores, between their JSON form and ours. RFC
 * 7047 §5.1 <atom>. Sets and maps of them are in `column-codec.ts`.
 */

import { isUuid, type NamedUuid, type Uuid, zeroUuid } from './uuid.ts';

/**
 * What each atomic type is in TypeScript. An `integer` is 64 bits wide in OVSDB and a double here:
 * beyond 2^53 it is read rounded and refused when written.
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
  integer: plainAtom(
    0,
    (v) => Number.isInteger(v),
    (v) => Number.isSafeInteger(v),
  ),
  real: plainAtom(0, (v) => typeof v === 'number', isWritableReal),
  boolean: plainAtom(false, (v) => typeof v === 'boolean'),
  string: plainAtom('', (v) => typeof v === 'string', isWritableText),
  uuid: { initial: zeroUuid, decode: decodeUuid, encode: encodeUuid },
};

/** What JSON has a form for, RFC 7047 §5.1. What we send is narrower than what we accept. */
function plainAtom<T extends Atom>(
  initial: T,
  accepts: (json: unknown) => boolean,
  sends: (value: unknown) => boolean = accepts,
): AtomCodec<T> {
  return {
    initial,
    decode: (json) => (accepts(json) ? (json as T) : malformed),
    encode: (value) => (sends(value) ? value : malformed),
  };
}

/**
 * ovsdb-server (3.1) calls a subnormal number a syntax error and drops the connection, and with it
 * everything else that is under way; one close to the largest it rounds to more than fits.
 */
function isWritableReal(value: unknown): boolean {
  if (typeof value !== 'number') return false;
  const size = Math.abs(value);
  return size === 0 || (size > 1e-307 && size < 1e308);
}

/** NUL, and half of a surrogate pair, would make ovsdb-server drop the connection too. */
function isWritableText(value: unknown): boolean {
  return typeof value === 'string' && !value.includes('\0') && value.isWellFormed();
}

export function isAtomType(text: unknown): text is AtomType {
  return typeof text === 'string' && Object.hasOwn(atomCodecs, text);
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

/**
 * The order in which we keep atoms of one type in sets and maps, so that equal contents look equal.
 */
export function compareAtoms(a: Atom, b: Atom): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
