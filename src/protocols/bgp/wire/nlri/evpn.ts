/**
 * NLRI of L2VPN EVPN: a route type, a length, and what the type says. RFC 7432 §7. Types 1 to 5 are read, one file each
 * in evpn/; any other is carried as it came, so that a route reflector passes on what it does not know, against RFC 7606 §5.4
 * (see docs/bgp.md). Their whole octets are their key.
 */

import type { Writer } from '../../../../base/bytes.ts';
import type { Json } from '../json.ts';
import { copyOctets, hex, u8 } from '../octets.ts';
import { CUT_SHORT, type NlriCodec } from './codec.ts';
import { type EadRoute, ead } from './evpn/ead.ts';
import { type EsRoute, es } from './evpn/es.ts';
import { type ImetRoute, imet } from './evpn/imet.ts';
import { type MacRoute, mac } from './evpn/mac.ts';
import { type PrefixRoute, prefix } from './evpn/prefix.ts';
import type { EvpnRouteType } from './evpn/route-type.ts';

/** A route of a type that is not read. `raw` is what follows type and length, at most 255 octets. */
export interface OpaqueEvpnRoute {
  readonly type: 'opaque';
  readonly code: number;
  readonly raw: Uint8Array;
}

export type KnownEvpnRoute = EadRoute | MacRoute | ImetRoute | EsRoute | PrefixRoute;
export type EvpnRoute = KnownEvpnRoute | OpaqueEvpnRoute;

/** Every route type that is read, by the word for it. */
export const evpnRouteTypes: {
  readonly [T in KnownEvpnRoute['type']]: EvpnRouteType<Extract<KnownEvpnRoute, { type: T }>>;
} = { ead, mac, imet, es, prefix };

/** By code. A row takes what it has itself decoded, which no type says of a table. */
const byCode: readonly (EvpnRouteType<KnownEvpnRoute> | undefined)[] = [
  undefined,
  ...Object.values(evpnRouteTypes).toSorted((a, b) => a.code - b.code),
];

function rowOf({ type }: KnownEvpnRoute): EvpnRouteType<KnownEvpnRoute> {
  return evpnRouteTypes[type];
}

export const evpn: NlriCodec<EvpnRoute> = {
  end(octets, at, limit) {
    if (at + 2 > limit) return CUT_SHORT;
    const length = u8(octets, at + 1);
    const end = at + 2 + length;
    if (end > limit) return CUT_SHORT;
    const fault = byCode[u8(octets, at)]?.fault(octets, at + 2, length) ?? 0;
    return fault === 0 ? end : fault;
  },
  objection: (octets, start, end) =>
    byCode[u8(octets, start)]?.objection?.(octets, start + 2, end - start - 2) ?? 0,
  writeKey(octets, start, end, into, at) {
    const code = u8(octets, start);
    const row = byCode[code];
    into[at] = code;
    return row === undefined
      ? copyOctets(octets, start + 2, end, into, at + 1)
      : row.writeKey(octets, start + 2, end - start - 2, into, at + 1);
  },
  clear(octets, start) {
    byCode[u8(octets, start)]?.clear?.(octets, start + 2);
  },
  decode(octets, start, end) {
    const code = u8(octets, start);
    const row = byCode[code];
    if (row !== undefined) return row.decode(octets, start + 2, end - start - 2);
    return Object.freeze({ type: 'opaque', code, raw: octets.slice(start + 2, end) });
  },
  encode(writer: Writer, route) {
    if (route.type === 'opaque') {
      writer.u8(route.code).u8(route.raw.length).bytes(route.raw);
      return;
    }
    const row = rowOf(route);
    const start = writer.length;
    writer.u16(0);
    row.encode(writer, route);
    writer.patchU16(start, (row.code << 8) | (writer.length - start - 2));
  },
  format: (route) =>
    route.type === 'opaque' ? `[${route.code}]:[0x${hex(route.raw)}]` : rowOf(route).format(route),
  rd: (route) => (route.type === 'opaque' ? undefined : route.rd),
  toJson: (route): Json =>
    route.type === 'opaque'
      ? { routeType: route.code, raw: hex(route.raw) }
      : { prefix: rowOf(route).format(route), ...rowOf(route).toJson(route) },
};
