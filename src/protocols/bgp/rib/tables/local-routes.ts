/**
 * Routes that a table says itself: what its user gives, and the NLRI and attributes that become of it. RFC 7432 §7 and §10,
 * RFC 8365 §5.1 for VXLAN, RFC 9135 §5.1 and RFC 9136 §3.1.
 */

import { type Esi, singleHomed } from '../../../../net/esi.ts';
import { type Ip, ipBytes } from '../../../../net/ip.ts';
import type { Mac } from '../../../../net/mac.ts';
import { networkOf, type Prefix } from '../../../../net/prefix.ts';
import type { Rd } from '../../wire/administered.ts';
import { INGRESS_REPLICATION } from '../../wire/attribute/pmsi-tunnel.ts';
import { encodeExtendedCommunity, type ExtendedCommunity } from '../../wire/extended-community.ts';
import type { RouteTargetCommunity } from '../../wire/extended-community/administered.ts';
import { TUNNEL } from '../../wire/extended-community/opaque.ts';
import type { KnownEvpnRoute } from '../../wire/nlri/evpn.ts';
import type { PathAttributes } from '../../wire/path-attributes.ts';
import type { PrefixKey } from './key.ts';

/** Said beside what makes the route what it is. */
export type MoreAttributes = Pick<
  PathAttributes,
  'communities' | 'largeCommunities' | 'localPref' | 'med'
>;

export interface LocalMac {
  readonly type: 'mac';
  readonly mac: Mac;
  readonly ip?: Ip;
  /** 0, but in a VLAN-aware bundle. */
  readonly tag?: number;
  /** Of the segment that it is at, when other routers are there, too. */
  readonly esi?: Esi;
  /** It moves nowhere: RFC 7432 §15.2. */
  readonly sticky?: boolean;
  /** RFC 7432 §10.1: the MAC of the gateway, which every router may have. */
  readonly isGateway?: boolean;
  readonly attributes?: MoreAttributes;
}

/** Frames for all are wanted here, one copy each: RFC 7432 §11. */
export interface LocalImet {
  readonly type: 'imet';
  readonly tag?: number;
  readonly attributes?: MoreAttributes;
}

export interface LocalPrefix {
  readonly type: 'prefix';
  readonly prefix: Prefix;
  readonly tag?: number;
  /** RFC 9136 §4.1: where it is, as an address that a route of type 2 leads to. */
  readonly gateway?: Ip;
  readonly attributes?: MoreAttributes;
}

/** Of both kinds of tables. */
export interface TableSettings {
  /** For people; no two tables have one. */
  readonly name: string;
  readonly rd: Rd;
  /** 1 to 16777215; of a MAC-VRF for frames, of an IP-VRF for packets. */
  readonly vni: number;
  /** Our address as the others reach us. */
  readonly vtep: Ip;
  readonly exports: readonly RouteTargetCommunity[];
}

/** What an IP-VRF adds to the routes of a MAC-VRF's hosts. */
export interface Routed extends TableSettings {
  readonly routerMac: Mac;
}

export interface Said {
  readonly route: KnownEvpnRoute;
  readonly attributes: PathAttributes;
}

const vxlan: ExtendedCommunity = { kind: 'encapsulation', tunnel: TUNNEL.vxlan };

/** `sequence` as RFC 7432 §15 has it: the community may be left out for 0. */
export function macSaid(
  { rd, vni, exports }: TableSettings,
  local: LocalMac,
  sequence: number,
  routed: Routed | undefined,
): Said {
  const { mac, ip, tag = 0, esi = singleHomed, sticky = false, isGateway = false } = local;
  // RFC 9135 §5.1: only what has an address is routed, so that others have a host route to it.
  const irb = ip === undefined ? undefined : routed;
  const communities: ExtendedCommunity[] = [...exports, ...(irb?.exports ?? []), vxlan];
  if (irb !== undefined) communities.push({ kind: 'router-mac', mac: irb.routerMac });
  if (sequence > 0 || sticky) communities.push({ kind: 'mac-mobility', sequence, sticky });
  if (isGateway) communities.push({ kind: 'default-gateway' });
  return {
    route: {
      type: 'mac',
      rd,
      esi,
      tag,
      mac,
      ...(ip === undefined ? {} : { ip }),
      label: vni,
      ...(irb === undefined ? {} : { label2: irb.vni }),
    },
    attributes: attributesOf(communities, local.attributes),
  };
}

export function imetSaid({ rd, vni, vtep, exports }: TableSettings, local: LocalImet): Said {
  return {
    route: { type: 'imet', rd, tag: local.tag ?? 0, originator: vtep },
    attributes: {
      ...attributesOf([...exports, vxlan], local.attributes),
      pmsiTunnel: { flags: 0, tunnel: INGRESS_REPLICATION, label: vni, identifier: ipBytes(vtep) },
    },
  };
}

export function prefixSaid(settings: Routed, local: LocalPrefix): Said {
  const { rd, vni, exports, routerMac } = settings;
  const { gateway, tag = 0 } = local;
  const prefix = networkOf(local.prefix);
  const communities: ExtendedCommunity[] = [...exports, vxlan];
  // RFC 9136 §3.2: with a gateway, it is the gateway's MAC that counts.
  if (gateway === undefined) communities.push({ kind: 'router-mac', mac: routerMac });
  return {
    route: {
      type: 'prefix',
      rd,
      esi: singleHomed,
      tag,
      prefix,
      gateway: gateway ?? unspecifiedLike(prefix),
      label: vni,
    },
    attributes: attributesOf(communities, local.attributes),
  };
}

export function prefixKeyOf({ prefix }: Pick<LocalPrefix, 'prefix'>): PrefixKey {
  return { type: 'prefix', prefix: networkOf(prefix) };
}

function unspecifiedLike({ ip }: Prefix): Ip {
  return ip.family === 4 ? { family: 4, value: 0 } : { family: 6, value: 0n };
}

function attributesOf(
  extendedCommunities: readonly ExtendedCommunity[],
  more: MoreAttributes = {},
): PathAttributes {
  // A target that both tables export is said once.
  const distinct = new Map(
    extendedCommunities.map((each) => [encodeExtendedCommunity(each), each]),
  );
  return { origin: 'igp', asPath: [], ...more, extendedCommunities: [...distinct.values()] };
}
