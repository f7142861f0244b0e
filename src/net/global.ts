/**
 * Whether an IPv6 address is one of the whole Internet: what IANA's registry of special-purpose addresses (RFC 6890)
 * does not call "Globally Reachable: False".
 */

import { unwrap } from '../base/result.ts';
import type { Ip } from './ip.ts';
import { parsePrefix, prefixContains } from './prefix.ts';

const notGlobal = [
  '::/127', // unspecified and loopback, RFC 4291 §2.5.2, §2.5.3
  '::ffff:0:0/96', // IPv4-mapped, RFC 4291 §2.5.5.2
  '64:ff9b:1::/48', // local-use translation, RFC 8215
  '100::/64', // discard-only, RFC 6666
  '2001::/23', // protocol assignments, RFC 2928; those of them that are global are nobody's network
  '2001:db8::/32', // documentation, RFC 3849
  '2002::/16', // 6to4, RFC 3056
  '3fff::/20', // documentation, RFC 9637
  '5f00::/16', // SIDs of SRv6, RFC 9602
  'fc00::/7', // unique local, RFC 4193
  'fe80::/10', // link-local, RFC 4291 §2.5.6
  'ff00::/8', // multicast, RFC 4291 §2.7
].map((text) => unwrap(parsePrefix(text)));

export function isGlobalIpv6(ip: Ip): boolean {
  return ip.family === 6 && !notGlobal.some((prefix) => prefixContains(prefix, ip));
}
