/** The Clock port on the timers of Node. */

import { setTimeout as sleep } from 'node:timers/promises';

import type { Clock } from '../../../base/ports.ts';

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
};
