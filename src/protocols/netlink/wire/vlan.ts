/**
 * The VLANs of a bridge and of its ports, and the VNIs they map to: RTM_GETLINK and RTM_SETLINK with family AF_BRIDGE and
 * everything in IFLA_AF_SPEC. One message tells all VLANs of one device. The kernel adds what a `change` lists and
 * takes away what a `remove` lists; it never replaces.
 */

import type { Writer } from '../../../base/bytes.ts';
import type { IfName } from '../../../net/if-name.ts';
import type { VlanId } from '../../../net/numbers.ts';
import {
  attribute,
  attributes,
  closeAttribute,
  type HasOpaque,
  NLA_F_NESTED,
  NLA_TYPE_MASK,
  nested,
  type Opaque,
  octets,
  openAttribute,
  type Payload,
  visitAttributes,
} from './attribute.ts';
import { type LinkHeader, linkHeader } from './link.ts';
import { type BridgePort, bridgePort } from './link/bridge-port.ts';
import {
  AF,
  BRIDGE_VLAN_INFO,
  IFLA,
  IFLA_BRIDGE,
  IFLA_BRIDGE_VLAN_TUNNEL,
  RTEXT_FILTER,
  RTM,
} from './numbers.ts';
import { type ObjectCodec, objectCodec } from './object.ts';
import { ifName, u16, u32, vlanId } from './payload.ts';

/** A device with a part in a bridge: a port, or the bridge itself. */
export interface BridgeVlans extends LinkHeader, HasOpaque {
  readonly name?: IfName;
  /** The bridge, of a port. */
  readonly master?: number;
  readonly spec?: VlanSpec;
  /** Read only; set them by `Link.info.member`. */
  readonly port?: BridgePort;
}

export interface VlanSpec extends HasOpaque {
  /** BRIDGE_FLAGS bits, in a request: `self` when the device is the bridge. */
  readonly flags?: number;
  readonly vlans: readonly VlanRange[];
  readonly tunnels: readonly TunnelRange[];
}

/** From `first` to `last`, both included, all with the same BRIDGE_VLAN_INFO bits (pvid, untagged). */
export interface VlanRange {
  readonly first: VlanId;
  readonly last: VlanId;
  readonly flags: number;
}

/** VLAN `first` is VNI `vni`, the next one the next, up to `last`. */
export interface TunnelRange {
  readonly first: VlanId;
  readonly last: VlanId;
  readonly vni: number;
}

/** No filter: the kernel has none by device for this dump. */
export type VlanFilter = Readonly<Record<string, never>>;

const rangeBits = BRIDGE_VLAN_INFO.rangeBegin | BRIDGE_VLAN_INFO.rangeEnd;

/** struct bridge_vlan_info. */
interface VlanInfo {
  readonly vid: VlanId;
  readonly flags: number;
}

const vlanInfo: Payload<VlanInfo> = {
  decode: (data, at, length) => {
    const vid = length === 4 ? vlanId.decode(data, at + 2, 2) : undefined;
    return vid === undefined ? undefined : { vid, flags: data.getUint16(at, true) };
  },
  encode: (writer, { vid, flags }) => writer.u16(flags).u16(vid),
};

interface TunnelInfo extends HasOpaque {
  readonly vni?: number;
  readonly vid?: VlanId;
  readonly flags?: number;
}

const tunnelInfo = nested(
  attributes<TunnelInfo>({
    vni: attribute(IFLA_BRIDGE_VLAN_TUNNEL.id, u32),
    vid: attribute(IFLA_BRIDGE_VLAN_TUNNEL.vid, vlanId),
    flags: attribute(IFLA_BRIDGE_VLAN_TUNNEL.flags, u16),
  }),
);

/** A list in which order counts: two entries marked begin and end are one range. So it is read by hand. */
const vlanSpec: Payload<VlanSpec> = {
  decode: (data, start, size) => {
    const infos: (VlanInfo | undefined)[] = [];
    const tunnelInfos: (TunnelInfo | undefined)[] = [];
    const opaque: Opaque[] = [];
    let flags: number | undefined;
    const sound = visitAttributes(data, start, start + size, (type, at, length) => {
      const masked = type & NLA_TYPE_MASK;
      if (masked === IFLA_BRIDGE.vlanInfo) infos.push(vlanInfo.decode(data, at, length));
      else if (masked === IFLA_BRIDGE.vlanTunnelInfo) {
        tunnelInfos.push(tunnelInfo.decode(data, at, length));
      } else if (masked === IFLA_BRIDGE.flags && length === 2) flags = data.getUint16(at, true);
      else opaque.push({ type, raw: octets(data, at, length) });
    });
    const vlans = vlanRanges(infos);
    const tunnels = tunnelRanges(tunnelInfos);
    if (!sound || vlans === undefined || tunnels === undefined) return undefined;
    return {
      vlans,
      tunnels,
      ...(flags === undefined ? {} : { flags }),
      ...(opaque.length === 0 ? {} : { opaque }),
    };
  },
  encode: (writer, { flags, vlans, tunnels, opaque }) => {
    if (flags !== undefined) write(writer, IFLA_BRIDGE.flags, u16, flags);
    for (const range of vlans) encodeVlans(writer, range);
    for (const range of tunnels) encodeTunnels(writer, range);
    for (const { type, raw } of opaque ?? []) {
      const start = openAttribute(writer, type);
      writer.bytes(raw);
      closeAttribute(writer, start);
    }
  },
};

function write<V>(writer: Writer, type: number, payload: Payload<V>, value: V): void {
  const start = openAttribute(writer, type);
  payload.encode(writer, value);
  closeAttribute(writer, start);
}

/** Joins begin and end; `undefined` when one could not be read, stands alone or contradicts the other. */
function vlanRanges(infos: readonly (VlanInfo | undefined)[]): VlanRange[] | undefined {
  const ranges: VlanRange[] = [];
  let begun: VlanInfo | undefined;
  for (const info of infos) {
    if (info === undefined) return undefined;
    const flags = info.flags & ~rangeBits;
    const ends = (info.flags & BRIDGE_VLAN_INFO.rangeEnd) !== 0;
    if (ends !== (begun !== undefined)) return undefined;
    if ((info.flags & BRIDGE_VLAN_INFO.rangeBegin) !== 0) begun = info;
    else if (
      begun !== undefined &&
      (begun.vid >= info.vid || (begun.flags & ~rangeBits) !== flags)
    ) {
      return undefined;
    } else {
      ranges.push({ first: begun?.vid ?? info.vid, last: info.vid, flags });
      begun = undefined;
    }
  }
  return begun === undefined ? ranges : undefined;
}

function encodeVlans(writer: Writer, { first, last, flags }: VlanRange): void {
  const one = (vid: VlanId, mark: number) =>
    write(writer, IFLA_BRIDGE.vlanInfo, vlanInfo, { vid, flags: flags | mark });
  if (first === last) return one(first, 0);
  one(first, BRIDGE_VLAN_INFO.rangeBegin);
  one(last, BRIDGE_VLAN_INFO.rangeEnd);
}

function tunnelRanges(infos: readonly (TunnelInfo | undefined)[]): TunnelRange[] | undefined {
  const ranges: TunnelRange[] = [];
  let begun: { first: VlanId; vni: number } | undefined;
  for (const info of infos) {
    if (info?.vid === undefined || info.vni === undefined) return undefined;
    const flags = info.flags ?? 0;
    const ends = (flags & BRIDGE_VLAN_INFO.rangeEnd) !== 0;
    if (ends !== (begun !== undefined) || info.opaque !== undefined) return undefined;
    const { first, vni } = begun ?? { first: info.vid, vni: info.vni };
    if ((flags & BRIDGE_VLAN_INFO.rangeBegin) !== 0) begun = { first, vni };
    else if (info.vni - vni !== info.vid - first || (ends && info.vid === first)) return undefined;
    else {
      ranges.push({ first, last: info.vid, vni });
      begun = undefined;
    }
  }
  return begun === undefined ? ranges : undefined;
}

function encodeTunnels(writer: Writer, { first, last, vni }: TunnelRange): void {
  const one = (vid: VlanId, id: number, flags: number) =>
    write(writer, IFLA_BRIDGE.vlanTunnelInfo | NLA_F_NESTED, tunnelInfo, { vni: id, vid, flags });
  if (first === last) return one(first, vni, 0);
  one(first, vni, BRIDGE_VLAN_INFO.rangeBegin);
  one(last, vni + last - first, BRIDGE_VLAN_INFO.rangeEnd);
}

/** A request for VLANs of the port `index`; of the bridge `index` itself with `flags: BRIDGE_FLAGS.self`. */
export function vlanOf(
  index: number,
  spec: Partial<Pick<VlanSpec, 'flags' | 'vlans' | 'tunnels'>>,
): BridgeVlans {
  return { index, flags: 0, change: 0, hardware: 0, spec: { vlans: [], tunnels: [], ...spec } };
}

export const vlan: ObjectCodec<BridgeVlans, VlanFilter> = objectCodec<BridgeVlans, VlanFilter>({
  name: 'vlan',
  type: RTM.link,
  changeType: RTM.setLink,
  header: linkHeader(AF.bridge),
  attributes: attributes<BridgeVlans>({
    name: attribute(IFLA.name, ifName),
    master: attribute(IFLA.master, u32),
    port: attribute(IFLA.protinfo | NLA_F_NESTED, bridgePort),
    spec: attribute(IFLA.afSpec | NLA_F_NESTED, vlanSpec),
  }),
  encodeFilter: (writer) => {
    writer.u8(AF.bridge).zeros(15);
    write(writer, IFLA.extMask, u32, RTEXT_FILTER.brvlanCompressed);
  },
});
