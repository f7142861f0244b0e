/** Polls with a deadline: the lab never sleeps for a fixed time and hopes. */

import { setTimeout as sleep } from 'node:timers/promises';

const pauseMs = 400;
export const defaultWaitSeconds = 180;

/**
 * Polls until `probe` gives something other than undefined and false, and returns that. What the probe throws counts
 * as "not yet"; the last such reason is in the error when the time is over.
 */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  seconds: number = defaultWaitSeconds,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  let reason: unknown;
  do {
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
      reason = undefined;
    } catch (error) {
      reason = error;
    }
    await sleep(pauseMs);
  } while (performance.now() < deadline);
  throw new Error(`waited ${seconds} s in vain for ${what}`, { cause: reason });
}
