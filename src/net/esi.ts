/** An Ethernet segment identifier, RFC 7432 §5: ten octets, the first of which says how the rest was made. */

import type { Brand } from '../base/brand.ts';
import { type Issue, issue } from '../base/issue.ts';
import { err, ok, type Result } from '../base/result.ts';

/** The 80 bits. */
export type Esi = Brand<bigint, 'Esi'>;

/** A segment with one attachment, RFC 7432 §5: nothing to tell apart. */
export const singleHomed = 0n as Esi;

/** All ones, reserved, RFC 7432 §5. */
export const maxEsi = ((1n << 80n) - 1n) as Esi;

/** Ten hexadecimal octets with colons. */
export function parseEsi(text: string): Result<Esi, Issue> {
  if (!/^([0-9a-fA-F]{2}:){9}[0-9a-fA-F]{2}$/.test(text)) {
    return err(issue(`'${text}' is not an Ethernet segment identifier (ten octets with colons)`));
  }
  return ok(BigInt(`0x${text.replaceAll(':', '')}`) as Esi);
}

/** In lower case, as FRR prints it. */
export function formatEsi(esi: Esi): string {
  return esi
    .toString(16)
    .padStart(20, '0')
    .replace(/..(?!$)/g, '$&:');
}
