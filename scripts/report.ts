/**
 * A reporter of node:test for long runs: one line for each file, failures in full, and what was skipped with the
 * reason. Writes its counts as JSON to the file that SELVEDGE_COUNTS names.
 */

import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

interface Outcome {
  readonly outcome: keyof Tally;
  readonly said: string;
}

export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const total: Tally = { passed: 0, failed: 0, skipped: 0 };
  const failures: string[] = [];
  const failedParts: string[] = [];
  const complaints = new Map<string, string>();
  // Of the file whose turn it is. What the runner says of a test is where it was written, which a helper may have done.
  let outcomes: Outcome[] = [];
  const endOfFile = function* (file: string): Generator<string> {
    for (const { outcome, said } of outcomes) {
      total[outcome] += 1;
      if (outcome === 'skipped') yield `  skipped: ${said}\n`;
      if (outcome !== 'failed') continue;
      const failure = `${file}: ${said}`;
      failures.push(firstLines(failure, 8));
      failedParts.push(file);
      yield `FAILED ${failure}\n`;
    }
    outcomes = [];
  };
  for await (const event of source) {
    if (event.type === 'test:stderr') {
      const { file, message } = event.data;
      complaints.set(file, (complaints.get(file) ?? '') + message);
    }
    if (event.type === 'test:pass' || event.type === 'test:fail') {
      const { data } = event;
      const isSkipped = data.skip !== undefined && data.skip !== false;
      // A suite is what is in it, of which nothing is told when it is skipped.
      if (data.details.type === 'suite' && !isSkipped) continue;
      const file = relative(process.cwd(), data.file ?? '');
      // A file is reported as a test where it has none, or fails as a whole; then there is no summary of it.
      const isFile = data.name === data.file || data.name === file;
      if (event.type === 'test:fail') {
        // Of a file as a whole the runner says no more than that it failed.
        const said = isFile ? lastLines(complaints.get(data.name) ?? '', 5) : '';
        outcomes.push({ outcome: 'failed', said: formatFailure(event.data) + said });
      } else if (!isFile) {
        outcomes.push(
          isSkipped
            ? { outcome: 'skipped', said: `${data.name}${reasonOf(data.skip)}` }
            : { outcome: 'passed', said: data.name },
        );
      }
      if (isFile) yield* endOfFile(file);
    }
    if (event.type === 'test:summary' && event.data.file !== undefined) {
      const file = relative(process.cwd(), event.data.file);
      const count = (which: Outcome['outcome']) =>
        outcomes.filter(({ outcome }) => outcome === which).length;
      const counted = {
        passed: count('passed'),
        failed: count('failed'),
        skipped: count('skipped'),
      };
      yield* endOfFile(file);
      const { passed, failed, skipped } = counted;
      const seconds = (event.data.duration_ms / 1000).toFixed(1).padStart(6);
      yield `${seconds} s  ${String(passed).padStart(4)} passed${failed > 0 ? `, ${failed} FAILED` : ''}${skipped > 0 ? `, ${skipped} skipped` : ''}  ${file}\n`;
    }
  }
  yield* endOfFile('(no file)');
  const path = process.env['SELVEDGE_COUNTS'];
  if (path !== undefined) writeFileSync(path, JSON.stringify({ ...total, failures, failedParts }));
}

function reasonOf(skip: unknown): string {
  return typeof skip === 'string' ? ` (${skip})` : '';
}

function formatFailure(data: Extract<TestEvent, { type: 'test:fail' }>['data']): string {
  const error: unknown = data.details.error;
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error;
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  return `${data.name}\n${text.replace(/^/gm, '    ')}`;
}

function lastLines(text: string, count: number): string {
  const lines = text.trim().split('\n').slice(-count);
  return text === '' ? '' : `\n    ${lines.join('\n    ')}`;
}

function firstLines(text: string, count: number): string {
  return text.split('\n').slice(0, count).join('\n');
}
