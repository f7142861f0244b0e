/** Exponential back-off with full jitter: how long to wait before attempt `n`. Pure; the caller owns the clock. */

import type { Random } from './ports.ts';

export interface BackOff {
  /** Milliseconds before the second attempt, on average twice that before the third, and so on. */
  readonly initial: number;
  /** The longest wait in milliseconds. */
  readonly max: number;
}

/**
 * Milliseconds to wait after `failures` failures in a row (at least 1).
 *
 * Half of the wait is fixed and half is chance, so that a thousand nodes that lost the same server do not
 * return to it in the same instant, and none returns at once.
 */
export function backOffDelay(policy: BackOff, failures: number, random: Random): number {
  const ceiling = Math.min(policy.max, policy.initial * 2 ** Math.min(failures - 1, 30));
  return ceiling / 2 + (ceiling / 2) * random();
}
