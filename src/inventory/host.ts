/** What this node says about itself: its kernel of the underlay, and iproute2 of the names of routing tables. */

import type { Ip } from '../net/ip.ts';
import type { TableId } from '../net/numbers.ts';

export interface Host {
  /** The address that VXLAN packets of ours come from: configured, else found on the loopback device. */
  readonly vtep: Ip | undefined;
  /** The smallest MTU of the devices that lead to the fabric. */
  readonly underlayMtu: number | undefined;
  /** Routing tables that have a name, /etc/iproute2/rt_tables. */
  readonly tables: ReadonlyMap<string, TableId>;
}

export const emptyHost: Host = { vtep: undefined, underlayMtu: undefined, tables: new Map() };
