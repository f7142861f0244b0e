/**
 * The attributes that are lists of one thing: COMMUNITIES, CLUSTER_LIST, EXTENDED COMMUNITIES, those for IPv6, and
 * LARGE_COMMUNITY. Order and repetition are kept as they came: the octets are a set's, not ours to change.
 */

import type { Writer } from '../../../../base/bytes.ts';
import { wellKnownCommunities } from '../../../../net/community.ts';
import { formatIp, type Ip4 } from '../../../../net/ip.ts';
import {
  decodeExtendedCommunity,
  encodeExtendedCommunity,
  type ExtendedCommunity,
  extendedCommunityToJson,
  formatExtendedCommunity,
} from '../extended-community.ts';
import type { Json } from '../json.ts';
import { ATTRIBUTE, UPDATE_ERROR } from '../numbers.ts';
import { hex, ip4, u32, u64 } from '../octets.ts';
import {
  type AttributeCodec,
  isPositiveMultiple,
  optionalNonTransitive,
  optionalTransitive,
  wrongLength,
} from './codec.ts';

interface ListOf<V> {
  readonly code: number;
  readonly name: string;
  readonly flags: number;
  readonly rfc: string;
  readonly from?: 'internal';
  /** Octets of one. */
  readonly size: number;
  decode(octets: Uint8Array, at: number): V;
  encode(writer: Writer, value: V): void;
  format(value: V): string;
  toJson?(value: V): Json;
}

/** RFC 7606 §7.8, §7.10, §7.14, §7.15 and RFC 8092 §5 are of one mind: a non-zero multiple, or treat as withdrawn. */
function listOf<V>(one: ListOf<V>): AttributeCodec<readonly V[]> {
  const { code, name, flags, rfc, size } = one;
  const toJson = (value: V) => one.toJson?.(value) ?? one.format(value);
  return {
    code,
    name,
    flags,
    whenMalformed: 'withdraw',
    rfc,
    subcode: UPDATE_ERROR.optionalAttribute,
    ...(one.from === undefined ? {} : { from: one.from }),
    check: (_octets, start, end) =>
      isPositiveMultiple(end - start, size) ? undefined : wrongLength,
    decode(octets, start, end) {
      const values: V[] = [];
      for (let at = start; at < end; at += size) values.push(one.decode(octets, at));
      return Object.freeze(values);
    },
    encode: (writer, values) => {
      for (const value of values) one.encode(writer, value);
    },
    format: (values) => values.map((value) => one.format(value)).join(' '),
    toJson: (values) => values.map(toJson),
  };
}

const namesOfCommunities: ReadonlyMap<number, string> = new Map(
  [...wellKnownCommunities].map(([name, value]) => [value, name]),
);

/** `65000:100`, or the name of a well-known one. */
export function formatCommunity(community: number): string {
  return namesOfCommunities.get(community) ?? `${community >>> 16}:${community & 0xffff}`;
}

/** RFC 1997: 32 bits each. */
export const communities = listOf<number>({
  code: ATTRIBUTE.communities,
  name: 'COMMUNITIES',
  flags: optionalTransitive,
  rfc: 'RFC 7606 §7.8',
  size: 4,
  decode: u32,
  encode: (writer, value) => writer.u32(value),
  format: formatCommunity,
});

/** RFC 4456 §8: the clusters that the route has passed, the latest first. */
export const clusterList = listOf<Ip4>({
  code: ATTRIBUTE.clusterList,
  name: 'CLUSTER_LIST',
  flags: optionalNonTransitive,
  rfc: 'RFC 7606 §7.10',
  from: 'internal',
  size: 4,
  decode: ip4,
  encode: (writer, { value }) => writer.u32(value),
  format: formatIp,
});

/** RFC 4360. */
export const extendedCommunityList = listOf<ExtendedCommunity>({
  code: ATTRIBUTE.extendedCommunities,
  name: 'EXTENDED COMMUNITIES',
  flags: optionalTransitive,
  rfc: 'RFC 7606 §7.14',
  size: 8,
  decode: (octets, at) => decodeExtendedCommunity(u64(octets, at)),
  encode: (writer, value) => writer.u64(encodeExtendedCommunity(value)),
  format: formatExtendedCommunity,
  toJson: extendedCommunityToJson,
});

/** RFC 5701: twenty octets each, carried and shown as they are. */
export const ipv6ExtendedCommunities = listOf<Uint8Array>({
  code: ATTRIBUTE.ipv6ExtendedCommunities,
  name: 'IPv6 EXTENDED COMMUNITIES',
  flags: optionalTransitive,
  rfc: 'RFC 7606 §7.15',
  size: 20,
  decode: (octets, at) => octets.slice(at, at + 20),
  encode: (writer, value) => writer.bytes(value),
  format: (value) => `0x${hex(value)}`,
});

/** RFC 8092 §3. */
export interface LargeCommunity {
  readonly global: number;
  readonly local1: number;
  readonly local2: number;
}

/** RFC 8092 §4: `64496:1:2`. */
export function formatLargeCommunity({ global, local1, local2 }: LargeCommunity): string {
  return `${global}:${local1}:${local2}`;
}

export const largeCommunities = listOf<LargeCommunity>({
  code: ATTRIBUTE.largeCommunities,
  name: 'LARGE_COMMUNITY',
  flags: optionalTransitive,
  rfc: 'RFC 8092 §5',
  size: 12,
  decode: (octets, at) =>
    Object.freeze({
      global: u32(octets, at),
      local1: u32(octets, at + 4),
      local2: u32(octets, at + 8),
    }),
  encode: (writer, { global, local1, local2 }) => writer.u32(global).u32(local1).u32(local2),
  format: formatLargeCommunity,
});
