/**
 * The kernel's notices of per-device settings (net.ipv4.conf, net.ipv6.conf): RTM_NEWNETCONF. Read only; they are
 * written under /proc/sys/net. Only these few of them are told.
 */

import type { Family } from '../../../net/ip.ts';
import { attribute, attributes, type HasOpaque } from './attribute.ts';
import { NETCONFA, RTM } from './numbers.ts';
import { familyCode, familyOf, type ObjectCodec, objectCodec } from './object.ts';
import { i32 } from './payload.ts';

/** A notice holds what changed, a dump all. */
export interface Netconf extends HasOpaque {
  readonly family: Family;
  /** The interface; -1 stands for `all`, -2 for `default`. */
  readonly index: number;
  readonly forwarding?: number;
  /** IPv4: 0 off, 1 strict, 2 loose (RFC 3704). */
  readonly rpFilter?: number;
  readonly multicastForwarding?: number;
  /** proxy_arp of IPv4, proxy_ndp of IPv6. */
  readonly proxyNeigh?: number;
  readonly ignoreRoutesWithLinkdown?: number;
  readonly broadcastForwarding?: number;
}

export interface NetconfFilter {
  /** One at a time; the kernel has no dump of both. */
  readonly family: Family;
}

export const netconf: ObjectCodec<Netconf, NetconfFilter> = objectCodec<Netconf, NetconfFilter>({
  name: 'netconf',
  type: RTM.netconf,
  header: {
    // struct netconfmsg is one octet; the attributes start at the next multiple of four.
    size: 4,
    decode: (data, at) => {
      const family = familyOf(data.getUint8(at));
      return family === undefined ? undefined : { family };
    },
    encode: (writer, { family }) => writer.u8(familyCode(family)).zeros(3),
  },
  attributes: attributes<Netconf>({
    index: attribute(NETCONFA.ifIndex, i32),
    forwarding: attribute(NETCONFA.forwarding, i32),
    rpFilter: attribute(NETCONFA.rpFilter, i32),
    multicastForwarding: attribute(NETCONFA.multicastForwarding, i32),
    broadcastForwarding: attribute(NETCONFA.broadcastForwarding, i32),
    proxyNeigh: attribute(NETCONFA.proxyNeigh, i32),
    ignoreRoutesWithLinkdown: attribute(NETCONFA.ignoreRoutesWithLinkdown, i32),
  }),
  required: ['index'],
  encodeFilter: (writer, { family }) => writer.u8(familyCode(family)).zeros(3),
});
