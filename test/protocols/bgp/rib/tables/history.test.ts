/**
 * EVPN as peers say it in their sessions, of all five types, with moves, static MACs and segments: what ribs, tables and peers
 * have in the end is what they would have if each had said its last word once, under the policies and targets of now. In
 * between peers go and come back, are kept meanwhile or not, are asked again, and policies and import targets change.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertNever } from '../../../../../src/base/assert-never.ts';
import { unwrap } from '../../../../../src/base/result.ts';
import { parseCommunityPattern } from '../../../../../src/net/community.ts';
import { parseEsi, singleHomed } from '../../../../../src/net/esi.ts';
import type { Mac } from '../../../../../src/net/mac.ts';
import {
  type ExtendedCommunity,
  families,
  keyOf,
  type PathAttributes,
  Tables,
} from '../../../../../src/protocols/bgp/index.ts';
import { PolicyChain } from '../../../../../src/protocols/bgp/policy/decision-tree.ts';
import type { Term } from '../../../../../src/protocols/bgp/policy/policy.ts';
import type { EvpnRoute } from '../../../../../src/protocols/bgp/wire/nlri/evpn.ts';
import { VirtualTimers } from '../../io/virtual-time.ts';
import { Talk, Talker } from '../talk.ts';
import { imports, ip, moved, rd, routerMac, target, used, vtep } from './fixtures.ts';

const evpn = 'l2vpn-evpn';
const segment = unwrap(parseEsi('00:11:22:33:44:55:66:77:88:99'));

/** What a peer says of one of a few routes. Label, segment and communities are no part of what route it is. */
interface Said {
  readonly label: number;
  readonly isMultihomed: boolean;
  readonly move: { readonly sequence: number; readonly sticky: boolean } | undefined;
  readonly to: readonly string[];
  readonly localPref: number;
}

const routeCount = 9;

/** The even ones of all peers have one distinguisher, and so are one route. */
function routeOf(peer: number, of: number, said: Said): EvpnRoute {
  const own = { rd: rd(`10.0.0.${of % 2 === 0 ? 9 : peer}:1`), tag: 0 };
  const esi = said.isMultihomed ? segment : singleHomed;
  const host = { family: 4, value: 0xc000_0201 } as const;
  const address = { ...own, type: 'mac' as const, esi, label: said.label };
  if (of < 2) return { ...address, mac: 0x0200_0000_0001 as Mac };
  if (of < 4) return { ...address, mac: 0x0200_0000_0001 as Mac, ip: host, label2: 5 };
  if (of < 5) return { ...address, mac: 0x0200_0000_0002 as Mac };
  if (of < 6) return { type: 'imet', ...own, originator: ip(`10.0.0.${peer}`) };
  if (of < 7) return { type: 'ead', ...own, esi: segment, label: said.label };
  if (of < 8) return { type: 'es', rd: own.rd, esi: segment, originator: ip(`10.0.0.${peer}`) };
  const prefix = { ip: host, length: 32 };
  const gateway = ip('0.0.0.0');
  return { type: 'prefix', ...own, esi: singleHomed, prefix, gateway, label: said.label };
}

function attributesOf(peer: Kind, { localPref, move, to }: Said): PathAttributes {
  const communities: ExtendedCommunity[] = [
    ...to.map(target),
    { kind: 'router-mac', mac: routerMac },
    ...(move === undefined ? [] : [moved(move.sequence, move.sticky)]),
  ];
  const asPath = peer.as === undefined ? [] : [{ type: 'sequence' as const, asns: [peer.as] }];
  const preference = peer.as === undefined ? { localPref } : {};
  return { origin: 'igp', asPath, ...preference, extendedCommunities: communities };
}

interface Kind {
  readonly as?: number;
  /** Both sides know of graceful restart, and so of the marks of a refresh. */
  readonly isKept?: boolean;
}

const kinds: readonly Kind[] = [{ isKept: true }, { isKept: true }, {}, { as: 65_004 }];

const restart = {
  time: 60,
  notification: false,
  preserved: [evpn] as const,
  restarted: false,
  longLived: new Map(),
};

const term = (match: Term['match'], set: Term['set'], action: Term['action']): Term => ({
  match,
  set,
  action,
});
const chainOf = (...terms: readonly Term[]): PolicyChain =>
  new PolicyChain([{ name: 'p', terms, otherwise: 'accept' }]);
const chains: readonly (PolicyChain | undefined)[] = [
  undefined,
  chainOf(term({ routeTypes: [2] }, {}, 'reject')),
  chainOf(term({ routeTypes: [2, 5] }, { localPref: 50 }, 'accept')),
  chainOf(term({ communities: unwrap(parseCommunityPattern('rt:65000:100')) }, {}, 'reject')),
];

/** A peer that remembers what it has said last of each route. */
class Voice {
  readonly says = new Map<number, Said>();
  readonly talker: Talker;
  readonly #kind: Kind;
  readonly #id: number;
  chain = 0;

  constructor(talk: Talk, index: number, chain: number) {
    this.#kind = kinds[index] ?? {};
    this.#id = index + 1;
    this.chain = chain;
    const { as, isKept = false } = this.#kind;
    const ours = { families: [{ family: evpn }], ...(isKept ? { restart } : {}) } as const;
    this.talker = new Talker(talk, {
      id: this.#id,
      ours,
      theirs: isKept ? { restart } : {},
      ...(as === undefined ? {} : { as }),
      routing: { policies: { import: chains[chain] } },
      // With its distinguisher, which the text leaves out.
      nameOf: (nlri) => Buffer.from(keyOf(families[evpn], nlri as EvpnRoute)).toString('hex'),
    });
  }

  say(of: number, said: Said | undefined): void {
    const before = this.says.get(of);
    if (said !== undefined) this.says.set(of, said);
    else this.says.delete(of);
    if (!this.talker.isUp) return;
    if (said !== undefined) this.#announce(of, said);
    else if (before !== undefined) this.talker.withdraw(evpn, routeOf(this.#id, of, before));
  }

  #announce(of: number, said: Said): void {
    const route = routeOf(this.#id, of, said);
    assert.equal(this.talker.announce(evpn, route, attributesOf(this.#kind, said)), undefined);
  }

  up(): void {
    if (this.talker.isUp) return;
    this.talker.up();
    for (const [of, said] of this.says) this.#announce(of, said);
    this.talker.endOfRib(evpn);
  }

  down(): void {
    if (this.talker.isUp) this.talker.down();
  }

  /** It is not back within its time. */
  expire(): void {
    if (!this.talker.isUp) this.talker.routes.expired(families[evpn], 'delete');
  }

  /** RFC 2918 §4, RFC 7313 §4: all again, as often as it was asked for. */
  answer(): void {
    const { routes } = this.talker;
    for (; this.talker.asked > 0; this.talker.asked -= 1) {
      if (!this.talker.isUp) continue;
      if (this.#kind.isKept) routes.refresh(families[evpn], 'begin');
      for (const [of, said] of this.says) this.#announce(of, said);
      if (this.#kind.isKept) routes.refresh(families[evpn], 'end');
    }
  }

  adopt(chain: number): void {
    this.chain = chain;
    assert.ok(this.talker.routes.setPolicies({ import: chains[chain] }));
  }
}

const names = ['red', 'green', 'blue'] as const;
const targets: readonly string[] = ['65000:100', '65000:5000', '65001:100'];

class World {
  readonly talk = new Talk([evpn]);
  readonly tables = new Tables({ routing: this.talk.routing, timers: new VirtualTimers() });
  readonly voices: readonly Voice[];
  /** What each table takes; one that is not there is not in it. */
  readonly imports = new Map<string, readonly string[]>();

  constructor(ofChains: readonly number[] = []) {
    this.voices = kinds.map((_, index) => new Voice(this.talk, index, ofChains[index] ?? 0));
  }

  declare(name: string, to: readonly string[]): void {
    this.imports.set(name, to);
    const number = names.findIndex((each) => each === name);
    const common = { name, rd: rd(`10.0.0.100:${number}`), vtep, exports: [], vni: 100 + number };
    const all = { ...common, imports: imports(...to) };
    if (name === 'blue') unwrap(this.tables.declareIpVrf({ ...all, routerMac }));
    else unwrap(this.tables.declareMacVrf(all));
  }

  take(step: Step): void {
    switch (step.do) {
      case 'turn':
        return this.talk.turn();
      case 'table':
        return this.#table(step.name, step.to);
      case 'say':
        return this.#voice(step).say(step.of, step.said);
      case 'adopt':
        return this.#voice(step).adopt(step.chain);
      case 'ask':
        return void (this.#voice(step).talker.isUp && this.#voice(step).talker.routes.askAgain());
      case 'hear':
        return this.#voice(step).talker.isUp
          ? this.#voice(step).talker.routes.refresh(families[evpn], 'request')
          : undefined;
      case 'up':
      case 'down':
      case 'answer':
      case 'expire':
        return this.#voice(step)[step.do]();
      default:
        return assertNever(step);
    }
  }

  #voice({ peer }: { readonly peer: number }): Voice {
    const voice = this.voices[peer];
    assert.ok(voice !== undefined);
    return voice;
  }

  #table(name: string, to: readonly string[] | undefined): void {
    const known = this.tables.get(name);
    if (to === undefined) {
      this.imports.delete(name);
      if (known !== undefined) this.tables.remove(known);
    } else if (known === undefined) this.declare(name, to);
    else {
      this.imports.set(name, to);
      this.tables.alter(known, { imports: imports(...to) });
    }
  }

  /** All that was asked for is answered, who is away is not waited for, and nothing is left to do. */
  settle(): void {
    this.talk.run();
    for (const voice of this.voices) {
      voice.answer();
      voice.expire();
    }
    this.talk.run();
  }
}

const peer = fc.nat(kinds.length - 1);
const said: fc.Arbitrary<Said> = fc.record({
  label: fc.constantFrom(100, 200),
  isMultihomed: fc.boolean(),
  move: fc.option(fc.record({ sequence: fc.nat(2), sticky: fc.boolean() }), { nil: undefined }),
  to: fc.subarray([...targets]),
  localPref: fc.constantFrom(100, 200),
});
const ofPeer = fc.constantFrom(
  ...(['up', 'up', 'down', 'answer', 'expire', 'ask', 'hear'] as const),
);
const step = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('say' as const),
      peer,
      of: fc.nat(routeCount - 1),
      said: fc.option(said, { nil: undefined, freq: 3 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: ofPeer, peer }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('adopt' as const), peer, chain: fc.nat(3) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('table' as const),
      name: fc.constantFrom(...names),
      to: fc.option(fc.subarray([...targets]), { nil: undefined }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Who is up, with nothing said yet, and all tables: so that most stories have something to tell. */
const beginning: readonly Step[] = [
  ...kinds.map((_, index) => ({ do: 'up', peer: index }) as const),
  ...names.map((name) => ({ do: 'table', name, to: targets.slice(0, 2) }) as const),
];

test('whatever peers have said of EVPN, the last words decide', () => {
  const met = { paths: 0, sticky: 0 };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
      const world = new World();
      for (const each of [...beginning, ...steps]) world.take(each);
      world.settle();
      const fresh = retold(world);
      for (const each of world.tables) {
        const other = fresh.tables.get(each.name);
        assert.ok(other !== undefined);
        assert.deepEqual(used(each), used(other), each.name);
        assert.equal(each.size, other.size, each.name);
        met.paths += each.size;
        met.sticky += used(each).filter((text) => text.includes('sticky')).length;
      }
      for (const [index, { talker }] of world.voices.entries()) {
        if (talker.isUp)
          assert.deepEqual(talker.told, fresh.voices[index]?.talker.told, `${index}`);
      }
      for (const voice of world.voices) voice.down();
      world.settle();
      assert.equal(world.talk.routing.attributes.count, 0, 'nothing is kept of what is gone');
      for (const each of world.tables) assert.equal(each.size, 0);
    }),
    { numRuns: 200 },
  );
  assert.ok(met.paths > 200 && met.sticky > 20, JSON.stringify(met));
});

/** A world in which everybody who is up has said only what holds. */
function retold(world: World): World {
  const fresh = new World(world.voices.map(({ chain }) => chain));
  for (const [name, to] of world.imports) fresh.declare(name, to);
  for (const [index, { says, talker }] of world.voices.entries()) {
    if (!talker.isUp) continue;
    const voice = fresh.voices[index];
    voice?.up();
    for (const [of, each] of says) voice?.say(of, each);
  }
  fresh.settle();
  return fresh;
}
