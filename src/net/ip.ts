/**
 * IPv4 and IPv6 addresses as numbers. Text is read and written here and nowhere else: RFC 4291 §2.2 going in,
 * RFC 5952 §4 going out. No zone ids: a link-local address is scoped by the link it stands beside.
 */

import { type Issue, issue } from '../base/issue.ts';
import { err, ok, type Result } from '../base/result.ts';

export type Family = 4 | 6;

export interface Ip4 {
  readonly family: 4;
  /** The 32 bits as an unsigned number. */
  readonly value: number;
}

export interface Ip6 {
  readonly family: 6;
  /** The 128 bits. */
  readonly value: bigint;
}

export type Ip = Ip4 | Ip6;

/** The number of bits in an address of this family: 32 or 128. */
export function ipBits(family: Family): number {
  return family === 4 ? 32 : 128;
}

export function parseIp(text: string): Result<Ip, Issue> {
  const parsed = text.includes(':') ? parseIp6(text) : parseIp4(text);
  return parsed === undefined ? err(issue(`'${text}' is not an IP address`)) : ok(parsed);
}

function parseIp4(text: string): Ip4 | undefined {
  const value = parseIp4Value(text);
  return value === undefined ? undefined : { family: 4, value };
}

function parseIp4Value(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    // No leading zeros: some parsers read them as octal, so an address with them means two things.
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part)) return undefined;
    const octet = Number(part);
    if (octet > 255) return undefined;
    value = value * 256 + octet;
  }
  return value;
}

function parseIp6(text: string): Ip6 | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = halves[1] === undefined ? [] : parseGroups(halves[1], true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  let value = 0n;
  for (const group of head) value = (value << 16n) | BigInt(group);
  value <<= BigInt(missing * 16);
  for (const group of tail) value = (value << 16n) | BigInt(group);
  return { family: 6, value };
}

/** The 16-bit groups of one side of `::`; a dotted quad may close the address. */
function parseGroups(text: string, closes: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (closes && index === parts.length - 1 && part.includes('.')) {
      const v4 = parseIp4Value(part);
      if (v4 === undefined) return undefined;
      groups.push(v4 >>> 16, v4 & 0xffff);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

export function formatIp(ip: Ip): string {
  return ip.family === 4 ? formatIp4(ip.value) : formatIp6(ip.value);
}

function formatIp4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

function formatIp6(value: bigint): string {
  // RFC 5952 §5: an IPv4-mapped address is shown in mixed notation.
  if (value >> 32n === 0xffffn) return `::ffff:${formatIp4(Number(value & 0xffffffffn))}`;
  const groups: number[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) groups.push(Number((value >> shift) & 0xffffn));
  const zeros = longestZeroRun(groups);
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  if (zeros.length < 2) return hex(groups);
  return `${hex(groups.slice(0, zeros.start))}::${hex(groups.slice(zeros.start + zeros.length))}`;
}

/** RFC 5952 §4.2.3: the longest run of zero groups is shortened, the first one of equals. */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0;
    while (groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
    start += length;
  }
  return best;
}

/** The octets in network order: 4 or 16 of them. */
export function ipBytes(ip: Ip): Uint8Array {
  const bytes = new Uint8Array(ip.family === 4 ? 4 : 16);
  let value = BigInt(ip.value);
  for (let i = bytes.length - 1; i >= 0; i -= 1) {
    bytes[i] = Number(value & 255n);
    value >>= 8n;
  }
  return bytes;
}

/** The address of 4 or 16 octets; `undefined` for any other length. */
export function ipFromBytes(bytes: Uint8Array): Ip | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length === 4) return { family: 4, value: view.getUint32(0) };
  if (bytes.length !== 16) return undefined;
  return { family: 6, value: (view.getBigUint64(0) << 64n) | view.getBigUint64(8) };
}

export function equalIp(a: Ip, b: Ip): boolean {
  return a.family === b.family && a.value === b.value;
}

/** IPv4 before IPv6, then by number: the order in which lists of addresses are shown and applied. */
export function compareIp(a: Ip, b: Ip): number {
  if (a.family !== b.family) return a.family - b.family;
  return a.value < b.value ? -1 : Number(a.value > b.value);
}

/** For lists that hold either. */
export function isIp6(ip: Ip): ip is Ip6 {
  return ip.family === 6;
}

/** fe80::/10, RFC 4291 §2.5.6, and 169.254.0.0/16, RFC 3927. */
export function isLinkLocal(ip: Ip): boolean {
  return ip.family === 4 ? ip.value >>> 16 === 0xa9fe : ip.value >> 118n === 0x3fan;
}

/** 127.0.0.0/8 or ::1. */
export function isLoopback(ip: Ip): boolean {
  return ip.family === 4 ? ip.value >>> 24 === 127 : ip.value === 1n;
}

/** 224.0.0.0/4, RFC 5771, and ff00::/8, RFC 4291 §2.7. */
export function isMulticast(ip: Ip): boolean {
  return ip.family === 4 ? ip.value >>> 28 === 0xe : ip.value >> 120n === 0xffn;
}

/** 0.0.0.0 or ::. */
export function isUnspecified(ip: Ip): boolean {
  return ip.family === 4 ? ip.value === 0 : ip.value === 0n;
}
