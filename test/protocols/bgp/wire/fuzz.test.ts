/** Some seconds of bench/fuzz with a new seed each time; `FUZZ_SECONDS` and `SEED` choose. The failing message is in the report. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz } from '../../../../bench/fuzz/fuzz.ts';

const seconds = Number(process.env['FUZZ_SECONDS'] ?? 5);
const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));

test(`${seconds} s of mutated messages break nothing (seed ${seed})`, {
  timeout: (seconds + 60) * 1000,
}, (t) => {
  const { progress, breach } = fuzz({ seed, seconds });
  assert.equal(breach, undefined, `seed ${seed}: ${JSON.stringify(breach)}`);
  assert.ok(progress.outcomes.accept > 0 && progress.outcomes.withdraw > 0);
  t.diagnostic(`${progress.messages} messages in ${progress.seconds.toFixed(1)} s`);
});
