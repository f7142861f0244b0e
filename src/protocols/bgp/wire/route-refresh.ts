/**
 * ROUTE-REFRESH: the peer wants all routes of a family once more (RFC 2918 §3), or marks where they begin and end
 * (RFC 7313 §3.2). Filters that may follow (RFC 5291) are carried, not read.
 */

import type { Writer } from '../../../base/bytes.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import type { MessageError } from './error.ts';
import { type AfiSafi, formatFamily } from './family.ts';
import { headerLength, refreshLengthError } from './header.ts';
import type { Json } from './json.ts';
import { hex, u8, u16 } from './octets.ts';

/** In the order of their codes. */
export const refreshSubtypes = ['request', 'begin', 'end'] as const;

export interface RouteRefresh extends AfiSafi {
  readonly type: 'route-refresh';
  /** A number that is not defined is to be ignored, RFC 7313 §3.2. */
  readonly subtype: (typeof refreshSubtypes)[number] | number;
  /** What stands behind the family, of RFC 5291; mostly nothing. */
  readonly filters: Uint8Array;
}

/** Decodes the ROUTE-REFRESH in [start, end), whose header `checkHeader` has accepted. */
export function decodeRouteRefresh(
  octets: Uint8Array,
  start: number,
  end: number,
): Result<RouteRefresh, MessageError> {
  const at = start + headerLength;
  const code = u8(octets, at + 2);
  // RFC 7313 §5: a marker has just the family.
  if (end !== at + 4 && (code === 1 || code === 2)) {
    return err(refreshLengthError(octets.slice(start, end)));
  }
  return ok(
    Object.freeze({
      type: 'route-refresh',
      afi: u16(octets, at),
      safi: u8(octets, at + 3),
      subtype: refreshSubtypes[code] ?? code,
      filters: octets.slice(at + 4, end),
    }),
  );
}

export function writeRouteRefresh(writer: Writer, refresh: RouteRefresh): void {
  const { afi, safi, subtype, filters } = refresh;
  const code = typeof subtype === 'number' ? subtype : refreshSubtypes.indexOf(subtype);
  writer.u16(afi).u8(code).u8(safi).bytes(filters);
}

export function formatRouteRefresh(refresh: RouteRefresh): string {
  const filters = refresh.filters.length === 0 ? '' : ` filters 0x${hex(refresh.filters)}`;
  return `${refresh.subtype} ${formatFamily(refresh)}${filters}`;
}

export function routeRefreshToJson(refresh: RouteRefresh): Json {
  const { afi, safi, subtype, filters } = refresh;
  const family = formatFamily(refresh);
  return { type: 'route-refresh', family, afi, safi, subtype, filters: hex(filters) };
}
