/**
 * Extended communities, 64 bits each, to and from values and text: the table of all that are read. RFC 4360, RFC 7153.
 * What the table does not know is kept as it is; so are reserved bits of what it knows, since a speaker that ignores
 * them must still pass them on.
 */

import type { RouteTarget } from '../../../net/route-distinguisher.ts';
import { administeredOf } from './administered.ts';
import {
  type LinkBandwidth,
  linkBandwidth,
  type RouteTargetCommunity,
  routeTargetCommunity,
  type SiteOfOrigin,
  siteOfOrigin,
} from './extended-community/administered.ts';
import type { ExtendedCommunityCodec } from './extended-community/codec.ts';
import {
  arpNd,
  type DfElection,
  dfElection,
  type EsImport,
  type EsiLabel,
  esImport,
  esiLabel,
  type Layer2Attributes,
  layer2Attributes,
  type MacMobility,
  macMobility,
  type NeighbourFlags,
  type RouterMac,
  routerMac,
} from './extended-community/evpn.ts';
import {
  type Color,
  color,
  type DefaultGateway,
  defaultGateway,
  type Encapsulation,
  encapsulation,
} from './extended-community/opaque.ts';
import type { Json } from './json.ts';

export type KnownExtendedCommunity =
  | RouteTargetCommunity
  | SiteOfOrigin
  | LinkBandwidth
  | Color
  | Encapsulation
  | DefaultGateway
  | MacMobility
  | EsiLabel
  | EsImport
  | RouterMac
  | Layer2Attributes
  | DfElection
  | NeighbourFlags;

/** Of a type that is not read: the 64 bits. */
export interface OpaqueExtendedCommunity {
  readonly kind: 'opaque';
  readonly bits: bigint;
}

export type ExtendedCommunity =
  | (KnownExtendedCommunity & {
      /** Bits that are set although the type reserves them; they are written back. */
      readonly reserved?: bigint;
    })
  | OpaqueExtendedCommunity;

export const extendedCommunities: {
  readonly [K in KnownExtendedCommunity['kind']]: ExtendedCommunityCodec<
    Extract<KnownExtendedCommunity, { kind: K }>
  >;
} = {
  'route-target': routeTargetCommunity,
  'site-of-origin': siteOfOrigin,
  'link-bandwidth': linkBandwidth,
  color,
  encapsulation,
  'default-gateway': defaultGateway,
  'mac-mobility': macMobility,
  'esi-label': esiLabel,
  'es-import': esImport,
  'router-mac': routerMac,
  'layer-2-attributes': layer2Attributes,
  'df-election': dfElection,
  'arp-nd': arpNd,
};

type Row = ExtendedCommunityCodec<KnownExtendedCommunity>;

const byType: ReadonlyMap<number, Row> = new Map(
  Object.values(extendedCommunities).flatMap((codec) =>
    codec.types.map((type) => [type, codec] as const),
  ),
);

function rowOf(value: KnownExtendedCommunity): Row {
  return extendedCommunities[value.kind];
}

/** Of any 64 bits; frozen. */
export function decodeExtendedCommunity(bits: bigint): ExtendedCommunity {
  const row = byType.get(Number(bits >> 48n));
  if (row === undefined) return Object.freeze({ kind: 'opaque', bits });
  const value = row.decode(bits);
  const reserved = bits ^ row.encode(value);
  return Object.freeze(reserved === 0n ? value : { ...value, reserved });
}

export function encodeExtendedCommunity(value: ExtendedCommunity): bigint {
  return value.kind === 'opaque' ? value.bits : rowOf(value).encode(value) ^ (value.reserved ?? 0n);
}

/** `RT:65000:100`, `ET:8`, `Rmac:00:00:5e:00:53:01`; `UNK:0x…` of what is not read. */
export function formatExtendedCommunity(value: ExtendedCommunity): string {
  return value.kind === 'opaque'
    ? `UNK:0x${value.bits.toString(16).padStart(16, '0')}`
    : rowOf(value).format(value);
}

export function formatExtendedCommunityBits(bits: bigint): string {
  return formatExtendedCommunity(decodeExtendedCommunity(bits));
}

/** The text and the bits, so that a program can tell what a person may not care to. */
export function extendedCommunityToJson(value: ExtendedCommunity): Json {
  const bits = encodeExtendedCommunity(value).toString(16).padStart(16, '0');
  const more = value.kind === 'opaque' ? undefined : rowOf(value).toJson?.(value);
  return { kind: value.kind, text: formatExtendedCommunity(value), bits, ...more };
}

/** RFC 4360 §2: of an AS external peer only what is transitive is taken over. */
export function isTransitive(bits: bigint): boolean {
  return (bits >> 62n) % 2n === 0n;
}

/** The route target that an operator has written. */
export function routeTargetOf(text: RouteTarget): RouteTargetCommunity {
  return { kind: 'route-target', ...administeredOf(text) };
}
