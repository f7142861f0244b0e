/**
 * Router Advertisements as far as two BGP speakers on a link find each other by them: that there is a router, and from which
 * link-local address it speaks. Nothing that it says is used, and what we say offers nothing. RFC 4861 §4.2, §6.1.2. Pure.
 */

import { type Ip, isLinkLocal } from '../../../net/ip.ts';

export const ROUTER_ADVERTISEMENT = 134;

/** RFC 4861 §4.2: what has passed a router has another one. */
export const untouchedHopLimit = 255;

const fixedLength = 16;

/**
 * A router lifetime of 0: this is no default router for anybody (§4.2). No prefix, no link-layer address, no hop limit to
 * use, so that hosts on the link take nothing from it. The kernel fills in the checksum.
 */
export function encodeRouterAdvertisement(): Uint8Array {
  const octets = new Uint8Array(fixedLength);
  octets[0] = ROUTER_ADVERTISEMENT;
  return octets;
}

/** RFC 4861 §6.1.2, but for the checksum, which the kernel has looked at. */
export function isRouterAdvertisement(octets: Uint8Array, from: Ip, hopLimit: number): boolean {
  const isOfLink = from.family === 6 && isLinkLocal(from) && hopLimit === untouchedHopLimit;
  if (!isOfLink || octets.length < fixedLength) return false;
  return octets[0] === ROUTER_ADVERTISEMENT && octets[1] === 0 && areOptions(octets, fixedLength);
}

/** "All included options have a length that is greater than zero", and end where the message does. */
function areOptions(octets: Uint8Array, start: number): boolean {
  let at = start;
  while (at < octets.length) {
    const length = (octets[at + 1] ?? 0) * 8;
    if (length === 0) return false;
    at += length;
  }
  return at === octets.length;
}
