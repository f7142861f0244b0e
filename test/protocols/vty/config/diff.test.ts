import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';

import {
  advertiseSlot,
  type Config,
  diffStanzas,
  foreignLines,
  linesInSlot,
  type OwnedStanza,
  ownedStanza,
  parseConfig,
  parseVrfStates,
  type Slot,
  rdSlot,
  redistributeSlot,
  routeTargetSlot,
  vniSlot,
  stanzaBody,
  type StanzaDiff,
  type StanzaFacts,
} from '../../../../src/protocols/vty/index.ts';
import { ModelFrr } from './model-frr.ts';

/** The stanzas of one VRF as an EVPN agent would own them. */
interface Vrf {
  readonly name: string;
  readonly vni: number;
  readonly asn: number;
  readonly rd: string;
  readonly imports: readonly string[];
  readonly routeMap: boolean;
}

function stanzasOf(vrf: Vrf): readonly OwnedStanza[] {
  return [
    ownedStanza(`vrf ${vrf.name}`, [vniSlot(vrf.vni)]),
    ownedStanza(
      `router bgp ${vrf.asn} vrf ${vrf.name}`,
      [],
      [
        ownedStanza('address-family ipv4 unicast', [
          redistributeSlot('connected', vrf.routeMap ? 'route-map M' : undefined),
        ]),
        ownedStanza('address-family l2vpn evpn', [
          advertiseSlot('ipv4 unicast'),
          rdSlot(vrf.rd),
          routeTargetSlot('import', vrf.imports),
        ]),
      ],
    ),
  ];
}

const example: Vrf = {
  name: 'vrf-500',
  vni: 500,
  asn: 64999,
  rd: '10.0.0.1:500',
  imports: ['64999:500'],
  routeMap: false,
};

function facts(config: Config, active: readonly string[] = []): StanzaFacts {
  const vrfs = active.map((name) => [name, { isActive: true, isConfigured: false }] as const);
  return { configOf: () => config, vrfs: new Map(vrfs) };
}

function linesOf(diff: StanzaDiff): readonly string[] {
  return diff.batches.flatMap(({ commands }) => commands.map(({ text }) => text));
}

describe('the diff of owned stanzas', () => {
  test('makes what is missing: the VRF, then its BGP instance, each line tagged with its stanza', () => {
    const diff = diffStanzas(facts([]), stanzasOf(example), []);
    assert.deepEqual(linesOf(diff), [
      'vrf vrf-500',
      'vni 500',
      'exit-vrf',
      'router bgp 64999 vrf vrf-500',
      'address-family ipv4 unicast',
      'redistribute connected',
      'exit-address-family',
      'address-family l2vpn evpn',
      'advertise ipv4 unicast',
      'rd 10.0.0.1:500',
      'route-target import 64999:500',
      'exit-address-family',
      'exit',
    ]);
    assert.deepEqual(diff.batches[1]?.commands[4], {
      text: 'address-family l2vpn evpn',
      does: 'enter',
      stanza: ['router bgp 64999 vrf vrf-500', 'address-family l2vpn evpn'],
    });
  });

  test('makes a stanza that has nothing in it', () => {
    const diff = diffStanzas(facts([]), [ownedStanza('vrf vrf-500', [])], []);
    assert.deepEqual(linesOf(diff), ['vrf vrf-500', 'exit-vrf']);
    const there = parseConfig('vrf vrf-500\nexit-vrf');
    assert.deepEqual(diffStanzas(facts(there), [ownedStanza('vrf vrf-500', [])], []).batches, []);
  });

  test('believes zebra that an empty VRF is there, which 8.4 does not print', () => {
    const vrfs = parseVrfStates('vrf vrf-500 inactive (configured)\nvrf vrf-501 id 7 table 501');
    const known: StanzaFacts = { configOf: () => [], vrfs };
    assert.deepEqual(diffStanzas(known, [ownedStanza('vrf vrf-500', [])], []).batches, []);
    assert.deepEqual(linesOf(diffStanzas(known, [ownedStanza('vrf vrf-501', [])], [])), [
      'vrf vrf-501',
      'exit-vrf',
    ]);
    assert.deepEqual(linesOf(diffStanzas(known, [], [ownedStanza('vrf vrf-500', [])])), [
      'vrf vrf-500',
      'exit-vrf',
      'no vrf vrf-500',
    ]);
  });

  test('replaces another RD and another target, and leaves the lines of others', () => {
    const observed = parseConfig(`
vrf vrf-500
 ip route 0.0.0.0/0 192.0.2.1
 vni 500
exit-vrf
router bgp 64999 vrf vrf-500
 neighbor 192.0.2.9 remote-as external
 !
 address-family ipv4 unicast
  redistribute connected
  neighbor 192.0.2.9 route-map IN in
 exit-address-family
 !
 address-family l2vpn evpn
  advertise ipv4 unicast
  rd 10.0.0.1:77
  route-target import 64999:77
 exit-address-family
exit
`);
    assert.deepEqual(linesOf(diffStanzas(facts(observed), stanzasOf(example), [])), [
      'router bgp 64999 vrf vrf-500',
      'address-family l2vpn evpn',
      'rd 10.0.0.1:500',
      'route-target import 64999:500',
      'no route-target import 64999:77',
      'exit-address-family',
      'exit',
    ]);
  });

  test('says again what FRR then overwrites, and takes back first what it would keep', () => {
    const observed = parseConfig(`
router bgp 1 vrf a
 advertise ipv4 unicast route-map M
 redistribute connected route-map M
exit`);
    const owned = ownedStanza('router bgp 1 vrf a', [
      advertiseSlot('ipv4 unicast'),
      redistributeSlot('connected'),
    ]);
    assert.deepEqual(linesOf(diffStanzas(facts(observed), [owned], [])).slice(1, -1), [
      'advertise ipv4 unicast',
      'no redistribute connected',
      'redistribute connected',
    ]);
  });

  test('does not take an inner stanza for a line, printed with its closing word or without', () => {
    for (const exit of ['', ' exit-vni\n']) {
      const observed = parseConfig(`router bgp 1 vrf a\n vni 5\n  rd 1:1\n${exit}exit`);
      const owned = ownedStanza('router bgp 1 vrf a', [vniSlot(7)]);
      assert.deepEqual(linesOf(diffStanzas(facts(observed), [owned], [])).slice(1, -1), ['vni 7']);
      assert.equal(foreignLines(owned, stanzaBody(observed, [owned.line]) ?? []).length, 1);
    }
  });

  test('removes an inner stanza that is unwanted, or what is ours in it where others have lines', () => {
    const gone = ownedStanza('vni 5', [rdSlot('0:1')]);
    const owned = ownedStanza('router bgp 1', [], [], [gone]);
    const said = (...body: readonly string[]): readonly string[] => {
      const lines = body.map((line) => `  ${line}\n`).join('');
      const observed = parseConfig(`router bgp 1\n vni 5\n${lines} exit-vni\nexit`);
      return linesOf(diffStanzas(facts(observed), [owned], []));
    };
    assert.deepEqual(said('rd 1:1'), ['router bgp 1', 'no vni 5', 'exit']);
    assert.deepEqual(said('rd 1:1', 'advertise-svi-ip'), [
      'router bgp 1',
      'vni 5',
      'no rd 1:1',
      'exit-vni',
      'exit',
    ]);
    const none = parseConfig('router bgp 1\n vni 6\n exit-vni\nexit');
    assert.deepEqual(diffStanzas(facts(none), [owned], []).batches, []);
  });

  test('takes a line back whose slot shall be empty', () => {
    const observed = parseConfig('router bgp 1 vrf a\n rd 1:1\n route-target import 1:1\nexit');
    const owned = ownedStanza('router bgp 1 vrf a', [routeTargetSlot('import', [])]);
    assert.deepEqual(linesOf(diffStanzas(facts(observed), [owned], [])), [
      'router bgp 1 vrf a',
      'no route-target import 1:1',
      'exit',
    ]);
  });

  test('goes by another RD where one was taken back, since FRR may still hold it', () => {
    const owned = ownedStanza('router bgp 1 vrf a', [rdSlot('1:1')]);
    const there = parseConfig('router bgp 1 vrf a\n neighbor 192.0.2.1 remote-as 1\nexit');
    assert.deepEqual(linesOf(diffStanzas(facts(there), [owned], [])), [
      'router bgp 1 vrf a',
      'rd 0:1',
      'rd 1:1',
      'exit',
    ]);
  });

  test('gives VNIs back before any is taken, so that two VRFs can swap theirs', () => {
    const observed = parseConfig('vrf a\n vni 1\nexit-vrf\nvrf b\n vni 2\nexit-vrf');
    const wanted = [ownedStanza('vrf a', [vniSlot(2)]), ownedStanza('vrf b', [vniSlot(1)])];
    const texts = linesOf(diffStanzas(facts(observed), wanted, [])).filter((t) =>
      t.includes('vni'),
    );
    assert.deepEqual(texts.slice(0, 2).toSorted(), ['no vni 1', 'no vni 2']);
    assert.deepEqual(texts.slice(2), ['vni 2', 'vni 1']);
  });

  test('removes in the order FRR needs, and a VRF only when its device is gone', () => {
    const observed = applied([], stanzasOf(example), []).config;
    const unwanted = stanzasOf(example);
    assert.deepEqual(linesOf(diffStanzas(facts(observed), [], unwanted)), [
      'vrf vrf-500',
      'no vni 500',
      'exit-vrf',
      'no router bgp 64999 vrf vrf-500',
      'no vrf vrf-500',
    ]);
    const active = diffStanzas(facts(observed, ['vrf-500']), [], unwanted);
    assert.equal(linesOf(active).at(-1), 'no router bgp 64999 vrf vrf-500');
    assert.deepEqual(active.obstacles, [{ kind: 'active', stanza: 'vrf vrf-500' }]);
  });

  test('keeps a stanza in which others have lines, without ours, and says whose sake it is for', () => {
    const observed = parseConfig(`
router bgp 64999 vrf vrf-500
 !
 address-family ipv4 unicast
  redistribute connected
  network 192.0.2.0/24
 exit-address-family
 !
 address-family l2vpn evpn
  rd 10.0.0.1:500
 exit-address-family
exit
`);
    const diff = diffStanzas(facts(observed), [], stanzasOf(example));
    const stanza = 'router bgp 64999 vrf vrf-500';
    assert.deepEqual(diff.obstacles, [
      {
        kind: 'kept',
        stanza,
        foreign: [[stanza, 'address-family ipv4 unicast', 'network 192.0.2.0/24']],
      },
    ]);
    assert.deepEqual(linesOf(diff), [
      stanza,
      'address-family ipv4 unicast',
      'no redistribute connected',
      'exit-address-family',
      'address-family l2vpn evpn',
      'no rd 10.0.0.1:500',
      'exit-address-family',
      'exit',
    ]);
  });

  test('does not ask for a second AS in a VRF, but follows when ours changes', () => {
    const observed = applied([], stanzasOf(example), []).config;
    const wanted = stanzasOf({ ...example, asn: 65001 });
    const taken = diffStanzas(facts(observed), wanted, []);
    assert.deepEqual(taken.obstacles, [
      { kind: 'taken', stanza: 'router bgp 65001 vrf vrf-500', by: 'router bgp 64999 vrf vrf-500' },
    ]);
    const ours = diffStanzas(facts(observed), wanted, stanzasOf(example).slice(1));
    assert.deepEqual(ours.obstacles, []);
    assert.equal(linesOf(ours)[0], 'no router bgp 64999 vrf vrf-500');
    assert.equal(linesOf(ours)[1], 'router bgp 65001 vrf vrf-500');
  });
});

/** Carries a diff out on the model; throws at the first refusal. */
function applied(
  observed: Config,
  wanted: readonly OwnedStanza[],
  unwanted: readonly OwnedStanza[],
  active: readonly string[] = [],
): { readonly config: Config; readonly diff: StanzaDiff } {
  const diff = diffStanzas(facts(observed, active), wanted, unwanted);
  const frr = new ModelFrr(observed, (vrf) => active.includes(vrf));
  for (const { commands } of diff.batches) {
    assert.equal(frr.configure(commands.map(({ text }) => text)), undefined);
  }
  return { config: frr.config, diff };
}

const names = ['a', 'b', 'c', 'd'];

const vrfsArbitrary: fc.Arbitrary<readonly Vrf[]> = fc
  .tuple(
    fc.subarray(names),
    fc.shuffledSubarray([1, 2, 3, 4], { minLength: 4 }),
    fc.infiniteStream(
      fc.record({
        asn: fc.constantFrom(64999, 65001),
        rd: fc.constantFrom('10.0.0.1:1', '10.0.0.1:2'),
        imports: fc.subarray(['1:1', '2:2', '3:3']),
        routeMap: fc.boolean(),
      }),
    ),
  )
  .map(([chosen, vnis, rest]) =>
    chosen.map((name, at) => ({ name, vni: vnis[at] ?? 0, ...rest.next().value })),
  );

/** Lines that an operator put in, by the stanza they stand in. */
const operatorArbitrary: fc.Arbitrary<readonly (readonly string[])[]> = fc.subarray([
  ['hostname r1'],
  ['vrf a', 'ip route 0.0.0.0/0 192.0.2.1'],
  ['vrf other', 'vni 99'],
  ['router bgp 64999', 'bgp router-id 10.0.0.1'],
  ['router bgp 64999 vrf a', 'neighbor 192.0.2.1 remote-as 1'],
  ['router bgp 64999 vrf b', 'address-family ipv4 unicast', 'network 192.0.2.0/24'],
  ['router bgp 65001 vrf b', 'address-family l2vpn evpn', 'default-originate ipv4'],
  ['router bgp 65001 vrf c', 'address-family ipv6 unicast', 'redistribute static'],
]);

/** What an operator and an earlier run have configured, as far as FRR let them. */
function configured(operator: readonly (readonly string[])[], earlier: readonly Vrf[]): Config {
  const frr = new ModelFrr([], () => false);
  for (const path of operator) {
    const exits = path.slice(0, -1).map((line) => exitWords[line.split(' ')[0] ?? ''] ?? 'exit');
    frr.configure([...path, ...exits.toReversed()]);
  }
  return applied(frr.config, earlier.flatMap(stanzasOf), []).config;
}

const exitWords: Readonly<Record<string, string>> = {
  vrf: 'exit-vrf',
  'address-family': 'exit-address-family',
};

describe('for any configuration of ours and of an operator', () => {
  const cases = fc.record({
    operator: operatorArbitrary,
    earlier: vrfsArbitrary,
    now: vrfsArbitrary,
    active: fc.subarray(names),
  });
  /** All of `names` is ours: what is not wanted now is unwanted, under either AS. */
  const split = (
    now: readonly Vrf[],
  ): { wanted: readonly OwnedStanza[]; unwanted: readonly OwnedStanza[] } => {
    const wanted = now.flatMap(stanzasOf);
    const ours = names.flatMap((name) => [
      ...stanzasOf({ ...example, name }),
      ...stanzasOf({ ...example, name, asn: 65001 }).slice(1),
    ]);
    return {
      wanted,
      unwanted: ours.filter(({ line }) => !wanted.some((own) => own.line === line)),
    };
  };

  test('every line of the diff is taken, and what is wanted then stands', () => {
    fc.assert(
      fc.property(cases, ({ operator, earlier, now, active }) => {
        const { wanted, unwanted } = split(now);
        const { config, diff } = applied(configured(operator, earlier), wanted, unwanted, active);
        const taken = diff.obstacles.flatMap((o) => (o.kind === 'taken' ? [o.stanza] : []));
        for (const owned of wanted) {
          if (!taken.includes(owned.line)) assertStands(config, owned, [owned.line]);
        }
        const waiting = diff.obstacles.map(({ stanza }) => stanza);
        for (const { line } of unwanted) {
          assert.equal(stanzaBody(config, [line]) !== undefined, waiting.includes(line), line);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('a second diff is empty', () => {
    fc.assert(
      fc.property(cases, ({ operator, earlier, now, active }) => {
        const { wanted, unwanted } = split(now);
        const { config } = applied(configured(operator, earlier), wanted, unwanted, active);
        assert.deepEqual(diffStanzas(facts(config, active), wanted, unwanted).batches, []);
      }),
      { numRuns: 1000 },
    );
  });

  test('the lines of the operator stay, in their order', () => {
    fc.assert(
      fc.property(cases, ({ operator, earlier, now, active }) => {
        const { wanted, unwanted } = split(now);
        const before = configured(operator, earlier);
        const { config } = applied(before, wanted, unwanted, active);
        const owned = [...wanted, ...unwanted];
        assert.deepEqual(foreignOf(config, owned), foreignOf(before, owned));
      }),
      { numRuns: 1000 },
    );
  });

  test('the order in which stanzas are given does not matter', () => {
    fc.assert(
      fc.property(cases, ({ operator, earlier, now }) => {
        const { wanted, unwanted } = split(now);
        const observed = facts(configured(operator, earlier));
        const there = diffStanzas(observed, wanted, unwanted).batches;
        const back = diffStanzas(observed, wanted.toReversed(), unwanted.toReversed()).batches;
        assert.deepEqual(back, there);
      }),
    );
  });
});

function assertStands(config: Config, owned: OwnedStanza, path: readonly string[]): void {
  const body = stanzaBody(config, path) ?? [];
  for (const slot of owned.slots) {
    assert.deepEqual(
      linesInSlot(body, slot).toSorted(),
      wantedLines(slot).toSorted(),
      path.join(' › '),
    );
  }
  for (const inner of owned.inner) assertStands(config, inner, [...path, inner.line]);
}

function wantedLines(slot: Slot): readonly string[] {
  if (slot.holds === 'many') return slot.lines;
  return slot.line === undefined ? [] : [slot.line];
}

function foreignOf(config: Config, owned: readonly OwnedStanza[]): readonly string[] {
  return config.flatMap((node) => {
    const own = owned.find(({ line }) => line === node.line);
    const inside = own ?? ownedStanza(node.line, []);
    const paths = foreignLines(inside, node.body).map((path) => path.join(' › '));
    return own === undefined ? [node.line, ...paths] : paths;
  });
}
