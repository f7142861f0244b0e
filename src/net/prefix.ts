/** An address with a prefix length: `10.1.0.1/24` keeps its host bits, `networkOf` clears them. RFC 4632, RFC 4291 §2.3. */

import { type Issue, issue } from '../base/issue.ts';
import { err, ok, type Result } from '../base/result.ts';
import { compareIp, type Family, formatIp, type Ip, ipBits, parseIp } from './ip.ts';

export interface Prefix {
  readonly ip: Ip;
  /** 0 to 32 for IPv4, 0 to 128 for IPv6. */
  readonly length: number;
}

/** Reads `address/length`; an address alone is a host prefix. */
export function parsePrefix(text: string): Result<Prefix, Issue> {
  const slash = text.indexOf('/');
  const ip = parseIp(slash < 0 ? text : text.slice(0, slash));
  if (!ip.ok) return err(issue(`'${text}' is not an IP prefix`));
  if (slash < 0) return ok(hostPrefix(ip.value));
  const digits = text.slice(slash + 1);
  const length = Number(digits);
  if (!/^(0|[1-9][0-9]{0,2})$/.test(digits) || length > ipBits(ip.value.family)) {
    return err(issue(`'${text}' has no prefix length of 0 to ${ipBits(ip.value.family)}`));
  }
  return ok({ ip: ip.value, length });
}

export function formatPrefix(prefix: Prefix): string {
  return `${formatIp(prefix.ip)}/${prefix.length}`;
}

/** The prefix that holds this one address: /32 or /128. */
export function hostPrefix(ip: Ip): Prefix {
  return { ip, length: ipBits(ip.family) };
}

export function isHostPrefix(prefix: Prefix): boolean {
  return prefix.length === ipBits(prefix.ip.family);
}

/** 0.0.0.0/0 or ::/0. */
export function defaultPrefix(family: Family): Prefix {
  return { ip: family === 4 ? { family, value: 0 } : { family, value: 0n }, length: 0 };
}

/** The same prefix with the host bits cleared. */
export function networkOf(prefix: Prefix): Prefix {
  const { ip, length } = prefix;
  if (ip.family === 4) {
    const mask = length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
    return { ip: { family: 4, value: (ip.value & mask) >>> 0 }, length };
  }
  const host = BigInt(128 - length);
  return { ip: { family: 6, value: (ip.value >> host) << host }, length };
}

export function prefixContains(prefix: Prefix, ip: Ip): boolean {
  if (prefix.ip.family !== ip.family) return false;
  const network = networkOf({ ip, length: prefix.length });
  return network.ip.value === networkOf(prefix).ip.value;
}

/** Whether the two prefixes share an address. */
export function prefixesOverlap(a: Prefix, b: Prefix): boolean {
  return a.length <= b.length ? prefixContains(a, b.ip) : prefixContains(b, a.ip);
}

export function comparePrefix(a: Prefix, b: Prefix): number {
  return compareIp(a.ip, b.ip) || a.length - b.length;
}
