/**
 * Cases that need a network namespace of their own. The test file that node:test runs makes the namespace, runs a
 * script of cases inside and shows each case as a subtest, skipped ones with their reason; the script calls `runCases`.
 * Works wherever `ip netns` does: on a developer's machine, in CI, in the lab's guest.
 */

import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Thrown by a case that this kernel cannot run. */
export class Skip extends Error {}

export type Cases = Readonly<Record<string, () => Promise<void> | void>>;

type Outcome =
  | { readonly name: string; readonly outcome: 'passed' }
  | { readonly name: string; readonly outcome: 'skipped' | 'failed'; readonly reason: string };

/** Inside: runs the cases one after the other and prints an outcome each. */
export async function runCases(cases: Cases): Promise<void> {
  for (const [name, run] of Object.entries(cases)) {
    try {
      await run();
      print({ name, outcome: 'passed' });
    } catch (error) {
      // A property that fails has what its body threw as cause.
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
      if (cause instanceof Skip) print({ name, outcome: 'skipped', reason: cause.message });
      else print({ name, outcome: 'failed', reason: `${textOf(error)}\n${textOf(cause)}` });
    }
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function print(outcome: Outcome): void {
  console.log(JSON.stringify(outcome));
}

/** Outside: `script` is a file beside the test, as `./cases.ts`; `import.meta.url` is its base. */
export function testInNamespace(title: string, script: string, base: string): void {
  test(title, async (t) => {
    const namespace = `selvedge-nl-${process.pid}-${title.length}`;
    const made = spawnSync('ip', ['netns', 'add', namespace], { encoding: 'utf8' });
    if (made.status !== 0) {
      t.skip(`cannot make a network namespace: ${made.error?.message ?? made.stderr.trim()}`);
      return;
    }
    try {
      await showCases(t, namespace, fileURLToPath(new URL(script, base)));
    } finally {
      spawnSync('ip', ['netns', 'delete', namespace]);
    }
  });
}

async function showCases(t: TestContext, namespace: string, script: string): Promise<void> {
  const command = ['netns', 'exec', namespace, process.execPath, script];
  const child = spawn('ip', command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve));
  for await (const line of createInterface(child.stdout)) {
    const outcome = JSON.parse(line) as Outcome;
    await t.test(outcome.name, (sub) => {
      if (outcome.outcome === 'skipped') sub.skip(outcome.reason);
      if (outcome.outcome === 'failed') throw new Error(outcome.reason);
    });
  }
  const code = await exited;
  if (code !== 0) throw new Error(`${script} ended with ${code}`);
}
