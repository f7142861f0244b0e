/** Where in a TOML text a key stands: the parser tells that of syntax only, an operator wants to know it of every mistake. */

export interface Place {
  readonly line: number;
  readonly column: number;
}

const header = /^\s*\[(\[)?\s*([^\]]+?)\s*\]/;
const assignment = /^(\s*)("?)([A-Za-z0-9_-]+)\2\s*=/;

/** The place of `peer[1].as`, `global.as` or `peer[1]`; of an inner table written in one line, that of the line. */
export function placeOf(text: string, path: string): Place | undefined {
  const counts = new Map<string, number>();
  let table = '';
  let near: Place | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const opened = header.exec(line);
    if (opened !== null) {
      table = nameOf(opened[2] ?? '', opened[1] !== undefined, counts);
      if (table === path) return { line: index + 1, column: line.indexOf('[') + 1 };
      continue;
    }
    const [, indent = '', , key] = assignment.exec(line) ?? [];
    if (key === undefined) continue;
    const at = table === '' ? key : `${table}.${key}`;
    const place = { line: index + 1, column: indent.length + 1 };
    if (at === path) return place;
    if (path.startsWith(`${at}.`) || path.startsWith(`${at}[`)) near = place;
  }
  return near;
}

function nameOf(words: string, isList: boolean, counts: Map<string, number>): string {
  const name = words
    .split('.')
    .map((word) => word.trim().replace(/^"(.*)"$/, '$1'))
    .join('.');
  if (!isList) return name;
  const index = counts.get(name) ?? 0;
  counts.set(name, index + 1);
  return `${name}[${index}]`;
}
