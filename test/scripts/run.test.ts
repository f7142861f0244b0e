/** A run that hangs, crashes, cannot be started or counts nothing is a failed one. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { type Counts, failedAgain, none, outOfTime, readCounts, run } from '../../scripts/run.ts';

let directory: string;
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'selvedge-run-'));
});
after(() => rmSync(directory, { recursive: true, force: true }));

const options = () => ({ cwd: directory, env: process.env, patience: 30_000 });

describe('the status of a run that', () => {
  test('ends', async () => {
    assert.equal(await run(['sh', '-c', 'exit 0'], options()), 0);
    assert.equal(await run(['sh', '-c', 'exit 3'], options()), 3);
  });

  test('cannot be started', async () => {
    assert.equal(await run(['/nonexistent'], options()), 127);
  });

  test('is killed', async () => {
    assert.equal(await run(['sh', '-c', 'kill -9 $$'], options()), 128);
  });

  test('hangs, together with what it has started', async () => {
    const argv = ['sh', '-c', 'sleep 1000 & wait'];
    assert.equal(await run(argv, { ...options(), patience: 300 }), outOfTime);
  });
});

const { failures: _, ...noFailures } = none;

describe('the counts of a run', () => {
  const cases: readonly (readonly [string, string | undefined, number, readonly number[]])[] = [
    ['that counted nothing down', undefined, 0, [0, 1, 0]],
    ['that passed', '{"passed":3,"failed":0,"skipped":1}', 0, [3, 0, 1]],
    ['that failed', '{"passed":3,"failed":2,"skipped":0,"failures":["a","b"]}', 1, [3, 2, 0]],
    ['that passed and ended badly', '{"passed":3,"failed":0,"skipped":0}', 1, [3, 1, 0]],
    ['of nothing', '{"passed":0,"failed":0,"skipped":4}', 0, [0, 1, 4]],
  ];
  for (const [what, text, status, [passed, failed, skipped]] of cases) {
    test(what, () => {
      const file = join(directory, 'counts.json');
      rmSync(file, { force: true });
      if (text !== undefined) writeFileSync(file, text);
      const { failures, ...counts } = readCounts(file, status);
      assert.deepEqual(counts, { ...noFailures, passed, failed, skipped });
      assert.equal(failures.length > 0, (failed ?? 0) > 0);
    });
  }
});

describe('what has failed', () => {
  const bad: Counts = { ...none, passed: 5, failed: 2, failures: ['x', 'y'] };
  const good: Counts = { ...none, passed: 3 };
  const cases: readonly (readonly [
    string,
    Counts,
    Counts,
    readonly string[],
    readonly number[],
  ])[] = [
    ['passes alone', { ...bad, failedParts: ['a', 'a'] }, good, ['a'], [7, 0, 2]],
    ['fails again', { ...bad, failedParts: ['a', 'b'] }, bad, ['a', 'b'], [5, 2, 0]],
    ['has no file', { ...bad, failedParts: ['a'] }, good, [], [5, 2, 0]],
    ['is much', { ...bad, failed: 4, failedParts: ['a', 'b', 'c', 'd'] }, good, [], [5, 4, 0]],
    ['is nothing', good, good, [], [3, 0, 0]],
  ];
  for (const [what, first, second, expected, [passed, failed, unsteady]] of cases) {
    test(what, async () => {
      const asked: string[] = [];
      const counts = await failedAgain(first, async (files) => {
        asked.push(...files);
        return second;
      });
      assert.deepEqual(asked, expected);
      assert.deepEqual(
        [counts.passed, counts.failed, counts.unsteady.length],
        [passed, failed, unsteady],
      );
    });
  }
});
