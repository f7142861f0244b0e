/** How many random cases a property tries. */

import type { TestContext } from 'node:test';
import type { Parameters } from 'fast-check';

/** Multiplies the number of cases: `SELVEDGE_HISTORIES=10 npm run unit`. */
const factor = Number(process.env['SELVEDGE_HISTORIES'] ?? 1);
/** Repeats a run whose seed was printed. */
const seed = process.env['SELVEDGE_SEED'];

/** Says which seed it is, so that any run can be repeated. */
export function runs(test: TestContext, count: number): Parameters<unknown> {
  const chosen = seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(seed);
  const numRuns = Math.max(1, Math.round(count * factor));
  test.diagnostic(`${numRuns} cases; SELVEDGE_SEED=${chosen} repeats them`);
  return { numRuns, seed: chosen };
}
