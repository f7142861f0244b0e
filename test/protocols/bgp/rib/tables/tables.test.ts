/**
 * Tables hold what the last word of everybody leaves, whatever came before; a change costs what it changes; and whoever
 * follows a table ends up with just what it uses.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { assertNever } from '../../../../../src/base/assert-never.ts';
import { unwrap } from '../../../../../src/base/result.ts';
import { singleHomed } from '../../../../../src/net/esi.ts';
import type { Mac } from '../../../../../src/net/mac.ts';
import { parsePrefix } from '../../../../../src/net/prefix.ts';
import { formatTableKey } from '../../../../../src/protocols/bgp/rib/tables/key.ts';
import type { IpVrf } from '../../../../../src/protocols/bgp/rib/tables/ip-vrf.ts';
import type { MacVrf } from '../../../../../src/protocols/bgp/rib/tables/mac-vrf.ts';
import type { TablePath } from '../../../../../src/protocols/bgp/rib/tables/path.ts';
import type { TableNews } from '../../../../../src/protocols/bgp/rib/tables/table-watch.ts';
import { parseImportTarget } from '../../../../../src/protocols/bgp/rib/tables/targets.ts';
import type { EvpnRoute } from '../../../../../src/protocols/bgp/wire/nlri/evpn.ts';
import {
  type Announcement,
  formatPath,
  host,
  imports,
  ip,
  l2,
  mac,
  macRoute,
  moved,
  rd,
  router,
  target,
  used,
  World,
} from './fixtures.ts';

const far = Number.POSITIVE_INFINITY;
const targets = ['65000:100', '65000:5000', '65001:100'] as const;

/** One of a few routes of each of a few routers. */
function routeOf(from: number, of: number): EvpnRoute {
  const common = { rd: rd(`10.0.0.${from}:1`), tag: 0, esi: singleHomed };
  if (of === 0) return { type: 'imet', rd: common.rd, tag: 0, originator: router(from) };
  const third = { family: 4, value: 0xc000_0200 + of } as const;
  if (of <= 2) {
    const prefix = { ip: third, length: 32 };
    return { type: 'prefix', ...common, prefix, gateway: ip('0.0.0.0'), label: 5 };
  }
  const address = of === 3 ? {} : { ip: third, label2: 5 };
  return {
    type: 'mac',
    ...common,
    mac: (0x0200_0000_0001 + (of >> 2)) as Mac,
    label: 100,
    ...address,
  };
}

interface Say {
  readonly do: 'say';
  readonly from: number;
  readonly of: number;
  /** `undefined`: it is withdrawn. */
  readonly what: { readonly to: readonly string[]; readonly sequence: number } | undefined;
}

type Step =
  | Say
  | { readonly do: 'imports'; readonly table: number; readonly to: readonly string[] }
  | { readonly do: 'toggle' | 'watch'; readonly table: number }
  | { readonly do: 'own'; readonly of: number; readonly is: boolean }
  | { readonly do: 'move'; readonly from: number; readonly metric: number }
  | { readonly do: 'turn' };

const table = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('say' as const),
      from: fc.integer({ min: 1, max: 3 }),
      of: fc.nat(6),
      what: fc.option(fc.record({ to: fc.subarray([...targets]), sequence: fc.nat(2) }), {
        nil: undefined,
      }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('imports' as const),
      table,
      to: fc.subarray([...targets, '*:100']),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('toggle' as const, 'watch' as const), table }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('own' as const), of: fc.nat(3), is: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('move' as const),
      from: fc.integer({ min: 1, max: 3 }),
      metric: fc.constantFrom(0, 1, far),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
);

const names = ['red', 'blue', 'green'] as const;

/** A world that steps are carried out in, with what was last said beside it. */
class Story {
  readonly metrics = new Map<number | bigint, number>();
  readonly world = new World({ metric: ({ value }) => this.metrics.get(value) ?? 0 });
  readonly said = new Map<string, Say>();
  readonly imports = new Map<string, readonly string[]>();
  readonly own = new Map<number, boolean>();
  readonly views = new Map<string, Map<string, string>>();

  take(each: Step): void {
    switch (each.do) {
      case 'say':
        this.said.set(`${each.from} ${each.of}`, each);
        return say(this.world, each);
      case 'imports':
        return this.#alter(names[each.table] ?? 'red', each.to);
      case 'toggle':
        return this.#toggle(names[each.table] ?? 'red');
      case 'watch':
        return this.#watch(names[each.table] ?? 'red');
      case 'own':
        this.own.set(each.of, each.is);
        return this.sayOwn(each.of, each.is);
      case 'move':
        return this.move(router(each.from).value, each.metric);
      case 'turn':
        return void this.world.turn();
      default:
        return assertNever(each);
    }
  }

  move(value: number | bigint, metric: number): void {
    this.metrics.set(value, metric);
    this.world.routing.nextHopChanged({ family: 4, value: Number(value) });
  }

  declare(name: string, to: readonly string[]): void {
    this.imports.set(name, to);
    const changes = { name, rd: rd(`10.0.0.100:${names.findIndex((each) => each === name)}`) };
    const all = { ...changes, imports: imports(...to) };
    if (name === 'blue') this.world.ipVrf(all);
    else this.world.macVrf(all);
    for (const [of, is] of this.own) this.sayOwn(of, is);
  }

  /** Prefixes of `blue`, and that frames for all are wanted in `red`. */
  sayOwn(of: number, is: boolean): void {
    const blue = this.world.tables.get('blue');
    const red = this.world.tables.get('red');
    const local = { type: 'prefix', prefix: unwrap(parsePrefix(`192.0.2.${of}/32`)) } as const;
    if (of > 0 && blue?.kind === 'ip-vrf') {
      if (is) blue.originate(local);
      else blue.withdraw(local);
    }
    if (of > 0 || red?.kind !== 'mac-vrf') return;
    if (is) red.originate({ type: 'imet' });
    else red.withdraw({ type: 'imet' });
  }

  #alter(name: string, to: readonly string[]): void {
    const known = this.world.tables.get(name);
    if (known === undefined) return;
    this.imports.set(name, to);
    this.world.tables.alter(known, { imports: to.map((each) => unwrap(parseImportTarget(each))) });
  }

  #toggle(name: string): void {
    const known = this.world.tables.get(name);
    if (known === undefined) return this.declare(name, ['65000:100', '65000:5000']);
    this.world.tables.remove(known);
    this.imports.delete(name);
    this.views.delete(name);
  }

  #watch(name: string): void {
    const known = this.world.tables.get(name);
    if (known === undefined || this.views.has(name)) return;
    this.views.set(name, follow(known));
  }
}

function say(world: World, { from, of, what }: Say): void {
  const announcement = { from, route: routeOf(from, of) };
  if (what === undefined) return world.withdraw(announcement);
  const communities = [...what.to.map(target), moved(what.sequence)];
  world.announce({ ...announcement, communities });
}

/** What a listener makes of what he is told; fails when he is told of something else than what changed. */
function follow(of: MacVrf | IpVrf): Map<string, string> {
  const view = new Map<string, string>();
  of.watch(({ changes }: TableNews) => {
    for (const { key, old, now } of changes) {
      const text = formatTableKey(key);
      assert.equal(view.get(text) ?? 'none', formatPath(old));
      if (now === undefined) view.delete(text);
      else view.set(text, formatPath(now));
    }
  });
  return view;
}

test('tables hold what the last words leave, whatever came before', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
      const story = new Story();
      for (const each of steps) story.take(each);
      story.world.settle();
      const fresh = new Story();
      for (const [value, metric] of story.metrics) fresh.move(value, metric);
      for (const each of story.said.values()) say(fresh.world, each);
      for (const [of, is] of story.own) fresh.own.set(of, is);
      for (const [name, to] of story.imports) fresh.declare(name, to);
      fresh.world.settle();
      assert.deepEqual(story.world.ours(), fresh.world.ours());
      for (const each of story.world.tables) {
        const other = fresh.world.tables.get(each.name);
        assert.ok(other !== undefined);
        assert.deepEqual(used(each), used(other), each.name);
        // Nothing is kept of what is gone and told.
        assert.equal(each.size, other.size, each.name);
        const view = story.views.get(each.name);
        if (view === undefined) continue;
        assert.deepEqual([...view].map(([key, path]) => `${key} ${path}`).toSorted(), used(each));
      }
    }),
    { numRuns: 400 },
  );
});

describe('work follows change', () => {
  const many = 5000;

  function filled(): { readonly world: World; readonly red: MacVrf } {
    const world = new World();
    const red = world.macVrf();
    for (let i = 0; i < many; i += 1) world.announce(hostAt(1, i));
    for (let i = 0; i < many; i += 1) {
      world.announce({ ...hostAt(2, i), communities: [target('65000:999')] });
    }
    world.settle();
    assert.equal(red.size, many);
    return { world, red };
  }

  function hostAt(from: number, i: number): Announcement {
    const route = macRoute(from, { mac: (0x0200_0000_0000 + i) as Mac });
    return { from, route, communities: l2() };
  }

  function counted(world: World, red: MacVrf, change: () => void): readonly [number, number] {
    const before = [world.tables.looks, red.decisions] as const;
    change();
    world.settle();
    return [world.tables.looks - before[0], red.decisions - before[1]];
  }

  test('three routes that change are looked at, and three keys decided, of ten thousand', () => {
    const { world, red } = filled();
    const change = (): void => {
      world.withdraw(hostAt(1, 7));
      world.announce({ ...hostAt(1, 8), communities: l2(moved(1)) });
      world.announce(hostAt(3, 9));
    };
    assert.deepEqual(counted(world, red, change), [3, 3]);
    // For nobody: seen, and that is all.
    const other = (): void =>
      world.announce({ ...hostAt(4, 1), communities: [target('65000:998')] });
    assert.deepEqual(counted(world, red, other), [1, 0]);
  });

  test('another import target looks at all once, and decides what comes or goes', () => {
    const { world, red } = filled();
    let turns = 0;
    const change = (): void => {
      world.tables.alter(red, { imports: imports('65000:100', '65000:998') });
      world.tables.alter(red, { imports: imports('65000:100', '65000:997') });
      while (world.turn()) turns += 1;
    };
    const [looks, decisions] = counted(world, red, change);
    assert.deepEqual([looks, decisions], [2 * many, 0]);
    // In portions: others have their turns in between.
    assert.ok(turns >= (2 * many) / 2048, `${turns} turns`);
    const swap = (): void => world.tables.alter(red, { imports: imports('65000:999') });
    // Each key loses a path and gets another.
    assert.deepEqual(counted(world, red, swap)[0], 2 * many);
    assert.equal(red.size, many);
  });

  test('other export targets say only the table’s own routes again', () => {
    const { world, red } = filled();
    red.originate({ type: 'imet' });
    red.originate({ type: 'mac', mac: mac('02:00:00:00:ff:ff') });
    world.settle();
    const change = (): void => world.tables.alter(red, { exports: [target('65000:7')] });
    // The two are destinations of the rib, too.
    assert.deepEqual(counted(world, red, change), [2, 2]);
    assert.ok(world.ours().every((each) => each.includes('RT:65000:7')));
    assert.equal(world.ours().length, 2);
  });

  test('other import targets say nothing again', () => {
    const world = new World();
    const [red, blue] = [world.macVrf(), world.ipVrf()];
    red.originate({ type: 'imet' });
    red.originate({ type: 'mac', mac: host });
    blue.originate({ type: 'prefix', prefix: unwrap(parsePrefix('192.0.2.0/24')) });
    world.settle();
    const change = (): void => {
      for (const each of [red, blue]) world.tables.alter(each, { imports: imports('65000:9') });
    };
    const before = blue.decisions;
    assert.equal(counted(world, red, change)[1], 0);
    assert.equal(blue.decisions, before);
    assert.equal(world.ours().length, 3);
  });

  test('a table that nothing comes to is not asked', (t) => {
    const { world, red } = filled();
    const other = world.macVrf({ name: 'other', rd: rd('10.0.0.100:9'), imports: [] });
    other.originate({ type: 'imet' });
    world.settle();
    const calls = [t.mock.method(other, 'settle'), t.mock.method(other, 'tell')];
    const [ofRed] = [t.mock.method(red, 'settle')];
    world.announce(hostAt(3, 9));
    world.settle();
    assert.deepEqual(
      calls.map(({ mock }) => mock.callCount()),
      [0, 0],
    );
    assert.ok(ofRed !== undefined && ofRed.mock.callCount() > 0);
  });

  test('a table that goes leaves nothing behind', (t) => {
    const { world, red } = filled();
    red.originate({ type: 'imet' });
    world.settle();
    const other = world.macVrf({ name: 'other', rd: rd('10.0.0.100:9') });
    world.settle();
    world.tables.remove(red);
    world.settle();
    assert.deepEqual(world.ours(), []);
    const { mock } = t.mock.method(red, 'remove');
    world.withdraw(hostAt(1, 7));
    world.settle();
    assert.equal(mock.callCount(), 0);
    world.announce(hostAt(1, 7));
    world.settle();
    assert.equal(other.size, many);
    const again = world.macVrf();
    world.settle();
    assert.equal(again.size, many);
    for (const each of world.tables) world.tables.remove(each);
    world.settle();
    assert.equal(world.turn(), false);
    // Without tables nobody looks.
    world.announce(hostAt(1, 3));
    world.settle();
    assert.equal(world.tables.looks, 0);
  });
});

describe('whoever follows a table', () => {
  const key = { type: 'mac', tag: 0, mac: host } as const;

  test('hears of all there is, that this was all, and then of changes with old and new', () => {
    const world = new World();
    const red = world.macVrf();
    world.announce({ from: 1, route: macRoute(1), communities: l2() });
    const heard: string[] = [];
    const end = red.watch(({ changes, isCurrent }) => {
      heard.push(...changes.map(({ old, now }) => `${formatPath(old)} → ${formatPath(now)}`));
      if (isCurrent) heard.push('current');
    });
    world.settle();
    world.announce({ from: 2, route: macRoute(2), communities: l2(moved(1)) });
    world.settle();
    world.withdraw({ from: 1, route: macRoute(1) });
    world.settle();
    world.withdraw({ from: 2, route: macRoute(2) });
    world.settle();
    const [first, second] = ['via 10.0.0.1 (remote 0)', 'via 10.0.0.2 (remote 1)'];
    assert.deepEqual(heard, [
      `none → ${first}`,
      'current',
      `${first} → ${second}`,
      'current',
      `${second} → none`,
      'current',
    ]);
    assert.equal(red.size, 0);
    end();
    world.announce({ from: 2, route: macRoute(2), communities: l2(moved(1)) });
    world.settle();
    assert.equal(heard.length, 6);
    assert.equal(red.get(key)?.sequence, 1);
  });

  test('is told that an empty table is all there is, once', () => {
    const world = new World();
    const news: TableNews[] = [];
    world.macVrf().watch((each) => void news.push(each));
    world.settle();
    world.announce({ from: 1, route: macRoute(1), communities: [] });
    world.settle();
    assert.deepEqual(news, [{ changes: [], isCurrent: true }]);
  });

  test('and is busy hears nothing meanwhile, and then of the last state only', async () => {
    const world = new World();
    const red = world.macVrf();
    const heard: (TablePath | undefined)[][] = [];
    const gates: (() => void)[] = [];
    red.watch(({ changes }) => {
      heard.push(changes.map(({ now }) => now));
      return new Promise((resolve) => gates.push(resolve));
    });
    world.settle();
    for (let sequence = 1; sequence <= 9; sequence += 1) {
      world.announce({ from: 1, route: macRoute(1), communities: l2(moved(sequence)) });
      world.settle();
    }
    assert.equal(heard.length, 1);
    gates[0]?.();
    await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    world.settle();
    assert.deepEqual(heard[1]?.map(formatPath), ['via 10.0.0.1 (remote 9)']);
  });

  test('and is busy does not hear of what has changed and changed back', async () => {
    const world = new World();
    const red = world.macVrf();
    red.originate({ type: 'mac', mac: host });
    world.settle();
    const heard: string[] = [];
    const gates: (() => void)[] = [];
    red.watch(({ changes }) => {
      heard.push(...changes.map(({ now }) => formatPath(now)));
      return new Promise((resolve) => gates.push(resolve));
    });
    world.settle();
    const elsewhere = { from: 1, route: macRoute(1), communities: l2(moved(4)) };
    world.announce(elsewhere);
    world.settle();
    assert.equal(red.get(key)?.sequence, 4);
    world.withdraw(elsewhere);
    world.settle();
    gates[0]?.();
    await new Promise((resolve) => setImmediate(resolve));
    world.settle();
    assert.deepEqual(heard, ['via 10.0.0.100 (local 0)']);
  });

  test('is told in portions', () => {
    const world = new World();
    const red = world.macVrf();
    for (let i = 0; i < 3000; i += 1) {
      const route = macRoute(1, { mac: (0x0200_0000_0000 + i) as Mac });
      world.announce({ from: 1, route, communities: l2() });
    }
    const sizes: [number, boolean][] = [];
    red.watch(({ changes, isCurrent }) => void sizes.push([changes.length, isCurrent]));
    world.settle();
    assert.equal(
      sizes.reduce((sum, [size]) => sum + size, 0),
      3000,
    );
    assert.ok(sizes.every(([size]) => size <= 1024));
    // Only the last one is the whole.
    assert.deepEqual(
      sizes.map(([, isCurrent]) => isCurrent),
      sizes.map((_, index) => index === sizes.length - 1),
    );
  });
});

test('no two tables have one name or one distinguisher, and a VNI has 24 bits', () => {
  const world = new World();
  const red = world.macVrf();
  const settings = { ...red.settings, vni: 1 << 24 };
  const declared = world.tables.declareMacVrf(settings);
  assert.ok(!declared.ok);
  assert.deepEqual(
    declared.error.map(({ path, message }) => `${path}: ${message}`),
    [
      "name: another table is called 'red'",
      "rd: 10.0.0.100:1 is that of table 'red'; give it another",
      'vni: 16777216 is no VNI of 1 to 16777215',
    ],
  );
});

test('targets are read as they are written', () => {
  assert.deepEqual(parseImportTarget('*:100'), {
    ok: true,
    value: { kind: 'any-as', assigned: 100 },
  });
  for (const text of ['*', '*:', '*:4294967296', '65000', '1:2:3', '*:-1']) {
    assert.equal(parseImportTarget(text).ok, false, text);
  }
});
