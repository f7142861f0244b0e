/** A network interface name as the kernel accepts it (dev_valid_name): 1 to 15 octets, no space, slash or colon. */

import type { Brand } from '../base/brand.ts';
import { digestOf } from '../base/digest.ts';
import { type Issue, issue } from '../base/issue.ts';
import { err, ok, type Result } from '../base/result.ts';

export type IfName = Brand<string, 'IfName'>;

/** IFNAMSIZ less the closing zero. */
export const maxIfNameLength = 15;

/**
 * Stricter than the kernel on purpose: a name goes into flows, FRR lines and printed commands, so only
 * characters that mean nothing in any of them are let through. `all` and `default` are refused because
 * /proc/sys/net/ipv4/conf has directories of these names that speak of every device.
 */
export function parseIfName(text: string): Result<IfName, Issue> {
  if (!isName(text)) return err(issue(`'${text}' is not an interface name`));
  return text.length <= maxIfNameLength
    ? ok(text as IfName)
    : err(issue(`'${text}' is longer than ${maxIfNameLength} characters`));
}

/** As `parseIfName`; of a name that is too long, its beginning and a digest of the whole, so that no two become one. */
export function parseCutIfName(text: string): Result<IfName, Issue> {
  if (text.length <= maxIfNameLength || !isName(text)) return parseIfName(text);
  return ok(`${text.slice(0, maxIfNameLength - 7)}-${digestOf(text)}` as IfName);
}

function isName(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.@+-]*$/.test(text) && text !== 'all' && text !== 'default';
}
