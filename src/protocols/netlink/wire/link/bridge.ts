/** The settings of a bridge device. Its VLANs are in ../vlan.ts, its ports' settings in bridge-port.ts. */

import { attribute, attributes, type HasOpaque, nested } from '../attribute.ts';
import { IFLA_BR } from '../numbers.ts';
import { be16, bool, u16, u32 } from '../payload.ts';

export interface BridgeLink extends HasOpaque {
  readonly vlanFiltering?: boolean;
  /** The EtherType of the tags: 0x8100 or 0x88a8. */
  readonly vlanProtocol?: number;
  /** The VLAN that a new port gets untagged; 0 is none. */
  readonly defaultPvid?: number;
  /** 0 off, 1 kernel's spanning tree, 2 a user-space daemon's. */
  readonly stp?: number;
  /** Hundredths of a second (USER_HZ) until a learned address is forgotten. */
  readonly ageingTime?: number;
  /** Hundredths of a second in the listening and learning states. */
  readonly forwardDelay?: number;
  readonly priority?: number;
  /** Bit n lets frames to 01:80:c2:00:00:0n through. */
  readonly groupForwardMask?: number;
  readonly multicastSnooping?: boolean;
  readonly multicastQuerier?: boolean;
}

export const bridgeLink = nested(
  attributes<BridgeLink>({
    forwardDelay: attribute(IFLA_BR.forwardDelay, u32),
    ageingTime: attribute(IFLA_BR.ageingTime, u32),
    stp: attribute(IFLA_BR.stp, u32),
    priority: attribute(IFLA_BR.priority, u16),
    // The protocol before the filtering: the kernel applies them in this order, too.
    vlanProtocol: attribute(IFLA_BR.vlanProtocol, be16),
    vlanFiltering: attribute(IFLA_BR.vlanFiltering, bool),
    groupForwardMask: attribute(IFLA_BR.groupForwardMask, u16),
    multicastSnooping: attribute(IFLA_BR.multicastSnooping, bool),
    multicastQuerier: attribute(IFLA_BR.multicastQuerier, bool),
    defaultPvid: attribute(IFLA_BR.defaultPvid, u16),
  }),
);
