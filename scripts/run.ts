/** Runs a program that counts its tests to its end, or to the end of our patience; what it counted, read with distrust. */

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What failed and why, told again at the end of a run whose beginning nobody may see any more. */
  readonly failures: readonly string[];
  /** Of each failure what can be run by itself, where there is such: its file, of a scenario its claim. */
  readonly failedParts: readonly string[];
  /** What failed in the company of others and passed alone, as `failures`. */
  readonly unsteady: readonly string[];
}

export const none: Counts = {
  passed: 0,
  failed: 0,
  skipped: 0,
  failures: [],
  failedParts: [],
  unsteady: [],
};

export function failed(why: string): Counts {
  return { ...none, failed: 1, failures: [why] };
}

export interface RunOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds after which it is ended: the runner waits for ever for a file that leaves something running. */
  readonly patience: number;
}

/** As of timeout(1). */
export const outOfTime = 124;

/** Its exit status; 127 when it cannot be run, 128 when a signal of somebody else's ended it. */
export function run(argv: readonly string[], options: RunOptions): Promise<number> {
  const [file = '', ...args] = argv;
  const { cwd, env, patience } = options;
  return new Promise((done) => {
    // A group of its own, so that what it has started ends with it.
    const child = spawn(file, args, { cwd, env, stdio: 'inherit', detached: true });
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      console.log(`FAILED  ${argv.join(' ')}: it came to no end within ${patience / 60_000} min`);
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, patience);
    // What ends us must end it too.
    const pass = (signal: NodeJS.Signals): void => {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    };
    process.on('SIGINT', pass).on('SIGTERM', pass);
    const settle = (status: number): void => {
      clearTimeout(timer);
      process.off('SIGINT', pass).off('SIGTERM', pass);
      done(isLate ? outOfTime : status);
    };
    child.on('error', () => settle(127));
    child.on('close', (status, signal) => settle(status ?? (signal === null ? 1 : 128)));
  });
}

/** What a run has counted; one that came to no end has failed, whatever it counted, and so has one of nothing. */
export function readCounts(path: string, status: number): Counts {
  if (!existsSync(path)) {
    const why = `the run ended with status ${status} before it counted its tests`;
    console.log(`FAILED  ${why}`);
    return failed(why);
  }
  const counts = { ...none, ...(JSON.parse(readFileSync(path, 'utf8')) as Partial<Counts>) };
  const isSuspect = (status !== 0 && counts.failed === 0) || counts.passed + counts.failed === 0;
  if (!isSuspect) return counts;
  const why = `the run ended with status ${status}, and counted ${counts.passed} passed`;
  return { ...counts, failed: 1, failures: [...counts.failures, why] };
}

/** More than this is no matter of chance. */
const mostAgain = 3;

/**
 * Runs what has failed once more, by themselves: on a machine that everything shares, what waits for
 * other programs may wait in vain. What passes then has passed, and is told all the same: it wants mending.
 */
export async function failedAgain(
  counts: Counts,
  again: (parts: readonly string[]) => Promise<Counts>,
): Promise<Counts> {
  const { failed: times, failedParts, failures } = counts;
  const parts = [...new Set(failedParts)];
  // Not where a run as a whole has failed.
  const isOfParts = failedParts.length === times;
  if (times === 0 || !isOfParts || parts.length > mostAgain) return counts;
  console.log(`\n== once more, alone: ${parts.join(', ')}`);
  const second = await again(parts);
  if (second.failed > 0) return counts;
  const unsteady = [...counts.unsteady, ...failures];
  return { ...counts, passed: counts.passed + times, ...settled, unsteady };
}

const settled = { failed: 0, failures: [], failedParts: [] } as const;
