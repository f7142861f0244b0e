/** How many random cases a property tries. */

import type { Parameters } from 'fast-check';

/** Multiplies the number of cases: `SELVEDGE_HISTORIES=10 npm run unit`. */
const factor = Number(process.env['SELVEDGE_HISTORIES'] ?? 1);
/** Repeats a run whose seed was printed. */
const seed = process.env['SELVEDGE_SEED'];

export function runs(count: number): Parameters<unknown> {
  return {
    numRuns: Math.max(1, Math.round(count * factor)),
    ...(seed === undefined ? {} : { seed: Number(seed) }),
  };
}
