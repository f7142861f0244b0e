/** Waiting for what another program does. */

import { setTimeout as sleep } from 'node:timers/promises';

/** What was waited for did not come; what went wrong on the way is thrown as it is. */
export class Late extends Error {}

/** The deadline is for a broken test only; a busy machine takes its time. */
const patience = 180_000;

/** Resolves when it is so; rejects with what it was for when that takes too long. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + patience; !(await isSo()); await sleep(50)) {
    if (Date.now() > end) throw new Late(`it did not come to: ${what}`);
  }
}
