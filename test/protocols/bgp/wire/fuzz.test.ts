/** Some seconds of bench/fuzz with a new seed each time; `FUZZ_SECONDS` and `SEED` choose. The failing message is in the report. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Coverage } from '../../../../bench/fuzz/coverage.ts';
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

const main = fileURLToPath(new URL('../../../../bench/fuzz/main.ts', import.meta.url));

/** Of a seed that is the same each time, so that a branch is missing only when something has changed. */
function runOf(count: number): { readonly status: number | null; readonly coverage: Coverage } {
  const directory = mkdtempSync(join(tmpdir(), 'selvedge-fuzz-'));
  try {
    const json = join(directory, 'coverage.json');
    const argv = [main, '--seed', '1', '--count', String(count), '--json', json];
    const { status, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
    assert.equal(stderr, '');
    const { coverage } = JSON.parse(readFileSync(json, 'utf8')) as { coverage: Coverage };
    return { status, coverage };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

test('every branch of the codec is taken', { timeout: 200_000 }, () => {
  const { status, coverage } = runOf(60_000);
  assert.deepEqual(coverage.missed, []);
  assert.equal(status, 0);
  assert.ok(coverage.files.length > 40, 'the counters have not seen the codec');
});

test('a branch that is not taken is named, and fails the run', () => {
  const { status, coverage } = runOf(1);
  assert.equal(status, 1);
  assert.ok(coverage.missed.some(({ file, line }) => file === 'attribute/aigp.ts' && line > 1));
});
