/**
 * Makes what is installed: the libraries as modules with their types, and the program in a few files, packages included.
 * Node takes half a millisecond for each module that it finds, reads and joins to others; with two hundred of them that was
 * most of the start of an agent.
 *
 *   node scripts/build.ts [dist]
 */

import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const dist = resolve(process.argv[2] ?? join(root, 'dist'));
const tsc = join(root, 'node_modules/typescript/bin/tsc');

rmSync(dist, { recursive: true, force: true });
const libraries = [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', dist];
const { status } = spawnSync(process.execPath, libraries, { stdio: 'inherit' });
await build({
  absWorkingDir: root,
  entryPoints: ['src/cli/main.ts'],
  outdir: join(dist, 'cli'),
  bundle: true,
  // What a command does not need stays in a file of its own.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  // Needed long after the start, and only where metrics are served.
  external: ['prom-client'],
  logLevel: 'warning',
});
process.exitCode = status ?? 1;
