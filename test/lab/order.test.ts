/** Guests that share the scenarios ask for them in one order, whatever order a directory lists them in. */

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { inOrder } from '../../lab/scenarios/order.ts';

const directory = join(import.meta.dirname, '../../lab/scenarios');
const names = readdirSync(directory).filter((name) => name.endsWith('.test.ts'));

test('every scenario is run, the longest first, those of mode evpn before those of mode bgp, the others by name', () => {
  const ordered = inOrder(names);
  assert.deepEqual(ordered.toSorted(), names.toSorted());
  assert.deepEqual(inOrder(names.toReversed()), ordered);
  const placesOf = (part: RegExp) =>
    [...ordered.keys()].filter((at) => part.test(ordered[at] ?? ''));
  assert.ok(Math.max(...placesOf(/^(?:[1234]\d|50)-/)) < Math.min(...placesOf(/^6[012456]-/)));
  assert.match(ordered.join(), /^50-adoption\S*,30-restarts\S*,15-networks\S*,60-bgp\S*,00-fabric/);
});
