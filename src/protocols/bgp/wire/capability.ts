/**
 * Capabilities, to and from values and text: the table of all that are read. RFC 5492. What the table does not know, or
 * cannot read as what it should be, is kept as it came: a speaker must not refuse a session for it (§5).
 */

import { Writer } from '../../../base/bytes.ts';
import { type CapabilityCodec, flag } from './capability/codec.ts';
import {
  type AddPath,
  addPath,
  type ExtendedNextHop,
  extendedNextHop,
  type Multiprotocol,
  multiprotocol,
} from './capability/families.ts';
import {
  type GracefulRestart,
  gracefulRestart,
  type LongLivedGracefulRestart,
  longLivedGracefulRestart,
} from './capability/restart.ts';
import {
  type FourOctetAs,
  fourOctetAs,
  type Hostname,
  hostname,
  type Role,
  role,
} from './capability/speaker.ts';
import type { Json } from './json.ts';
import { CAPABILITY } from './numbers.ts';
import { hex } from './octets.ts';

export interface RouteRefreshCapability {
  readonly kind: 'route-refresh';
}

export interface EnhancedRouteRefresh {
  readonly kind: 'enhanced-route-refresh';
}

export interface ExtendedMessage {
  readonly kind: 'extended-message';
}

/** One that is carried without being read. */
export interface UnknownCapability {
  readonly kind: 'unknown';
  readonly code: number;
  readonly raw: Uint8Array;
}

export type KnownCapability =
  | Multiprotocol
  | RouteRefreshCapability
  | ExtendedNextHop
  | ExtendedMessage
  | Role
  | GracefulRestart
  | FourOctetAs
  | AddPath
  | EnhancedRouteRefresh
  | LongLivedGracefulRestart
  | Hostname;

export type Capability = KnownCapability | UnknownCapability;

export const capabilities: {
  readonly [K in KnownCapability['kind']]: CapabilityCodec<Extract<KnownCapability, { kind: K }>>;
} = {
  multiprotocol,
  /** RFC 2918 §2. */
  'route-refresh': flag('route-refresh', CAPABILITY.routeRefresh, 'Route Refresh'),
  'extended-next-hop': extendedNextHop,
  /** RFC 8654 §3. */
  'extended-message': flag('extended-message', CAPABILITY.extendedMessage, 'Extended Message'),
  role,
  'graceful-restart': gracefulRestart,
  'four-octet-as': fourOctetAs,
  'add-path': addPath,
  /** RFC 7313 §3.1. */
  'enhanced-route-refresh': flag(
    'enhanced-route-refresh',
    CAPABILITY.enhancedRouteRefresh,
    'Enhanced Route Refresh',
  ),
  'long-lived-graceful-restart': longLivedGracefulRestart,
  hostname,
};

type Row = CapabilityCodec<KnownCapability>;

const byCode: ReadonlyMap<number, Row> = new Map(
  Object.values(capabilities).map((codec) => [codec.code, codec]),
);

function rowOf({ kind }: KnownCapability): Row {
  return capabilities[kind];
}

/** The capability of this code with the value [start, end). Octets in it are copies. */
export function decodeCapability(
  octets: Uint8Array,
  code: number,
  start: number,
  end: number,
): Capability {
  const value = byCode.get(code)?.decode(octets, start, end);
  return Object.freeze(value ?? { kind: 'unknown', code, raw: octets.slice(start, end) });
}

/** Code and value, without the length between them. */
export function encodeCapability(value: Capability): { code: number; octets: Uint8Array } {
  if (value.kind === 'unknown') return { code: value.code, octets: value.raw };
  const writer = new Writer();
  rowOf(value).encode(writer, value);
  return { code: rowOf(value).code, octets: writer.finish() };
}

/** `Multiprotocol l2vpn-evpn`, `Route Refresh`, `capability 128 0x01`. */
export function formatCapability(value: Capability): string {
  if (value.kind === 'unknown') return `capability ${value.code} 0x${hex(value.raw)}`;
  return `${rowOf(value).name} ${rowOf(value).format(value)}`.trimEnd();
}

export function capabilityToJson(value: Capability): Json {
  if (value.kind === 'unknown') return { kind: 'unknown', code: value.code, raw: hex(value.raw) };
  return { kind: value.kind, ...rowOf(value).toJson(value) };
}
