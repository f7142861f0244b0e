/**
 * Tables of a file, read by the options that they may hold: every value by its type, what is unknown with the word that was
 * meant, all that is wrong at once.
 */

import { type Issue, issue, issueAt } from '../../base/issue.ts';
import type { Options, ValuesOf } from '../option.ts';
import { nearest } from '../suggest.ts';
import { isTable, type Table } from '../toml.ts';

export class Tables {
  readonly issues: Issue[] = [];

  /** `others`: keys that are read by somebody else. */
  values<O extends Options>(
    options: O,
    raw: Table,
    at: string,
    others: readonly string[] = [],
  ): ValuesOf<O> {
    const values: Record<string, unknown> = {};
    const keys = new Map(Object.keys(options).map((field) => [keyOf(field), field]));
    for (const [key, field] of keys) {
      const row = options[field];
      if (row === undefined) continue;
      values[field] = row.default;
      if (!Object.hasOwn(raw, key)) continue;
      const parsed = row.type.parse(raw[key]);
      if (parsed.ok) values[field] = parsed.value;
      else this.#add(issueAt(`${at}.${key}`, parsed.error));
    }
    for (const key of Object.keys(raw)) {
      if (!keys.has(key)) this.unknown(`${at}.${key}`, key, [...keys.keys(), ...others]);
    }
    // The one place where what the options' own types have read becomes the type derived from those options.
    return values as ValuesOf<O>;
  }

  table(raw: unknown, at: string): Table {
    if (raw === undefined) return {};
    if (isTable(raw)) return raw;
    this.say(`expected a table, [${at}]`, at);
    return {};
  }

  list(raw: unknown, at: string): readonly { readonly at: string; readonly raw: Table }[] {
    if (raw === undefined) return [];
    if (Array.isArray(raw) && raw.every(isTable)) {
      return raw.map((each, index) => ({ at: `${at}[${index}]`, raw: each }));
    }
    this.say(`expected tables, each as [[${at}]]`, at);
    return [];
  }

  unknown(path: string, key: string, known: readonly string[]): void {
    const similar = nearest(key, known);
    this.say(similar === undefined ? 'unknown' : `unknown; did you mean ${similar}?`, path);
  }

  /** Of what was given and refused enough was said. */
  missing(path: string, message = 'must be given'): void {
    const wasRefused = this.issues.some((each) => tail(each.path) === tail(path));
    if (!wasRefused) this.say(message, path);
  }

  say(message: string, path: string): void {
    this.#add(issue(message, path));
  }

  /** What a group has wrong is said once, not for each of its peers. */
  #add(of: Issue): void {
    const isKnown = this.issues.some(
      ({ message, path }) =>
        message === of.message && path.startsWith('group.') && tail(path) === tail(of.path),
    );
    if (!isKnown) this.issues.push(of);
  }
}

function tail(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

function keyOf(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
