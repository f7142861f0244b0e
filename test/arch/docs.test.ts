/** The documents name files and tests that exist. What they say about them is for readers to judge. */

import assert from 'node:assert/strict';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { root } from './source.ts';

const documents = ['ARCHITECTURE.md', 'README.md', 'CHANGELOG.md', 'docs/*.md', 'docs/adr/*.md']
  .flatMap((pattern) => globSync(pattern, { cwd: root }))
  .toSorted();

/** Made by a build, or by a run; a fresh tree has none of them. */
const made = new Set(['dist', 'build', 'out', 'lab-out', 'node_modules']);
const folders = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !made.has(entry.name))
  .map(({ name }) => name);
const rooms = readdirSync(join(root, 'src'));

/** Words in backticks that are meant as a path of ours: by their first folder, or by their ending. */
function pathsIn(text: string): readonly string[] {
  const words = [...text.matchAll(/`([^`\s]+)`/g)].map(([, word = '']) => word);
  return [...new Set(words)].filter((word) => {
    const [first = ''] = word.split('/');
    // Placeholders and names of other machines: /run/frr, ~/.cache, NN-name, <vni>.
    if (/^[/~<-]|[<>:=()]/.test(word) || made.has(first)) return false;
    return (
      (word.includes('/') && (folders.includes(first) || rooms.includes(first))) ||
      /^[\w./*-]+\.(ts|md|service)$/.test(word)
    );
  });
}

/** As written from the root, from src, or from the document's own folder. */
function exists(path: string, document: string): boolean {
  return ['.', 'src', dirname(document)].some((from) => {
    const cwd = join(root, from);
    return path.includes('*') ? globSync(path, { cwd }).length > 0 : existsSync(join(cwd, path));
  });
}

/** `file` "title", and further titles of the same file after commas. */
function titlesIn(text: string): readonly (readonly [string, string])[] {
  const named = /`((?:test|lab)\/[^`\s]+\.ts)`((?:,? "[^"]+")+)/g;
  return [...text.matchAll(named)].flatMap(([, file = '', titles = '']) =>
    [...titles.matchAll(/"([^"]+)"/g)].map(([, title = '']) => [file, title] as const),
  );
}

describe('the documents', () => {
  for (const document of documents) {
    const text = readFileSync(join(root, document), 'utf8');

    test(`${document} names files that exist`, () => {
      assert.deepEqual(
        pathsIn(text).filter((path) => !exists(path, document)),
        [],
      );
    });

    test(`${document} names tests that exist`, () => {
      const missing = titlesIn(text).filter(
        ([file, title]) => !readFileSync(join(root, file), 'utf8').includes(title),
      );
      assert.deepEqual(missing, []);
    });
  }

  test('a path is told from other words in backticks', () => {
    const text =
      '`src/a.ts` `src/*/b.ts` `/run/frr` `~/x.ts` `10.0.0.0/8` `ip rule` `a/b:c` `x.md` `dist/m.js`';
    assert.deepEqual(pathsIn(text), ['src/a.ts', 'src/*/b.ts', 'x.md']);
  });

  test('a title belongs to the file before it', () => {
    assert.deepEqual(titlesIn('`test/a.test.ts` "one", "two"; `test/b.test.ts` "three"'), [
      ['test/a.test.ts', 'one'],
      ['test/a.test.ts', 'two'],
      ['test/b.test.ts', 'three'],
    ]);
  });
});
