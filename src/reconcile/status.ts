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

/**
 * One condition for each scope that wants what somebody else's object is in the way of, and one for each that wants
 * what a target refuses to make: the first of these by name, since they mostly have one cause.
 */
export function refusals(
  troubled: readonly Pick<Entry, 'key' | 'standing'>[],
  claims: Claims,
): readonly Condition[] {
  const taken: Condition[] = [];
  const failed = new Map<string, string[]>();
  for (const { key, standing } of troubled) {
    if (standing.is === 'refused') {
      for (const scope of claims.scopesOf(key)) {
        taken.push(conditionOf(scope, `cannot set up ${key}: ${standing.reason}`));
      }
    } else if (standing.is === 'failed') {
      for (const scope of claims.scopesOf(key)) {
        const message = `cannot set up ${key}: ${standing.error}`;
        failed.set(scope, [...(failed.get(scope) ?? []), message]);
      }
    }
  }
  return [...taken, ...[...failed].map(([scope, messages]) => firstOf(scope, messages))];
}

function firstOf(scope: string, messages: readonly string[]): Condition {
  const [first = '', ...others] = [...messages].sort();
  return conditionOf(scope, others.length === 0 ? first : `${first} (and ${others.length} more)`);
}

function conditionOf(scope: string, message: string): Condition {
  return { scope, severity: 'error', message };
}
