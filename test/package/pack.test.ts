/** What an installation gets: everything that its program and its libraries load, and nothing of the workshop. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
};

describe('the package', () => {
  const packing = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
  });
  const [listed] = JSON.parse(packing.stdout) as [{ files: readonly { readonly path: string }[] }];
  const files = new Set(listed.files.map(({ path }) => path));

  test('has the addon, as built and to build it again', () => {
    for (const path of [
      'build/selvedge_native.node',
      'native/selvedge_native.c',
      'native/Makefile',
    ]) {
      assert.ok(files.has(path), `${path} is missing`);
    }
  });

  test('has nothing but the program, the addon, and what is needed to run it', () => {
    const parts = new Set([...files].map((path) => path.split('/')[0]));
    for (const part of ['build', 'deploy', 'dist', 'native']) parts.delete(part);
    assert.deepEqual(parts, new Set(['LICENSE', 'README.md', 'package.json']));
  });

  test('builds both before it is packed', () => {
    assert.match(manifest.scripts['prepack'] ?? '', /run --silent build && .*run --silent native/);
  });

  test('names programs and libraries that there are', () => {
    for (const target of [...Object.values(manifest.bin), ...Object.values(manifest.exports)]) {
      const source = target.replace('./dist/', 'src/').replace(/\.js$/, '.ts');
      assert.ok(existsSync(join(root, source)), target);
    }
  });
});

const hasCompiler =
  spawnSync('cc', ['--version']).status === 0 && spawnSync('make', ['--version']).status === 0;

test('the addon is built from what the package has', {
  skip: hasCompiler ? false : 'no cc and make',
}, () => {
  const directory = mkdtempSync(join(tmpdir(), 'selvedge-native-'));
  try {
    cpSync(join(root, 'native'), join(directory, 'native'), { recursive: true });
    const include = join(root, 'node_modules/node-api-headers/include');
    const argv = ['-C', join(directory, 'native'), `NODE_INCLUDE=${include}`];
    const run = spawnSync('make', argv, { encoding: 'utf8' });
    assert.equal(run.status, 0, run.stderr);
    assert.ok(existsSync(join(directory, 'build/selvedge_native.node')));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
