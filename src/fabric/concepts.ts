/**
 * The vocabulary in which modes say what a node must offer. A mode speaks only this; how it is built on a node
 * stands in the lowering (lower-*.ts). Every concept carries `because`, and everything built from it inherits that.
 */

import type { IfName } from '../net/if-name.ts';
import type { Ip } from '../net/ip.ts';
import type { Mac } from '../net/mac.ts';
import type { Asn, VlanId, Vni } from '../net/numbers.ts';
import type { Prefix } from '../net/prefix.ts';
import type { Reason } from '../resources/resource.ts';

/** A routing domain of the fabric: an L3VNI whose routes travel as EVPN type 5, RFC 9136. */
export interface Vrf {
  readonly concept: 'vrf';
  readonly vni: Vni;
  readonly asn: Asn;
  /** Where VXLAN packets of this node come from. */
  readonly vtep: Ip;
  readonly mtu: number;
  readonly because: readonly Reason[];
}

/** Where a VRF meets a provider bridge of Open vSwitch, on behalf of one router behind that bridge. */
export interface Attachment {
  readonly vni: Vni;
  readonly bridge: IfName;
  /** The VLAN of the provider network; flat without. */
  readonly vlan: VlanId | undefined;
  /** The port of the bridge through which packets of OVN come. */
  readonly patchPort: string;
  readonly routerMac: Mac;
}

/** A VRF joined to a provider bridge, with the addresses at which a router of OVN takes packets from it. */
export interface Wiring {
  readonly concept: 'wiring';
  readonly at: Attachment;
  readonly mtu: number;
  /** Addresses of the router on the provider network. */
  readonly routerIps: readonly Ip[];
  /** Whether this node answers when the router resolves its next hop, because nobody else would. */
  readonly answers: boolean;
  readonly because: readonly Reason[];
}

/** A subnet behind a router: reachable through it from the VRF, and the VRF from it. */
export interface RoutedPrefix {
  readonly concept: 'prefix';
  readonly at: Attachment;
  readonly destination: Prefix;
  /** The router's address of the same family. */
  readonly via: Ip;
  readonly because: readonly Reason[];
}

/** One address inside of a routed prefix that is announced to the fabric as a host route. */
export interface Host {
  readonly concept: 'host';
  readonly ip: Ip;
  readonly within: Omit<RoutedPrefix, 'because'>;
  /** Whether this node answers the router for it, as in a wiring: without that no reply leaves the router. */
  readonly answers: boolean;
  readonly because: readonly Reason[];
}

export type Concept = Vrf | Wiring | RoutedPrefix | Host;
