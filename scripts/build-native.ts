/**
 * Compiles native/selvedge_native.c to build/selvedge_native.node with the C compiler of the machine (`CC`, or cc).
 * Does nothing when the binary is newer than the source and this script. No node-gyp: it would fetch headers.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(import.meta.dirname);
const source = join(root, 'native/selvedge_native.c');
const target = join(root, 'build/selvedge_native.node');

if (isUpToDate()) console.log(`${target} is up to date`);
else compile();

function isUpToDate(): boolean {
  const built = modified(target);
  return built > modified(source) && built > modified(fileURLToPath(import.meta.url));
}

function modified(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function compile(): void {
  const headers = createRequire(import.meta.url).resolve('node-api-headers/package.json');
  const compiler = process.env['CC'] ?? 'cc';
  // Built beside the target and renamed, so that a running process never loads half a file.
  const partial = `${target}.${process.pid}`;
  const flags = ['-shared', '-fPIC', '-O2', '-Wall', '-Wextra', '-Werror', '-std=gnu11'];
  mkdirSync(dirname(target), { recursive: true });
  const include = `-I${join(dirname(headers), 'include')}`;
  const run = spawnSync(compiler, [...flags, include, '-o', partial, source], { stdio: 'inherit' });
  if (run.error !== undefined) {
    fail(`cannot run '${compiler}': ${run.error.message}; install a C compiler (apt install gcc)`);
  }
  if (run.status !== 0) fail(`'${compiler}' refused ${source}`);
  renameSync(partial, target);
  console.log(`built ${target}`);
}

function fail(reason: string): never {
  console.error(reason);
  process.exit(1);
}
