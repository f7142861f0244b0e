/** Three routers whose hosts move among them: when all has been heard, they agree where each one is. RFC 7432 §15. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Mac } from '../../../../../src/net/mac.ts';
import type { MacVrf } from '../../../../../src/protocols/bgp/rib/tables/mac-vrf.ts';
import { neighbour } from '../fixtures.ts';
import { rd, router, World } from './fixtures.ts';

const count = 3;

/** What one router announces: the octets of a route, and those of its attributes with the next hop. */
type Said = ReadonlyMap<string, { readonly nlri: Uint8Array; readonly set: readonly Uint8Array[] }>;

class Router {
  readonly world = new World();
  readonly red: MacVrf;

  constructor(number: number) {
    this.red = this.world.macVrf({
      rd: rd(`10.0.0.${number}:1`),
      vtep: router(number),
      duplicates: { moves: 1_000_000, seconds: 1 },
    });
  }

  said(): Said {
    const { evpn, routing } = this.world;
    const { destinations, paths } = evpn;
    const own = [...destinations].flatMap((each) => {
      const best = destinations.bestPath(each);
      const set = evpn.attributes.get(paths.attributes(best));
      if (set === undefined || paths.peer(best) !== routing.ourselves.id) return [];
      const address = evpn.nlriOf(best, each);
      const { octets } = destinations;
      const nlri = octets.slab(address).slice(octets.start(address), octets.end(address));
      const { attributesLength: length } = set;
      const parts = [set.octets.slice(0, length), set.octets.slice(length)];
      return [[Buffer.from(nlri).toString('hex'), { nlri, set: parts }] as const];
    });
    return new Map(own);
  }

  /** Hears all that another has to say, which is the last of it only. */
  hear(from: number, before: Said, after: Said): void {
    const { evpn, routing } = this.world;
    const of = neighbour(from);
    for (const [key, { nlri }] of before) {
      if (!after.has(key)) evpn.withdraw(of, 0, nlri, 0, nlri.length);
    }
    for (const { nlri, set } of after.values()) {
      const [attributes = new Uint8Array(0), nextHop = new Uint8Array(0)] = set;
      const kept = routing.attributes.intern(attributes, nextHop);
      evpn.announce(of, 0, nlri, 0, nlri.length, kept);
    }
    routing.wake();
    this.world.settle();
  }
}

class Fabric {
  readonly routers = Array.from({ length: count }, (_, index) => new Router(index + 1));
  /** What `to` has heard of `from`, by both. */
  readonly #heard = new Map<string, Said>();

  at(index: number): Router {
    const found = this.routers[index];
    assert.ok(found !== undefined);
    return found;
  }

  /** Whether there was anything new. */
  deliver(from: number, to: number): boolean {
    const key = `${from} ${to}`;
    const before = this.#heard.get(key) ?? new Map();
    const after = this.at(from).said();
    if (isSame(before, after)) return false;
    this.#heard.set(key, after);
    this.at(to).hear(from + 1, before, after);
    return true;
  }

  /** Until nobody has anything to say; fails when that does not end. */
  settle(): void {
    for (let round = 0; ; round += 1) {
      assert.ok(round < 50, 'they go on for ever');
      let isMore = false;
      for (let from = 0; from < count; from += 1) {
        for (let to = 0; to < count; to += 1) {
          if (from !== to && this.deliver(from, to)) isMore = true;
        }
      }
      if (!isMore) return;
    }
  }
}

function isSame(a: Said, b: Said): boolean {
  const text = (said: Said): string =>
    [...said].map(([key, { set }]) => `${key} ${set.join(' ')}`).join('\n');
  return text(a) === text(b);
}

interface Step {
  readonly do: 'learn' | 'forget' | 'deliver';
  readonly at: number;
  readonly to: number;
  readonly mac: number;
  readonly sticky: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom('learn' as const, 'learn' as const, 'forget' as const, 'deliver' as const),
  at: fc.nat(count - 1),
  to: fc.nat(count - 1),
  mac: fc.nat(1),
  sticky: fc.oneof({ weight: 7, arbitrary: fc.constant(false) }, fc.boolean()),
});

function macOf(index: number): Mac {
  return (0x0200_0000_0001 + index) as Mac;
}

test('all agree where a MAC is, whoever learned it when and whatever was heard how late', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const fabric = new Fabric();
      /** Who claims a MAC. */
      const claims = [new Set<number>(), new Set<number>()];
      for (const { do: what, at, to, mac, sticky } of steps) {
        const { red, world } = fabric.at(at);
        const key = { type: 'mac', mac: macOf(mac) } as const;
        if (what === 'learn') red.originate({ ...key, sticky });
        else if (what === 'forget') red.withdraw(key);
        else if (at !== to) fabric.deliver(at, to);
        world.settle();
        if (what === 'learn') claims[mac]?.add(at);
        if (what === 'forget') claims[mac]?.delete(at);
      }
      fabric.settle();
      claims.forEach((claimants, index) => {
        const key = { type: 'mac', tag: 0, mac: macOf(index) } as const;
        const places = fabric.routers.map(({ red }) => red.get(key)?.nextHop.ip.value);
        assert.equal(new Set(places).size, 1, places.join(' '));
        const [place] = places;
        const owner = fabric.routers.findIndex((_, at) => router(at + 1).value === place);
        // One of those that claim it; and who has it is the only one who says so.
        assert.equal(owner >= 0, claimants.size > 0);
        if (owner >= 0) assert.ok(claimants.has(owner));
      });
      const said = fabric.routers.map((each) => each.said().size);
      const claimed = claims.filter(({ size }) => size > 0).length;
      assert.equal(
        said.reduce((sum, size) => sum + size, 0),
        claimed,
      );
    }),
    { numRuns: 300 },
  );
});

test('a host that moves while all listen is where it was learned last', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(count - 1), { minLength: 1, maxLength: 30 }), (places) => {
      const fabric = new Fabric();
      const key = { type: 'mac', tag: 0, mac: macOf(0) } as const;
      let moves = -1;
      let last = -1;
      for (const at of places) {
        fabric.at(at).red.originate({ type: 'mac', mac: macOf(0) });
        fabric.at(at).world.settle();
        fabric.settle();
        if (at !== last) moves += 1;
        last = at;
        for (const { red } of fabric.routers) {
          assert.equal(red.get(key)?.nextHop.ip.value, router(at + 1).value);
          assert.equal(red.get(key)?.sequence, moves);
        }
      }
    }),
  );
});
