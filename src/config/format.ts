/** A Config as plain data under the names of TOML: for `--json`, logs and reports. Secrets are not in it. */

import type { Plain } from './option.ts';
import { type Row, rows, valueAt } from './rows.ts';
import type { Config } from './schema.ts';

/** By section and option; `null` is an option that is not set. */
export type PlainConfig = Readonly<
  Record<string, Plain | null | Readonly<Record<string, Plain | null>>>
>;

export function formatConfig(config: Config): PlainConfig {
  const plain: Record<string, Plain | null | Record<string, Plain | null>> = {};
  for (const row of rows) {
    const value = formatValue(row, valueAt(config, row));
    if (row.section === undefined) plain[row.key] = value;
    else Object.assign((plain[row.section] ??= {}), { [row.key]: value });
  }
  return plain;
}

/** What stands for a value in print; never the value of a secret. */
export function formatValue({ option }: Pick<Row, 'option'>, value: unknown): Plain | null {
  if (value === undefined) return null;
  return option.secret === true ? '(hidden)' : option.type.format(value);
}
