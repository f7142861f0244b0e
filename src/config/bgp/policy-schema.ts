/** What a policy may hold: lists that terms name, and what a term matches and sets. */

import { err, ok } from '../../base/result.ts';
import { issue } from '../../base/issue.ts';
import type { AsPathPattern } from '../../net/as-path-pattern.ts';
import { type CommunityPattern, parseRdPattern } from '../../net/community.ts';
import { parseAsn } from '../../net/numbers.ts';
import { parsePrefix } from '../../net/prefix.ts';
import { option, optional, type Type, type ValuesOf } from '../option.ts';
import { integer, listOf, oneOf, show } from '../types.ts';
import { familyWords } from './families.ts';
import {
  communityOf,
  isAsPathList,
  isCommunityList,
  isPrefixList,
  many,
  manyOf,
  namedOr,
  nextHop,
  parseAsPaths,
  parsePatterns,
  parsePeer,
  parsePrefixRule,
  type PrefixRule,
  rangeWithin,
  textOf,
} from './policy-values.ts';

/** By their names. */
export interface Lists {
  readonly prefixes: ReadonlyMap<string, readonly PrefixRule[]>;
  readonly communities: ReadonlyMap<string, readonly CommunityPattern[]>;
  readonly asPaths: ReadonlyMap<string, readonly AsPathPattern[]>;
}

const prefixSays = 'prefix as `10.0.0.0/8 ge 16 le 24`';
const communitySays = 'community as `65000:100`, `65000:*`, `rt:65000:100`, `65000:1:2`';
const asPathSays = 'pattern of AS paths as `^65010 .* 64512-65534$`';
const none = 'an empty list names nothing';

export const prefixList = {
  prefixes: option({
    type: manyOf(prefixSays, textOf(parsePrefixRule)),
    default: [],
    about: 'What is in the list.',
    why: none,
  }),
};
export const communityList = {
  communities: option({
    type: manyOf(communitySays, textOf(parsePatterns)),
    default: [],
    about: 'What is in the list.',
    why: none,
  }),
};
export const asPathList = {
  asPaths: option({
    type: manyOf(asPathSays, textOf(parseAsPaths)),
    default: [],
    about: 'What is in the list.',
    why: none,
  }),
};

const action = oneOf('accept', 'reject', 'next');

export const policy = {
  default: option({
    type: action,
    default: 'reject',
    about: 'What becomes of a route about which no term decides.',
    why: 'what nobody has allowed is not wanted, as in the route-maps of FRR',
  }),
};

export const term = {
  action: optional({
    type: action,
    about: 'What becomes of a route that matches; `next`: the next term is asked.',
    why: 'must be given',
  }),
};

const evpnTypes: Readonly<Record<string, number>> = { ead: 1, mac: 2, imet: 3, es: 4, prefix: 5 };
const u32 = 0xffff_ffff;
const any = 'it does not matter';

const routeTypes: Type<readonly number[]> = many(
  '`ead`, `mac`, `imet`, `es`, `prefix` or 1 to 11',
  (value) => {
    const code = typeof value === 'string' ? evpnTypes[value] : value;
    return typeof code === 'number' && Number.isInteger(code) && code >= 1 && code <= 11
      ? ok(code)
      : err(issue(`${show(value)} is none of ${Object.keys(evpnTypes).join(', ')}, nor 1 to 11`));
  },
);

/** Names of lists mean what these hold. */
export function matchOptions({ asPaths, communities, prefixes }: Lists) {
  const community = namedOr('community_list', communities, isCommunityList, parsePatterns);
  return {
    families: optional({ type: listOf(oneOf(...familyWords)), about: 'Its family.', why: any }),
    routeTypes: optional({ type: routeTypes, about: 'Its EVPN route type.', why: any }),
    rds: optional({
      type: manyOf('route distinguisher as `65000:1`, `10.0.0.1:*`', textOf(parseRdPattern)),
      about: 'Its route distinguisher.',
      why: any,
    }),
    vnis: optional({
      type: many('number or range', rangeWithin(0, 0xff_ffff)),
      about: 'One of its VNIs or labels; of EVPN type 3 that of the PMSI tunnel.',
      why: any,
    }),
    prefixes: optional({
      type: manyOf(
        `${prefixSays}, or the name of a prefix_list`,
        namedOr('prefix_list', prefixes, isPrefixList, parsePrefixRule),
      ),
      about: 'Its prefix; of EVPN the prefix of type 5 and the host of type 2.',
      why: any,
    }),
    communities: optional({
      type: manyOf(`${communitySays}, or the name of a community_list`, community),
      about: 'It has one of these.',
      why: any,
    }),
    allCommunities: optional({
      type: many(`${communitySays}, or the name of a community_list`, community),
      about: 'It has each of these; of a list one.',
      why: any,
    }),
    asPaths: optional({
      type: manyOf(
        `${asPathSays}, or the name of an as_path_list`,
        namedOr('as_path_list', asPaths, isAsPathList, parseAsPaths),
      ),
      about: 'Its AS path.',
      why: any,
    }),
    ...attributeMatches,
  };
}

const attributeMatches = {
  pathLengths: optional({
    type: many('number or range', rangeWithin(0, 65_535)),
    about: 'How many ASes its path has, a set counted as one.',
    why: any,
  }),
  nextHops: optional({
    type: many('prefix', textOf(parsePrefix)),
    about: 'Its next hop lies in one of these.',
    why: any,
  }),
  peers: optional({
    type: many('address, or name of a peer without one', textOf(parsePeer)),
    about: 'Who has announced it to us.',
    why: any,
  }),
  sources: optional({
    type: listOf(oneOf('internal', 'external', 'confederation', 'local')),
    about: 'What kind of peer has announced it to us; `local`: it is our own.',
    why: any,
  }),
  localPrefs: optional({
    type: many('number or range', rangeWithin(0, u32)),
    about: 'Its LOCAL_PREF; 100 where it has none.',
    why: any,
  }),
  meds: optional({
    type: many('number or range', rangeWithin(0, u32)),
    about: 'Its MED; 0 where it has none.',
    why: any,
  }),
  origins: optional({
    type: listOf(oneOf('igp', 'egp', 'incomplete')),
    about: 'Its origin.',
    why: any,
  }),
};

const stays = 'it stays as it is';

/** Names of lists of communities mean what these hold, in what is removed. */
export function changeOptions({ communities }: Lists) {
  const community = namedOr('community_list', communities, isCommunityList, parsePatterns);
  return {
    localPref: optional({ type: integer(0, u32), about: 'LOCAL_PREF.', why: stays }),
    med: optional({ type: integer(0, u32), about: 'MULTI_EXIT_DISC.', why: stays }),
    origin: optional({ type: oneOf('igp', 'egp', 'incomplete'), about: 'ORIGIN.', why: stays }),
    prepend: optional({
      type: many('AS number', (value) =>
        typeof value === 'number' ? parseAsn(value) : textOf(parseAsn)(value),
      ),
      about: 'ASes in front of the path, before our own is put there.',
      why: stays,
    }),
    nextHop: optional({
      type: nextHop,
      about: 'Its next hop; `self`: our address in the session, on export only.',
      why: stays,
    }),
    communities: optional({
      type: many('community', communityOf('standard')),
      about: 'These communities in place of all others.',
      why: stays,
    }),
    extendedCommunities: optional({
      type: many('extended community', communityOf('extended')),
      about: 'These extended communities in place of all others.',
      why: stays,
    }),
    largeCommunities: optional({
      type: many('large community', communityOf('large')),
      about: 'These large communities in place of all others.',
      why: stays,
    }),
    removeCommunities: optional({
      type: manyOf(`${communitySays}, or the name of a community_list`, community),
      about: 'Communities of any kind that go.',
      why: stays,
    }),
    addCommunities: optional({
      type: many('community of any kind', communityOf()),
      about: 'Communities of any kind that come.',
      why: stays,
    }),
  };
}

export type MatchValues = ValuesOf<ReturnType<typeof matchOptions>>;
export type ChangeValues = ValuesOf<ReturnType<typeof changeOptions>>;
