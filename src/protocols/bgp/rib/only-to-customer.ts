/**
 * What BGP roles let pass: the procedures of ONLY_TO_CUSTOMER, RFC 9234 §5, as questions about one route and our role to one
 * neighbour. Which families they are for, and what becomes of a route, is for those who ask.
 */

import { assertNever } from '../../../base/assert-never.ts';
import type { Role } from '../wire/capability/speaker.ts';
import type { FamilyName } from '../wire/family.ts';

type OwnRole = Role['role'];

/** RFC 9234 §5: "MUST NOT be applied to other address families by default". */
export function hasRoles(family: FamilyName): boolean {
  return family === 'ipv4-unicast' || family === 'ipv6-unicast';
}

/** A leak is not used; what has come from above or from beside is marked with the AS that it has come from. */
export type Arrival = 'leak' | 'mark' | 'as it is';

/** Of a route with this mark, -1 without, from a neighbour in `as` to whom we are `role`. */
export function arrivalOf(role: OwnRole, mark: number, as: number): Arrival {
  const isMarked = mark >= 0;
  switch (role) {
    case 'provider':
    case 'route-server':
      // Ingress, rule 1: from a customer or a client of the route server.
      return isMarked ? 'leak' : 'as it is';
    case 'peer':
      // Rules 2 and 3.
      if (!isMarked) return 'mark';
      return mark === as ? 'as it is' : 'leak';
    case 'customer':
    case 'route-server-client':
      // Rule 3: from a provider or a route server.
      return isMarked ? 'as it is' : 'mark';
    default:
      return assertNever(role);
  }
}

/** Egress, rule 2: what is marked goes to customers and clients of a route server only. */
export function mayLeave(role: OwnRole, mark: number): boolean {
  return mark < 0 || role === 'provider' || role === 'route-server';
}

/** Egress, rule 1: what goes to these is marked with our AS. */
export function marksWhatLeaves(role: OwnRole): boolean {
  return role === 'provider' || role === 'route-server' || role === 'peer';
}
