/**
 * `make test`: checks, then unit and integration tests and, beside them, the lab's scenarios, each with its progress; one
 * that fails does not hide the others. Ends with one line, `N passed, N failed`.
 *
 *   node scripts/test.ts [check] [unit] [lab]    some of them; RELEASE=bookworm for another guest
 */

import { mkdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';

import { type Pool, testPools } from './pools.ts';
import { type Counts, failed, failedAgain, none, readCounts, run } from './run.ts';

const root = resolve(import.meta.dirname, '..');
const out = join(root, 'out');
/** Minutes; a busy machine takes a third of it. */
const patience = { check: 15, fetch: 30, unit: 60, lab: 120 } as const;
/** A file of tests is a process, and so is each program it starts: types are stripped and code compiled once for all. */
const NODE_COMPILE_CACHE = join(out, 'compile-cache');

function runHere(
  argv: readonly string[],
  minutes: number,
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  const PATH = `${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`;
  return run(argv, {
    cwd: root,
    env: { ...process.env, PATH, NODE_COMPILE_CACHE, ...env },
    patience: minutes * 60_000,
  });
}

/** A run that says nothing of its own is one test. */
async function asOneTest(name: string, argv: readonly string[]): Promise<Counts> {
  const status = await runHere(argv, patience.check);
  console.log(`${status === 0 ? 'passed' : 'FAILED'}  ${name}`);
  return status === 0 ? { ...none, passed: 1 } : failed(name);
}

async function check(): Promise<Counts> {
  return sum([
    await asOneTest('types', ['npm', 'run', '--silent', 'types']),
    await asOneTest('lint', ['npm', 'run', '--silent', 'lint']),
    await asOneTest('format', ['npm', 'run', '--silent', 'format:check']),
  ]);
}

async function unit(): Promise<Counts> {
  const fetched = runHere(['node', 'test/interop/fetch.ts'], patience.fetch);
  // As long as the fuzzer is to run here; by itself a unit test of it is done in a few seconds.
  const FUZZ_SECONDS = process.env['FUZZ_SECONDS'] ?? '60';
  const reporter = ['--test-reporter=./scripts/report.ts', '--test-reporter-destination=stdout'];
  const runPool = async ({ name, concurrency, files, needsPeers }: Pool): Promise<Counts> => {
    if (needsPeers) await fetched;
    const counts = join(out, `unit-${name}.json`);
    rmSync(counts, { force: true });
    const limits = [`--test-concurrency=${concurrency}`, '--test-timeout=600000'];
    const ending = ['--import', './scripts/end-of-file.ts'];
    const argv = ['node', '--test', ...limits, ...ending, ...reporter, ...files];
    const env = { SELVEDGE_COUNTS: counts, FUZZ_SECONDS };
    return readCounts(counts, await runHere(argv, patience.unit, env));
  };
  const counts = sum(await Promise.all(testPools(root).map(runPool)));
  return failedAgain(counts, (files) =>
    runPool({ name: 'again', concurrency: 1, files, needsPeers: true }),
  );
}

/**
 * Two guests share the scenarios where there are two processors; a guest has but one. The second waits for what else
 * there is to do, which needs the other processor. A third would use what these leave, a fifth of their time, and was tried:
 * each then took so much longer that nothing was gained. SCENARIOS="20 30" for a few.
 */
async function lab(others: Promise<unknown>): Promise<Counts> {
  const release = process.env['RELEASE'] ?? 'trixie';
  const results = join(out, `lab-${release}`);
  rmSync(results, { recursive: true, force: true });
  const built = await runHere(['node', 'lab/main.ts', 'build', '--release', release], patience.lab);
  if (built !== 0) return failed(`no guest of ${release}`);
  const few = process.env['SCENARIOS']?.split(' ') ?? [];
  const limits = ['--timeout', String(patience.lab * 60)];
  const runGuest = async (part: string): Promise<Counts> => {
    const words = ['--release', release, '--out', results, ...limits, 'lab/scenarios/run.ts'];
    const argv = ['node', 'lab/main.ts', 'run', ...words, ...few];
    const counts = join(results, `guest-${part}`, 'counts.json');
    return readCounts(counts, await runHere(argv, patience.lab, { LAB_PART: part }));
  };
  const parts = few.length > 0 ? 1 : Math.min(2, availableParallelism());
  const runs = Array.from({ length: parts }, async (_, index): Promise<Counts> => {
    if (index > 0) await others;
    return runGuest(String(index + 1));
  });
  const counts = sum(await Promise.all(runs));
  return failedAgain(counts, async (claims) => {
    // Another guest takes what nobody has taken: these.
    for (const claim of claims) rmSync(join(results, 'claims', claim), { recursive: true });
    return runGuest('again');
  });
}

function sum(all: readonly Counts[]): Counts {
  return all.reduce(
    (a, b) => ({
      passed: a.passed + b.passed,
      failed: a.failed + b.failed,
      skipped: a.skipped + b.skipped,
      failures: [...a.failures, ...b.failures],
      failedParts: [...a.failedParts, ...b.failedParts],
      unsteady: [...a.unsteady, ...b.unsteady],
    }),
    none,
  );
}

/** Says how long it took; nothing when it was not asked for. */
async function stage(name: string, body: () => Promise<Counts>): Promise<Counts> {
  if (asked.length > 0 && !asked.includes(name)) return none;
  console.log(`\n== ${name}`);
  const begun = performance.now();
  const counts = await body();
  console.log(`== ${name}: ${Math.round((performance.now() - begun) / 1000)} s`);
  return counts;
}

const asked = process.argv.slice(2);
mkdirSync(out, { recursive: true });
const checked = await stage('check', check);
const tested = stage('unit', unit);
const shown = stage('lab', () => lab(tested));
const total = sum([checked, ...(await Promise.all([tested, shown]))]);
for (const failure of total.failures) console.log(`FAILED  ${failure}`);
for (const failure of total.unsteady) console.log(`UNSTEADY, passed alone  ${failure}`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
