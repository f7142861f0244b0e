/**
 * Who is told what, by what he has asked for: every peer ends with exactly what it should have, whatever the history of
 * memberships (RFC 4684), of several paths (RFC 7911), of sessions that end with their routes kept, and of peers that are slow.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { unwrap } from '../../../../src/base/result.ts';
import {
  type EvpnRoute,
  families,
  type FamilyName,
  type FamilySettings,
  mayTell,
  parseRouteDistinguisher,
  parseRouteTarget,
  type PathAttributes,
  rdOf,
  type RestartSettings,
  type Rib,
  type RouteTargetMembership,
  routeTargetOf,
  valuesOf,
  wholeMembership,
} from '../../../../src/protocols/bgp/index.ts';
import { type Candidate, decide } from '../../../../src/protocols/bgp/rib/decision.ts';
import { ourAs, plain, Talk, Talker, type TalkerOptions } from './talk.ts';

const evpn = 'l2vpn-evpn';
const targets = 'route-target';

/** The route target 65000:`n` as a membership of our AS asks for it: the first `length` bits. */
function membership(n: number, length = wholeMembership): RouteTargetMembership {
  const target = (0x0002_0000_0000_0000n | (BigInt(ourAs) << 32n) | BigInt(n)) & mask(length - 32);
  return { length, originAs: length === 0 ? 0 : ourAs, target: length === 0 ? 0n : target };
}

function mask(bits: number): bigint {
  const all = (1n << 64n) - 1n;
  return bits <= 0 ? 0n : all & ~((1n << BigInt(64 - bits)) - 1n);
}

const memberships: readonly RouteTargetMembership[] = [
  membership(1),
  membership(2),
  // 2 and 3.
  membership(2, 95),
  membership(0, 0),
];
/** Whether the membership of that place above asks for the target 65000:n. */
const asks: readonly ((n: number) => boolean)[] = [
  (n) => n === 1,
  (n) => n === 2,
  (n) => n === 2 || n === 3,
  () => true,
];

function imet(n: number): EvpnRoute {
  const rd = rdOf(unwrap(parseRouteDistinguisher(`65000:${n}`)));
  return { type: 'imet', rd, tag: 0, originator: { family: 4, value: n } };
}

function withTargets(numbers: readonly number[], med = 0): PathAttributes {
  const extendedCommunities = numbers.map((n) =>
    routeTargetOf(unwrap(parseRouteTarget(`65000:${n}`))),
  );
  return { ...plain, med, ...(numbers.length === 0 ? {} : { extendedCommunities }) };
}

function restart(preserved: readonly FamilyName[]): RestartSettings {
  return { time: 60, notification: true, preserved, restarted: false, longLived: new Map() };
}

const both: readonly FamilySettings[] = [{ family: evpn }, { family: targets }];
const kept = restart([evpn, targets]);

/** Who there is: what each speaks, takes and is. */
const kinds: readonly Omit<TalkerOptions, 'id'>[] = [
  { ours: { families: [{ family: evpn, receivePaths: true }] }, theirs: sends(evpn) },
  { ours: { families: both, restart: kept }, theirs: { restart: kept } },
  { ours: { families: both, restart: kept }, theirs: { restart: kept } },
  { ours: { families: both }, routing: { client: false } },
  { ours: { families: both }, routing: { client: false } },
  { ours: { families: both }, as: 65001 },
  { ours: { families: [{ family: evpn, sendPaths: true }] }, theirs: takes(evpn) },
  {
    ours: { families: [{ family: evpn, sendPaths: true, receivePaths: true }] },
    theirs: { families: [{ family: evpn, sendPaths: true, receivePaths: true }] },
    routing: { paths: 2 },
  },
  { ours: { families: [{ family: evpn, sendPaths: true }] }, theirs: takes(evpn), as: 65002 },
];

function sends(family: FamilyName) {
  return { families: [{ family, sendPaths: true }] };
}

function takes(family: FamilyName) {
  return { families: [{ family, receivePaths: true }] };
}

type Step =
  | {
      readonly do: 'say';
      readonly peer: number;
      readonly of: number;
      readonly path: number;
      readonly route: { readonly targets: readonly number[]; readonly med: number } | undefined;
    }
  | { readonly do: 'ask' | 'unask'; readonly peer: number; readonly of: number }
  | { readonly do: 'turn'; readonly count: number }
  | {
      readonly do: 'end' | 'up' | 'down' | 'lose' | 'expire' | 'busy' | 'ready' | 'refresh';
      readonly peer: number;
    };

const peer = fc.nat(kinds.length - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('say' as const),
      peer,
      of: fc.nat(4),
      path: fc.integer({ min: 1, max: 3 }),
      route: fc.option(
        fc.record({
          targets: fc.subarray([1, 2, 3]),
          med: fc.nat(2),
        }),
        { nil: undefined },
      ),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('ask' as const, 'ask' as const, 'unask' as const),
      peer: fc.integer({ min: 1, max: 5 }),
      of: fc.nat(memberships.length - 1),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('turn' as const),
      count: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom(
        ...(['end', 'up', 'up', 'down', 'lose', 'expire', 'busy', 'ready', 'refresh'] as const),
      ),
      peer,
    }),
  },
);

/** The peers, and what the test knows of them. */
class World {
  readonly talk = new Talk([evpn, targets]);
  readonly peers = kinds.map((kind, index) => new Talker(this.talk, { id: index + 1, ...kind }));
  /** By peer: places of the memberships that it has announced last, and not withdrawn. */
  readonly asked = kinds.map(() => new Set<number>());
  /** Retained over the end of a session. */
  readonly stale = kinds.map(() => new Set<number>());

  peer(index: number): Talker {
    const found = this.peers[index];
    assert.ok(found !== undefined);
    return found;
  }

  take(each: Step): void {
    if (each.do === 'turn') return this.talk.turn(each.count);
    const talker = this.peer(each.peer);
    if (each.do === 'say') return this.#say(talker, each);
    if (each.do === 'ask' || each.do === 'unask') return this.#ask(talker, each);
    if (each.do === 'up') return this.#up(talker, each.peer);
    if (each.do === 'expire') return this.#expire(talker, each.peer);
    if (!talker.isUp) return;
    if (each.do === 'busy' || each.do === 'ready') return talker.busy(each.do === 'busy');
    if (each.do === 'end') return this.#end(talker, each.peer);
    if (each.do === 'refresh') return talker.routes.refresh(families[evpn], 'request');
    return this.#down(talker, each.peer, each.do === 'lose');
  }

  #say(talker: Talker, { of, path, route }: Extract<Step, { do: 'say' }>): void {
    if (!talker.isUp) return;
    const pathId = talker.sendsPaths(evpn) ? path : undefined;
    if (route === undefined) return talker.withdraw(evpn, imet(of), pathId);
    const attributes = withTargets(route.targets, route.med);
    const { localPref: _preference, ...outside } = attributes;
    const isExternal = talker.as !== ourAs;
    const told = isExternal ? { ...outside, asPath: pathOf(talker.as) } : attributes;
    assert.equal(talker.announce(evpn, imet(of), told, pathId), undefined);
  }

  #ask(
    talker: Talker,
    { do: what, of, peer: index }: Extract<Step, { do: 'ask' | 'unask' }>,
  ): void {
    const nlri = memberships[of];
    if (!talker.isUp || nlri === undefined) return;
    this.stale[index]?.delete(of);
    if (what === 'unask') {
      this.asked[index]?.delete(of);
      return talker.withdraw(targets, nlri);
    }
    this.asked[index]?.add(of);
    // Those of the other AS are the nearer ones.
    const inside: PathAttributes = { ...plain, asPath: pathOf(65010, 65011) };
    const outside: PathAttributes = { origin: 'igp', asPath: pathOf(talker.as) };
    talker.announce(targets, nlri, talker.as === ourAs ? inside : outside);
  }

  #end(talker: Talker, index: number): void {
    for (const family of talker.families) talker.endOfRib(family);
    this.#forgetStale(index);
  }

  #forgetStale(index: number): void {
    for (const of of this.stale[index] ?? []) this.asked[index]?.delete(of);
    this.stale[index]?.clear();
  }

  #up(talker: Talker, index: number): void {
    if (talker.isUp) return;
    talker.isBusy = false;
    talker.up();
    if (!talker.resumes(targets)) this.#forgetStale(index);
  }

  #down(talker: Talker, index: number, isLost: boolean): void {
    const { retained } = talker.down(
      isLost ? { kind: 'lost', detail: '' } : { kind: 'left', detail: '' },
    );
    const isKept = retained.some(({ family }) => family.name === targets);
    if (!isKept) this.asked[index]?.clear();
    this.stale[index] = new Set(this.asked[index]);
  }

  #expire(talker: Talker, index: number): void {
    if (talker.isUp) return;
    for (const name of [evpn, targets] as const) talker.routes.expired(families[name], 'delete');
    this.#forgetStale(index);
  }

  /** Everybody is there, listens, and has said all. */
  settle(): void {
    this.talk.run();
    this.peers.forEach((talker, index) => {
      this.#up(talker, index);
      talker.busy(false);
      this.#end(talker, index);
    });
    this.talk.run();
  }

  wants(index: number, set: readonly number[]): boolean {
    if (this.peer(index).families.length === 1) return true;
    return [...(this.asked[index] ?? [])].some(
      (of) => memberships[of]?.length === 0 || set.some((n) => asks[of]?.(n) === true),
    );
  }
}

function pathOf(...asns: readonly number[]): NonNullable<PathAttributes['asPath']> {
  return [{ type: 'sequence', asns }];
}

/** By route: what is told of each path, however it is called. */
type Table = ReadonlyMap<string, readonly string[]>;

function tableOf(entries: readonly (readonly [string, string])[]): Table {
  const table = new Map<string, string[]>();
  for (const [key, text] of entries.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    table.set(key, [...(table.get(key) ?? []), text].toSorted());
  }
  return table;
}

function textOf({ attributes }: { readonly attributes: PathAttributes }): string {
  const { med, extendedCommunities = [], originatorId } = attributes;
  const numbers = extendedCommunities.flatMap((each) =>
    each.kind === 'route-target' ? [each.assigned] : [],
  );
  return JSON.stringify([med, numbers, originatorId?.value]);
}

function toldTo(talker: Talker, family: FamilyName): Table {
  const of = [...talker.told].filter(([key]) => key.startsWith(`${family} `));
  return tableOf(of.map(([key, told]) => [key.replace(/ #\d+$/, ''), textOf(told)]));
}

/** What the peer must have in the end: from what is held, by the rules and not by how they are carried out. */
function expected(world: World, index: number, family: FamilyName): Table {
  const rib = ribOf(world, family);
  const { neighbour } = world.peer(index).routes;
  const isClient = neighbour.role === 'client';
  return tableOf(
    [...rib.destinations].flatMap((destination) => {
      const all = rib.candidates(destination);
      const text = textOfRoute(rib, destination);
      const chosen = family === targets ? asked(all) : several(all);
      return chosen
        .filter(({ from }) => (family === targets && isClient) || from.id !== neighbour.id)
        .map((each): [string, string] => [`${family} ${text}`, textOf(outgoing(rib, each))]);
    }),
  );

  function several(all: readonly Candidate[]): readonly Candidate[] {
    const able = all.filter(
      (each) => mayTell(each.from.role, neighbour.role) && world.wants(index, numbersOf(rib, each)),
    );
    const { paths } = kinds[index]?.routing ?? {};
    const isMany = world.peer(index).takesPaths(evpn);
    if (!isMany) {
      // The best one, if it may be told at all.
      const best = decide(all);
      return best === undefined || !able.includes(best) ? [] : [best];
    }
    return typeof paths === 'number' ? bestOf(able, paths) : able;
  }

  function asked(all: readonly Candidate[]): readonly Candidate[] {
    const able = all.filter(({ from }) => {
      if (isClient) return true;
      return mayTell(from.role, neighbour.role) && from.id !== neighbour.id;
    });
    return bestOf(able, 1);
  }

  function outgoing(of: Rib, { from, path }: Candidate): { readonly attributes: PathAttributes } {
    const set = of.attributes.get(of.paths.attributes(path));
    assert.ok(set !== undefined);
    const { med, originatorId: _none, ...others } = valuesOf(set);
    if (neighbour.kind === 'external') return { attributes: others };
    const isReflected = from.kind === 'internal';
    const value = family === targets && isClient ? 0x0a00_00ff : from.routerId;
    const withMed = med === undefined ? others : { ...others, med };
    if (!isReflected) return { attributes: withMed };
    return { attributes: { ...withMed, originatorId: { family: 4, value } } };
  }
}

function ribOf({ talk }: World, family: FamilyName): Rib {
  const rib = talk.routing.rib(family);
  assert.ok(rib !== undefined);
  return rib;
}

function bestOf(all: readonly Candidate[], most: number): readonly Candidate[] {
  const best = decide(all);
  if (most === 0 || best === undefined) return [];
  return [
    best,
    ...bestOf(
      all.filter((each) => each !== best),
      most - 1,
    ),
  ];
}

function textOfRoute({ destinations, family }: Rib, destination: number): string {
  const { octets } = destinations;
  const at = destinations.address(destination);
  const value = family.nlri.decode(octets.slab(at), octets.start(at), octets.end(at));
  return family.nlri.format(value);
}

function numbersOf({ attributes, paths }: Rib, { path }: Candidate): readonly number[] {
  const set = attributes.get(paths.attributes(path));
  assert.ok(set !== undefined);
  return (valuesOf(set).extendedCommunities ?? []).flatMap((each) =>
    each.kind === 'route-target' ? [each.assigned] : [],
  );
}

test('every peer ends with exactly what it should have', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
      const world = new World();
      for (const talker of world.peers) talker.up();
      for (const each of steps) world.take(each);
      world.settle();
      world.peers.forEach((talker, index) => {
        for (const family of talker.families) {
          const name = `${index} ${family}`;
          assert.deepEqual(toldTo(talker, family), expected(world, index, family), name);
          assert.ok(talker.ends.includes(family), name);
          assert.equal(talker.routes.toldOf(families[family]), talker.has(family).length, name);
        }
      });
      // Nothing is kept of what is gone and told.
      for (const rib of world.talk.routing.ribs.values()) {
        const isEmpty = [...rib.destinations].some((each) => rib.candidates(each).length === 0);
        assert.equal(isEmpty, false);
      }
    }),
    { numRuns: 300 },
  );
});

describe('a peer that asks for route targets (RFC 4684)', () => {
  function build(isEnded = true) {
    const talk = new Talk([evpn, targets]);
    const source = new Talker(talk, { id: 1, ours: { families: [{ family: evpn }] } });
    const asking = new Talker(talk, { id: 2, ours: { families: both } });
    const other = new Talker(talk, { id: 3, ours: { families: [{ family: evpn }] } });
    for (const each of [source, asking, other]) each.up();
    for (let n = 1; n <= 3; n += 1) source.announce(evpn, imet(n), withTargets([n]));
    if (isEnded) asking.endOfRib(targets);
    talk.run();
    return { talk, source, asking, other };
  }

  const texts = (...numbers: readonly number[]) =>
    numbers.map((n) => families[evpn].nlri.format(imet(n)));

  test('is told of nothing until it asks, and of nothing more than that', () => {
    const { talk, asking, other } = build();
    assert.deepEqual(asking.has(evpn), []);
    assert.deepEqual(other.has(evpn), texts(1, 2, 3));
    asking.announce(targets, membership(2));
    talk.run();
    assert.deepEqual(asking.has(evpn), texts(2));
    const { updates } = asking;
    asking.announce(targets, membership(2, 95));
    talk.run();
    assert.deepEqual(asking.has(evpn), texts(2, 3));
    // Its own membership, and the one route that is new.
    assert.equal(asking.updates, updates + 2);
  });

  test('is told in the same octets as all that ask for the same, in whatever order', () => {
    const { talk, source, asking } = build();
    const [alike, otherwise] = [4, 5].map(
      (id) => new Talker(talk, { id, ours: { families: both } }),
    );
    assert.ok(alike !== undefined && otherwise !== undefined);
    for (const each of [alike, otherwise]) {
      each.up();
      each.endOfRib(targets);
    }
    const ask = (of: Talker, ...numbers: readonly number[]): void => {
      for (const n of numbers) of.announce(targets, membership(n));
      talk.run();
    };
    ask(asking, 1, 2);
    ask(alike, 2, 1);
    ask(otherwise, 1);
    let told = 10;
    const tell = (n: number): readonly unknown[] => {
      told += 1;
      source.announce(evpn, imet(told), withTargets([n]));
      talk.run();
      return [alike, otherwise].map(({ heard }) => heard === asking.heard);
    };
    assert.deepEqual(tell(1), [true, false]);
    ask(otherwise, 2);
    assert.deepEqual(tell(2), [true, true]);
    alike.withdraw(targets, membership(1));
    talk.run();
    assert.deepEqual(tell(2), [false, true]);
    assert.equal(talk.routing.askedAlike.count, 2);
    // All of them have what they ask for, and nothing more.
    assert.deepEqual(asking.has(evpn), otherwise.has(evpn));
    assert.deepEqual(alike.has(evpn), texts(12, 13, 2));
    for (const each of [asking, alike, otherwise]) each.down();
    assert.equal(talk.routing.askedAlike.count, 0);
  });

  test('is told the end of what it does not ask for any longer, and of nothing else', () => {
    const { talk, asking, other } = build();
    for (const n of [1, 2]) asking.announce(targets, membership(n));
    talk.run();
    const { updates } = other;
    asking.withdraw(targets, membership(1));
    talk.run();
    assert.deepEqual(asking.has(evpn), texts(2));
    assert.equal(other.updates, updates);
  });

  test('is told of nothing before it has said all, or has had its time', () => {
    const rings: (() => void)[] = [];
    const talk = new Talk([evpn, targets], {
      after: (_ms, ring) => {
        rings.push(ring);
        return () => {};
      },
    });
    const source = new Talker(talk, { id: 1, ours: { families: [{ family: evpn }] } });
    const asking = new Talker(talk, { id: 2, ours: { families: both } });
    for (const each of [source, asking]) each.up();
    source.announce(evpn, imet(1), withTargets([1]));
    asking.announce(targets, membership(1));
    talk.run();
    assert.deepEqual([asking.has(evpn), asking.ends], [[], [targets]]);
    assert.equal(rings.length, 1);
    rings[0]?.();
    talk.run();
    assert.deepEqual([asking.has(evpn), asking.ends], [texts(1), [targets, evpn]]);
  });

  test('is a client: it hears what it has said itself, as if it came from us (§3.2)', () => {
    const { talk, asking } = build();
    asking.announce(targets, membership(1));
    talk.run();
    const [told] = [...asking.told].filter(([key]) => key.startsWith(targets));
    assert.equal(told?.[1].attributes.originatorId?.value, 0x0a00_00ff);
  });

  test('ES-Import is a route target too (RFC 7432 §7.6)', () => {
    const { talk, source, asking } = build();
    const esImport = { kind: 'es-import', mac: 5 } as never;
    source.announce(evpn, imet(7), { ...plain, extendedCommunities: [esImport] });
    asking.announce(targets, { length: 96, originAs: ourAs, target: 0x0602_0000_0000_0005n });
    talk.run();
    assert.deepEqual(asking.has(evpn), texts(7));
  });
});

describe('a peer that takes several paths (RFC 7911)', () => {
  function build(paths: 'all' | number) {
    const talk = new Talk([evpn]);
    const spoken = { ours: { families: [{ family: evpn }] } } as const;
    const sources = [1, 2, 3].map((id) => new Talker(talk, { id, ...spoken }));
    const taking = new Talker(talk, {
      id: 4,
      ours: { families: [{ family: evpn, sendPaths: true }] },
      theirs: takes(evpn),
      routing: { paths },
    });
    const other = new Talker(talk, { id: 5, ...spoken });
    for (const each of [...sources, taking, other]) each.up();
    sources.forEach((each, index) =>
      each.announce(evpn, imet(1), { ...plain, localPref: 100 + index }),
    );
    talk.run();
    return { talk, sources, taking, other };
  }

  const preferences = (of: Talker) =>
    [...of.told.values()]
      .map(({ attributes }) => attributes.localPref ?? 0)
      .toSorted((a, b) => a - b);

  test('is told of all, or of the best ones', () => {
    assert.deepEqual(preferences(build('all').taking), [100, 101, 102]);
    assert.deepEqual(preferences(build(2).taking), [101, 102]);
    assert.deepEqual(preferences(build('all').other), [102]);
  });

  test('is told of the end of one by its identifier, and others keep theirs', () => {
    const { talk, sources, taking, other } = build('all');
    const before = new Map(taking.told);
    const { updates } = other;
    sources[0]?.withdraw(evpn, imet(1));
    talk.run();
    assert.deepEqual(preferences(taking), [101, 102]);
    for (const [key, told] of taking.told) assert.deepEqual(before.get(key), told);
    // What is not the best is nothing to those who take the best.
    assert.equal(other.updates, updates);
  });

  test('is told of 32 at most', () => {
    const talk = new Talk([evpn]);
    const source = new Talker(talk, {
      id: 1,
      ours: { families: [{ family: evpn, receivePaths: true }] },
      theirs: sends(evpn),
    });
    const taking = new Talker(talk, {
      id: 2,
      ours: { families: [{ family: evpn, sendPaths: true }] },
      theirs: takes(evpn),
    });
    for (const each of [source, taking]) each.up();
    for (let path = 1; path <= 40; path += 1) source.announce(evpn, imet(1), plain, path);
    talk.run();
    assert.equal(taking.told.size, 32);
    for (let path = 1; path <= 35; path += 1) source.withdraw(evpn, imet(1), path);
    talk.run();
    assert.equal(taking.told.size, 5);
  });
});
