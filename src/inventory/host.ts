/** What the kernel of this node says about the underlay. */

import type { Ip } from '../net/ip.ts';

export interface Host {
  /** The address that VXLAN packets of ours come from: configured, else found on the loopback device. */
  readonly vtep: Ip | undefined;
  /** The smallest MTU of the devices that lead to the fabric. */
  readonly underlayMtu: number | undefined;
}

export const emptyHost: Host = { vtep: undefined, underlayMtu: undefined };
