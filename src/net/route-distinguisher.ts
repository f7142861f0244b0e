/** Route distinguishers, RFC 4364 §4.2, and route targets, RFC 4360 §4: an administrator and a number. */

import type { Brand } from '../base/brand.ts';
import { type Issue, issue } from '../base/issue.ts';
import { err, ok, type Result } from '../base/result.ts';
import { formatIp, parseIp } from './ip.ts';

/** In canonical text: `65000:1`, `4200000000:1` or `10.0.0.1:1`. The three types differ in what fits where. */
export type RouteDistinguisher = Brand<string, 'RouteDistinguisher'>;
export type RouteTarget = Brand<string, 'RouteTarget'>;

export function parseRouteDistinguisher(text: string): Result<RouteDistinguisher, Issue> {
  return parseAdministered(text, 'a route distinguisher') as Result<RouteDistinguisher, Issue>;
}

export function parseRouteTarget(text: string): Result<RouteTarget, Issue> {
  return parseAdministered(text, 'a route target') as Result<RouteTarget, Issue>;
}

/** `administrator:number`, six octets together: 2 + 4, or 4 + 2 for an IPv4 address or a four-octet AS. */
function parseAdministered(text: string, what: string): Result<string, Issue> {
  const match = /^([0-9.]+):([0-9]{1,10})$/.exec(text);
  const refused = err(issue(`'${text}' is not ${what} (ASN:number or IPv4:number)`));
  if (match === null) return refused;
  const [, administrator = '', digits = ''] = match;
  const assigned = Number(digits);
  if (administrator.includes('.')) {
    const ip = parseIp(administrator);
    return ip.ok && assigned <= 0xffff ? ok(`${formatIp(ip.value)}:${assigned}`) : refused;
  }
  const asn = Number(administrator);
  const limit = asn > 0xffff ? 0xffff : 0xffffffff;
  return asn <= 0xffffffff && assigned <= limit ? ok(`${asn}:${assigned}`) : refused;
}
