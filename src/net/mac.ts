/** A 48-bit MAC address (EUI-48). Text is six hexadecimal octets with colons, printed in lower case as iproute2 does. */

import type { Brand } from '../base/brand.ts';
import { type Issue, issue } from '../base/issue.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Ip6 } from './ip.ts';

/** The 48 bits as a number, which a double holds exactly. */
export type Mac = Brand<number, 'Mac'>;

export function parseMac(text: string): Result<Mac, Issue> {
  if (!/^([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$/.test(text)) {
    return err(issue(`'${text}' is not a MAC address`));
  }
  return ok(Number.parseInt(text.replaceAll(':', ''), 16) as Mac);
}

export function formatMac(mac: Mac): string {
  return mac
    .toString(16)
    .padStart(12, '0')
    .replace(/..(?!$)/g, '$&:');
}

export function macBytes(mac: Mac): Uint8Array {
  const bytes = new Uint8Array(6);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, Math.floor(mac / 2 ** 32));
  view.setUint32(2, mac % 2 ** 32);
  return bytes;
}

/** The address of six octets; `undefined` for any other length. */
export function macFromBytes(bytes: Uint8Array): Mac | undefined {
  if (bytes.length !== 6) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, 6);
  return (view.getUint16(0) * 2 ** 32 + view.getUint32(2)) as Mac;
}

/** A multicast (group) address has the lowest bit of its first octet set, IEEE 802 §8.2. */
export function isMulticastMac(mac: Mac): boolean {
  return (Math.floor(mac / 2 ** 40) & 1) === 1;
}

/** The EUI-64 link-local address of an interface with this MAC, RFC 4291 appendix A. */
export function linkLocalOf(mac: Mac): Ip6 {
  const eui = BigInt(mac);
  const high = (eui >> 24n) ^ 0x020000n;
  const id = (high << 40n) | (0xfffen << 24n) | (eui & 0xffffffn);
  return { family: 6, value: (0xfe80n << 112n) | id };
}
