/**
 * Forwarding entries of bridges and VXLAN devices: RTM_NEWNEIGH with family AF_BRIDGE. A VXLAN device in a bridge has
 * two entries for one MAC: the bridge's (flag `master`: behind which port) and its own (flag `self`: behind which VTEP).
 */

import type { Ip } from '../../../net/ip.ts';
import type { Mac } from '../../../net/mac.ts';
import type { VlanId, Vni } from '../../../net/numbers.ts';
import { attribute, attributes, type HasOpaque } from './attribute.ts';
import {
  decodeNeighHeader,
  encodeScope,
  type NeighAge,
  type NeighHeader,
  neighAge,
  neighHeaderSize,
} from './neigh.ts';
import { AF, NDA, NTF, NUD, RTM } from './numbers.ts';
import { type ObjectCodec, objectCodec } from './object.ts';
import { be16, i32, ip, mac, u8, u32, vlanId, vni } from './payload.ts';

/**
 * Of the states, iproute2 says `permanent` (local) for NUD permanent and noarp, `static` for noarp and reachable, `dynamic`
 * (which may age) for reachable.
 */
export interface Fdb extends NeighHeader, HasOpaque {
  readonly mac: Mac;
  readonly vlan?: VlanId;
  /** The bridge; in answers for entries of a bridge only. */
  readonly master?: number;
  /** The remote VTEP. */
  readonly destination?: Ip;
  /** The VNI to send with, where it is not the device's. */
  readonly vni?: Vni;
  /** On an `external` device, the VNI that the entry belongs to. */
  readonly sourceVni?: Vni;
  /** UDP destination port, where it is not the device's. */
  readonly port?: number;
  /** Index of the device that outer packets leave by. */
  readonly link?: number;
  readonly linkNetNsId?: number;
  /** A group of next-hop objects in place of a destination. */
  readonly nextHopId?: number;
  readonly protocol?: number;
  readonly age?: NeighAge;
  /** NTF_EXT bits. */
  readonly extendedFlags?: number;
}

export interface FdbFilter {
  /** Only of this port of a bridge, or VXLAN device. */
  readonly index?: number;
  /** Only of this bridge. */
  readonly master?: number;
}

/** A permanent entry of the device itself; with `flags: NTF.master` of the bridge that it is a port of. */
export function fdbOf(fields: Pick<Fdb, 'index' | 'mac' | 'flags'> & Partial<Fdb>): Fdb {
  return { state: NUD.permanent | NUD.noarp, type: 0, ...fields };
}

export const fdb: ObjectCodec<Fdb, FdbFilter> = objectCodec<Fdb, FdbFilter>({
  name: 'fdb',
  type: RTM.neigh,
  header: {
    size: neighHeaderSize,
    decode: (data, at) =>
      data.getUint8(at) === AF.bridge ? decodeNeighHeader(data, at) : undefined,
    encode: (writer, of) =>
      writer.u8(AF.bridge).zeros(3).i32(of.index).u16(of.state).u8(of.flags).u8(of.type),
  },
  attributes: attributes<Fdb>({
    mac: attribute(NDA.address, mac),
    destination: attribute(NDA.destination, ip),
    nextHopId: attribute(NDA.nextHopId, u32),
    master: attribute(NDA.master, u32),
    vlan: attribute(NDA.vlan, vlanId),
    port: attribute(NDA.port, be16),
    vni: attribute(NDA.vni, vni),
    sourceVni: attribute(NDA.sourceVni, vni),
    link: attribute(NDA.ifIndex, u32),
    linkNetNsId: attribute(NDA.linkNetNsId, i32),
    protocol: attribute(NDA.protocol, u8),
    age: attribute(NDA.cacheInfo, neighAge),
    extendedFlags: attribute(NDA.extendedFlags, u32),
  }),
  required: ['mac'],
  identityOf: ({ index, mac: of, flags, vlan, sourceVni }) => ({
    index,
    mac: of,
    state: NUD.none,
    flags: flags & (NTF.master | NTF.self),
    type: 0,
    ...(vlan === undefined ? {} : { vlan }),
    ...(sourceVni === undefined ? {} : { sourceVni }),
  }),
  encodeFilter: (writer, { index, master }) => {
    writer.u8(AF.bridge).zeros(neighHeaderSize - 1);
    encodeScope(writer, { index, master });
  },
});
