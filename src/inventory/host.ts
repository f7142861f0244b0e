/** What this node says about itself: its kernel of the underlay, and iproute2 of the names of routing tables. */

import type { Ip } from '../net/ip.ts';
import type { Mac } from '../net/mac.ts';
import type { TableId } from '../net/numbers.ts';
import type { Prefix } from '../net/prefix.ts';

export interface Host {
  /** The address that VXLAN packets of ours come from: configured, else found on the loopback device. */
  readonly vtep: Ip | undefined;
  /** The smallest MTU of the devices that lead to the fabric. */
  readonly underlayMtu: number | undefined;
  /** Routing tables that have a name, /etc/iproute2/rt_tables. */
  readonly tables: ReadonlyMap<string, TableId>;
  /** The devices whose addresses the plans depend on, by name. */
  readonly faces: ReadonlyMap<string, Face>;
}

/** A device as others on its network see it. */
export interface Face {
  readonly mac: Mac;
  /** Without those of the link alone. */
  readonly addresses: readonly Prefix[];
}

export const emptyHost: Host = {
  vtep: undefined,
  underlayMtu: undefined,
  tables: new Map(),
  faces: new Map(),
};
