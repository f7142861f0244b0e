/**
 * The payloads that many attributes share: numbers of both byte orders, switches, text, addresses and the value types
 * of src/net. Netlink is in host order, which here means little-endian (x86-64, arm64); `be` is network order.
 * A payload that is out of the type's range is no value, so the attribute stays opaque.
 */

import type { Writer } from '../../../base/bytes.ts';
import { type IfName, parseIfName } from '../../../net/if-name.ts';
import type { Ip, Ip4, Ip6 } from '../../../net/ip.ts';
import type { Mac } from '../../../net/mac.ts';
import type { TableId, VlanId, Vni } from '../../../net/numbers.ts';
import { octets, type Payload } from './attribute.ts';

export const u8: Payload<number> = {
  decode: (data, at, length) => (length === 1 ? data.getUint8(at) : undefined),
  encode: (writer, value) => writer.u8(value),
};

export const u16: Payload<number> = {
  decode: (data, at, length) => (length === 2 ? data.getUint16(at, true) : undefined),
  encode: (writer, value) => writer.u16(value),
};

export const u32: Payload<number> = {
  decode: (data, at, length) => (length === 4 ? data.getUint32(at, true) : undefined),
  encode: (writer, value) => writer.u32(value),
};

export const i32: Payload<number> = {
  decode: (data, at, length) => (length === 4 ? data.getInt32(at, true) : undefined),
  encode: (writer, value) => writer.i32(value),
};

export const be16: Payload<number> = {
  decode: (data, at, length) => (length === 2 ? data.getUint16(at) : undefined),
  encode: (writer, value) => writer.u16(swap16(value)),
};

export const be32: Payload<number> = {
  decode: (data, at, length) => (length === 4 ? data.getUint32(at) : undefined),
  encode: (writer, value) => writer.u32(swap32(value)),
};

/** One octet, 0 or 1. */
export const bool: Payload<boolean> = {
  decode: (data, at, length) => {
    if (length !== 1 || data.getUint8(at) > 1) return undefined;
    return data.getUint8(at) === 1;
  },
  encode: (writer, value) => writer.u8(value ? 1 : 0),
};

/** Present or not, without a payload. Never decoded as false; to say false, leave the field out. */
export const flag: Payload<true> = {
  decode: (_data, _at, length) => (length === 0 ? true : undefined),
  encode: () => {},
};

export const bytes: Payload<Uint8Array> = {
  decode: octets,
  encode: (writer, value) => writer.bytes(value),
};

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf8 = new TextEncoder();

/** UTF-8 text with a closing zero. */
export const text: Payload<string> = {
  decode: (data, at, length) => {
    if (length === 0 || data.getUint8(at + length - 1) !== 0) return undefined;
    const raw = octets(data, at, length - 1);
    return raw.includes(0) ? undefined : decodeUtf8(raw);
  },
  encode: (writer, value) => writer.bytes(utf8.encode(value)).u8(0),
};

function decodeUtf8(raw: Uint8Array): string | undefined {
  if (raw.every((octet) => octet < 0x80)) return String.fromCharCode(...raw);
  try {
    return strictUtf8.decode(raw);
  } catch {
    return undefined;
  }
}

/** Names that `parseIfName` refuses stay opaque: they can then not get into a command or a configuration. */
export const ifName: Payload<IfName> = {
  decode: (data, at, length) => {
    const name = text.decode(data, at, length);
    const parsed = name === undefined ? undefined : parseIfName(name);
    return parsed?.ok === true ? parsed.value : undefined;
  },
  encode: text.encode,
};

/** Six octets. Other link layers have longer and shorter addresses. */
export const mac: Payload<Mac> = {
  decode: (data, at, length) =>
    length === 6 ? ((data.getUint16(at) * 2 ** 32 + data.getUint32(at + 2)) as Mac) : undefined,
  encode: (writer, value) =>
    writer.u16(swap16(Math.floor(value / 2 ** 32))).u32(swap32(value % 2 ** 32)),
};

export const ip4: Payload<Ip4> = {
  decode: (data, at, length) =>
    length === 4 ? { family: 4, value: data.getUint32(at) } : undefined,
  encode: (writer, { value }) => writer.u32(swap32(value)),
};

export const ip6: Payload<Ip6> = {
  decode: (data, at, length) => {
    if (length !== 16) return undefined;
    return { family: 6, value: (data.getBigUint64(at) << 64n) | data.getBigUint64(at + 8) };
  },
  encode: (writer, { value }) => {
    for (let shift = 96n; shift >= 0n; shift -= 32n) {
      writer.u32(swap32(Number((value >> shift) & 0xffffffffn)));
    }
  },
};

/** Four or sixteen octets. */
export const ip: Payload<Ip> = {
  decode: (data, at, length) => (length === 4 ? ip4 : ip6).decode(data, at, length),
  encode: (writer, value) =>
    value.family === 4 ? ip4.encode(writer, value) : ip6.encode(writer, value),
};

export const tableId: Payload<TableId> = ranged<TableId>(u32, 1, 0xffffffff);
export const vlanId: Payload<VlanId> = ranged<VlanId>(u16, 1, 4094);
export const vni: Payload<Vni> = ranged<Vni>(u32, 1, 0xffffff);

function ranged<T extends number>(payload: Payload<number>, min: number, max: number): Payload<T> {
  return {
    decode: (data, at, length) => {
      const value = payload.decode(data, at, length);
      return value !== undefined && value >= min && value <= max ? (value as T) : undefined;
    },
    encode: payload.encode,
  };
}

/** A number with names for the values we know; the others stay numbers. */
export type Named<N extends string> = N | number;

export interface Names<N extends string> {
  nameOf(this: void, code: number): Named<N>;
  codeOf(this: void, name: Named<N>): number;
}

export function names<N extends string>(codes: { readonly [K in N]: number }): Names<N> {
  const byCode = new Map<number, N>();
  for (const name of Object.keys(codes) as N[]) byCode.set(codes[name], name);
  return {
    nameOf: (code) => byCode.get(code) ?? code,
    codeOf: (name) => (typeof name === 'number' ? name : codes[name]),
  };
}

export function named<N extends string>(
  payload: Payload<number>,
  codes: { readonly [K in N]: number },
): Payload<Named<N>> {
  const { nameOf, codeOf } = names(codes);
  return {
    decode: (data, at, length) => {
      const code = payload.decode(data, at, length);
      return code === undefined ? undefined : nameOf(code);
    },
    encode: (writer, value) => payload.encode(writer, codeOf(value)),
  };
}

export function swap16(value: number): number {
  return ((value & 0xff) << 8) | ((value >>> 8) & 0xff);
}

export function swap32(value: number): number {
  return ((swap16(value) << 16) | swap16(value >>> 16)) >>> 0;
}

/** Writes an address in network order, without an attribute around it. */
export function writeIp(writer: Writer, value: Ip): void {
  ip.encode(writer, value);
}
