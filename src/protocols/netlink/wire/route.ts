/**
 * Routes: RTM_NEWROUTE with struct rtmsg. The table stands in an attribute, because the header has only eight bits for
 * it; a dump shows every table above 255 as 252 there.
 */

import { type Family, type Ip, ipBits } from '../../../net/ip.ts';
import type { TableId } from '../../../net/numbers.ts';
import { defaultPrefix, type Prefix } from '../../../net/prefix.ts';
import { attribute, attributes, type HasOpaque } from './attribute.ts';
import { type NextHop, nextHops, type Via, viaAttributes } from './next-hop.ts';
import { RT_TABLE, RTA, RTM, routePreferences, routeTypes, scopes } from './numbers.ts';
import { familyCode, familyOf, type ObjectCodec, objectCodec } from './object.ts';
import { ip, type Named, named, names, tableId, u8, u32 } from './payload.ts';
import { prefixAttribute } from './prefix.ts';

export interface Route extends Via {
  /** The kernel refuses one with host bits (IPv4) or clears them (IPv6). 0 length is the default route. */
  readonly destination: Prefix;
  readonly table: TableId;
  readonly type: Named<keyof typeof routeTypes>;
  /** RTPROT_*: who made it. */
  readonly protocol: number;
  /** IPv4 only; the kernel says `universe` for IPv6. `nowhere` in a removal matches any. */
  readonly scope: Named<keyof typeof scopes>;
  readonly tos: number;
  /** RTNH_F and RTM_F bits. */
  readonly flags: number;
  /** Part of an IPv6 route's identity, RFC 4191 source routing; length 0 is none. */
  readonly source?: Prefix;
  /** RTA_PRIORITY, smaller wins. IPv6 stores 1024 when a request says none or 0. */
  readonly metric?: number;
  readonly oif?: number;
  readonly iif?: number;
  /** The source address of packets that this node itself sends. */
  readonly prefSource?: Ip;
  readonly multipath?: readonly NextHop[];
  /** A next-hop object (RTM_NEWNEXTHOP) in place of gateway and oif. */
  readonly nextHopId?: number;
  readonly preference?: Named<keyof typeof routePreferences>;
}

export interface RouteFilter {
  readonly family?: Family;
  readonly table?: TableId;
  readonly protocol?: number;
  readonly type?: Named<keyof typeof routeTypes>;
  readonly oif?: number;
}

const type = names(routeTypes);
const scope = names(scopes);

export function routeOf(fields: Pick<Route, 'destination' | 'table'> & Partial<Route>): Route {
  return { type: 'unicast', protocol: 0, scope: 'universe', tos: 0, flags: 0, ...fields };
}

export const route: ObjectCodec<Route, RouteFilter> = objectCodec<Route, RouteFilter>({
  name: 'route',
  type: RTM.route,
  header: {
    size: 12,
    decode: (data, at) => {
      const family = familyOf(data.getUint8(at));
      const [length, sourceLength] = [data.getUint8(at + 1), data.getUint8(at + 2)];
      if (family === undefined || length > ipBits(family)) return undefined;
      const { ip: zero } = defaultPrefix(family);
      return {
        destination: { ip: zero, length },
        // Unspecified means main, as the kernel takes it in a request.
        table: (data.getUint8(at + 4) || RT_TABLE.main) as TableId,
        type: type.nameOf(data.getUint8(at + 7)),
        protocol: data.getUint8(at + 5),
        scope: scope.nameOf(data.getUint8(at + 6)),
        tos: data.getUint8(at + 3),
        flags: data.getUint32(at + 8, true),
        ...(sourceLength === 0 ? {} : { source: { ip: zero, length: sourceLength } }),
      };
    },
    encode: (writer, of) =>
      writer
        .u8(familyCode(of.destination.ip.family))
        .u8(of.destination.length)
        .u8(of.source?.length ?? 0)
        .u8(of.tos)
        .u8(of.table > 255 ? RT_TABLE.compat : of.table)
        .u8(of.protocol)
        .u8(scope.codeOf(of.scope))
        .u8(type.codeOf(of.type))
        .u32(of.flags),
  },
  attributes: attributes<Route>({
    table: { ...attribute(RTA.table, tableId), omitted: (value) => value === RT_TABLE.unspec },
    destination: prefixAttribute(RTA.destination, 'destination'),
    source: prefixAttribute(RTA.source, 'source'),
    metric: attribute(RTA.priority, u32),
    prefSource: attribute(RTA.prefSource, ip),
    multipath: attribute(RTA.multipath, nextHops),
    ...viaAttributes,
    oif: attribute(RTA.oif, u32),
    iif: attribute(RTA.iif, u32),
    nextHopId: attribute(RTA.nextHopId, u32),
    preference: attribute(RTA.preference, named(u8, routePreferences)),
  }),
  // A look-up: where a packet to `destination` goes. The table is the outcome, not part of the question.
  identityOf: ({ destination, source, oif, iif, tos }) => ({
    ...routeOf({ destination, table: RT_TABLE.unspec as TableId, tos, type: 'unspec' }),
    ...(source === undefined ? {} : { source }),
    ...(oif === undefined ? {} : { oif }),
    ...(iif === undefined ? {} : { iif }),
  }),
  encodeFilter: (writer, filter) => {
    writer
      .u8(familyCode(filter.family))
      .zeros(4)
      .u8(filter.protocol ?? 0)
      .u8(0);
    writer.u8(filter.type === undefined ? 0 : type.codeOf(filter.type)).u32(0);
    filterAttributes.encode(writer, filter);
  },
});

const filterAttributes = attributes<RouteFilter & HasOpaque>({
  table: attribute(RTA.table, tableId),
  oif: attribute(RTA.oif, u32),
});
