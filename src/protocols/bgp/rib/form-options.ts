/** What the settings of a peer, and what was agreed on with it, mean to what it is told of one family. Pure. */

import type { Session } from '../session/handler.ts';
import { type AddressFamily, familyNumber } from '../wire/family.ts';
import { hasRoles } from './only-to-customer.ts';
import type { Choice } from './outgoing.ts';
import type { FormOptions, PeerRouting } from './routing.ts';
import type { PathRules } from './told-path.ts';

export function formOptions(
  family: AddressFamily,
  session: Session,
  settings: PeerRouting,
): FormOptions {
  const nextHop = settings.nextHop?.(family, session);
  const choice = choiceOf(family, session, settings);
  const longestNextHop = longestNextHopOf(family, session);
  const path = pathRules(session, settings);
  const { roles } = session.negotiated;
  return {
    longLived: longLivedOf(session, settings),
    ...(nextHop === undefined ? {} : { nextHop }),
    ...(choice === undefined ? {} : { choice }),
    ...(longestNextHop === undefined ? {} : { longestNextHop }),
    ...(path === undefined ? {} : { path }),
    ...(roles === undefined || !hasRoles(family.name) ? {} : { bgpRole: roles.local }),
  };
}

function choiceOf(
  family: AddressFamily,
  { negotiated }: Session,
  { paths = 'all' }: PeerRouting,
): Choice | undefined {
  if (family.name === 'route-target') return 'memberships';
  const agreed = negotiated.wire.families.get(familyNumber(family));
  return agreed?.sendPathIds === true ? paths : undefined;
}

/** RFC 8950 §4: the longer ones only where that was agreed on. */
function longestNextHopOf(family: AddressFamily, { negotiated }: Session): number | undefined {
  const { extended, lengths } = family.nextHop;
  if (extended.length === 0) return undefined;
  const agreed = negotiated.wire.families.get(familyNumber(family));
  return agreed?.extendedNextHop === true ? undefined : Math.max(...lengths);
}

function longLivedOf({ negotiated }: Session, settings: PeerRouting): boolean | 'marked' {
  const { capabilities, wire } = negotiated;
  const isKnown = capabilities.remote.some(({ kind }) => kind === 'long-lived-graceful-restart');
  if (isKnown) return true;
  // RFC 9494 §4.6: "internal (Internal BGP (IBGP) or Confederation) neighbors".
  return settings.longLivedPartial === true && wire.peer !== 'external' ? 'marked' : false;
}

function pathRules({ negotiated }: Session, settings: PeerRouting): PathRules | undefined {
  const { asOverride = false, removePrivateAs } = settings;
  const isAsked = asOverride || removePrivateAs !== undefined;
  if (!isAsked || negotiated.wire.peer !== 'external') return undefined;
  const peerAs = negotiated.remote.asn;
  return { asOverride, peerAs, ...(removePrivateAs === undefined ? {} : { removePrivateAs }) };
}
