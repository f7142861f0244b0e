/**
 * Netlink attributes (struct nlattr: length, type, payload, padded to four octets), both ways from one table.
 *
 * A table names the fields of an object and says for each its number and payload codec. Whatever the table does not
 * know, or cannot read, is kept in `opaque` and written back as it was: no octet is lost. Their order carries no
 * meaning in netlink and is not kept: known attributes are written in the order of the table, then the opaque ones.
 */

import type { Writer } from '../../../base/bytes.ts';

/** An attribute kept as it came: its 16-bit type with the flag bits, and its payload (a view, copy it to keep it). */
export interface Opaque {
  readonly type: number;
  readonly raw: Uint8Array;
}

export interface HasOpaque {
  readonly opaque?: readonly Opaque[];
}

/** Octets of one payload and a value. `decode` returns `undefined` for octets that are no such value. */
export interface Payload<V> {
  decode(this: void, data: DataView, at: number, length: number): V | undefined;
  encode(this: void, writer: Writer, value: V): void;
}

/** A payload with its number. `T` is the object it is part of, for the few whose meaning hangs on another field. */
export interface Attribute<V, T> {
  readonly type: number;
  decode(this: void, data: DataView, at: number, length: number, draft: Draft<T>): V | undefined;
  encode(this: void, writer: Writer, value: V, whole: T): void;
  /** True for a value that is said by the absence of the attribute. */
  omitted?(this: void, value: V, whole: T): boolean;
}

/** An object being decoded: its fixed part is there, attributes come one by one. */
export type Draft<T> = { -readonly [K in keyof T]?: T[K] };

export type AttributeTable<T> = {
  readonly [K in keyof T]?: Attribute<Exclude<T[K], undefined>, T>;
};

/** The two directions of one table. */
export interface AttributeCodec<T> {
  /** Reads the attributes of [at, end) into the draft; false when their lengths do not add up. */
  decode(this: void, data: DataView, at: number, end: number, draft: Draft<T>): boolean;
  encode(this: void, writer: Writer, value: T): void;
}

/** The high bits of a type: it contains attributes, its payload is in network order. Kernels differ in setting them. */
export const NLA_F_NESTED = 0x8000;
export const NLA_TYPE_MASK = 0x3fff;
const headerLength = 4;

export function attribute<V>(
  type: number,
  payload: Payload<V>,
): Attribute<V, unknown> & Payload<V> {
  return { type, decode: payload.decode, encode: payload.encode };
}

interface Entry<T> {
  readonly key: keyof T;
  readonly bit: number;
  readonly attribute: Attribute<unknown, T>;
}

/** Compiles a table. Within an object each attribute is read once; a repeated one is opaque. */
export function attributes<T extends HasOpaque>(table: AttributeTable<T>): AttributeCodec<T> {
  const entries = entriesOf(table);
  const byType: (Entry<T> | undefined)[] = [];
  for (const entry of entries) byType[entry.attribute.type & NLA_TYPE_MASK] = entry;
  for (let type = 0; type < byType.length; type += 1) byType[type] ??= undefined;
  return {
    decode: (data, at, end, draft) => decodeAttributes(byType, data, at, end, draft),
    encode: (writer, value) => encodeAttributes(entries, writer, value),
  };
}

function entriesOf<T>(table: AttributeTable<T>): readonly Entry<T>[] {
  const keys = Object.keys(table) as (keyof T)[];
  if (keys.length > 31) throw new Error('a table holds at most 31 attributes');
  return keys.map((key, index) => ({
    key,
    bit: 1 << index,
    attribute: table[key] as Attribute<unknown, T>,
  }));
}

// HOT: once per message of a dump; see bench/netlink.ts.
function decodeAttributes<T extends HasOpaque>(
  byType: readonly (Entry<T> | undefined)[],
  data: DataView,
  start: number,
  end: number,
  draft: Draft<T>,
): boolean {
  let at = start;
  let seen = 0;
  while (end - at >= headerLength) {
    const length = data.getUint16(at, true);
    const type = data.getUint16(at + 2, true);
    if (length < headerLength || at + length > end) return false;
    const entry = byType[type & NLA_TYPE_MASK];
    let value: unknown;
    if (entry !== undefined && (seen & entry.bit) === 0) {
      seen |= entry.bit;
      value = entry.attribute.decode(data, at + headerLength, length - headerLength, draft);
    }
    if (entry === undefined || value === undefined) {
      keepOpaque(draft, type, octets(data, at + headerLength, length - headerLength));
    } else {
      draft[entry.key] = value as T[keyof T];
    }
    at += (length + 3) & ~3;
  }
  // The kernel pads the last attribute too; a sender that does not has then stepped up to three octets too far.
  return at >= end;
}

function keepOpaque<T extends HasOpaque>(draft: Draft<T>, type: number, raw: Uint8Array): void {
  const one: Opaque = { type, raw };
  if (draft.opaque === undefined) draft.opaque = [one];
  else (draft.opaque as Opaque[]).push(one);
}

function encodeAttributes<T extends HasOpaque>(
  entries: readonly Entry<T>[],
  writer: Writer,
  value: T,
): void {
  for (const { key, attribute: one } of entries) {
    const field = value[key];
    if (field === undefined || one.omitted?.(field, value) === true) continue;
    const start = openAttribute(writer, one.type);
    one.encode(writer, field, value);
    closeAttribute(writer, start);
  }
  for (const { type, raw } of value.opaque ?? []) {
    const start = openAttribute(writer, type);
    writer.bytes(raw);
    closeAttribute(writer, start);
  }
}

/** Begins an attribute; what is returned goes to `closeAttribute`, which sets the length and pads. */
export function openAttribute(writer: Writer, type: number): number {
  const start = writer.length;
  writer.u16(0).u16(type);
  return start;
}

export function closeAttribute(writer: Writer, start: number): void {
  writer.patchU16(start, writer.length - start);
  const padding = -writer.length & 3;
  if (padding > 0) writer.zeros(padding);
}

/** Calls `visit` with each attribute of [start, end); false when their lengths do not add up. For ordered lists. */
export function visitAttributes(
  data: DataView,
  start: number,
  end: number,
  visit: (type: number, at: number, length: number) => void,
): boolean {
  let at = start;
  while (end - at >= headerLength) {
    const length = data.getUint16(at, true);
    if (length < headerLength || at + length > end) return false;
    visit(data.getUint16(at + 2, true), at + headerLength, length - headerLength);
    at += (length + 3) & ~3;
  }
  return at >= end;
}

/** A payload that is itself a list of attributes without a fixed part. */
export function nested<T extends HasOpaque>(codec: AttributeCodec<T>): Payload<T> {
  return {
    decode: (data, at, length) => {
      const draft: Draft<T> = {};
      return codec.decode(data, at, at + length, draft) ? (draft as T) : undefined;
    },
    encode: (writer, value) => codec.encode(writer, value),
  };
}

/** A view of `length` octets at `at`. */
export function octets(data: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset + at, length);
}
