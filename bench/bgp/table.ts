/** The best of several rounds, and how they read as a table. Pure. */

import type { Load, Round } from './measure.ts';

export interface Result {
  readonly name: string;
  readonly load: Load;
  readonly rounds: readonly Round[];
}

const columns = [
  ['announce', 'announce → last route, ms'],
  ['withdraw', 'withdraw → last withdrawal, ms'],
  ['dump', 'full table to a new peer, ms'],
  ['probeP50', 'one route, p50 ms'],
  ['probeP99', 'one route, p99 ms'],
  ['rssMiB', 'RSS, MiB'],
  ['octetsPerRoute', 'octets a route'],
  ['cpuSeconds', 'CPU until announced, s'],
  ['cpuSecondsAtEnd', 'CPU until withdrawn, s'],
] as const satisfies readonly (readonly [keyof Round, string])[];

/** Each figure's smallest value: what the machine can do when it is left alone. */
export function bestOf(rounds: readonly Round[]): Partial<Record<keyof Round, number>> {
  return Object.fromEntries(
    columns.flatMap(([key]) => {
      const values = rounds.flatMap((each) => each[key] ?? []);
      return values.length === 0 ? [] : [[key, Math.min(...values)]];
    }),
  );
}

/** Markdown, aligned: a row for each reflector, and below it what went wrong. */
export function formatResults(results: readonly Result[]): string {
  const head = ['', ...columns.map(([, title]) => title)];
  const body = results.map(({ name, rounds }) => {
    const best = bestOf(rounds);
    return [name, ...columns.map(([key]) => String(best[key] ?? '—'))];
  });
  const widths = head.map((_, i) => Math.max(...[head, ...body].map((row) => row[i]?.length ?? 0)));
  const pad = (cell: string, column: number, filler = ' '): string => {
    const width = widths[column] ?? 0;
    return column === 0 ? cell.padEnd(width, filler) : cell.padStart(width, filler);
  };
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => pad(cell, column)).join(' | ')} |`;
  const rule = line(widths.map((_, column) => pad(column === 0 ? '-' : '-:', column, '-')));
  const failures = results.flatMap(({ name, rounds }) =>
    rounds.flatMap(({ failure }, i) =>
      failure === undefined ? [] : [`${name}, round ${i + 1}: ${failure}`],
    ),
  );
  return [line(head), rule, ...body.map(line), ...failures].join('\n');
}
