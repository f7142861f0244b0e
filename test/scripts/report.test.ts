/** A file of tests that does not load, crashes, ends early or never ends counts as failed, and the run's status tells. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import type { Counts } from '../../scripts/run.ts';

const ending = new URL('../../scripts/end-of-file.ts', import.meta.url).href;
const reporter = fileURLToPath(new URL('../../scripts/report.ts', import.meta.url));

interface Case {
  readonly text: string;
  readonly counts: Pick<Counts, 'passed' | 'failed' | 'skipped'>;
}

const head = "import { test } from 'node:test';\n";
const passing = "test('a', () => {});\n";
const helper = `${head}export function helped() {\n${passing}test('b', () => { throw new Error('no'); }); }`;

const cases: Readonly<Record<string, Case>> = {
  'passes and skips': {
    text: `${head}${passing}test('b', { skip: 'why' }, () => {});`,
    counts: { passed: 1, failed: 0, skipped: 1 },
  },
  fails: {
    text: `${head}${passing}test('b', () => { throw new Error('no'); });`,
    counts: { passed: 1, failed: 1, skipped: 0 },
  },
  'skips a suite': {
    text: "import { describe } from 'node:test';\ndescribe('a', { skip: 'why' }, () => {});",
    counts: { passed: 0, failed: 0, skipped: 1 },
  },
  'has its tests of a helper': {
    text: "import { helped } from './helper.ts';\nhelped();",
    counts: { passed: 1, failed: 1, skipped: 0 },
  },
  'does not parse': { text: 'const = 1;', counts: { passed: 0, failed: 1, skipped: 0 } },
  'imports what is not there': {
    text: "import './absent.ts';",
    counts: { passed: 0, failed: 1, skipped: 0 },
  },
  'throws beside its tests': {
    text: `${head}${passing}throw new Error('no');`,
    counts: { passed: 1, failed: 1, skipped: 0 },
  },
  // What had passed before is lost with the process; that it failed is not.
  'ends in the middle': {
    text: `${head}${passing}test('b', () => { process.exit(3); });`,
    counts: { passed: 0, failed: 1, skipped: 0 },
  },
  'is killed': {
    text: `${head}${passing}test('b', () => { process.kill(process.pid, 'SIGKILL'); return new Promise(() => {}); });`,
    counts: { passed: 0, failed: 1, skipped: 0 },
  },
  'has a test that waits for nothing': {
    text: `${head}${passing}test('b', () => new Promise(() => {}));`,
    counts: { passed: 1, failed: 1, skipped: 0 },
  },
  'leaves a server behind': {
    text: `${head}import { createServer } from 'node:net';\n${passing}test('b', () => void createServer().listen(0));`,
    counts: { passed: 2, failed: 1, skipped: 0 },
  },
  'has no tests': { text: 'export {};', counts: { passed: 0, failed: 0, skipped: 0 } },
};

describe('the report of a file that', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'selvedge-report-'));
    writeFileSync(join(directory, 'helper.ts'), helper);
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  for (const [what, { text, counts }] of Object.entries(cases)) {
    test(what, () => {
      const file = join(directory, `${what.replaceAll(' ', '-')}.test.ts`);
      writeFileSync(file, text);
      const result = join(directory, 'counts.json');
      const limits = ['--test-timeout=3000', '--import', ending];
      const argv = ['--test', ...limits, `--test-reporter=${reporter}`, file];
      // A run within a run would be told so by this, and report to that one.
      const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
      const run = spawnSync(process.execPath, argv, {
        encoding: 'utf8',
        env: { ...environment, SELVEDGE_COUNTS: result },
        timeout: 60_000,
      });
      const { failures, failedParts, ...counted } = JSON.parse(
        readFileSync(result, 'utf8'),
      ) as Counts;
      assert.deepEqual(counted, counts, run.stdout);
      assert.equal(failures.length, counts.failed, 'each failure is told again at the end');
      assert.equal(failedParts.length, counts.failed, 'each with its file');
      assert.ok(failures.every((each) => each.includes(`${what.replaceAll(' ', '-')}.test.ts`)));
      assert.equal(run.status === 0, counts.failed === 0, `${run.status} ${run.stdout}`);
      if (counts.failed > 0) assert.match(run.stdout, /FAILED/);
    });
  }
});
