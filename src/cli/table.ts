/** A table that may be longer than memory: its columns are as wide as its first rows need, and it is written as it comes. */

import { formatTable, printAll } from './output.ts';

/** Rows that the widths are taken from. */
const measured = 1000;

export class Table {
  readonly #header: readonly string[];
  #rows: (readonly string[])[] = [];
  #widths: readonly number[] | undefined;

  constructor(header: readonly string[]) {
    this.#header = header;
  }

  async add(row: readonly string[]): Promise<void> {
    this.#rows.push(row);
    if (this.#rows.length >= measured) await this.#write();
  }

  /** Nothing where there were no rows. */
  async end(): Promise<void> {
    if (this.#rows.length > 0) await this.#write();
  }

  async #write(): Promise<void> {
    const header = this.#widths === undefined ? this.#header : undefined;
    this.#widths ??= this.#header.map((title, column) =>
      Math.max(title.length, ...this.#rows.map((row) => (row[column] ?? '').length)),
    );
    const text = formatTable(header, this.#rows, this.#widths);
    this.#rows = [];
    await printAll(text);
  }
}
