/**
 * The INI dialect of oslo.config, text to options. It differs from what other INI readers read: a repeated key keeps
 * all its values, an indented line continues the value above it, `#` and `;` open a comment only at the start of a
 * line. `$name`, which stands for another option, is left for substitute.ts, and what an option means for the caller.
 */

import { type Issue, issue } from '../../base/issue.ts';
import { err, ok, type Result } from '../../base/result.ts';

/** One value of an option, and where it stands. */
export interface IniValue {
  readonly text: string;
  readonly file: string;
  readonly line: number;
}

/**
 * Group, then option name, then the values in the order of the files. A list option has use for all of them, any
 * other for the last. Group names are in lower case, except `DEFAULT`; option names keep theirs (`bgp_AS`).
 */
export type IniOptions = ReadonlyMap<string, ReadonlyMap<string, readonly IniValue[]>>;

export interface IniFile {
  readonly path: string;
  readonly text: string;
}

type MutableOptions = Map<string, Map<string, IniValue[]>>;

/** Reads the files as one configuration: what stands later overrides what stands earlier. */
export function parseIni(files: readonly IniFile[]): Result<IniOptions, readonly Issue[]> {
  const issues: Issue[] = [];
  const options: MutableOptions = new Map();
  for (const file of files) readLines(file, options, issues);
  return issues.length === 0 ? ok(options) : err(issues);
}

/** The files of a `--config-dir` by name, in the order in which they count: `*.conf`, no hidden ones, sorted. */
export function configDirOrder(names: readonly string[]): readonly string[] {
  return names.filter((name) => name.endsWith('.conf') && !name.startsWith('.')).toSorted();
}

/** The value that counts of an option that is no list: the last one. */
export function lastValue(options: IniOptions, group: string, name: string): IniValue | undefined {
  return options.get(group)?.get(name)?.at(-1);
}

/** What the lines so far have led to: a section, and the option whose value may go on. */
interface Cursor {
  section: string | undefined;
  open: { readonly name: string; readonly parts: string[]; readonly line: number } | undefined;
}

function readLines(file: IniFile, options: MutableOptions, issues: Issue[]): void {
  const cursor: Cursor = { section: undefined, open: undefined };
  const refuse = (line: number, column: number, message: string) => {
    issues.push(issue(message, `${file.path}:${line}:${column}`));
  };
  const close = () => {
    const { section, open } = cursor;
    cursor.open = undefined;
    if (open === undefined) return;
    if (section === undefined) return refuse(open.line, 1, `'${open.name}' stands in no section`);
    const text = open.parts.join('\n');
    append(options, section, open.name, { text, file: file.path, line: open.line });
  };
  for (const [index, raw] of file.text.split(/\r\n|\r|\n/).entries()) {
    const line = raw.trimEnd();
    if (/^[ \t]/.test(line)) {
      if (cursor.open === undefined) refuse(index + 1, 1, 'continues no value');
      else cursor.open.parts.push(line.trimStart());
    } else {
      // Anything that is not indented ends a value: a blank line and a comment too.
      close();
      readLine(line, index + 1, cursor, refuse);
    }
  }
  close();
}

function readLine(
  text: string,
  line: number,
  cursor: Cursor,
  refuse: (line: number, column: number, message: string) => void,
): void {
  if (text === '' || text.startsWith('#') || text.startsWith(';')) return;
  if (text.startsWith('[')) {
    if (!text.endsWith(']')) return refuse(line, text.length + 1, "the section name has no ']'");
    if (text.length === 2) return refuse(line, 2, 'the section has no name');
    cursor.section = groupName(text.slice(1, -1));
    return;
  }
  const mark = text.search(/[:=]/);
  if (mark < 0) return refuse(line, text.length + 1, "no '=' or ':' after the option's name");
  const name = text.slice(0, mark).trim();
  if (name === '') return refuse(line, 1, "no name before the '=' or ':'");
  cursor.open = { name, parts: [unquoted(text.slice(mark + 1).trim())], line };
}

/** Group names are compared in lower case, all but that of the first group. */
export function groupName(text: string): string {
  return text === 'DEFAULT' ? text : text.toLowerCase();
}

/** One pair of equal quotes around a whole value is not part of it. */
function unquoted(value: string): string {
  return /^["']/.test(value) && value.at(-1) === value[0] ? value.slice(1, -1) : value;
}

function append(options: MutableOptions, section: string, name: string, value: IniValue): void {
  let group = options.get(section);
  if (group === undefined) options.set(section, (group = new Map()));
  const values = group.get(name);
  if (values === undefined) group.set(name, [value]);
  else values.push(value);
}
