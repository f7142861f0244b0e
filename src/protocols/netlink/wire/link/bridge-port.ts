/** The settings of a device as a port of a bridge. */

import { attribute, attributes, type HasOpaque, nested } from '../attribute.ts';
import { bridgePortStates, IFLA_BRPORT } from '../numbers.ts';
import { bool, type Named, named, u8, u16, u32 } from '../payload.ts';

export interface BridgePort extends HasOpaque {
  readonly state?: Named<keyof typeof bridgePortStates>;
  readonly priority?: number;
  /** The cost of this port in the spanning tree. */
  readonly cost?: number;
  /** Send a frame back out of the port it came from. */
  readonly hairpin?: boolean;
  /** Drop spanning-tree frames of others. */
  readonly guard?: boolean;
  /** Never become the root port. */
  readonly protect?: boolean;
  readonly fastLeave?: boolean;
  readonly learning?: boolean;
  /** Flooding of frames to unknown unicast, to multicast, to broadcast addresses. */
  readonly unicastFlood?: boolean;
  readonly multicastFlood?: boolean;
  readonly broadcastFlood?: boolean;
  readonly proxyArp?: boolean;
  readonly proxyArpWifi?: boolean;
  readonly multicastRouter?: number;
  readonly multicastToUnicast?: boolean;
  /** Map VLANs to VNIs, for a VXLAN device that serves many. */
  readonly vlanTunnel?: boolean;
  readonly groupForwardMask?: number;
  /** Answer ARP and ND for known neighbours instead of flooding. */
  readonly neighSuppress?: boolean;
  /** Exchange no frames with other isolated ports. */
  readonly isolated?: boolean;
  /** Index of the port that takes over when this one loses its carrier. */
  readonly backupPort?: number;
  /** Let only known source addresses in (802.1X). */
  readonly locked?: boolean;
}

export const bridgePort = nested(
  attributes<BridgePort>({
    state: attribute(IFLA_BRPORT.state, named(u8, bridgePortStates)),
    priority: attribute(IFLA_BRPORT.priority, u16),
    cost: attribute(IFLA_BRPORT.cost, u32),
    hairpin: attribute(IFLA_BRPORT.hairpin, bool),
    guard: attribute(IFLA_BRPORT.guard, bool),
    protect: attribute(IFLA_BRPORT.protect, bool),
    fastLeave: attribute(IFLA_BRPORT.fastLeave, bool),
    learning: attribute(IFLA_BRPORT.learning, bool),
    unicastFlood: attribute(IFLA_BRPORT.unicastFlood, bool),
    multicastFlood: attribute(IFLA_BRPORT.multicastFlood, bool),
    broadcastFlood: attribute(IFLA_BRPORT.broadcastFlood, bool),
    proxyArp: attribute(IFLA_BRPORT.proxyArp, bool),
    proxyArpWifi: attribute(IFLA_BRPORT.proxyArpWifi, bool),
    multicastRouter: attribute(IFLA_BRPORT.multicastRouter, u8),
    multicastToUnicast: attribute(IFLA_BRPORT.multicastToUnicast, bool),
    vlanTunnel: attribute(IFLA_BRPORT.vlanTunnel, bool),
    groupForwardMask: attribute(IFLA_BRPORT.groupForwardMask, u16),
    neighSuppress: attribute(IFLA_BRPORT.neighSuppress, bool),
    isolated: attribute(IFLA_BRPORT.isolated, bool),
    backupPort: attribute(IFLA_BRPORT.backupPort, u32),
    locked: attribute(IFLA_BRPORT.locked, bool),
  }),
);
