/** The source tree as text: its files, and what each imports. No parser is needed for code that biome has formatted. */

import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Import {
  /** `net/ip.ts` for a file of ours, else the name as it stands: `node:net`, `smol-toml`. */
  readonly of: string;
  readonly isOurs: boolean;
  /** Whether nothing of it is left when the types are gone. */
  readonly isType: boolean;
}

export interface SourceFile {
  /** Below src: `net/prefix.ts`. */
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly imports: readonly Import[];
}

export const sources: readonly SourceFile[] = globSync('src/**/*.ts', { cwd: root })
  .toSorted()
  .map((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const path = relative('src', file);
    return { path, text, lines: text.split('\n').length - 1, imports: [...importsOf(path, text)] };
  });

/** `import … from`, `export … from`, `import '…'` and `import(…)`. */
export function* importsOf(path: string, text: string): Iterable<Import> {
  const statement = /^(?:import|export)\b(?<clause>[^;'"]*?)\bfrom\s*'(?<of>[^']+)'/gm;
  const bare = /(?:^import\s*|\bimport\s*\(\s*)['"`](?<of>[^'"`]+)['"`]/gm;
  for (const { groups = {} } of text.matchAll(statement)) {
    yield importOf(path, groups['of'] ?? '', isTypeOnly(groups['clause'] ?? ''));
  }
  for (const { groups = {} } of text.matchAll(bare)) {
    yield importOf(path, groups['of'] ?? '', false);
  }
}

function importOf(path: string, specifier: string, isType: boolean): Import {
  const isOurs = specifier.startsWith('.');
  return { of: isOurs ? join(dirname(path), specifier) : specifier, isOurs, isType };
}

/** `type { A }` or `{ type A, type B }`. */
function isTypeOnly(clause: string): boolean {
  const text = clause.trim();
  if (text.startsWith('type ')) return true;
  const names = /^\{([\s\S]*)\}$/
    .exec(text)?.[1]
    ?.split(',')
    .map((name) => name.trim()) ?? [''];
  return (
    names.filter((name) => name !== '').every((name) => name.startsWith('type ')) &&
    names.length > 0
  );
}

/** The text without its comments, as far as formatted code allows: those of whole lines and those after code. */
export function withoutComments(text: string): string {
  return text
    .replace(/^\s*\/\*[\s\S]*?\*\//gm, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/\s\/\/ .*$/gm, '');
}
