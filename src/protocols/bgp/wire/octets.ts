/**
 * Network-order numbers and addresses at a position, without a view or a reader between: what runs once per route uses
 * these. A position past the end reads as zero; the caller has checked its bounds.
 */

import type { Writer } from '../../../base/bytes.ts';
import { type Ip, type Ip4, type Ip6, ipBytes } from '../../../net/ip.ts';
import { type Mac, macBytes } from '../../../net/mac.ts';

export function u8(octets: Uint8Array, at: number): number {
  return octets[at] ?? 0;
}

export function u16(octets: Uint8Array, at: number): number {
  return ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0);
}

export function u24(octets: Uint8Array, at: number): number {
  return ((octets[at] ?? 0) << 16) | ((octets[at + 1] ?? 0) << 8) | (octets[at + 2] ?? 0);
}

export function u32(octets: Uint8Array, at: number): number {
  return (((octets[at] ?? 0) << 24) | u24(octets, at + 1)) >>> 0;
}

export function u64(octets: Uint8Array, at: number): bigint {
  return (BigInt(u32(octets, at)) << 32n) | BigInt(u32(octets, at + 4));
}

export function ip4(octets: Uint8Array, at: number): Ip4 {
  return { family: 4, value: u32(octets, at) };
}

export function ip6(octets: Uint8Array, at: number): Ip6 {
  return { family: 6, value: (u64(octets, at) << 64n) | u64(octets, at + 8) };
}

/** The address of `length` octets: 4 or 16. */
export function ip(octets: Uint8Array, at: number, length: number): Ip {
  return length === 4 ? ip4(octets, at) : ip6(octets, at);
}

export function mac(octets: Uint8Array, at: number): Mac {
  return (u16(octets, at) * 2 ** 32 + u32(octets, at + 2)) as Mac;
}

export function isZero(octets: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (octets[at] !== 0) return false;
  return true;
}

export function writeU24(writer: Writer, value: number): void {
  writer.u8((value >>> 16) & 0xff).u16(value & 0xffff);
}

export function writeIp(writer: Writer, value: Ip): void {
  if (value.family === 4) writer.u32(value.value);
  else writer.u64(value.value >> 64n).u64(value.value & 0xffff_ffff_ffff_ffffn);
}

export function writeMac(writer: Writer, value: Mac): void {
  writer.bytes(macBytes(value));
}

/** Copies [start, end) to `at`, and says where it ends. For the few octets of a key: a view would cost more than the copy. */
export function copyOctets(
  octets: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
  at: number,
): number {
  let to = at;
  for (let from = start; from < end; from += 1) {
    // Past the end this is `undefined`, which is stored as 0.
    into[to] = octets[from] as number;
    to += 1;
  }
  return to;
}

/** An entry of a table at an index that has been checked, which no type can say of an array. */
export function entry<T>(table: readonly T[], index: number): T {
  return table[index] as T;
}

/** `0a:ff:…`, or without a separator. */
export function hex(octets: Uint8Array, separator = ''): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join(separator);
}

/** The first `bits` of an address, in whole octets, those beyond cleared: how a prefix travels, RFC 4271 §4.3. */
export function writePrefixOctets(writer: Writer, of: Ip, bits: number): void {
  const octets = ipBytes(of).subarray(0, (bits + 7) >>> 3);
  const last = octets.length - 1;
  if (last >= 0) octets[last] = u8(octets, last) & lastMask(bits);
  writer.bytes(octets);
}

/** Which bits of the last of its octets belong to a prefix of this length. */
export function lastMask(bits: number): number {
  const spare = -bits & 7;
  return (0xff << spare) & 0xff;
}
