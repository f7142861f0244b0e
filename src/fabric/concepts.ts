/**
 * The vocabulary in which modes say what a node must offer. A mode speaks only this; how it is built on a node
 * stands in the lowering (lower-*.ts). Every concept carries `because`, and everything built from it inherits that.
 */

import type { IfName } from '../net/if-name.ts';
import type { Ip, Ip4, Ip6 } from '../net/ip.ts';
import type { Mac } from '../net/mac.ts';
import type { Asn, TableId, VlanId, Vni } from '../net/numbers.ts';
import type { Prefix } from '../net/prefix.ts';
import type { RouteDistinguisher, RouteTarget } from '../net/route-distinguisher.ts';
import type { Reason } from '../resources/resource.ts';

/** A routing domain of the fabric: an L3VNI whose routes travel as EVPN type 5, RFC 9136. */
export interface Vrf {
  readonly concept: 'vrf';
  readonly vni: Vni;
  readonly asn: Asn;
  /** Where VXLAN packets of this node come from. */
  readonly vtep: Ip;
  readonly mtu: number;
  /** Derived from VTEP and VNI, where they fit, when absent. */
  readonly rd?: RouteDistinguisher;
  /** Of none FRR derives `AS:VNI`. */
  readonly importTargets?: readonly RouteTarget[];
  readonly exportTargets?: readonly RouteTarget[];
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

/** A VRF without packets: whatever address it has on its dummy device is announced in the underlay. */
export interface Underlay {
  readonly concept: 'underlay';
  readonly asn: Asn;
  readonly routerId: Ip4;
  /** Whether subnets are announced as well, which are routes of that VRF. */
  readonly hasSubnets: boolean;
  readonly because: readonly Reason[];
}

/** A provider network that leaves OVN on this node, and is routed there by a table of its bridge. */
export interface ProviderNetwork {
  readonly concept: 'provider';
  readonly at: ProviderPlace;
  /** The addresses by which the node is on the network, and answers ARP and ND there for what is elsewhere. */
  readonly anchors: readonly Ip[];
  /** Whether this node answers for every address, because nobody else on the bridge could. */
  readonly answers: boolean;
  readonly because: readonly Reason[];
}

/** Where packets for a provider network leave this node, and packets from it come in. */
export interface ProviderPlace {
  readonly bridge: IfName;
  /** The bridge's own device, or that of the VLAN on it. */
  readonly device: IfName;
  readonly vlan: VlanId | undefined;
  /** The port of the bridge through which packets of OVN come. */
  readonly patchPort: string;
  /** The localnet port of the network. */
  readonly localnet: string;
  /** The routing table of the bridge. */
  readonly table: TableId;
}

/** Whose an address is: on one node it can be of one only. */
export interface Holder {
  /** The port that OVN answers for it at. */
  readonly port: string;
  /** In words: `port 38`; `load balancer front at cr-lrp-b2`. */
  readonly name: string;
  /** The localnet port of a provider network, or what a tenant network is called, if anybody says. */
  readonly network: string | undefined;
}

/** One address on a provider network that is reached through this node. */
export interface Exposed {
  readonly concept: 'exposed';
  readonly at: ProviderPlace;
  readonly holder: Holder;
  readonly ip: Ip;
  /** What it resolves to; asked for on the network when it is not known. */
  readonly mac: Mac | undefined;
  readonly because: readonly Reason[];
}

/** A provider network as a leg of a VRF: the same gateway, with the same MAC address, on every node that has it. */
export interface Leg {
  readonly concept: 'leg';
  readonly at: LegPlace;
  readonly mtu: number;
  /** Where virtual machines send what leaves their network. */
  readonly gateways: readonly Ip[];
  /** By which the node is on the network where there is no gateway to be it. */
  readonly anchors: readonly Ip[];
  /** Whether solicitations for any address are answered, because nobody else on the bridge could. */
  readonly answers: boolean;
  /** What hosts are told of their network, RFC 4861 §4.2; they are told of no router when absent. */
  readonly advertisement?: RouterAdvertisement;
  readonly because: readonly Reason[];
}

export interface RouterAdvertisement {
  readonly prefixes: readonly {
    /** With its host bits cleared. */
    readonly prefix: Prefix;
    /** Whether hosts make addresses of their own from it. */
    readonly autonomous: boolean;
  }[];
  /** RFC 8106 §5.1. */
  readonly dnsServers: readonly Ip6[];
  /** Whether addresses come by DHCPv6, and other things do. */
  readonly managed: boolean;
  readonly other: boolean;
}

/** Where a VRF meets a provider network. */
export interface LegPlace {
  readonly vni: Vni;
  readonly bridge: IfName;
  /** The VLAN of the provider network; flat without. */
  readonly vlan: VlanId | undefined;
  /** The port of the bridge through which packets of OVN come. */
  readonly patchPort: string;
}

/** One address on such a network, announced from the VRF. */
export interface LegHost {
  readonly concept: 'leg-host';
  readonly at: LegPlace;
  readonly holder: Holder;
  readonly ip: Ip;
  /** What it resolves to; asked for on the network when it is not known. */
  readonly mac: Mac | undefined;
  readonly because: readonly Reason[];
}

/** A subnet behind a router of such a network, reached through this node and then that router. */
export interface LegSubnet {
  readonly concept: 'leg-subnet';
  readonly at: LegPlace;
  /** With its host bits cleared. */
  readonly destination: Prefix;
  /** An address of the router, of the same family, on the provider network or on the link. */
  readonly via: Ip;
  /** What that resolves to; asked for on the network when it is not known. */
  readonly mac: Mac | undefined;
  /** Whether the subnet is announced, and not single addresses in it. */
  readonly announced: boolean;
  readonly because: readonly Reason[];
}

/** One address in such a subnet, announced from the VRF. */
export interface LegTenant {
  readonly concept: 'leg-tenant';
  readonly holder: Holder;
  readonly ip: Ip;
  readonly within: Omit<LegSubnet, 'because'>;
  readonly because: readonly Reason[];
}

/** A provider network extended over the fabric: an L2VNI, whose MAC addresses travel as EVPN type 2, RFC 7432. */
export interface Segment {
  readonly concept: 'segment';
  readonly at: Omit<LegPlace, 'patchPort'>;
  readonly vtep: Ip;
  readonly mtu: number;
  /** Of the instance that announces it, which is the node's own. */
  readonly asn: Asn;
  /** Those of FRR's own choice when absent. */
  readonly rd?: RouteDistinguisher;
  /** Of none FRR takes in what any AS says of this VNI. */
  readonly importTargets: readonly RouteTarget[];
  /** Of none FRR derives `AS:VNI`. */
  readonly exportTargets: readonly RouteTarget[];
  readonly because: readonly Reason[];
}

/** A subnet behind a router of a provider network, reached through this node and then that router. */
export interface TenantSubnet {
  readonly concept: 'tenant-subnet';
  readonly at: ProviderPlace;
  /** With its host bits cleared. */
  readonly destination: Prefix;
  /** The router's address of the same family on the provider network. */
  readonly via: Ip;
  /** Whether the subnet is announced, and not single addresses in it. */
  readonly announced: boolean;
  readonly because: readonly Reason[];
}

/** One address in such a subnet that is announced. */
export interface TenantHost {
  readonly concept: 'tenant-host';
  readonly holder: Holder;
  readonly ip: Ip;
  readonly within: Omit<TenantSubnet, 'because'>;
  readonly because: readonly Reason[];
}

/** A subnet that is announced with the address of its router on a network that the fabric itself is on. */
export interface StretchedSubnet {
  readonly concept: 'stretched';
  /** With its host bits cleared. */
  readonly destination: Prefix;
  readonly via: Ip;
  /** The network that the next hop is on. */
  readonly network: Prefix;
  readonly because: readonly Reason[];
}

/** The OVN that a node has for itself: one router between provider networks and the fabric. */
export interface LocalRouter {
  readonly concept: 'local-router';
  /** The chassis that has it. */
  readonly chassis: string;
  readonly uplinks: readonly LocalUplink[];
  /** What comes from the fabric for these goes to the router, and not to the node. */
  readonly prefixes: readonly Prefix[];
  readonly because: readonly Reason[];
}

/** Where that router meets the fabric: a bridge with an address of the node, which is the router's as well. */
export interface LocalUplink {
  /** What the mapping of the node's own OVN calls it, and so its logical switch. */
  readonly network: string;
  readonly bridge: IfName;
  /** The ports of the bridge that lead to the fabric. */
  readonly nics: readonly string[];
  /** The port of the bridge that leads to the node's own OVN. */
  readonly patchPort: string;
  readonly mac: Mac;
  readonly addresses: readonly Prefix[];
  /** Routers of the fabric that are reached through it. */
  readonly peers: readonly Ip[];
  /** Whether they are watched by BFD. */
  readonly bfd: boolean;
}

/** A provider network that meets that router on a bridge which both OVNs have a patch port on. */
export interface LocalNetwork {
  readonly concept: 'local-network';
  readonly at: LocalPlace;
  /** By which the router is on the network. */
  readonly anchors: readonly Ip[];
  /** Ports of the bridge behind which others are on the network. */
  readonly others: readonly string[];
  readonly because: readonly Reason[];
}

export interface LocalPlace {
  /** What the mapping of the node's own OVN calls the bridge. */
  readonly network: string;
  readonly bridge: IfName;
  readonly vlan: VlanId | undefined;
  /** The port of the bridge through which packets of the cloud's OVN come. */
  readonly patchPort: string;
  /** The one that leads to the node's own. */
  readonly localPatchPort: string;
  readonly uplinks: readonly LocalUplink[];
  /** Those of the router, which answers for them. */
  readonly prefixes: readonly Prefix[];
}

/** One address on such a network, reached through that router. */
export interface LocalHost {
  readonly concept: 'local-host';
  readonly at: LocalPlace;
  readonly holder: Holder;
  readonly ip: Ip;
  /** What it resolves to; asked for on the network when it is not known. */
  readonly mac: Mac | undefined;
  readonly because: readonly Reason[];
}

export type Concept =
  | Vrf
  | Wiring
  | RoutedPrefix
  | Host
  | Underlay
  | ProviderNetwork
  | Exposed
  | StretchedSubnet
  | Leg
  | LegHost
  | LegSubnet
  | LegTenant
  | Segment
  | TenantSubnet
  | TenantHost
  | LocalRouter
  | LocalNetwork
  | LocalHost;
