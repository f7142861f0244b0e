/**
 * What a policy is: data, which a configuration or a program writes, and nothing that runs. A policy is a list of terms; the
 * first one that a route matches and that decides is the last one asked. What is done with it: compile.ts, decision-tree.ts.
 */

import type { AsPathPattern } from '../../../net/as-path-pattern.ts';
import type { BitPattern, CommunityPattern } from '../../../net/community.ts';
import type { Ip } from '../../../net/ip.ts';
import type { Prefix } from '../../../net/prefix.ts';
import type { Origin } from '../wire/attribute/origin.ts';
import type { FamilyName } from '../wire/family.ts';

export interface Policy {
  /** For people. */
  readonly name: string;
  readonly terms: readonly Term[];
  /** What becomes of a route about which no term decides; `next`: the next policy of the list is asked. */
  readonly otherwise: Action;
}

/** Final, or `next`: the next term is asked, of the route as this one has left it. */
export type Action = 'accept' | 'reject' | 'next';

export interface Term {
  readonly match: Match;
  /** Of no effect where `action` is `reject`. */
  readonly set: Changes;
  readonly action: Action;
}

/** From `least` to `most`, both included. */
export interface NumberRange {
  readonly least: number;
  readonly most: number;
}

/** The prefix itself and all that lie in it, as far as their lengths are within these. */
export interface PrefixRule {
  readonly prefix: Prefix;
  readonly least: number;
  readonly most: number;
}

/** All that is given must hold; of a list, one element. What a route does not have is not matched. */
export interface Match {
  readonly families?: readonly FamilyName[] | undefined;
  /** Of EVPN, by their numbers. */
  readonly routeTypes?: readonly number[] | undefined;
  readonly rds?: readonly BitPattern[] | undefined;
  /** The labels of a route, all 24 bits as with VXLAN; of EVPN type 3 that of its PMSI tunnel. */
  readonly vnis?: readonly NumberRange[] | undefined;
  /** The prefix of unicast, of VPN and of EVPN type 5; the host of EVPN type 2. */
  readonly prefixes?: readonly PrefixRule[] | undefined;
  /** The route has one of them. */
  readonly communities?: readonly CommunityPattern[] | undefined;
  /** The route has one of each. */
  readonly allCommunities?: readonly (readonly CommunityPattern[])[] | undefined;
  readonly asPaths?: readonly AsPathPattern[] | undefined;
  /** As the decision process counts: RFC 4271 §9.1.2.2 (a). */
  readonly pathLengths?: readonly NumberRange[] | undefined;
  /** The next hop lies in one of them. */
  readonly nextHops?: readonly Prefix[] | undefined;
  /** Who has announced the route to us: an address, or the name of a peer without one. */
  readonly peers?: readonly (Ip | string)[] | undefined;
  readonly sources?: readonly Source[] | undefined;
  /** 100 where there is none. */
  readonly localPrefs?: readonly NumberRange[] | undefined;
  /** 0 where there is none. */
  readonly meds?: readonly NumberRange[] | undefined;
  readonly origins?: readonly Origin[] | undefined;
}

/** What kind of peer a route comes from; `local`: it is our own. */
export type Source = 'internal' | 'external' | 'confederation' | 'local';

/** In this order; what is not given stays as it is. */
export interface Changes {
  readonly localPref?: number | undefined;
  readonly med?: number | undefined;
  readonly origin?: Origin | undefined;
  /** In front of the path, the first one foremost. */
  readonly prepend?: readonly number[] | undefined;
  /** `self`: our own address in the session; where the family of the route cannot have such a next hop it stays. */
  readonly nextHop?: Ip | 'self' | undefined;
  /** In place of those that the route has. */
  readonly communities?: readonly CommunityPattern[] | undefined;
  readonly extendedCommunities?: readonly CommunityPattern[] | undefined;
  readonly largeCommunities?: readonly CommunityPattern[] | undefined;
  readonly removeCommunities?: readonly CommunityPattern[] | undefined;
  /** Of any kind; only those that the route does not have yet. */
  readonly addCommunities?: readonly CommunityPattern[] | undefined;
}
