/** What columns of OVN have of a port: its MAC, and behind that addresses. */

import type { Issue } from '../base/issue.ts';
import { ok, type Result } from '../base/result.ts';
import { type Mac, parseMac } from '../net/mac.ts';
import { type Prefix, parsePrefix } from '../net/prefix.ts';

export interface PortAddresses {
  readonly mac: Mac;
  /** With the prefix length where the row has one (router ports), else as host prefixes. */
  readonly prefixes: readonly Prefix[];
}

/** `fa:16:3e:00:00:05 172.24.4.5/24 2001:db8::5/64`; words that stand for no address give `undefined`. */
export function parsePortAddresses(text: string): Result<PortAddresses | undefined, Issue> {
  const [first = '', ...rest] = text.split(' ').filter((word) => word !== '');
  if (first === 'unknown' || first === 'dynamic' || first === 'router' || first === '') {
    return ok(undefined);
  }
  const mac = parseMac(first);
  if (!mac.ok) return mac;
  const prefixes: Prefix[] = [];
  for (const word of rest) {
    const prefix = parsePrefix(word);
    if (!prefix.ok) return prefix;
    prefixes.push(prefix.value);
  }
  return ok({ mac: mac.value, prefixes });
}
