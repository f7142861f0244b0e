/**
 * What a term asks for, made ready to be asked: conditions on a set of attributes, which are asked once for all routes that
 * share it, and conditions on the NLRI, which are asked route by route.
 */

import type { CommunityPattern } from '../../../net/community.ts';
import { type Ip, ipBytes } from '../../../net/ip.ts';
import { comparableAddress, type Neighbour } from '../rib/peer.ts';
import type { AddressFamily } from '../wire/family.ts';
import { pathLength } from '../wire/four-octet-as.ts';
import type { NextHop } from '../wire/next-hop.ts';
import type { PathAttributes } from '../wire/path-attributes.ts';
import { AsPathAutomaton } from './as-path-automaton.ts';
import type { NlriFields } from './nlri-fields.ts';
import type { Match, NumberRange, Source } from './policy.ts';
import { PrefixSet } from './prefix-set.ts';
import { CommunitySet, PatternSet, RangeSet } from './value-sets.ts';

/** All of a route but its NLRI. */
export interface Subject {
  readonly family: AddressFamily;
  readonly from: Neighbour;
  readonly attributes: PathAttributes;
  readonly nextHop: NextHop;
}

export type SubjectCondition = (of: Subject) => boolean;
/** The attributes are those of the route; RFC 8365 §5.1.3 has the VNI of type 3 among them. */
export type NlriCondition = (of: NlriFields, attributes: PathAttributes) => boolean;

export function subjectConditions(match: Match): readonly SubjectCondition[] {
  const {
    allCommunities,
    asPaths,
    communities,
    families,
    localPrefs,
    meds,
    nextHops,
    origins,
    pathLengths,
    peers,
    sources,
  } = match;
  const some: (SubjectCondition | undefined)[] = [
    families && (({ family }) => families.includes(family.name)),
    peers && isFrom(peers),
    sources && (({ from }) => sources.includes(sourceOf(from))),
    localPrefs && within(localPrefs, ({ localPref = 100 }) => localPref),
    meds && within(meds, ({ med = 0 }) => med),
    origins && (({ attributes }) => origins.includes(attributes.origin ?? 'incomplete')),
    pathLengths && within(pathLengths, ({ asPath = [] }) => pathLength(asPath)),
    communities && hasEach([communities]),
    allCommunities && hasEach(allCommunities),
    asPaths && followsAny(asPaths.map((each) => new AsPathAutomaton(each))),
    nextHops && goesTo(new PrefixSet(nextHops.map(withinPrefix))),
  ];
  return some.filter((each) => each !== undefined);
}

const rdBits = 64n;

export function nlriConditions({
  prefixes,
  rds,
  routeTypes,
  vnis,
}: Match): readonly NlriCondition[] {
  const set = prefixes && new PrefixSet(prefixes);
  const rdSet = rds && new PatternSet(rds, rdBits);
  const labels = vnis && new RangeSet(vnis);
  const some: (NlriCondition | undefined)[] = [
    routeTypes && ((of) => routeTypes.includes(of.routeType)),
    rdSet && ((of) => of.rdAt >= 0 && rdSet.has(of.rd)),
    labels &&
      ((of, { pmsiTunnel }) => {
        const label = of.routeType === 3 ? (pmsiTunnel?.label ?? -1) : of.label;
        return labels.has(label) || labels.has(of.label2);
      }),
    set && ((of) => of.ipFamily !== 0 && set.has(of.ipFamily, of.octets, of.ipAt, of.bits)),
  ];
  return some.filter((each) => each !== undefined);
}

function isFrom(peers: readonly (Ip | string)[]): SubjectCondition {
  const addresses = new Set(
    peers.map((each) => (typeof each === 'string' ? each : comparableAddress(each))),
  );
  return ({ from }) => addresses.has(from.address);
}

function sourceOf({ kind, role }: Neighbour): Source {
  return role === 'local' ? 'local' : kind;
}

function followsAny(automata: readonly AsPathAutomaton[]): SubjectCondition {
  return ({ attributes }) => {
    const path = attributes.asPath ?? [];
    return automata.some((each) => each.matches(path));
  };
}

function goesTo(prefixes: PrefixSet): SubjectCondition {
  return ({ nextHop: { ip } }) => {
    const octets = ipBytes(ip);
    return prefixes.has(ip.family, octets, 0, octets.length * 8);
  };
}

function withinPrefix(prefix: { readonly ip: Ip; readonly length: number }) {
  return { prefix, least: 0, most: 128 };
}

function within(
  ranges: readonly NumberRange[],
  of: (attributes: PathAttributes) => number,
): SubjectCondition {
  const set = new RangeSet(ranges);
  return ({ attributes }) => set.has(of(attributes));
}

/** One of each list. */
function hasEach(lists: readonly (readonly CommunityPattern[])[]): SubjectCondition {
  const sets = lists.map((patterns) => new CommunitySet(patterns));
  return ({ attributes }) => sets.every((set) => set.hasAnyOf(attributes));
}
