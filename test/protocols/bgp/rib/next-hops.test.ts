/** Next hops that come, go and move away: what goes through them is decided again, and nothing else is. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatIp, type Ip } from '../../../../src/net/ip.ts';
import { Routing } from '../../../../src/protocols/bgp/rib/routing.ts';
import type { Rib } from '../../../../src/protocols/bgp/rib/rib.ts';
import { announce, local, neighbour, plain, withdraw } from './fixtures.ts';

const far = Number.POSITIVE_INFINITY;

/** Routes, and the distances to the next hops 10.9.9.1 and up as the test has set them. */
function newWorld() {
  const metrics = new Map<string, number>();
  const asked: string[] = [];
  const released: string[] = [];
  const waiting: (() => void)[] = [];
  const routing = new Routing({
    local,
    families: ['ipv4-unicast', 'l2vpn-evpn'],
    soon: (callback) => waiting.push(callback),
    nextHops: {
      metric(ip) {
        asked.push(formatIp(ip));
        return metrics.get(formatIp(ip)) ?? 0;
      },
      released: (ip) => released.push(formatIp(ip)),
    },
  });
  const rib = routing.rib('ipv4-unicast');
  assert.ok(rib !== undefined);
  const settle = (): void => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) next();
  };
  const move = (last: number, metric: number): void => {
    metrics.set(`10.9.9.${last}`, metric);
    routing.nextHopChanged(hop(last));
  };
  return { routing, rib, asked, released, settle, move };
}

function hop(last: number): Ip {
  return { family: 4, value: 0x0a09_0900 + last };
}

/** Whose path is used for each prefix, by the number of the prefix. */
function used(rib: Rib): readonly (readonly [number, number])[] {
  return [...rib.destinations]
    .map((each): readonly [number, number] => {
      const address = rib.destinations.address(each);
      const { octets } = rib.destinations;
      const third = octets.slab(address)[octets.start(address) + 3] ?? 0;
      return [third, rib.paths.peer(rib.destinations.bestPath(each))];
    })
    .filter(([, peer]) => peer >= 0)
    .toSorted(([a], [b]) => a - b);
}

test('a route through a next hop that cannot be reached is not used, until it can', () => {
  const { rib, settle, move } = newWorld();
  announce(rib, neighbour(1), '10.0.1.0/24', plain, 1);
  announce(rib, neighbour(2), '10.0.1.0/24', plain, 2);
  announce(rib, neighbour(1), '10.0.2.0/24', plain, 1);
  assert.deepEqual(used(rib), [
    [1, 1],
    [2, 1],
  ]);
  move(1, far);
  settle();
  assert.deepEqual(used(rib), [[1, 2]]);
  move(1, 5);
  settle();
  assert.deepEqual(used(rib), [
    [1, 2],
    [2, 1],
  ]);
  move(2, 9);
  settle();
  assert.deepEqual(used(rib)[0], [1, 1]);
});

test('the next hop of a route of our own is not asked for', () => {
  const { routing, rib, move } = newWorld();
  move(1, far);
  announce(rib, routing.ourselves, '10.0.1.0/24', plain, 1);
  assert.deepEqual(used(rib), [[1, 0]]);
});

test('each next hop is asked for once, and told of when nothing goes through it any more', () => {
  const { rib, asked, released } = newWorld();
  announce(rib, neighbour(1), '10.0.1.0/24', plain, 1);
  announce(rib, neighbour(1), '10.0.2.0/24', { ...plain, med: 7 }, 1);
  assert.deepEqual(asked, ['10.9.9.1']);
  withdraw(rib, neighbour(1), '10.0.1.0/24');
  assert.deepEqual(released, []);
  withdraw(rib, neighbour(1), '10.0.2.0/24');
  assert.deepEqual(released, ['10.9.9.1']);
});

test('only what goes through the next hop is looked at, however much else there is', (t) => {
  const { rib, settle, move } = newWorld();
  for (let i = 0; i < 250; i += 1) {
    announce(rib, neighbour(1), `10.0.${i}.0/24`, plain, 1);
    announce(rib, neighbour(2), `10.1.${i}.0/24`, plain, 2);
  }
  for (const last of [7, 8, 9]) announce(rib, neighbour(3), `10.2.${last}.0/24`, plain, 3);
  const { mock } = t.mock.method(rib, 'reconsider');
  move(3, far);
  settle();
  assert.equal(mock.callCount(), 3);
  // The same answer as before is no change.
  move(3, far);
  settle();
  assert.equal(mock.callCount(), 3);
});

type Step =
  | { readonly do: 'say'; readonly peer: number; readonly of: number; readonly via: number }
  | { readonly do: 'move'; readonly via: number; readonly metric: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('say' as const),
    peer: fc.integer({ min: 1, max: 4 }),
    of: fc.nat(5),
    // 0: it is withdrawn.
    via: fc.nat(3),
  }),
  fc.record({
    do: fc.constant('move' as const),
    via: fc.integer({ min: 1, max: 3 }),
    metric: fc.constantFrom(0, 1, 2, far),
  }),
);

test('what is used follows from the last routes and the last distances alone', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
      const [world, fresh] = [newWorld(), newWorld()];
      const say = ({ rib }: typeof world, each: Step): void => {
        if (each.do !== 'say') return;
        const prefix = `10.0.${each.of}.0/24`;
        if (each.via === 0) withdraw(rib, neighbour(each.peer), prefix);
        else announce(rib, neighbour(each.peer), prefix, plain, each.via);
      };
      const moves = new Map<number, number>();
      const last = new Map<string, Step>();
      for (const each of steps) {
        if (each.do === 'move') {
          world.move(each.via, each.metric);
          moves.set(each.via, each.metric);
        } else {
          say(world, each);
          last.set(`${each.peer} ${each.of}`, each);
        }
      }
      world.settle();
      for (const [via, metric] of moves) fresh.move(via, metric);
      for (const each of last.values()) say(fresh, each);
      assert.deepEqual(used(world.rib), used(fresh.rib));
    }),
    { numRuns: 300 },
  );
});
