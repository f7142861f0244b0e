/** What a route goes through: a gateway, one of several next hops (struct rtnexthop), a tunnel encapsulation. */

import { Writer } from '../../../base/bytes.ts';
import { type Ip, ipFromBytes } from '../../../net/ip.ts';
import {
  attribute,
  attributes,
  type Draft,
  type HasOpaque,
  NLA_F_NESTED,
  nested,
  octets,
  type Payload,
} from './attribute.ts';
import { encapTypes, LWTUNNEL_IP, RTA } from './numbers.ts';
import { familyCode, familyOf } from './object.ts';
import { be16, bytes, ip, type Named, named, swap32, u8, u16, writeIp } from './payload.ts';

/** The part that a route and each of its next hops have in common. */
export interface Via extends HasOpaque {
  /** The next router, of the family of the route. */
  readonly gateway?: Ip;
  /** The next router when it is of the other family (RFC 8950: IPv4 through an IPv6 next hop). */
  readonly via?: Ip;
  readonly encapType?: Named<keyof typeof encapTypes>;
  /** As `encapType` defines it; `decodeIpEncap` reads those of `ip` and `ip6`. */
  readonly encap?: Uint8Array;
}

/** One of several next hops. */
export interface NextHop extends Via {
  readonly index: number;
  /** RTNH_F bits. */
  readonly flags: number;
  /** 1 to 256. */
  readonly weight: number;
}

/** struct rtvia: an address with its family in front. */
const rtvia: Payload<Ip> = {
  decode: (data, at, length) => {
    if (length < 6) return undefined;
    const address = ipFromBytes(octets(data, at + 2, length - 2));
    return address?.family === familyOf(data.getUint16(at, true)) ? address : undefined;
  },
  encode: (writer, value) => writeIp(writer.u16(familyCode(value.family)), value),
};

export const viaAttributes = {
  gateway: attribute(RTA.gateway, ip),
  via: attribute(RTA.via, rtvia),
  encap: attribute(RTA.encap | NLA_F_NESTED, bytes),
  encapType: attribute(RTA.encapType, named(u16, encapTypes)),
};

const hopAttributes = attributes<NextHop>(viaAttributes);
const hopHeaderLength = 8;

/** RTA_MULTIPATH: next hops one after the other, each with its own length and attributes. */
export const nextHops: Payload<readonly NextHop[]> = {
  decode: (data, start, length) => {
    const end = start + length;
    const hops: NextHop[] = [];
    for (let at = start; at < end; ) {
      const size = end - at < hopHeaderLength ? 0 : data.getUint16(at, true);
      if (size < hopHeaderLength || at + size > end) return undefined;
      const hop: Draft<NextHop> = {
        index: data.getInt32(at + 4, true),
        flags: data.getUint8(at + 2),
        weight: data.getUint8(at + 3) + 1,
      };
      if (!hopAttributes.decode(data, at + hopHeaderLength, at + size, hop)) return undefined;
      hops.push(hop as NextHop);
      at += (size + 3) & ~3;
    }
    return hops;
  },
  encode: (writer, hops) => {
    for (const hop of hops) {
      const start = writer.length;
      writer
        .u16(0)
        .u8(hop.flags)
        .u8(hop.weight - 1)
        .i32(hop.index);
      hopAttributes.encode(writer, hop);
      writer.patchU16(start, writer.length - start);
    }
  },
};

/** An IP tunnel encapsulation: the outer header that the device is told to write. */
export interface IpEncap extends HasOpaque {
  /** The tunnel key, of which VXLAN uses the low 24 bits as VNI. */
  readonly id?: bigint;
  readonly destination?: Ip;
  readonly source?: Ip;
  readonly ttl?: number;
  readonly tos?: number;
  /** TUNNEL_* bits. */
  readonly flags?: number;
}

const be64: Payload<bigint> = {
  decode: (data, at, length) => (length === 8 ? data.getBigUint64(at) : undefined),
  encode: (writer, value) => {
    writer.u32(swap32(Number(value >> 32n))).u32(swap32(Number(value & 0xffffffffn)));
  },
};

const ipEncap = nested(
  attributes<IpEncap>({
    id: attribute(LWTUNNEL_IP.id, be64),
    destination: attribute(LWTUNNEL_IP.destination, ip),
    source: attribute(LWTUNNEL_IP.source, ip),
    tos: attribute(LWTUNNEL_IP.tos, u8),
    ttl: attribute(LWTUNNEL_IP.ttl, u8),
    flags: attribute(LWTUNNEL_IP.flags, be16),
  }),
);

/** Reads `Via.encap` of type `ip` or `ip6`; `undefined` for any other and for octets that do not add up. */
export function decodeIpEncap(via: Via): IpEncap | undefined {
  if (via.encap === undefined || (via.encapType !== 'ip' && via.encapType !== 'ip6')) {
    return undefined;
  }
  const raw = via.encap;
  return ipEncap.decode(new DataView(raw.buffer, raw.byteOffset, raw.length), 0, raw.length);
}

/** What goes into `Via.encap` beside an `encapType` of `ip` or `ip6`. */
export function encodeIpEncap(encap: IpEncap): Uint8Array {
  const writer = new Writer('little');
  ipEncap.encode(writer, encap);
  return writer.finish();
}
