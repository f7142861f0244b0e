/** A path as a table holds it: a route of the rib, or one of the table's own, with what its user asks of it. */

import { isUnspecified } from '../../../../net/ip.ts';
import { type Esi, singleHomed } from '../../../../net/esi.ts';
import type { Mac } from '../../../../net/mac.ts';
import type { NextHop } from '../../wire/next-hop.ts';
import type { PathAttributes } from '../../wire/path-attributes.ts';
import type { Destination } from '../destinations.ts';
import type { Neighbour } from '../peer.ts';
import type { Rank } from '../rank.ts';
import { isEvpnRoute, type TableRoute } from './key.ts';
import { type RouteTargets, routeTargetsIn } from './targets.ts';

/** What is said of all routes with one set of attributes, taken out once. */
export interface Facts {
  readonly rank: Rank;
  readonly attributes: PathAttributes;
  readonly nextHop: NextHop;
  readonly targets: RouteTargets;
  readonly routerMac: Mac | undefined;
  readonly isGateway: boolean;
}

export function factsOf(rank: Rank, attributes: PathAttributes, nextHop: NextHop): Facts {
  const communities = attributes.extendedCommunities ?? [];
  const routerMac = communities.find((each) => each.kind === 'router-mac');
  return Object.freeze({
    rank,
    attributes,
    nextHop,
    targets: routeTargetsIn(communities),
    routerMac: routerMac?.mac,
    isGateway: communities.some(({ kind }) => kind === 'default-gateway'),
  });
}

/** `local`: of this table. `leaked`: of another table of ours. */
export type PathSource = 'local' | 'leaked' | 'remote';

/** Where in a rib it comes from. */
export interface Origin {
  readonly destination: Destination;
  /** Now: it may change while the path stays. */
  readonly metric: () => number;
}

export class TablePath {
  readonly source: PathSource;
  readonly route: TableRoute;
  readonly from: Neighbour;
  readonly facts: Facts;
  /** `undefined`: it is the table's own. */
  readonly origin: Origin | undefined;

  constructor(
    source: PathSource,
    route: TableRoute,
    from: Neighbour,
    facts: Facts,
    origin?: Origin,
  ) {
    this.source = source;
    this.route = route;
    this.from = from;
    this.facts = facts;
    this.origin = origin;
  }

  get attributes(): PathAttributes {
    return this.facts.attributes;
  }

  /** With VXLAN the VTEP. */
  get nextHop(): NextHop {
    return this.facts.nextHop;
  }

  /** RFC 9135 §8.1: the inner destination of what is routed there. */
  get routerMac(): Mac | undefined {
    return this.facts.routerMac;
  }

  /** RFC 7432 §7.8. */
  get isGateway(): boolean {
    return this.facts.isGateway;
  }

  /** RFC 7432 §15: 0 without the community. */
  get sequence(): number {
    return this.facts.rank.mobility;
  }

  get sticky(): boolean {
    return this.facts.rank.sticky;
  }

  get esi(): Esi {
    return isEvpnRoute(this.route) && 'esi' in this.route ? this.route.esi : singleHomed;
  }

  /** The 24 bits, a VNI with VXLAN: of type 2 the one for frames; `l3Label` has the one for packets. */
  get label(): number | undefined {
    return 'label' in this.route ? this.route.label : undefined;
  }

  get l3Label(): number | undefined {
    if (!isEvpnRoute(this.route)) return this.route.label;
    if (this.route.type === 'mac') return this.route.label2;
    return this.route.type === 'prefix' ? this.route.label : undefined;
  }
}

/** RFC 9136 §3.2: of type 5, something must say where packets go. */
export function leadsNowhere(route: TableRoute, { routerMac }: Facts): boolean {
  return (
    isEvpnRoute(route) &&
    route.type === 'prefix' &&
    route.esi === singleHomed &&
    isUnspecified(route.gateway) &&
    route.label === 0 &&
    routerMac === undefined
  );
}
