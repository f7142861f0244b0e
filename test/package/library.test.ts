/**
 * The library as somebody else has it: packed, laid out in a project of its own without running any script and without any
 * other package, and used from there in TypeScript and in JavaScript. The examples of its README are what is used.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'src/protocols/bgp/README.md'), 'utf8');
const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code);
/** That which has a session between two speakers, announces a route and watches. */
const routes = examples.find((code) => code.includes('teller.routing.originate')) ?? '';

/** Ends with 0, or its words are the failure. */
function run(command: string, argv: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, argv, { cwd, encoding: 'utf8' });
  assert.equal(status, 0, `${command} ${argv.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

const tsc = join(root, 'node_modules/typescript/bin/tsc');

/** Strict, and with what we declare checked too. */
const compilerOptions = {
  target: 'es2024',
  lib: ['es2025', 'esnext.disposable'],
  module: 'nodenext',
  strict: true,
  noUncheckedIndexedAccess: true,
  typeRoots: [join(root, 'node_modules/@types')],
  types: ['node'],
  outDir: 'out',
};

describe('the library in a project of its own', { timeout: 280_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'selvedge-library-'));
  const project = join(directory, 'project');
  const installed = join(project, 'node_modules/selvedge');
  after(() => rmSync(directory, { recursive: true, force: true }));

  before(() => {
    const packed = join(directory, 'packed');
    mkdirSync(packed);
    for (const part of ['package.json', 'README.md', 'LICENSE', 'build', 'native', 'deploy']) {
      cpSync(join(root, part), join(packed, part), { recursive: true });
    }
    const argv = [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', join(packed, 'dist')];
    run(process.execPath, argv, root);
    // Its scripts would build what was just built.
    run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', directory], packed);
    mkdirSync(installed, { recursive: true });
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      readonly version: string;
    };
    const archive = join(directory, `selvedge-${version}.tgz`);
    run('tar', ['-xzf', archive, '-C', installed, '--strip-components=1'], directory);
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  });

  test('has types for every example of its README', () => {
    examples.forEach((code, index) => writeFileSync(join(project, `example-${index}.ts`), code));
    run(process.execPath, [tsc, '-p', project], project);
  });

  test('refuses in its types what it would refuse at work', () => {
    const wrong = routes.replace("families: ['ipv6-unicast']", "families: ['ipv7-unicast']");
    assert.notEqual(wrong, routes);
    writeFileSync(join(project, 'wrong.ts'), wrong);
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', project], {
      cwd: project,
      encoding: 'utf8',
    });
    rmSync(join(project, 'wrong.ts'));
    assert.notEqual(status, 0);
    assert.match(stdout, /wrong\.ts.*'"ipv7-unicast"' is not assignable/);
  });

  test('has a session, announces and watches, from JavaScript', () => {
    const code = routes.replace(/: \{ readonly passive: boolean; readonly port: number \}/, '');
    const plain = code.replace('id: number', 'id');
    writeFileSync(join(project, 'plain.js'), plain);
    const said = run(process.execPath, ['plain.js'], project);
    assert.match(said, /^2001:db8:1::\/48 with LOCAL_PREF 100$/m);
  });
});
