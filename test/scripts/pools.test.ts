/** Every file of tests is run by `make test`, and once. */

import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { resolve } from 'node:path';
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
