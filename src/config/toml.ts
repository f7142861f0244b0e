/** Selvedge's own configuration file, TOML 1.0: text to a Config, or everything that is wrong with it at once. Pure. */

import { parse, TomlDate, TomlError } from 'smol-toml';
import { type Issue, issue, issueAt } from '../base/issue.ts';
import { err, ok, type Result } from '../base/result.ts';
import { checkConfig, makeConfig, type Row, rows, topNames } from './rows.ts';
import type { Config } from './schema.ts';
import { nearest } from './suggest.ts';

export type Table = Readonly<Record<string, unknown>>;

/** An empty text gives the defaults. */
export function parseToml(text: string): Result<Config, readonly Issue[]> {
  const table = parseSyntax(text);
  return table.ok ? parseTable(table.value) : err([table.error]);
}

/** The tables of a text, whatever they mean. */
export function parseSyntax(text: string): Result<Table, Issue> {
  try {
    return ok(parse(text, { unsafeKeyBehaviour: 'throw' }));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The message goes on with the lines around the error; the place says enough.
    const [first = ''] = error.message.split('\n');
    const reason = first.replace(/^Invalid TOML document: /, '');
    return err(issue(reason, `line ${error.line}, column ${error.column}`));
  }
}

function parseTable(table: Table): Result<Config, readonly Issue[]> {
  const issues = [...unknownKeys(table)];
  const config = makeConfig((row) => {
    const raw = rawValue(table, row);
    if (raw === undefined) return row.option.default;
    const parsed = row.option.type.parse(raw);
    if (parsed.ok) return parsed.value;
    issues.push(issueAt(row.path, parsed.error));
    return row.option.default;
  });
  // An option that was refused holds its default by now, so what is checked next speaks only of what was read.
  const checked = checkConfig(config);
  if (!checked.ok) issues.push(...checked.error);
  return issues.length === 0 ? checked : err(issues);
}

function rawValue(table: Table, { section, key }: Row): unknown {
  const within = section === undefined ? table : table[section];
  return isTable(within) && Object.hasOwn(within, key) ? within[key] : undefined;
}

function* unknownKeys(table: Table): Iterable<Issue> {
  for (const [key, value] of Object.entries(table)) {
    if (rows.some((row) => row.path === key)) continue;
    if (!topNames.includes(key)) yield unknown(key);
    else if (!isTable(value)) yield issue(`expected a table, [${key}]`, key);
    else {
      for (const inner of Object.keys(value)) {
        if (!rows.some((row) => row.section === key && row.key === inner)) {
          yield unknown(`${key}.${inner}`);
        }
      }
    }
  }
}

function unknown(path: string): Issue {
  const similar = suggest(path);
  return issue(similar === undefined ? 'unknown' : `unknown; did you mean ${similar}?`, path);
}

/** The same key in another section is nearer than a similar one in the same. */
function suggest(path: string): string | undefined {
  const key = path.slice(path.lastIndexOf('.') + 1);
  const elsewhere = rows.find((row) => row.key === key);
  if (elsewhere !== undefined) return elsewhere.path;
  const known = path.includes('.') ? rows.map((row) => row.path) : topNames;
  return nearest(path, known);
}

export function isTable(value: unknown): value is Table {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof TomlDate)
  );
}
