/**
 * Which branches of the codec a run has taken, as V8 counts them: each function, and each part of one that may be run another
 * number of times than what is around it. To be started before the codec is loaded; of code that was compiled before V8 knows
 * only whether a function ran.
 */

import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { fileURLToPath } from 'node:url';

/** A branch that was not taken. */
export interface Missed {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

export interface FileCoverage {
  readonly file: string;
  readonly branches: number;
  readonly taken: number;
}

export interface Coverage {
  readonly files: readonly FileCoverage[];
  readonly missed: readonly Missed[];
}

const folder = new URL('../../src/protocols/bgp/wire/', import.meta.url).href;

/** What cannot be taken, and why it stands there. By file and text, so that a change of it is seen. */
export const notTaken: readonly (Omit<Missed, 'line'> & { readonly reason: string })[] = [];

export class Counters {
  readonly #session = new Session();

  async start(): Promise<void> {
    this.#session.connect();
    await this.#session.post('Profiler.enable');
    await this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Of the codec, since the start or the last call. */
  async take(): Promise<Coverage> {
    const files: FileCoverage[] = [];
    const missed: Missed[] = [];
    for (const { file, source, ranges } of await this.#ranges()) {
      const gaps = ranges.filter(({ count }) => count === 0);
      files.push({ file, branches: ranges.length, taken: ranges.length - gaps.length });
      missed.push(...gaps.map((gap) => missedAt(file, source, gap)).filter(isUnexplained));
    }
    return { files: files.toSorted((a, b) => a.file.localeCompare(b.file)), missed };
  }

  /** How many branches were taken, counting each time, since the start or the last call: a measure of work. */
  async work(): Promise<number> {
    const all = await this.#ranges();
    return all.reduce(
      (sum, { ranges }) => sum + ranges.reduce((of, { count }) => of + count, 0),
      0,
    );
  }

  async #ranges() {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage');
    return result
      .filter(({ url }) => url.startsWith(folder))
      .map(({ url, functions }) => ({
        file: url.slice(folder.length),
        source: readFileSync(fileURLToPath(url), 'utf8'),
        ranges: functions.flatMap(({ ranges }) => ranges),
      }));
  }
}

type Range = { readonly startOffset: number; readonly endOffset: number };

function missedAt(file: string, source: string, { startOffset, endOffset }: Range): Missed {
  const line = source.slice(0, startOffset).split('\n').length;
  const text = source.slice(startOffset, endOffset).replace(/\s+/g, ' ').trim().slice(0, 100);
  return { file, line, text };
}

function isUnexplained({ file, text }: Missed): boolean {
  return !notTaken.some((each) => each.file === file && each.text === text);
}

/** A line a file, and one for each branch that is missing. */
export function formatCoverage({ files, missed }: Coverage): string {
  const width = Math.max(...files.map(({ file }) => file.length));
  const row = (file: string, taken: number, branches: number) =>
    `${file.padEnd(width)}  ${String(taken).padStart(5)} of ${String(branches).padStart(5)}`;
  const sum = (of: 'taken' | 'branches') => files.reduce((all, each) => all + each[of], 0);
  return [
    ...files.map(({ file, taken, branches }) => row(file, taken, branches)),
    row('branches of the codec', sum('taken'), sum('branches')),
    ...missed.map(({ file, line, text }) => `NOT TAKEN  ${file}:${line}  ${text}`),
  ].join('\n');
}
