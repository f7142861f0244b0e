/**
 * Runs scenarios in one process on one fabric: all `*.test.ts` beside this file, or those whose names contain one of the
 * arguments. Leaves `counts.json` in the directory shared with the host. Several guests that share the scenarios
 * (`LAB_PART`) go through the same list, and each takes what nobody has begun.
 */

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import { fileName } from '../fabric/claim.ts';
import { outDir } from '../fabric/out.ts';
import { say } from '../fabric/say.ts';
import { clearGround, elsewhere, theFabric } from '../fabric/scenario.ts';
import { inOrder } from './order.ts';

const wanted = process.argv.slice(2);
// The guest sees `.js`: types are stripped on the host.
const names = readdirSync(import.meta.dirname)
  .filter((name) => /\.test\.[jt]s$/.test(name))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
const files = inOrder(names).map((name) => join(import.meta.dirname, name));

const counts = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];
const failedParts: string[] = [];
await theFabric();
const events = run({ files, isolation: 'none', concurrency: false });
for await (const event of events) {
  if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
  const { name, details, skip } = event.data;
  if (details.type === 'suite' || skip === elsewhere) continue;
  const outcome = event.type === 'test:fail' ? 'failed' : skip ? 'skipped' : 'passed';
  counts[outcome] += 1;
  const seconds = (details.duration_ms / 1000).toFixed(1);
  say(`${outcome === 'failed' ? 'FAILED' : outcome}  ${name}  (${seconds} s)`);
  if (event.type !== 'test:fail') continue;
  const error = formatError(event.data.details.error);
  failures.push(`${name}\n${error}`);
  failedParts.push(fileName(name));
  say(error);
}
await clearGround().catch((error: unknown) => {
  counts.failed += 1;
  failures.push(`what the scenarios stood on cannot be taken away\n${formatError(error)}`);
  say(formatError(error));
});
mkdirSync(outDir, { recursive: true });
writeFileSync(join(outDir, 'counts.json'), JSON.stringify({ ...counts, failures, failedParts }));
say(`lab: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
// A run of nothing proves nothing.
process.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1);

/** An error and what caused it, outermost first; not what the test runner wraps it in. */
function formatError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'ERR_TEST_FAILURE') return formatError(error.cause);
  const own = error.cause === undefined ? (error.stack ?? error.message) : error.message;
  return error.cause === undefined ? own : `${own}\n  because: ${formatError(error.cause)}`;
}
