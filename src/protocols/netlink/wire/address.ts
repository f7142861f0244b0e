/** Addresses of interfaces: RTM_NEWADDR with struct ifaddrmsg. */

import { type Family, type Ip, ipBits } from '../../../net/ip.ts';
import type { Prefix } from '../../../net/prefix.ts';
import { attribute, attributes, type HasOpaque, type Payload } from './attribute.ts';
import { IFA, RTM, scopes } from './numbers.ts';
import { familyCode, familyOf, type ObjectCodec, objectCodec } from './object.ts';
import { ip, type Named, names, text, u8, u32 } from './payload.ts';

interface AddressFields extends HasOpaque {
  readonly index: number;
  readonly scope: Named<keyof typeof scopes>;
  /** IFA_F bits. */
  readonly flags: number;
  /** Who made it (IFA_PROTO): 0 to 255, 1 to 3 are the kernel's. Kernel 5.18; 0 is not told. */
  readonly protocol?: number;
  /** Metric of the prefix route that the kernel adds. */
  readonly metric?: number;
  readonly label?: string;
  readonly broadcast?: Ip;
  readonly lifetime?: Lifetime;
}

export interface Address extends AddressFields {
  /** The address of this node, and the length of the prefix: the peer's, when there is one. */
  readonly prefix: Prefix;
  /** The other end of a point-to-point address. */
  readonly peer?: Ip;
}

/** struct ifa_cacheinfo: seconds left (0xffffffff is for ever), and hundredths of a second since boot. */
export interface Lifetime {
  readonly preferred: number;
  readonly valid: number;
  readonly created: number;
  readonly updated: number;
}

export interface AddressFilter {
  readonly family?: Family;
  readonly index?: number;
}

/**
 * As it stands on the wire. IPv4 says `local` and `address`, equal without a peer; IPv6 says `address` alone, or with a
 * peer `local` for this node and `address` for the other.
 */
interface WireAddress extends AddressFields {
  readonly family: Family;
  readonly length: number;
  readonly address: Ip;
  readonly local?: Ip;
}

const scope = names(scopes);

const lifetime: Payload<Lifetime> = {
  decode: (data, at, length) => {
    if (length !== 16) return undefined;
    const [preferred, valid] = [data.getUint32(at, true), data.getUint32(at + 4, true)];
    const [created, updated] = [data.getUint32(at + 8, true), data.getUint32(at + 12, true)];
    return { preferred, valid, created, updated };
  },
  encode: (writer, { preferred, valid, created, updated }) =>
    writer.u32(preferred).u32(valid).u32(created).u32(updated),
};

const wire: ObjectCodec<WireAddress, AddressFilter> = objectCodec<WireAddress, AddressFilter>({
  name: 'address',
  type: RTM.address,
  header: {
    size: 8,
    decode: (data, at) => {
      const family = familyOf(data.getUint8(at));
      if (family === undefined) return undefined;
      return {
        family,
        length: data.getUint8(at + 1),
        flags: data.getUint8(at + 2),
        scope: scope.nameOf(data.getUint8(at + 3)),
        index: data.getUint32(at + 4, true),
      };
    },
    encode: (writer, of) =>
      writer
        .u8(familyCode(of.family))
        .u8(of.length)
        .u8(of.flags & 0xff)
        .u8(scope.codeOf(of.scope))
        .u32(of.index),
  },
  attributes: attributes<WireAddress>({
    address: attribute(IFA.address, ip),
    local: attribute(IFA.local, ip),
    broadcast: attribute(IFA.broadcast, ip),
    label: attribute(IFA.label, text),
    protocol: attribute(IFA.protocol, u8),
    metric: attribute(IFA.metric, u32),
    // All of the flags; the header has room for eight.
    flags: attribute(IFA.flags, u32),
    lifetime: attribute(IFA.cacheInfo, lifetime),
  }),
  required: ['address'],
  identityOf: ({ family, length, index, address: of }) => ({
    family,
    length,
    index,
    address: of,
    scope: 0,
    flags: 0,
  }),
  encodeFilter: (writer, { family, index }) =>
    writer
      .u8(familyCode(family))
      .zeros(3)
      .u32(index ?? 0),
});

export function addressOf(fields: Pick<Address, 'index' | 'prefix'> & Partial<Address>): Address {
  return { scope: 'universe', flags: 0, ...fields };
}

export const address: ObjectCodec<Address, AddressFilter> = {
  ...wire,
  decode: (data, at, end) => {
    const decoded = wire.decode(data, at, end);
    return typeof decoded === 'string' ? decoded : fromWire(decoded);
  },
  encode: (writer, value) => wire.encode(writer, toWire(value)),
  encodeGet: (writer, value) => wire.encodeGet(writer, toWire(value)),
};

function fromWire(of: WireAddress): Address | 'malformed' {
  const { family, length, address: remote, local, ...fields } = of;
  const own = local ?? remote;
  if (own.family !== family || remote.family !== family || length > ipBits(family)) {
    return 'malformed';
  }
  const prefix = { ip: own, length };
  return own.value === remote.value ? { ...fields, prefix } : { ...fields, prefix, peer: remote };
}

function toWire(of: Address): WireAddress {
  const { prefix, peer, ...fields } = of;
  const { ip: own, length } = prefix;
  const common = { ...fields, family: own.family, length, address: peer ?? own };
  return own.family === 4 || peer !== undefined ? { ...common, local: own } : common;
}
