/** Options of a session that say which routes are taken, kept and told: limits, restarts, several paths. */

import { ok } from '../../base/result.ts';
import { parseRouteTarget, type RouteTarget } from '../../net/route-distinguisher.ts';
import { option, optional, type Type } from '../option.ts';
import { boolean, integer, listOf, oneOf, string } from '../types.ts';
import { perFamily } from './per-family.ts';
import { many, textOf } from './policy-values.ts';

/** How many paths of a route are told. */
const pathCount: Type<'all' | number> = {
  says: '`all` (of up to 32), or how many of the best, 1 to 32',
  parse: (value) => (value === 'all' ? ok(value) : integer(1, 32).parse(value)),
  format: (value) => value,
};

/** A route target that we ask for, or all. */
const membership: Type<'default' | RouteTarget> = {
  says: 'route target, or `default` for all',
  parse: string<'default' | RouteTarget>((text) =>
    text === 'default' ? ok(text) : parseRouteTarget(text),
  ),
  format: (value) => value,
};

/** Of the speaker as a whole. */
export const globalExchange = {
  routeTargets: option({
    type: listOf(membership),
    default: [],
    about: 'What we ask our peers for, where they speak the family `route-target`, RFC 4684.',
    why: 'whoever imports routes says which; a reflector for all asks for `default`',
  }),
  selectionDeferral: option({
    type: integer(1, 3600),
    default: 360,
    about:
      'Seconds after a restart (`--graceful-restart`) for which peers may take to say what they have, before any is told.',
    why: 'what FRR takes; most starts end it sooner',
  }),
};

/** Four weeks and more, as RFC 9494 §3 has room for. */
const longest = 0xff_ffff;

export const exchange = {
  import: optional({
    type: many('name of a policy', textOf(ok)),
    about:
      'Which routes are taken from the peer, and how: policies in the order in which they are asked.',
    why: 'all of an internal peer; of an external one none, where `ebgp_requires_policy` holds',
  }),
  export: optional({
    type: many('name of a policy', textOf(ok)),
    about: 'Which routes the peer is told, and how: policies in the order in which they are asked.',
    why: 'all to an internal peer; to an external one none, where `ebgp_requires_policy` holds',
  }),
  maxPrefixes: optional({
    type: perFamily(1, 0xffff_ffff),
    about: 'How many routes of a family the peer may announce.',
    why: 'as many as it has',
  }),
  maxPrefixesWarning: option({
    type: integer(1, 100),
    default: 75,
    about: 'Percent of `max_prefixes` at which the log warns.',
    why: 'what FRR and Junos take',
  }),
  maxPrefixesAction: option({
    type: oneOf('reset', 'warn'),
    default: 'reset',
    about:
      'What happens beyond `max_prefixes`: the session ends (Cease/1, RFC 4486), or the log warns.',
    why: 'a limit that does not hold protects nobody',
  }),
  maxPrefixesRestart: option({
    type: integer(0, 86_400),
    default: 0,
    about:
      'Seconds after which a session that ended so is tried again; 0: when `shutdown` or the file says so.',
    why: 'the routes that were too many are still there, until somebody has looked',
  }),
  longLived: optional({
    type: perFamily(0, longest),
    about:
      'Seconds for which routes of a peer that is gone live on after `graceful_restart`, as the last to be used, RFC 9494.',
    why: 'not at all',
  }),
  longLivedPartial: option({
    type: boolean,
    default: false,
    about:
      'Whether a peer of our AS that does not know of such routes is told of them too, with LOCAL_PREF 0 and NO_EXPORT, RFC 9494 §4.6.',
    why: 'it cannot tell them from fresh ones of the same preference',
  }),
  notification: option({
    type: boolean,
    default: true,
    about: 'Whether routes are kept over a NOTIFICATION too, where the peer agrees, RFC 8538.',
    why: 'a hold timer that expired is no reason to forget',
  }),
  nextHop: optional({
    type: oneOf('self', 'unchanged'),
    about:
      'The next hop of what the peer is told: our end of the session, or as it came. What is reflected keeps its own.',
    why: '`self` for IPv4 and IPv6 unicast to another AS, or else `unchanged`: a VTEP stays where it is',
  }),
  extendedNextHop: optional({
    type: boolean,
    about: 'Whether IPv4 and VPN-IPv4 routes may have IPv6 next hops, RFC 8950.',
    why: 'they may with a peer that is known by its `link`, where there is no IPv4 address',
  }),
  preserve: option({
    type: boolean,
    default: false,
    about:
      'Whether the peer may keep our routes while we restart, for `graceful_restart` seconds, RFC 4724.',
    why: 'what they lead to must be there without us; so it is with a reflector',
  }),
  addPathReceive: option({
    type: boolean,
    default: false,
    about: 'Whether several paths of one route are taken from the peer, RFC 7911.',
    why: 'each costs memory',
  }),
  addPath: optional({
    type: pathCount,
    about: 'Whether the peer is told of several paths of one route, where it takes them, RFC 7911.',
    why: 'of the best one only',
  }),
};
