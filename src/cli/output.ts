/** Text for people: aligned columns, and colour on terminals only. */

import { styleText } from 'node:util';

export type Colour = 'red' | 'yellow' | 'green' | 'cyan' | 'dim' | 'bold';

/** `styleText` itself looks at NO_COLOR and at whether the stream is a terminal. */
export function paint(colour: Colour, text: string): string {
  return styleText(colour, text, { stream: process.stdout });
}

/** Rows with their columns aligned, the last one as long as it likes. */
export function formatTable(
  header: readonly string[] | undefined,
  rows: readonly (readonly string[])[],
  widths = widthsOf(header === undefined ? rows : [header, ...rows]),
): string {
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  const head = header === undefined ? [] : [paint('bold', line(header))];
  return [...head, ...rows.map(line)].join('\n');
}

function widthsOf(rows: readonly (readonly string[])[]): readonly number[] {
  const columns = rows[0] ?? [];
  return columns.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function complain(text: string): void {
  process.stderr.write(`selvedge: ${text}\n`);
}

/** As `print`, and waits until it is taken: what is long goes out no faster than it is read. */
export async function printAll(text: string): Promise<void> {
  await write(`${text}\n`);
}

/** Resolves when it is taken. */
export function write(octets: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(octets, (cause) => {
      if (cause === undefined || cause === null) resolve();
      else reject(cause);
    });
  });
}

/** Whoever reads us may have seen enough, as `head` has: then there is nobody left to tell, and nothing wrong. */
export function endWithReader(): void {
  process.stdout.on('error', (cause) => {
    if ('code' in cause && cause.code === 'EPIPE') process.exit();
    throw cause;
  });
}
