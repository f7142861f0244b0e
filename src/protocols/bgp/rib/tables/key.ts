/**
 * What a route is about within one table: the key of its NLRI without the route distinguisher, which only tells tables
 * apart. Routes of several routers about the same thing meet under one key, and one of them is used.
 */

import { assertNever } from '../../../../base/assert-never.ts';
import { type Esi, formatEsi } from '../../../../net/esi.ts';
import { formatIp, type Ip } from '../../../../net/ip.ts';
import { formatMac, type Mac } from '../../../../net/mac.ts';
import { formatPrefix, hostPrefix, type Prefix } from '../../../../net/prefix.ts';
import type { EvpnRoute } from '../../wire/nlri/evpn.ts';
import type { VpnPrefix } from '../../wire/nlri/vpn.ts';

export interface MacKey {
  readonly type: 'mac';
  readonly tag: number;
  readonly mac: Mac;
  readonly ip?: Ip;
}

/** Who wants frames for all. */
export interface ImetKey {
  readonly type: 'imet';
  readonly tag: number;
  readonly originator: Ip;
}

/** A router at a segment: its route of type 1, which does not name it, is known by its next hop. */
export interface EadKey {
  readonly type: 'ead';
  readonly esi: Esi;
  readonly tag: number;
  readonly router: Ip;
}

export interface EsKey {
  readonly type: 'es';
  readonly esi: Esi;
  readonly originator: Ip;
}

export interface PrefixKey {
  readonly type: 'prefix';
  readonly prefix: Prefix;
}

export type MacVrfKey = MacKey | ImetKey | EadKey | EsKey;
export type TableKey = MacVrfKey | PrefixKey;

/** A route that a table may hold. */
export type TableRoute = EvpnRoute | VpnPrefix;

export function isEvpnRoute(route: TableRoute): route is EvpnRoute {
  return 'type' in route;
}

/** `undefined`: no route for a MAC-VRF. */
export function macVrfKeyOf(route: TableRoute, nextHop: Ip): MacVrfKey | undefined {
  if (!isEvpnRoute(route)) return undefined;
  switch (route.type) {
    case 'mac': {
      const { tag, mac, ip } = route;
      return { type: 'mac', tag, mac, ...(ip === undefined ? {} : { ip }) };
    }
    case 'imet':
      return { type: 'imet', tag: route.tag, originator: route.originator };
    case 'ead':
      return { type: 'ead', esi: route.esi, tag: route.tag, router: nextHop };
    case 'es':
      return { type: 'es', esi: route.esi, originator: route.originator };
    case 'prefix':
    case 'opaque':
      return undefined;
    default:
      return assertNever(route);
  }
}

/** `undefined`: no route for an IP-VRF. */
export function ipVrfKeyOf(route: TableRoute): PrefixKey | undefined {
  if (!isEvpnRoute(route)) return { type: 'prefix', prefix: route.prefix };
  if (route.type === 'prefix') return { type: 'prefix', prefix: route.prefix };
  // RFC 9135 §5.1: the second label says that the address is in an IP-VRF, too (symmetric IRB).
  if (route.type !== 'mac' || route.ip === undefined || route.label2 === undefined)
    return undefined;
  return { type: 'prefix', prefix: hostPrefix(route.ip) };
}

/** `mac 0 02:00:00:00:00:01 10.0.0.1`, `prefix 10.1.0.0/16`: no two keys have one text. */
export function formatTableKey(key: TableKey): string {
  switch (key.type) {
    case 'mac': {
      const ip = key.ip === undefined ? '' : ` ${formatIp(key.ip)}`;
      return `mac ${key.tag} ${formatMac(key.mac)}${ip}`;
    }
    case 'imet':
      return `imet ${key.tag} ${formatIp(key.originator)}`;
    case 'ead':
      return `ead ${formatEsi(key.esi)} ${key.tag} ${formatIp(key.router)}`;
    case 'es':
      return `es ${formatEsi(key.esi)} ${formatIp(key.originator)}`;
    case 'prefix':
      return `prefix ${formatPrefix(key.prefix)}`;
    default:
      return assertNever(key);
  }
}
