/** Where in a TOML text a key stands: the parser tells that of syntax only, an operator wants to know it of every mistake. */

export interface Place {
  readonly line: number;
  readonly column: number;
}

const header = /^\s*\[(\[)?\s*([^\]]+?)\s*\]/;
/** A key, or several with dots between them. */
const assignment = /^(\s*)((?:"[^"]*"|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"]*"|[A-Za-z0-9_-]+))*)\s*=/;

/** The place of `peer[1].as`, `global.as` or `peer[1]`; of what is not there, that of the table in which it is missing. */
export function placeOf(text: string, path: string): Place | undefined {
  const counts = new Map<string, number>();
  let table = '';
  let near: Place | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const opened = header.exec(line);
    if (opened !== null) {
      table = nameOf(opened[2] ?? '', opened[1] !== undefined, counts);
      const place = { line: index + 1, column: line.indexOf('[') + 1 };
      if (table === path) return place;
      if (path.startsWith(`${table}.`)) near = place;
      continue;
    }
    const [, indent = '', words] = assignment.exec(line) ?? [];
    if (words === undefined) continue;
    const key = joined(words);
    const at = table === '' ? key : `${table}.${key}`;
    const place = { line: index + 1, column: indent.length + 1 };
    if (at === path) return place;
    if (path.startsWith(`${at}.`) || path.startsWith(`${at}[`)) near = place;
  }
  return near;
}

/** Below a list the last of its tables is meant. */
function nameOf(words: string, isList: boolean, counts: Map<string, number>): string {
  let name = '';
  for (const word of joined(words).split('.')) {
    const inner = name === '' ? word : `${name}.${word}`;
    const count = counts.get(inner);
    name = count === undefined ? inner : `${inner}[${count - 1}]`;
  }
  if (!isList) return name;
  const list = name.replace(/\[[0-9]+\]$/, '');
  const index = counts.get(list) ?? 0;
  counts.set(list, index + 1);
  return `${list}[${index}]`;
}

function joined(words: string): string {
  return words
    .split('.')
    .map((word) => word.trim().replace(/^"(.*)"$/, '$1'))
    .join('.');
}
