/** Where a port is, by what either database says. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PlacementFacts, placementOf } from '../../src/inventory/placement.ts';

type Requested = Extract<PlacementFacts, { by: 'request' }>;

const request = (facts: Partial<Requested>): PlacementFacts => ({
  by: 'request',
  type: '',
  requestedChassis: undefined,
  hostId: undefined,
  isUp: true,
  ...facts,
});

const cases: Readonly<Record<string, readonly [PlacementFacts, string | undefined]>> = {
  'a port that is bound is there': [{ by: 'binding', chassis: 'u1' }, 'u1'],
  'one that is not is nowhere': [{ by: 'binding', chassis: undefined }, undefined],
  'one that is about to migrate is where it was': [
    { by: 'binding', chassis: 'u1', next: 'u2' },
    'u1',
  ],
  'one that has been heard on the new node is there': [
    { by: 'binding', chassis: 'u1', next: 'u2', isHeardThere: true },
    'u2',
  ],
  'as is one that the old node has let go of': [
    { by: 'binding', chassis: undefined, next: 'u2' },
    'u2',
  ],
  'a gateway is where its status says': [{ by: 'status', hostingChassis: 'c1' }, 'c1'],
  'and nowhere before it says': [{ by: 'status', hostingChassis: undefined }, undefined],
  'a port that is up is where it is requested': [request({ requestedChassis: 'c1' }), 'c1'],
  'whatever Neutron noted before': [request({ requestedChassis: 'c1', hostId: 'c2' }), 'c1'],
  'without a request it is where Neutron notes it': [request({ hostId: 'c2' }), 'c2'],
  'with an empty one too': [request({ requestedChassis: '', hostId: 'c2' }), 'c2'],
  'while it migrates it is where it was': [request({ requestedChassis: 'c1,c2' }), 'c1'],
  'and after that there': [request({ requestedChassis: 'c2,c1', hostId: 'c1' }), 'c2'],
  'a virtual port is where Neutron notes it': [
    request({ type: 'virtual', requestedChassis: 'c1', hostId: 'c2' }),
    'c2',
  ],
  'a port that is down is nowhere': [
    request({ requestedChassis: 'c1', hostId: 'c1', isUp: false }),
    undefined,
  ],
};
for (const [title, [facts, at]] of Object.entries(cases)) {
  test(title, () => assert.equal(placementOf(facts), at));
}
