/** Polls with a deadline: the lab never sleeps for a fixed time and hopes. */

import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './say.ts';

/** Milliseconds, by `LAB_WAITS` in seconds: longer waits are told, to find where the time of a scenario goes. */
const worthTelling = Number(process.env['LAB_WAITS'] ?? Number.POSITIVE_INFINITY) * 1000;
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
  const begun = performance.now();
  const deadline = begun + seconds * 1000;
  let reason: unknown;
  do {
    try {
      const value = await probe();
      if (value !== undefined && value !== false) {
        const took = performance.now() - begun;
        if (took > worthTelling) say(`    waited ${(took / 1000).toFixed(1)} s for ${what}`);
        return value;
      }
      reason = undefined;
    } catch (error) {
      reason = error;
    }
    await sleep(pauseMs);
  } while (performance.now() < deadline);
  throw new Error(`waited ${seconds} s in vain for ${what}`, { cause: reason });
}
