/** The linker of the build: what a linked program does, and what is refused instead of being linked wrongly. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, describe, test } from 'node:test';

const directory = mkdtempSync(join(tmpdir(), 'selvedge-link-'));
after(() => rmSync(directory, { recursive: true }));
const linker = resolve(import.meta.dirname, '../../scripts/link.ts');

/** Writes modules, links the first, and takes all others away. */
function link(modules: Readonly<Record<string, string>>): { status: number; stderr: string } {
  const paths = Object.keys(modules).map((name) => join(directory, name));
  for (const [name, text] of Object.entries(modules)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  const [entry = '', ...others] = paths;
  const { status, stderr } = spawnSync(process.execPath, [linker, entry], { encoding: 'utf8' });
  for (const path of others) rmSync(path);
  return { status: status ?? -1, stderr };
}

function run(name: string): string {
  return spawnSync(process.execPath, [join(directory, name)], { encoding: 'utf8' }).stdout;
}

describe('a linked program', () => {
  test('does what its modules did, and knows where they were', () => {
    const linked = link({
      'main.mjs': [
        "import { sep } from 'node:path';",
        "import { twice as double, url } from './lib/index.mjs';",
        "import { count } from './lib/count.mjs';",
        'console.log(double(21), count, sep, url.endsWith("/lib/count.mjs"));',
      ].join('\n'),
      'lib/index.mjs': "export { count as url_, url, twice } from './count.mjs';\n",
      'lib/count.mjs': [
        'let runs = 0;',
        'export const count = (runs += 1);',
        'export const url = import.meta.url;',
        'function twice(of) { return 2 * of; }',
        'export { twice };',
      ].join('\n'),
    });
    assert.deepEqual(linked, { status: 0, stderr: '' });
    assert.equal(run('main.mjs'), '42 1 / true\n');
  });

  for (const [what, modules, message] of [
    [
      'a circle of imports',
      {
        'a.mjs': "import { b } from './b.mjs';\nexport const a = b;\n",
        'b.mjs': "import { a } from './a.mjs';\nexport const b = a;\n",
      },
      /a circle of imports: .*a\.mjs → .*b\.mjs → .*a\.mjs/,
    ],
    ['a default export', { 'c.mjs': 'export default 1;\n' }, /cannot link 'export default 1;'/],
    ['a variable that changes', { 'd.mjs': 'export let d = 1;\n' }, /cannot link 'export let/],
    ['another import', { 'e.mjs': "import * as e from 'node:fs';\n" }, /cannot link 'import \*/],
  ] as const) {
    test(`is not made of ${what}`, () => {
      const { status, stderr } = link(modules);
      assert.notEqual(status, 0);
      assert.match(stderr, message);
    });
  }
});
