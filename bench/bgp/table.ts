/** The best of several rounds, and how they read as a table. Pure. */

import type { Load, Round } from './measure.ts';

export interface Result {
  readonly name: string;
  readonly load: Load;
  readonly rounds: readonly Round[];
}

const rows = [
  ['announce', 'announce → last route at the last sink, ms'],
  ['withdraw', 'withdraw → last withdrawal, ms'],
  ['dump', 'full table to a new peer, ms'],
  ['probeP50', 'one route, p50, ms'],
  ['probeP99', 'one route, p99, ms'],
  ['rssIdleMiB', 'RSS without routes, MiB'],
  ['rssMiB', 'RSS with all routes, MiB'],
  ['rssAfterMiB', 'RSS with all withdrawn, MiB'],
  ['octetsPerRouteInAll', 'octets a route, of all'],
  ['octetsPerRoute', 'octets a route, over none'],
  ['cpuStart', 'CPU of the start, s'],
  ['cpuAnnounce', 'CPU of the announcement, s'],
  ['cpuDump', 'CPU of the table to a new peer, s'],
  ['cpuWithdraw', 'CPU of the withdrawal, s'],
  ['stallAnnounce', 'longest stall, announcement, ms'],
  ['stallDump', 'longest stall, new peer, ms'],
  ['stallWithdraw', 'longest stall, withdrawal, ms'],
  ['stallCpu', 'work in the longest stall, ms'],
] as const satisfies readonly (readonly [keyof Round, string])[];

/** Each figure's smallest value: what the machine can do when it is left alone. */
export function bestOf(rounds: readonly Round[]): Partial<Record<keyof Round, number>> {
  return Object.fromEntries(
    rows.flatMap(([key]) => {
      const values = rounds.flatMap((each) => each[key] ?? []);
      return values.length === 0 ? [] : [[key, Math.min(...values)]];
    }),
  );
}

/** Markdown, aligned: a column for each reflector, and below it what went wrong. */
export function formatResults(results: readonly Result[]): string {
  const best = results.map(({ rounds }) => bestOf(rounds));
  const head = ['', ...results.map(({ name }) => name)];
  const body = rows
    .filter(([key]) => best.some((each) => each[key] !== undefined))
    .map(([key, title]) => [title, ...best.map((each) => String(each[key] ?? '—'))]);
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
