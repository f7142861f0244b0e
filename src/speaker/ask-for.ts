/** Asks all peers that speak of route targets for the routes of one, or for all: RFC 4684 §3. */

import type { RouteTarget } from '../net/route-distinguisher.ts';
import {
  encodeExtendedCommunity,
  type RouteTargetMembership,
  type Routing,
  routeTargetOf,
  wholeMembership,
} from '../protocols/bgp/index.ts';

export function askFor(routing: Routing, target: 'default' | RouteTarget): void {
  const { as, routerId } = routing.local;
  const attributes = { origin: 'igp', asPath: [], localPref: 100 } as const;
  const nextHop = { ip: { family: 4, value: routerId } } as const;
  routing.originate('route-target', membershipOf(target, as), { attributes, nextHop });
}

function membershipOf(target: 'default' | RouteTarget, originAs: number): RouteTargetMembership {
  if (target === 'default') return { length: 0, originAs: 0, target: 0n };
  const bits = encodeExtendedCommunity(routeTargetOf(target));
  return { length: wholeMembership, originAs, target: bits };
}
