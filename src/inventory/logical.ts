/**
 * What OVN_Northbound says of a switch or of a router as a whole. OVN_Southbound copies none of it, so that with the
 * Southbound source alone there is none.
 */

import type { Prefix } from '../net/prefix.ts';
import type { DhcpSubnet } from './dhcp-options.ts';

/** A row of Logical_Switch. */
export interface LogicalSwitch {
  /** What `PortBinding.datapath` of its ports is. */
  readonly datapath: string;
  readonly name: string;
  /** As stored: `neutron_bgpvpn:vni`, `neutron_bgpvpn:type` and whatever else stands there. */
  readonly externalIds: ReadonlyMap<string, string>;
  /** What is answered by DHCP to ports that are known; sorted. */
  readonly subnets: readonly DhcpSubnet[];
}

/** A row of Logical_Router, with what its rows of NAT say. */
export interface LogicalRouter {
  readonly datapath: string;
  readonly name: string;
  /** What leaves with another source address: `logical_ip` of the rows of type `snat`; sorted by their text. */
  readonly snat: readonly Prefix[];
}
