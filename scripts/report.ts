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

export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const total: Tally = { passed: 0, failed: 0, skipped: 0 };
  const failures: string[] = [];
  const failedParts: string[] = [];
  const files = new Map<string, Tally>();
  const complaints = new Map<string, string>();
  for await (const event of source) {
    if (event.type === 'test:stderr') {
      const { file, message } = event.data;
      complaints.set(file, (complaints.get(file) ?? '') + message);
    }
    if (event.type === 'test:pass' || event.type === 'test:fail') {
      const { data } = event;
      if (data.details.type === 'suite') continue;
      const file = relative(process.cwd(), data.file ?? '');
      // The runner itself reports each file as a test; only what is inside of it counts.
      if (data.name === data.file || data.name === file) {
        if (event.type === 'test:pass') continue;
      }
      const tally = files.get(file) ?? { passed: 0, failed: 0, skipped: 0 };
      files.set(file, tally);
      const outcome = event.type === 'test:fail' ? 'failed' : data.skip ? 'skipped' : 'passed';
      tally[outcome] += 1;
      total[outcome] += 1;
      if (event.type === 'test:fail') {
        // Of a file as a whole the runner says no more than that it failed.
        const said = data.name === data.file ? (complaints.get(data.name) ?? '') : '';
        const failure = formatFailure(file, event.data) + lastLines(said, 5);
        failures.push(firstLines(failure, 8));
        failedParts.push(file);
        yield `FAILED ${failure}\n`;
      }
      if (outcome === 'skipped') yield `  skipped: ${data.name}${reasonOf(data.skip)}\n`;
    }
    if (event.type === 'test:summary' && event.data.file !== undefined) {
      const file = relative(process.cwd(), event.data.file);
      const { passed = 0, failed = 0, skipped = 0 } = files.get(file) ?? {};
      const seconds = (event.data.duration_ms / 1000).toFixed(1).padStart(6);
      yield `${seconds} s  ${String(passed).padStart(4)} passed${failed > 0 ? `, ${failed} FAILED` : ''}${skipped > 0 ? `, ${skipped} skipped` : ''}  ${file}\n`;
    }
  }
  const path = process.env['SELVEDGE_COUNTS'];
  if (path !== undefined) writeFileSync(path, JSON.stringify({ ...total, failures, failedParts }));
}

function reasonOf(skip: unknown): string {
  return typeof skip === 'string' ? ` (${skip})` : '';
}

function formatFailure(
  file: string,
  data: Extract<TestEvent, { type: 'test:fail' }>['data'],
): string {
  const error: unknown = data.details.error;
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error;
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  return `${file}: ${data.name}\n${text.replace(/^/gm, '    ')}`;
}

function lastLines(text: string, count: number): string {
  const lines = text.trim().split('\n').slice(-count);
  return text === '' ? '' : `\n    ${lines.join('\n    ')}`;
}

function firstLines(text: string, count: number): string {
  return text.split('\n').slice(0, count).join('\n');
}
