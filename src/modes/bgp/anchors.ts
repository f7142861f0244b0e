/**
 * The addresses by which a node is on a provider network: of no use to anybody else, and the same on every node. The
 * kernel answers ARP only on a device that has one, and resolves with it as the source. The numbers are ovn-bgp-agent's.
 */

import type { IfName } from '../../net/if-name.ts';
import type { Ip } from '../../net/ip.ts';
import type { VlanId } from '../../net/numbers.ts';

/** 169.254.0.0/16, RFC 3927 §2.1. */
export const linkLocal4 = 0xa9fe0000;
/** fd53:d91e:400:7f17::/64, a unique local prefix of that agent, RFC 4193 §3. */
const uniqueLocal6 = 0xfd53_d91e_0400_7f17_0000_0000_0000_0000n;

/** Of a bridge, or of a VLAN on it. The first bridge of the mappings has number 1. */
export function anchorsOf(
  bridge: IfName,
  vlan: VlanId | undefined,
  bridges: readonly IfName[],
): readonly Ip[] {
  const number = bridges.indexOf(bridge) + 1;
  const low = (vlan ?? number) % 256;
  return [
    { family: 4, value: (linkLocal4 + (number % 256) * 256 + low) >>> 0 },
    { family: 6, value: uniqueLocal6 + BigInt(number) * 0x10000n + BigInt(low) },
  ];
}
