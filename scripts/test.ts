/**
 * `make test`: checks, unit and integration tests, and the lab's scenarios, each with its progress; one that fails does
 * not hide the others. Ends with one line, `N passed, N failed`.
 *
 *   node scripts/test.ts [check] [unit] [lab]    some of them; RELEASE=bookworm for another guest
 */

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const root = resolve(import.meta.dirname, '..');
const out = join(root, 'out');
const none: Counts = { passed: 0, failed: 0, skipped: 0 };

function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> {
  const [file = '', ...args] = argv;
  const PATH = `${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`;
  return new Promise((done) => {
    const child = spawn(file, args, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, PATH, ...env },
    });
    child.on('error', () => done(127));
    child.on('close', (status, signal) => done(status ?? (signal === null ? 1 : 128)));
  });
}

/** A run that says nothing of its own is one test. */
async function asOneTest(name: string, argv: readonly string[]): Promise<Counts> {
  const status = await run(argv);
  console.log(`${status === 0 ? 'passed' : 'FAILED'}  ${name}`);
  return { ...none, [status === 0 ? 'passed' : 'failed']: 1 };
}

async function check(): Promise<Counts> {
  return sum([
    await asOneTest('types', ['npm', 'run', '--silent', 'types']),
    await asOneTest('lint', ['npm', 'run', '--silent', 'lint']),
    await asOneTest('format', ['npm', 'run', '--silent', 'format:check']),
  ]);
}

async function unit(): Promise<Counts> {
  const counts = join(out, 'unit.json');
  const reporter = ['--test-reporter=./scripts/report.ts', '--test-reporter-destination=stdout'];
  const argv = ['node', '--test', '--test-concurrency=2', '--test-timeout=300000', ...reporter];
  const status = await run([...argv, 'test/**/*.test.ts'], { SELVEDGE_COUNTS: counts });
  return read(counts, status);
}

async function lab(): Promise<Counts> {
  const release = process.env['RELEASE'] ?? 'trixie';
  const results = join(out, `lab-${release}`);
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const scenarios = ['lab/scenarios/run.ts', ...(process.env['SCENARIOS']?.split(' ') ?? [])];
  const argv = ['node', 'lab/main.ts', 'run', '--release', release, '--out', results, ...scenarios];
  const status = await run(argv);
  return read(join(results, 'counts.json'), status);
}

/** What a run has counted; one that came to no end has failed, whatever it counted. */
function read(path: string, status: number): Counts {
  if (!existsSync(path)) {
    console.log(`FAILED  the run ended with status ${status} before it counted its tests`);
    return { ...none, failed: 1 };
  }
  const counts = JSON.parse(readFileSync(path, 'utf8')) as Counts;
  return status !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

function sum(all: readonly Counts[]): Counts {
  return all.reduce(
    (a, b) => ({
      passed: a.passed + b.passed,
      failed: a.failed + b.failed,
      skipped: a.skipped + b.skipped,
    }),
    none,
  );
}

const stages = { check, unit, lab } as const;
const asked = process.argv.slice(2);
rmSync(join(out, 'unit.json'), { force: true });
mkdirSync(out, { recursive: true });
const results: Counts[] = [];
for (const [name, stage] of Object.entries(stages)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  console.log(`\n== ${name}`);
  const begun = performance.now();
  results.push(await stage());
  console.log(`== ${name}: ${Math.round((performance.now() - begun) / 1000)} s`);
}
const { passed, failed, skipped } = sum(results);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
