/**
 * Neighbours, RTM_NEWNEIGH with struct ndmsg: which MAC address an IP address has on a link, and for whom this node
 * answers (NTF_PROXY). Bridge forwarding entries come in messages of the same number and family AF_BRIDGE: see fdb.ts.
 */

import type { Writer } from '../../../base/bytes.ts';
import type { Family, Ip } from '../../../net/ip.ts';
import type { Mac } from '../../../net/mac.ts';
import { attribute, attributes, type HasOpaque, type Payload } from './attribute.ts';
import { NDA, NTF, NUD, RTM } from './numbers.ts';
import { familyCode, familyOf, type ObjectCodec, objectCodec } from './object.ts';
import { ip, mac, type Named, names, u8, u32 } from './payload.ts';

/** The fixed part that neighbours and forwarding entries share. */
export interface NeighHeader {
  readonly index: number;
  /** NUD bits. */
  readonly state: number;
  /** NTF bits. */
  readonly flags: number;
  /** RTN_*, as of a route; 0 in a request. */
  readonly type: number;
}

export interface Neigh extends Omit<NeighHeader, 'state'>, HasOpaque {
  /** The kernel holds one NUD bit at a time for a neighbour. */
  readonly state: Named<keyof typeof NUD>;
  readonly ip: Ip;
  readonly address?: Mac;
  /** RTPROT_*: who made it. Kernel 5.0; 0 is not told. */
  readonly protocol?: number;
  readonly probes?: number;
  readonly age?: NeighAge;
  /** NTF_EXT bits. */
  readonly extendedFlags?: number;
}

/** struct nda_cacheinfo: hundredths of a second (USER_HZ) since each event, and the references held. */
export interface NeighAge {
  readonly confirmed: number;
  readonly used: number;
  readonly updated: number;
  readonly references: number;
}

export interface NeighFilter {
  readonly family?: Family;
  readonly index?: number;
  /** Only on members of this bridge or VRF. */
  readonly master?: number;
  /** The proxy entries instead of the neighbours: a dump gives one or the other. */
  readonly proxy?: boolean;
}

const state = names(NUD);
export const neighHeaderSize = 12;

/** struct ndmsg after its family. */
export function decodeNeighHeader(data: DataView, at: number): NeighHeader {
  return {
    index: data.getInt32(at + 4, true),
    state: data.getUint16(at + 8, true),
    flags: data.getUint8(at + 10),
    type: data.getUint8(at + 11),
  };
}

export const neighAge: Payload<NeighAge> = {
  decode: (data, at, length) => {
    if (length !== 16) return undefined;
    return {
      confirmed: data.getUint32(at, true),
      used: data.getUint32(at + 4, true),
      updated: data.getUint32(at + 8, true),
      references: data.getUint32(at + 12, true),
    };
  },
  encode: (writer, { confirmed, used, updated, references }) =>
    writer.u32(confirmed).u32(used).u32(updated).u32(references),
};

export function neighOf(fields: Pick<Neigh, 'index' | 'ip'> & Partial<Neigh>): Neigh {
  return { state: 'permanent', flags: 0, type: 0, ...fields };
}

export const neigh: ObjectCodec<Neigh, NeighFilter> = objectCodec<Neigh, NeighFilter>({
  name: 'neigh',
  type: RTM.neigh,
  header: {
    size: neighHeaderSize,
    decode: (data, at) => {
      if (familyOf(data.getUint8(at)) === undefined) return undefined;
      const header = decodeNeighHeader(data, at);
      return { ...header, state: state.nameOf(header.state) };
    },
    encode: (writer, of) =>
      writer
        .u8(familyCode(of.ip.family))
        .zeros(3)
        .i32(of.index)
        .u16(state.codeOf(of.state))
        .u8(of.flags)
        .u8(of.type),
  },
  attributes: attributes<Neigh>({
    ip: attribute(NDA.destination, ip),
    address: attribute(NDA.address, mac),
    probes: attribute(NDA.probes, u32),
    age: attribute(NDA.cacheInfo, neighAge),
    protocol: attribute(NDA.protocol, u8),
    extendedFlags: attribute(NDA.extendedFlags, u32),
  }),
  required: ['ip'],
  identityOf: ({ index, ip: of, flags }) => ({
    index,
    ip: of,
    state: 'none',
    flags: flags & NTF.proxy,
    type: 0,
  }),
  encodeFilter: (writer, { family, index, master, proxy }) => {
    writer.u8(familyCode(family)).zeros(9);
    writer.u8(proxy === true ? NTF.proxy : 0).u8(0);
    encodeScope(writer, { index, master });
  },
});

interface Scope extends HasOpaque {
  readonly index?: number;
  readonly master?: number;
}

const scope = attributes<Scope>({
  index: attribute(NDA.ifIndex, u32),
  master: attribute(NDA.master, u32),
});

/** Narrows a dump to one device, or to the members of one bridge or VRF. */
export function encodeScope(
  writer: Writer,
  of: { index: number | undefined; master: number | undefined },
): void {
  const { index, master } = of;
  scope.encode(writer, {
    ...(index === undefined ? {} : { index }),
    ...(master === undefined ? {} : { master }),
  });
}
