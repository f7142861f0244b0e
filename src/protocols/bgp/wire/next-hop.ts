/**
 * The next hop of MP_REACH_NLRI: an address, with IPv6 perhaps a link-local one beside it. RFC 4760 §3, RFC 2545 §3,
 * RFC 8950 §3. Which lengths a family may have is in its row; the length alone then tells what is there.
 */

import type { Writer } from '../../../base/bytes.ts';
import { formatIp, type Ip, type Ip6 } from '../../../net/ip.ts';
import type { NextHopRule } from './family.ts';
import { ip, ip6, writeIp } from './octets.ts';

export interface NextHop {
  readonly ip: Ip;
  /** The same router's address on the link that we share with it. */
  readonly linkLocal?: Ip6;
}

const rdLength = 8;

export function isNextHopLength(rule: NextHopRule, length: number, extended: boolean): boolean {
  return rule.lengths.includes(length) || (extended && rule.extended.includes(length));
}

/** Of a length that `isNextHopLength` accepts. */
export function decodeNextHop(
  octets: Uint8Array,
  start: number,
  end: number,
  rule: NextHopRule,
): NextHop {
  const head = rule.rd ? rdLength : 0;
  const isPair = end - start === 2 * (head + 16);
  const first = ip(octets, start + head, end - start === head + 4 ? 4 : 16);
  if (!isPair) return Object.freeze({ ip: first });
  return Object.freeze({ ip: first, linkLocal: ip6(octets, start + 16 + 2 * head) });
}

export function encodeNextHop(writer: Writer, nextHop: NextHop, rule: NextHopRule): void {
  const head = rule.rd ? rdLength : 0;
  writeIp(writer.zeros(head), nextHop.ip);
  if (nextHop.linkLocal !== undefined) writeIp(writer.zeros(head), nextHop.linkLocal);
}

/** `10.0.0.1`, `2001:db8::1 fe80::1`. */
export function formatNextHop({ ip: global, linkLocal }: NextHop): string {
  return linkLocal === undefined ? formatIp(global) : `${formatIp(global)} ${formatIp(linkLocal)}`;
}
