/** What an agent tells V8 at its start, and takes back. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cachedDataVersionTag } from 'node:v8';
import { optimiseLate } from '../../src/cli/optimising.ts';

test('once optimising is as usual again, code compiled before is taken from a cache', () => {
  const before = cachedDataVersionTag();
  const asUsual = optimiseLate();
  assert.notEqual(cachedDataVersionTag(), before, 'the flags have not been altered');
  asUsual();
  assert.equal(cachedDataVersionTag(), before);
});
