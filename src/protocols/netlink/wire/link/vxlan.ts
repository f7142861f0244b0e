/** The settings of a VXLAN device, RFC 7348. Absent ones are left to the kernel in a request. */

import type { Ip4, Ip6 } from '../../../../net/ip.ts';
import type { Vni } from '../../../../net/numbers.ts';
import { attribute, attributes, type HasOpaque, nested, type Payload } from '../attribute.ts';
import { IFLA_VXLAN, vxlanDfModes } from '../numbers.ts';
import { be16, be32, bool, flag, ip4, ip6, type Named, named, u8, u32, vni } from '../payload.ts';

export interface VxlanLink extends HasOpaque {
  /** Absent on an `external` device, for which the kernel says 0 (kept opaque). */
  readonly vni?: Vni;
  /** The address of this VTEP; by family, because the kernel has two attributes for it. */
  readonly local?: Ip4;
  readonly local6?: Ip6;
  /** Where unknown destinations go: a multicast group, or one remote VTEP. */
  readonly group?: Ip4;
  readonly group6?: Ip6;
  /** Index of the device that outer packets leave by. */
  readonly link?: number;
  /** UDP destination port. IANA's is 4789; without it the kernel takes 8472. */
  readonly port?: number;
  /** UDP source ports; 0 to 0 lets the kernel choose. */
  readonly portRange?: PortRange;
  /** Learn source addresses of arriving frames. */
  readonly learning?: boolean;
  /** The VNI comes with each packet (lightweight tunnels, vnifilter) and not from the device. */
  readonly external?: boolean;
  /** Accept only the VNIs that are listed on the device. */
  readonly vniFilter?: boolean;
  /** Outer time to live; 0 is the system's default. */
  readonly ttl?: number;
  readonly ttlInherit?: boolean;
  readonly tos?: number;
  readonly df?: Named<keyof typeof vxlanDfModes>;
  /** Seconds until a learned address is forgotten. */
  readonly ageing?: number;
  /** The most learned addresses; 0 is no limit. */
  readonly limit?: number;
  /** Answer ARP and ND from the neighbour table. */
  readonly proxy?: boolean;
  readonly routeShortCircuit?: boolean;
  readonly l2miss?: boolean;
  readonly l3miss?: boolean;
  readonly udpChecksum?: boolean;
  readonly udpZeroChecksum6Tx?: boolean;
  readonly udpZeroChecksum6Rx?: boolean;
  /** Group policy extension. */
  readonly gbp?: true;
  /** IPv6 flow label. */
  readonly flowLabel?: number;
  readonly localBypass?: boolean;
}

export interface PortRange {
  readonly low: number;
  readonly high: number;
}

const portRange: Payload<PortRange> = {
  decode: (data, at, length) =>
    length === 4 ? { low: data.getUint16(at), high: data.getUint16(at + 2) } : undefined,
  encode: (writer, { low, high }) => {
    be16.encode(writer, low);
    be16.encode(writer, high);
  },
};

export const vxlanLink = nested(
  attributes<VxlanLink>({
    vni: attribute(IFLA_VXLAN.id, vni),
    group: attribute(IFLA_VXLAN.group, ip4),
    group6: attribute(IFLA_VXLAN.group6, ip6),
    link: attribute(IFLA_VXLAN.link, u32),
    local: attribute(IFLA_VXLAN.local, ip4),
    local6: attribute(IFLA_VXLAN.local6, ip6),
    ttl: attribute(IFLA_VXLAN.ttl, u8),
    ttlInherit: attribute(IFLA_VXLAN.ttlInherit, bool),
    tos: attribute(IFLA_VXLAN.tos, u8),
    df: attribute(IFLA_VXLAN.df, named(u8, vxlanDfModes)),
    flowLabel: attribute(IFLA_VXLAN.label, be32),
    learning: attribute(IFLA_VXLAN.learning, bool),
    proxy: attribute(IFLA_VXLAN.proxy, bool),
    routeShortCircuit: attribute(IFLA_VXLAN.rsc, bool),
    l2miss: attribute(IFLA_VXLAN.l2miss, bool),
    l3miss: attribute(IFLA_VXLAN.l3miss, bool),
    external: attribute(IFLA_VXLAN.external, bool),
    ageing: attribute(IFLA_VXLAN.ageing, u32),
    limit: attribute(IFLA_VXLAN.limit, u32),
    portRange: attribute(IFLA_VXLAN.portRange, portRange),
    port: attribute(IFLA_VXLAN.port, be16),
    udpChecksum: attribute(IFLA_VXLAN.udpChecksum, bool),
    udpZeroChecksum6Tx: attribute(IFLA_VXLAN.udpZeroChecksum6Tx, bool),
    udpZeroChecksum6Rx: attribute(IFLA_VXLAN.udpZeroChecksum6Rx, bool),
    gbp: attribute(IFLA_VXLAN.gbp, flag),
    vniFilter: attribute(IFLA_VXLAN.vniFilter, bool),
    localBypass: attribute(IFLA_VXLAN.localBypass, bool),
  }),
);
