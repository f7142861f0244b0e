/**
 * Policies at work: whatever was said, told, asked for and configured anew, in the end every peer has exactly what the
 * policies of now let pass, and no more was sent than had become another thing.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { assertNever } from '../../../../src/base/assert-never.ts';
import { unwrap } from '../../../../src/base/result.ts';
import { parseCommunityPattern } from '../../../../src/net/community.ts';
import { parseIp } from '../../../../src/net/ip.ts';
import { formatPrefix, parsePrefix } from '../../../../src/net/prefix.ts';
import { type Accepted, PolicyChain } from '../../../../src/protocols/bgp/policy/decision-tree.ts';
import { NlriFields } from '../../../../src/protocols/bgp/policy/nlri-fields.ts';
import type { Changes, Match, Policy, Term } from '../../../../src/protocols/bgp/policy/policy.ts';
import { nextHopOf, valuesOf } from '../../../../src/protocols/bgp/rib/attribute-table.ts';
import { type Neighbour, mayTell } from '../../../../src/protocols/bgp/rib/peer.ts';
import type { PeerRoutes } from '../../../../src/protocols/bgp/rib/peer-routes.ts';
import { type Policies, Routing } from '../../../../src/protocols/bgp/rib/routing.ts';
import type { Session } from '../../../../src/protocols/bgp/session/handler.ts';
import { Framer } from '../../../../src/protocols/bgp/wire/framer.ts';
import { decodeMessage } from '../../../../src/protocols/bgp/wire/message.ts';
import { decodeNextHop } from '../../../../src/protocols/bgp/wire/next-hop.ts';
import { MESSAGE } from '../../../../src/protocols/bgp/wire/numbers.ts';
import {
  encodeAttributes,
  type PathAttributes,
} from '../../../../src/protocols/bgp/wire/path-attributes.ts';
import { type PeerKind, wireSession } from '../../../../src/protocols/bgp/wire/session.ts';
import { UpdateWriter } from '../../../../src/protocols/bgp/wire/update-writer.ts';
import { family, local, nlri } from './fixtures.ts';

const communities = (text: string) => unwrap(parseCommunityPattern(text));
const prefixOf = (n: number) => `10.${n}.0.0/${n % 2 === 0 ? 16 : 24}`;

/** What a peer says of one of a few prefixes: nothing, or a route with this MED. */
interface Said {
  readonly med: number;
  readonly community: number;
}

type Refresh = Session['negotiated']['refresh'];

interface OtherOptions {
  readonly refresh?: Refresh;
  readonly requiresPolicy?: boolean;
  readonly nextHop?: Uint8Array | undefined;
}

/** A peer that says what it is told to, answers when it is asked, and keeps what it hears. */
class Other {
  readonly routes: PeerRoutes;
  readonly says = new Map<number, Said>();
  readonly hears = new Map<string, string>();
  readonly queue = { isFull: false };
  isUp = false;
  asked = 0;
  updates = 0;
  announcements = 0;
  withdrawals = 0;
  readonly #id: number;
  readonly #kind: PeerKind;
  readonly #refresh: Refresh;
  readonly #whenDrained: (() => void)[] = [];
  readonly #pending: (() => void)[];

  constructor(
    routing: Routing,
    pending: (() => void)[],
    id: number,
    kind: PeerKind,
    policies: Policies = {},
    { refresh = 'plain', requiresPolicy = false, nextHop }: OtherOptions = {},
  ) {
    this.#id = id;
    this.#kind = kind;
    this.#refresh = refresh;
    this.#pending = pending;
    const address = `0a0000${id.toString(16).padStart(2, '0')}`;
    this.routes = routing.peer({
      address,
      client: kind === 'internal',
      policies,
      requiresPolicy,
      nextHop: () => nextHop,
    });
  }

  get wire() {
    return wireSession({ fourOctetAs: true, peer: this.#kind, families: ['ipv4-unicast'] });
  }

  up(): void {
    if (this.isUp) return;
    this.isUp = true;
    this.routes.up(this.#session());
    for (const prefix of this.says.keys()) this.#announce(prefix);
    this.#update((writer) => writer.endOfRib(family));
  }

  down(): void {
    if (!this.isUp) return;
    this.isUp = false;
    this.hears.clear();
    this.#whenDrained.length = 0;
    this.routes.down({ reason: { kind: 'left', detail: '' }, retained: [] });
  }

  say(prefix: number, said: Said | undefined): void {
    if (said === undefined) this.says.delete(prefix);
    else this.says.set(prefix, said);
    if (this.isUp) this.#announce(prefix);
  }

  ready(): void {
    this.queue.isFull = false;
    for (const each of this.#whenDrained.splice(0)) each();
  }

  #announce(prefix: number): void {
    const said = this.says.get(prefix);
    const octets = nlri(prefixOf(prefix));
    this.#update((writer) => {
      if (said === undefined) writer.withdraw(family);
      else {
        const attributes = encodeAttributes(attributesOf(this.#id, this.#kind, said), this.wire);
        writer.announce(family, Uint8Array.of(10, 9, 9, 1), attributes);
      }
      writer.add(octets, 0, octets.length);
    });
  }

  #update(write: (writer: UpdateWriter) => void): void {
    const writer = new UpdateWriter(this.wire);
    write(writer);
    const octets = writer.take();
    // An End-of-RIB is one message, as all others here.
    assert.equal(this.routes.update(octets, 0, octets.length), undefined);
  }

  #session(): Session {
    const queue = this.queue;
    const identity = { asn: 64_512 + this.#id, id: { family: 4, value: this.#id } as const };
    return {
      negotiated: {
        wire: this.wire,
        local: identity,
        remote: identity,
        families: ['ipv4-unicast'],
        holdTime: 0,
        keepaliveTime: 0,
        refresh: this.#refresh,
        roles: undefined,
        restart: { local: undefined, remote: undefined },
        capabilities: { local: [], remote: [] },
      },
      resumed: new Set(),
      localAddress: { family: 4, value: 0x0a09_09fe },
      get queued() {
        return queue.isFull ? 1 << 24 : 0;
      },
      send: (octets) => this.#hear(octets),
      whenDrained: (callback) => void this.#whenDrained.push(callback),
      reset: () => assert.fail('the session is reset'),
    };
  }

  #hear(octets: Uint8Array): void {
    const framer = new Framer();
    framer.push(octets);
    while (framer.next()) {
      const message = framer.octets.slice(framer.start, framer.end);
      if (framer.type === MESSAGE.update) this.#hearUpdate(message);
      else if (this.isUp) this.#pending.push(() => this.#answer());
    }
  }

  /** RFC 2918 §4: all routes again. */
  #answer(): void {
    this.asked += 1;
    if (this.isUp) for (const prefix of this.says.keys()) this.#announce(prefix);
  }

  #hearUpdate(octets: Uint8Array): void {
    const decoded = unwrap(decodeMessage(octets, this.wire));
    assert.ok(decoded.message.type === 'update');
    const { withdrawn, nlri: announced, attributes } = decoded.message;
    this.updates += 1;
    this.withdrawals += withdrawn.length;
    this.announcements += announced.length;
    for (const each of withdrawn) assert.ok(this.hears.delete(formatPrefix(each.nlri)));
    for (const each of announced) this.hears.set(formatPrefix(each.nlri), textOf(attributes));
  }
}

function attributesOf(id: number, kind: PeerKind, { med, community }: Said): PathAttributes {
  return {
    origin: 'igp',
    asPath: kind === 'external' ? [{ type: 'sequence', asns: [64_512 + id] }] : [],
    med,
    communities: [0xfde8_0000 + community],
    ...(kind === 'external' ? {} : { localPref: 100 }),
  };
}

function textOf({ asPath, communities: list, localPref, med, nextHop }: PathAttributes): string {
  const path = asPath?.flatMap(({ asns }) => asns).join(' ');
  return [med, list?.join(), localPref, path, nextHop?.value].join(' / ');
}

interface World {
  readonly routing: Routing;
  readonly others: readonly Other[];
  /** Until nothing is to be done any more. */
  settle(): void;
  turn(): void;
}

const kinds = ['internal', 'internal', 'external', 'internal', 'external'] as const;

function newWorld(policies: readonly Policies[] = [], requiresPolicy = false): World {
  const pending: (() => void)[] = [];
  const soon = (callback: () => void): void => void pending.push(callback);
  const routing = new Routing({ local, families: ['ipv4-unicast'], soon });
  const others = kinds.map(
    (kind, index) =>
      new Other(routing, pending, index + 1, kind, policies[index], { requiresPolicy }),
  );
  const turn = (): void => pending.shift()?.();
  const settle = (): void => {
    for (const other of others) other.ready();
    while (pending.length > 0) turn();
  };
  return { routing, others, settle, turn };
}

const anyMatch: fc.Arbitrary<Match> = fc.record(
  {
    meds: fc.constantFrom([{ least: 0, most: 1 }], [{ least: 2, most: 3 }]),
    communities: fc.constantFrom(communities('65000:1'), communities('65000:2')),
    prefixes: fc.constantFrom(
      [{ prefix: unwrap(parsePrefix('10.0.0.0/14')), least: 14, most: 32 }],
      [{ prefix: unwrap(parsePrefix('10.0.0.0/8')), least: 24, most: 24 }],
    ),
    sources: fc.constantFrom(['internal' as const], ['external' as const]),
    peers: fc.constantFrom([unwrap(parseIp('10.0.0.1'))], [unwrap(parseIp('10.0.0.4'))]),
  },
  { requiredKeys: [] },
);
const anyChanges: fc.Arbitrary<Changes> = fc.record(
  {
    med: fc.nat(3),
    localPref: fc.constantFrom(100, 200),
    addCommunities: fc.constantFrom(communities('65000:1'), communities('65000:9')),
    communities: fc.constant([]),
    prepend: fc.constant([64_999]),
    nextHop: fc.constant('self' as const),
  },
  { requiredKeys: [] },
);
const anyTerm: fc.Arbitrary<Term> = fc.record({
  match: anyMatch,
  set: anyChanges,
  action: fc.constantFrom('accept' as const, 'reject' as const, 'next' as const),
});
const anyChain: fc.Arbitrary<PolicyChain | undefined> = fc.option(
  fc
    .record({
      name: fc.constant('p'),
      terms: fc.array(anyTerm, { maxLength: 4 }),
      otherwise: fc.constantFrom('accept' as const, 'reject' as const),
    })
    .map((policy) => new PolicyChain([policy])),
  { nil: undefined },
);
/** The same chain is given to several peers, so that some of them share what they are told. */
const anyChains = fc.array(anyChain, { minLength: 3, maxLength: 3 });

const peer = fc.nat(kinds.length - 1);
const anySaid = fc.option(
  fc.record({ med: fc.nat(3), community: fc.integer({ min: 1, max: 3 }) }),
  {
    nil: undefined,
  },
);
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('say' as const), peer, of: fc.nat(7), said: anySaid }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('import' as const, 'export' as const),
      peer,
      chain: fc.nat(2),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom(...(['busy', 'ready', 'up', 'down', 'ask'] as const)),
      peer,
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function take(
  world: World,
  each: Step,
  chains: readonly (PolicyChain | undefined)[],
  now: Policies[],
): void {
  if (each.do === 'turn') return world.turn();
  const other = world.others[each.peer];
  assert.ok(other !== undefined);
  switch (each.do) {
    case 'say':
      return other.say(each.of, each.said);
    case 'import':
    case 'export': {
      const policies = { ...now[each.peer], [each.do]: chains[each.chain] };
      now[each.peer] = policies;
      assert.ok(other.routes.setPolicies(policies));
      return;
    }
    case 'busy':
      other.queue.isFull = true;
      return;
    case 'ask':
      if (other.isUp) other.routes.refresh(family, 'request');
      return;
    case 'up':
    case 'down':
    case 'ready':
      return other[each.do]();
    default:
      return assertNever(each);
  }
}

const fields = new NlriFields();

/** What is used, prefix by prefix, with who it is from. */
function used({ routing }: World) {
  const rib = routing.rib('ipv4-unicast');
  assert.ok(rib !== undefined);
  return [...rib.destinations].flatMap((destination) => {
    const best = rib.destinations.bestPath(destination);
    const set = rib.attributes.get(rib.paths.attributes(best));
    const from = rib.neighbour(rib.paths.peer(best));
    if (set === undefined || from === undefined) return [];
    const { octets } = rib.destinations;
    const address = rib.nlriOf(best, destination);
    const key = octets.slab(address).slice(octets.start(address), octets.end(address));
    const hop = nextHopOf(set);
    const nextHop = decodeNextHop(hop, 0, hop.length, family.nextHop);
    return [{ key, from, attributes: valuesOf(set), nextHop }];
  });
}

/** What a peer must have heard, found by asking the policy anew for each route. */
function expected(
  world: World,
  of: Neighbour,
  policy: PolicyChain | undefined,
): ReadonlyMap<string, string> {
  const told = used(world).flatMap(({ key, ...subject }): [string, string][] => {
    const { from, attributes } = subject;
    if (from.id === of.id || !mayTell(from.role, of.role)) return [];
    fields.read(family, key, 0, key.length);
    const us = { family: 4, value: 0x0a09_09fe } as const;
    const plain: Accepted = { attributes, nextHop: subject.nextHop, set: new Set() };
    const judged = policy === undefined ? plain : policy.judge({ family, ...subject }, fields, us);
    if (judged === undefined) return [];
    const { localPref = 100, med, asPath = [], ...others } = judged.attributes;
    const isOutside = of.kind === 'external';
    const keepsMed = !isOutside || judged.set.has('med');
    return [
      [
        formatPrefix(family.nlri.decode(key, 0, key.length)),
        textOf({
          ...others,
          ...(keepsMed && med !== undefined ? { med } : {}),
          ...(isOutside ? {} : { localPref }),
          asPath: isOutside ? [{ type: 'sequence', asns: [local.as] }, ...asPath] : asPath,
          ...(judged.nextHop.ip.family === 4 ? { nextHop: judged.nextHop.ip } : {}),
        }),
      ],
    ];
  });
  return new Map(told);
}

test('every peer ends with exactly what the policies allow, whatever the history', () => {
  fc.assert(
    fc.property(anyChains, fc.array(step, { maxLength: 120, size: 'max' }), (chains, steps) => {
      const world = newWorld();
      const now: Policies[] = kinds.map(() => ({}));
      for (const each of steps) take(world, each, chains, now);
      world.settle();
      // What is held is what would be held if it had all been said under the policies of now.
      const fresh = newWorld(now);
      for (const [index, other] of world.others.entries()) {
        const again = fresh.others[index];
        for (const [prefix, route] of other.says) again?.say(prefix, route);
        if (other.isUp) again?.up();
      }
      fresh.settle();
      const held = (of: World) =>
        used(of)
          .map(({ key, from, attributes }) => `${key.join('.')} ${from.id} ${textOf(attributes)}`)
          .toSorted();
      assert.deepEqual(held(world), held(fresh));
      for (const [index, other] of world.others.entries()) {
        if (!other.isUp) continue;
        const policy = now[index]?.export;
        assert.deepEqual(
          other.hears,
          expected(world, other.routes.neighbour, policy),
          `peer ${index}`,
        );
        assert.deepEqual(other.hears, fresh.others[index]?.hears);
      }
      // Nothing is kept of what is gone.
      for (const other of world.others) other.down();
      world.settle();
      assert.equal(world.routing.attributes.count, 0);
    }),
    { numRuns: 400 },
  );
});

const reject = (match: Match): Policy => ({
  name: 'p',
  terms: [{ match, set: {}, action: 'reject' }],
  otherwise: 'accept',
});
const of = (n: number): Match => ({
  prefixes: [{ prefix: unwrap(parsePrefix(prefixOf(n))), least: 0, most: 32 }],
});

describe('a policy that changes', () => {
  /** Two peers, of which the first has told 100 routes. */
  function pair(policies: Policies = {}, refresh: Refresh = 'plain') {
    const pending: (() => void)[] = [];
    const soon = (callback: () => void): void => void pending.push(callback);
    const routing = new Routing({ local, families: ['ipv4-unicast'], soon });
    const from = new Other(routing, pending, 1, 'internal', policies, { refresh });
    const to = new Other(routing, pending, 2, 'internal', policies, { refresh });
    const settle = (): void => {
      while (pending.length > 0) pending.shift()?.();
    };
    from.up();
    to.up();
    for (let n = 0; n < 100; n += 1) from.say(n, { med: n % 4, community: 1 });
    settle();
    return { routing, from, to, settle };
  }

  test('for what is told sends what has become another thing, and nothing else', () => {
    const { to, settle } = pair();
    const [heard, updates] = [to.hears.size, to.updates];
    assert.ok(to.routes.setPolicies({ export: new PolicyChain([reject(of(7))]) }));
    settle();
    assert.deepEqual([heard, to.hears.size], [100, 99]);
    assert.deepEqual([to.withdrawals, to.updates - updates], [1, 1]);
    const before = to.announcements;
    const louder: Policy = {
      name: 'p',
      terms: [{ match: of(9), set: { med: 77 }, action: 'accept' }],
      otherwise: 'accept',
    };
    assert.ok(to.routes.setPolicies({ export: new PolicyChain([louder]) }));
    settle();
    // The one that comes back, and the one that is another now.
    assert.equal(to.announcements - before, 2);
    assert.equal(to.hears.size, 100);
    // A policy of other words that means the same: not a word.
    const same = to.updates;
    assert.ok(to.routes.setPolicies({ export: new PolicyChain([louder]) }));
    settle();
    assert.equal(to.updates, same);
  });

  test('leaves nothing out for one who asks for all of it meanwhile', () => {
    const { to, settle } = pair();
    const before = to.announcements;
    assert.ok(to.routes.setPolicies({ export: new PolicyChain([reject(of(7))]) }));
    to.routes.refresh(family, 'request');
    settle();
    assert.equal(to.announcements - before, 99);
    assert.equal(to.hears.size, 99);
  });

  test('for what is taken asks for all of it again, and what is rejected goes', () => {
    const { routing, from, to, settle } = pair();
    assert.ok(from.routes.setPolicies({ import: new PolicyChain([reject(of(7))]) }));
    settle();
    assert.equal(from.asked, 1);
    assert.equal(routing.rib('ipv4-unicast')?.destinations.count, 99);
    assert.equal(to.hears.size, 99);
    assert.deepEqual(from.routes.rejectedOf(family), { import: 1, export: 0 });
    assert.ok(from.routes.setPolicies({}));
    settle();
    assert.equal(to.hears.size, 100);
  });

  test('cannot hold at once where the peer does not know how to say all again', () => {
    const { from } = pair({}, 'none');
    assert.equal(from.routes.setPolicies({ import: new PolicyChain([reject(of(7))]) }), false);
    assert.equal(
      from.routes.setPolicies({ import: undefined, export: new PolicyChain([]) }),
      false,
    );
  });
});

test('what is rejected is counted, of each peer, each time', () => {
  const [none, some] = [new PolicyChain([]), new PolicyChain([reject(of(1))])];
  const world = newWorld([{ import: some }, { export: none }, { import: none }]);
  const [first, second, third] = world.others;
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  for (const each of [first, second, third]) each.up();
  for (let n = 0; n < 4; n += 1) {
    first.say(n, { med: 0, community: 1 });
    third.say(n, { med: 0, community: 1 });
  }
  world.settle();
  assert.deepEqual(first.routes.rejectedOf(family), { import: 1, export: 0 });
  assert.deepEqual(second.routes.rejectedOf(family), { import: 0, export: 3 });
  assert.deepEqual(third.routes.rejectedOf(family), { import: 4, export: 0 });
  assert.deepEqual([second.hears.size, third.hears.size], [0, 3]);
});

test('without a policy nothing passes to or from an external peer that needs one (RFC 8212)', () => {
  const accept = new PolicyChain([{ name: 'all', terms: [], otherwise: 'accept' }]);
  const world = newWorld([{}, {}, {}, {}, { import: accept, export: accept }], true);
  for (const each of world.others) each.up();
  for (const [index, each] of world.others.entries()) each.say(index, { med: 0, community: 1 });
  world.settle();
  const heard = world.others.map(({ hears }) => hears.size);
  // The third is external and has none: it hears nothing, and nobody hears of it.
  assert.deepEqual(heard, [3, 3, 0, 3, 3]);
});

test('what a policy makes of a route that comes back is made again', () => {
  const louder: Policy = {
    name: 'p',
    terms: [{ match: {}, set: { med: 77 }, action: 'accept' }],
    otherwise: 'accept',
  };
  const world = newWorld([{ import: new PolicyChain([louder]) }]);
  const [first, second] = world.others;
  assert.ok(first !== undefined && second !== undefined);
  for (const each of [first, second]) each.up();
  for (const said of [{ med: 1, community: 1 }, undefined, { med: 1, community: 1 }]) {
    first.say(0, said);
    world.settle();
  }
  assert.match(second.hears.get(prefixOf(0)) ?? '', /^77 /);
});

test('who a route is from makes a difference, though all else of it be the same', () => {
  const match = { peers: [unwrap(parseIp('10.0.0.1'))] };
  const world = newWorld([{}, {}, {}, { export: new PolicyChain([reject(match)]) }]);
  const [first, second, , fourth] = world.others;
  assert.ok(first !== undefined && second !== undefined && fourth !== undefined);
  for (const each of [first, second, fourth]) each.up();
  for (const [index, each] of [first, second, first, second].entries()) {
    each.say(index, { med: 0, community: 1 });
  }
  world.settle();
  assert.equal(world.routing.attributes.count, 1);
  assert.deepEqual([...fourth.hears.keys()].toSorted(), [prefixOf(1), prefixOf(3)]);
});

test('the next hop that a policy sets goes before the one that all routes get', () => {
  const soon = (): void => {};
  const routing = new Routing({ local, families: ['ipv4-unicast'], soon });
  const elsewhere: Policy = {
    name: 'p',
    terms: [{ match: of(1), set: { nextHop: unwrap(parseIp('10.0.0.9')) }, action: 'accept' }],
    otherwise: 'accept',
  };
  const other = new Other(
    routing,
    [],
    1,
    'internal',
    { export: new PolicyChain([elsewhere]) },
    {
      nextHop: Uint8Array.of(10, 0, 0, 8),
    },
  );
  other.up();
  for (const n of [1, 2]) {
    const prefix = unwrap(parsePrefix(prefixOf(n)));
    const told = {
      attributes: { origin: 'igp', asPath: [] },
      nextHop: { ip: { family: 4, value: 0 } },
    } as const;
    routing.originate('ipv4-unicast', prefix, told);
  }
  while (routing.advertisers.values().some((each) => each.advance()));
  assert.match(other.hears.get(prefixOf(1)) ?? '', / 167772169$/);
  assert.match(other.hears.get(prefixOf(2)) ?? '', / 167772168$/);
});

test('of routes that are all rejected nothing is kept, however they come', () => {
  const world = newWorld([{ import: new PolicyChain([]) }]);
  const [first] = world.others;
  assert.ok(first !== undefined);
  first.up();
  for (let n = 0; n < 2000; n += 1) first.say(0, { med: n, community: 1 });
  assert.ok(world.routing.attributes.count <= 256);
  first.down();
  world.settle();
  assert.equal(world.routing.attributes.count, 0);
});
