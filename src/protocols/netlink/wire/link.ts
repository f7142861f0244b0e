/**
 * Network devices: RTM_NEWLINK with struct ifinfomsg. What is particular to a kind of device (vrf, vxlan, bridge, ...)
 * is in link/. The VLANs of bridge ports come in messages of the same number and family AF_BRIDGE: see vlan.ts.
 */

import type { IfName } from '../../../net/if-name.ts';
import type { Mac } from '../../../net/mac.ts';
import { attribute, attributes, type HasOpaque, NLA_F_NESTED, nested } from './attribute.ts';
import { type LinkInfo, linkInfo } from './link/info.ts';
import { AF, addrGenModes, IFLA, IFLA_INET6, operStates, RTEXT_FILTER, RTM } from './numbers.ts';
import { type Header, type ObjectCodec, objectCodec } from './object.ts';
import { bool, i32, ifName, mac, type Named, named, text, u8, u32 } from './payload.ts';

/** struct ifinfomsg after its family. */
export interface LinkHeader {
  /** The interface index; 0 in a request that names the device by `name`. */
  readonly index: number;
  /** IFF bits, what is set. */
  readonly flags: number;
  /** IFF bits, what a request changes; what changed, in a notice. */
  readonly change: number;
  /** ARPHRD_*, the link layer: 1 is Ethernet. */
  readonly hardware: number;
}

export interface Link extends LinkHeader, HasOpaque {
  /** Absent when the device has a name that `parseIfName` refuses; it is then in `opaque`. */
  readonly name?: IfName;
  readonly address?: Mac;
  readonly mtu?: number;
  /** Index of the device below: the parent of a VLAN device, the other end of a veth. */
  readonly link?: number;
  /** The network namespace id that `link` is in, when that is another one. */
  readonly linkNetNsId?: number;
  /** Index of the bridge or VRF that this is a member of. In a request, 0 takes it out. */
  readonly master?: number;
  readonly alias?: string;
  readonly txQueueLength?: number;
  readonly group?: number;
  readonly operState?: Named<keyof typeof operStates>;
  readonly carrier?: boolean;
  readonly info?: LinkInfo;
  readonly families?: LinkFamilies;
  /** In a request: move the device to the network namespace of this process, or of this descriptor. */
  readonly netNsPid?: number;
  readonly netNsFd?: number;
}

/** IFLA_AF_SPEC: per address family. Only what concerns IPv6 address generation is read. */
export interface LinkFamilies extends HasOpaque {
  readonly inet6?: LinkInet6;
}

export interface LinkInet6 extends HasOpaque {
  /** How a link-local address is made; `none` keeps the device without. */
  readonly addrGenMode?: Named<keyof typeof addrGenModes>;
}

export interface LinkFilter {
  /** Only members of this bridge or VRF. */
  readonly master?: number;
  /** Only devices of this kind, as `vxlan`. */
  readonly kind?: string;
}

const inet6 = attributes<LinkInet6>({
  addrGenMode: attribute(IFLA_INET6.addrGenMode, named(u8, addrGenModes)),
});

const families = attributes<LinkFamilies>({
  inet6: attribute(AF.inet6 | NLA_F_NESTED, nested(inet6)),
});

/** Shared with the VLANs of bridge ports, which differ in the family. */
export function linkHeader(family: number): Header<LinkHeader> {
  return {
    size: 16,
    decode: (data, at) => {
      if (data.getUint8(at) !== family) return undefined;
      return {
        index: data.getInt32(at + 4, true),
        flags: data.getUint32(at + 8, true),
        change: data.getUint32(at + 12, true),
        hardware: data.getUint16(at + 2, true),
      };
    },
    encode: (writer, { index, flags, change, hardware }) =>
      writer.u8(family).u8(0).u16(hardware).i32(index).u32(flags).u32(change),
  };
}

/** A request for the device `name` or `index`; set what shall be, and in `change` which flags. */
export function linkOf(fields: Partial<Link>): Link {
  return { index: 0, flags: 0, change: 0, hardware: 0, ...fields };
}

export const link: ObjectCodec<Link, LinkFilter> = objectCodec<Link, LinkFilter>({
  name: 'link',
  type: RTM.link,
  header: linkHeader(AF.unspec),
  attributes: attributes<Link>({
    name: attribute(IFLA.name, ifName),
    txQueueLength: attribute(IFLA.txQueueLength, u32),
    operState: attribute(IFLA.operState, named(u8, operStates)),
    mtu: attribute(IFLA.mtu, u32),
    group: attribute(IFLA.group, u32),
    carrier: attribute(IFLA.carrier, bool),
    address: attribute(IFLA.address, mac),
    link: attribute(IFLA.link, u32),
    linkNetNsId: attribute(IFLA.linkNetNsId, i32),
    master: attribute(IFLA.master, u32),
    alias: attribute(IFLA.alias, text),
    netNsPid: attribute(IFLA.netNsPid, u32),
    netNsFd: attribute(IFLA.netNsFd, u32),
    // A closure, because the other end of a veth is described by a link again.
    info: attribute(
      IFLA.linkInfo,
      linkInfo(() => link),
    ),
    families: attribute(IFLA.afSpec | NLA_F_NESTED, nested(families)),
  }),
  encodeFilter: (writer, { master, kind }) => {
    writer.zeros(16);
    linkFilter.encode(writer, {
      extended: RTEXT_FILTER.skipStats,
      ...(master === undefined ? {} : { master }),
      ...(kind === undefined ? {} : { info: { is: { type: 'other', kind } } }),
    });
  },
});

interface LinkFilterAttributes extends HasOpaque {
  readonly extended?: number;
  readonly master?: number;
  readonly info?: LinkInfo;
}

const linkFilter = attributes<LinkFilterAttributes>({
  extended: attribute(IFLA.extMask, u32),
  master: attribute(IFLA.master, u32),
  info: attribute(
    IFLA.linkInfo,
    linkInfo(() => link),
  ),
});
