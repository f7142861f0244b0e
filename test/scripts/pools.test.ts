/** Every file of tests is run by `make test`, and once. */

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

import { longFiles, testPools } from '../../scripts/pools.ts';

const root = resolve(import.meta.dirname, '../..');
const all = globSync('test/**/*.test.ts', { cwd: root });

test('each file is in one pool, and no pool is empty', () => {
  const pools = testPools(root);
  assert.deepEqual(pools.flatMap(({ files }) => files).toSorted(), all.toSorted());
  for (const { name, files } of pools) assert.notEqual(files.length, 0, name);
});

test('the files that are named are there', () => {
  assert.deepEqual(
    longFiles.filter((file) => !all.includes(file)),
    [],
  );
});

test('what talks to daemons that are fetched begins when they are there', () => {
  const early = testPools(root).flatMap(({ files, needsPeers }) => (needsPeers ? [] : files));
  const talks = (file: string) =>
    /from '.*\/(?:interop|vty\/frr-daemons)\b/.test(readFileSync(join(root, file), 'utf8'));
  assert.deepEqual(early.filter(talks), []);
});
