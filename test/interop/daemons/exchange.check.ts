/** Every pair of daemons exchanges every kind of route that the one can originate, and the other shows them whole. */

import { describe, test } from 'node:test';
import { routesOf } from '../harness/examples.ts';
import { expectNothing, startPair } from '../harness/fixture.ts';
import {
  bird3,
  bird31,
  exabgp4,
  exabgp5,
  frr10,
  frr8,
  frrNew,
  gobgp3,
  gobgp4,
  type Software,
} from '../harness/software.ts';

const pairs: readonly (readonly [Software, Software])[] = [
  [gobgp4, frr8],
  [gobgp4, frr10],
  [gobgp4, frrNew],
  [gobgp3, frrNew],
  [gobgp4, bird3],
  [gobgp3, bird31],
  [gobgp4, exabgp5],
  [exabgp5, frr8],
  [exabgp4, frrNew],
  [exabgp5, bird3],
  [bird3, frrNew],
];

const external: readonly (readonly [Software, Software])[] = [
  [gobgp4, frr8],
  [gobgp4, frrNew],
  [exabgp5, frr10],
  [exabgp5, bird3],
  [bird3, gobgp4],
  [gobgp4, exabgp5],
];

describe('in one AS', { concurrency: 4 }, () => {
  for (const [left, right] of pairs) {
    for (const [ofA, ofB] of [
      [left, right],
      [right, left],
    ] as const) {
      const skip = ofA.skip || ofB.skip;
      test(`${ofB.name} has what ${ofA.name} announces and withdraws`, { skip }, async (t) => {
        const { a, b, atB } = await startPair(t, ofA, ofB);
        const families = ofA.families.filter((family) => ofB.families.includes(family));
        const routes = routesOf(a, families);
        await a.announce(...routes);
        await atB(...routes);
        await a.withdraw(...routes);
        await expectNothing(b, a.address, routes);
      });
    }
  }
});

describe('from AS to AS', { concurrency: 4 }, () => {
  for (const [ofA, ofB] of external) {
    const skip = ofA.skip || ofB.skip;
    test(`${ofB.name} has what ${ofA.name} announces`, { skip }, async (t) => {
      const { a, atB } = await startPair(t, ofA, ofB, { asOfB: 65001 });
      const routes = routesOf(a, ['evpn']);
      await a.announce(...routes);
      await atB(...routes.flatMap((route) => a.tellsOutside(route) ?? []));
    });
  }
});
