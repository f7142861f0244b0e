/** Options that say what a peer's AS is to ours: confederation, roles, and what becomes of AS paths between the two. */

import { type Issue, issue } from '../../base/issue.ts';
import type { Asn } from '../../net/numbers.ts';
import { option, optional, type ValuesOf } from '../option.ts';
import { asn, boolean, integer, oneOf } from '../types.ts';
import { many } from './policy-values.ts';

/** Of the speaker as a whole. */
export const globalRelations = {
  confederation: optional({
    type: asn,
    about: 'The AS that our confederation is to all others, RFC 5065; `as` is then our member AS.',
    why: 'there is no confederation',
  }),
  confederationMembers: option({
    type: many('AS number', (value) => asn.parse(value)),
    default: [],
    about: 'The other member ASes of our confederation that peers are in.',
    why: 'peers of other ASes are outside of it, unless they are named here',
  }),
};

export const relations = {
  role: optional({
    type: oneOf('provider', 'customer', 'peer', 'route-server', 'route-server-client'),
    about: 'What we are to the peer, which must be our counterpart, RFC 9234.',
    why: 'nothing is said of it, and no route is taken for a leak',
  }),
  roleStrict: option({
    type: boolean,
    default: false,
    about: 'Whether a peer that tells no role is refused, where we have a `role`.',
    why: 'RFC 9234 §4.2: most speakers tell none',
  }),
  enforceFirstAs: option({
    type: boolean,
    default: true,
    about:
      'Whether the paths that a peer of another AS announces begin with its AS; routes of others are taken for withdrawn.',
    why: 'RFC 4271 §6.3, and FRR has it so; not behind a route server (`role = "route-server-client"`), RFC 7947 §2.2.2',
  }),
  allowOwnAs: option({
    type: integer(0, 10),
    default: 0,
    about: 'How often our AS may be in the path of what the peer announces (allowas-in of FRR).',
    why: 'a route that has been here is a loop, unless sites share an AS',
  }),
  removePrivateAs: optional({
    type: oneOf('private-only', 'all', 'replace-private-only', 'replace-all'),
    about:
      'Which private ASes (RFC 6996) a peer of another AS is not told: those of paths that have no other, or all; or our AS in their place.',
    why: 'paths are told as they are',
  }),
  asOverride: option({
    type: boolean,
    default: false,
    about: 'Whether our AS takes the place of the AS of the peer in the paths that it is told.',
    why: 'the peer would not see its own loops',
  }),
};

/** Who we are, as far as it matters to what a peer is to us. */
export interface Relations {
  readonly as: Asn | undefined;
  readonly confederationMembers: readonly Asn[];
}

/** Whether the AS of a peer, as far as that is known, is ours, or another member of our confederation. */
export function isOutside(as: unknown, { as: ours, confederationMembers }: Relations): boolean {
  if (as === 'internal' || as === ours) return false;
  return !confederationMembers.some((member) => member === as);
}

/** What such a peer cannot have. */
export function checkRelations(
  values: ValuesOf<typeof relations> & { readonly as: Asn | 'internal' | 'external' | undefined },
  ours: Relations,
): readonly Issue[] {
  const { as, asOverride, removePrivateAs, role, roleStrict } = values;
  const issues: Issue[] = [];
  if (roleStrict && role === undefined) issues.push(issue('needs a `role`', 'role_strict'));
  if (as === undefined || isOutside(as, ours)) return issues;
  const only = 'only a peer of another AS can have it';
  // RFC 9234 §5: not between the members of a confederation either.
  if (role !== undefined) issues.push(issue(only, 'role'));
  if (removePrivateAs !== undefined) issues.push(issue(only, 'remove_private_as'));
  if (asOverride) issues.push(issue(only, 'as_override'));
  return issues;
}
