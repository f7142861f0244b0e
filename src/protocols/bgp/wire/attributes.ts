/**
 * The table of path attributes: one row a type, which is all that this library knows of it. Adding an attribute is adding
 * a row here, and a name in wire/numbers.ts.
 */

import type { Ip4 } from '../../../net/ip.ts';
import { type Aggregator, aggregator, as4Aggregator } from './attribute/aggregator.ts';
import { type Aigp, aigp } from './attribute/aigp.ts';
import { type AsPath, as4Path, asPath } from './attribute/as-path.ts';
import type { AttributeCodec } from './attribute/codec.ts';
import {
  clusterList,
  communities,
  extendedCommunityList,
  ipv6ExtendedCommunities,
  type LargeCommunity,
  largeCommunities,
} from './attribute/communities.ts';
import { type MpReach, type MpUnreach, mpReach, mpUnreach } from './attribute/multiprotocol.ts';
import {
  atomicAggregate,
  localPref,
  med,
  nextHop,
  onlyToCustomer,
  originatorId,
} from './attribute/scalars.ts';
import { type Origin, origin } from './attribute/origin.ts';
import { type PmsiTunnel, pmsiTunnel } from './attribute/pmsi-tunnel.ts';
import type { ExtendedCommunity } from './extended-community.ts';

/** The value of each attribute. */
export interface AttributeValues {
  readonly origin: Origin;
  readonly asPath: AsPath;
  readonly nextHop: Ip4;
  readonly med: number;
  readonly localPref: number;
  readonly atomicAggregate: true;
  readonly aggregator: Aggregator;
  readonly communities: readonly number[];
  readonly originatorId: Ip4;
  readonly clusterList: readonly Ip4[];
  readonly mpReach: MpReach;
  readonly mpUnreach: MpUnreach;
  readonly extendedCommunities: readonly ExtendedCommunity[];
  readonly as4Path: AsPath;
  readonly as4Aggregator: Aggregator;
  readonly pmsiTunnel: PmsiTunnel;
  readonly ipv6ExtendedCommunities: readonly Uint8Array[];
  readonly aigp: Aigp;
  readonly largeCommunities: readonly LargeCommunity[];
  readonly onlyToCustomer: number;
}

export type AttributeName = keyof AttributeValues;

/** In the order of their codes, which is the order in which they are written (RFC 4271 §5, Appendix F.3). */
export const attributes: { readonly [K in AttributeName]: AttributeCodec<AttributeValues[K]> } = {
  origin,
  asPath,
  nextHop,
  med,
  localPref,
  atomicAggregate,
  aggregator,
  communities,
  originatorId,
  clusterList,
  mpReach,
  mpUnreach,
  extendedCommunities: extendedCommunityList,
  as4Path,
  as4Aggregator,
  pmsiTunnel,
  ipv6ExtendedCommunities,
  aigp,
  largeCommunities,
  onlyToCustomer,
};

export const attributeNames = Object.keys(attributes) as readonly AttributeName[];

interface AttributeRow {
  readonly key: AttributeName;
  readonly codec: AttributeCodec<unknown>;
}

const byCode: readonly (AttributeRow | undefined)[] = Array.from({ length: 256 }, (_, code) => {
  const key = attributeNames.find((name) => attributes[name].code === code);
  return key === undefined ? undefined : { key, codec: codecOf(key) };
});

/** The row without its type, for loops over all of them. */
export function codecOf(key: AttributeName): AttributeCodec<unknown> {
  return attributes[key];
}

/** The row of a type code; `undefined` for one that is carried without being read. */
export function attributeRow(code: number): AttributeRow | undefined {
  return byCode[code];
}

/** `AS_PATH`, or `attribute 128`. */
export function attributeName(code: number): string {
  return byCode[code]?.codec.name ?? `attribute ${code}`;
}
