/** How the node stands, for people: drawn from what the core remembers, and changing nothing. */

import type { Condition } from '../resources/condition.ts';
import type { Claims } from './claims.ts';
import type { Entry, Standing } from './entries.ts';

/** How far the node is from what is wanted. */
export interface Progress {
  readonly failed: number;
  readonly waiting: number;
  readonly refused: number;
}

export function progressOf(troubled: readonly Entry[]): Progress {
  const count = (is: Standing['is']): number =>
    troubled.filter(({ standing }) => standing.is === is).length;
  return { failed: count('failed'), waiting: count('waiting'), refused: count('refused') };
}

/** One condition for each scope that wants what somebody else's object is in the way of. */
export function refusals(troubled: readonly Entry[], claims: Claims): readonly Condition[] {
  return troubled.flatMap(({ key, standing }) => {
    if (standing.is !== 'refused') return [];
    const message = `cannot set up ${key}: ${standing.reason}`;
    return claims.scopesOf(key).map((scope): Condition => ({ scope, severity: 'error', message }));
  });
}
