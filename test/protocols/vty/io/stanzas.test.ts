/** The diff of owned stanzas against real daemons: what it says is taken, stands, and is then no longer said. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { unwrap } from '../../../../src/base/result.ts';
import {
  applyBatch,
  advertiseSlot,
  diffStanzas,
  emptied,
  findTaker,
  formatConfig,
  formatVtyError,
  importVrfSlot,
  type Obstacle,
  type OwnedStanza,
  ownedStanza,
  readStanzaFacts,
  type Slot,
  rdSlot,
  redistributeSlot,
  routerIdSlot,
  routeTargetSlot,
  vniSlot,
  type StanzaDiff,
  type StanzaSessions,
} from '../../../../src/protocols/vty/index.ts';
import { FrrDaemons, frrRoots, hasMgmtd } from '../frr-daemons.ts';

/** What is ours in a VRF: the VNI, redistribution, the advertising of prefixes, RD and targets. */
function stanzasOf(name: string, vni: number, asn: number, evpn: readonly Slot[]): OwnedStanza[] {
  return [
    ownedStanza(`vrf ${name}`, [vniSlot(vni)]),
    ownedStanza(
      `router bgp ${asn} vrf ${name}`,
      [],
      [
        ownedStanza('address-family ipv4 unicast', [redistributeSlot('connected')]),
        ownedStanza('address-family ipv6 unicast', [redistributeSlot('connected')]),
        ownedStanza('address-family l2vpn evpn', evpn),
      ],
    ),
  ];
}

function evpnSlots(rd: string, imports: readonly string[], exports: readonly string[]): Slot[] {
  return [
    advertiseSlot('ipv4 unicast'),
    advertiseSlot('ipv6 unicast'),
    rdSlot(rd),
    routeTargetSlot('import', imports),
    routeTargetSlot('export', exports),
  ];
}

/** RD and route targets in all their forms, RFC 4364 §4.2 and RFC 4360 §4. */
const evpn = evpnSlots(
  '10.255.1.1:500',
  ['64999:500', '10.255.1.1:9', '4200000001:5'],
  ['64999:4294967295', '64999:500'],
);

for (const root of frrRoots()) {
  const title = `owned stanzas in FRR ${root.version ?? ''} of ${root.path}`;
  describe(title, { skip: root.skip }, () => {
    let frr: FrrDaemons;
    let sessions: StanzaSessions;
    before(async () => {
      frr = await FrrDaemons.start(root);
      sessions = await open(frr);
    });
    after(() => frr.stop());

    const diff = async (
      wanted: readonly OwnedStanza[],
      unwanted: readonly OwnedStanza[] = [],
    ): Promise<StanzaDiff> =>
      diffStanzas(unwrap(await readStanzaFacts(sessions)), wanted, unwanted);

    /** Applies the diff, all of which FRR must take, and asserts that nothing is left to be said. */
    const reach = async (
      wanted: readonly OwnedStanza[],
      unwanted: readonly OwnedStanza[] = [],
    ): Promise<readonly Obstacle[]> => {
      const { batches, obstacles } = await diff(wanted, unwanted);
      for (const batch of batches) {
        const applied = await applyBatch(sessions, batch);
        assert.equal(applied.ok || formatVtyError(applied.error.reason), true);
      }
      assert.deepEqual((await diff(wanted, unwanted)).batches, []);
      return obstacles;
    };

    const operator = async (...lines: readonly string[]): Promise<void> => {
      unwrap(await sessions.bgp.configure(lines));
    };

    test('finds the daemon that takes VRFs', () => {
      assert.equal(sessions.vrf.path.endsWith(hasMgmtd(root) ? 'mgmtd.vty' : 'zebra.vty'), true);
    });

    test('makes them, and has nothing to say when asked again', async () => {
      await reach(stanzasOf('vrf-500', 500, 64999, evpn));
    });

    test('has an empty VRF made once', async () => {
      await reach([ownedStanza('vrf vrf-empty', [])]);
      await reach([], [ownedStanza('vrf vrf-empty', [])]);
    });

    test('changes RD, targets and VNI in place', async () => {
      await reach(stanzasOf('vrf-500', 500, 64999, evpnSlots('64999:7', ['1:1'], [])));
      await reach(stanzasOf('vrf-500', 501, 64999, evpnSlots('4200000001:7', [], ['2:2'])));
      await reach(stanzasOf('vrf-500', 500, 64999, evpn));
    });

    test('swaps the VNIs of two VRFs', async () => {
      const router = evpnSlots('10.255.1.1:1', [], []);
      const two = (first: number, second: number): OwnedStanza[] => [
        ...stanzasOf('vrf-a', first, 64999, router),
        ...stanzasOf('vrf-b', second, 64999, router),
      ];
      await reach(two(701, 702));
      await reach(two(702, 701));
      assert.deepEqual(await reach([], two(701, 702)), []);
    });

    test('puts a line right that somebody has altered', async () => {
      await reach(stanzasOf('vrf-500', 500, 64999, evpn));
      await operator(
        'route-map M permit 10',
        'exit',
        'router bgp 64999 vrf vrf-500',
        'address-family ipv4 unicast',
        'redistribute connected route-map M',
        'exit-address-family',
        'address-family l2vpn evpn',
        'advertise ipv4 unicast route-map M',
        'route-target import 9:9',
        'exit-address-family',
        'exit',
      );
      await reach(stanzasOf('vrf-500', 500, 64999, evpn));
      const config = formatConfig(unwrap(await readStanzaFacts(sessions)).configOf('router'));
      assert.doesNotMatch(config, /unicast route-map|connected route-map|9:9/);
    });

    test('puts back what somebody has taken away', async () => {
      await operator(
        'router bgp 64999 vrf vrf-500',
        'address-family ipv6 unicast',
        'no redistribute connected',
        'exit-address-family',
        'address-family l2vpn evpn',
        'no advertise ipv4 unicast',
        'no rd 10.255.1.1:500',
        'no route-target import 64999:500',
        'exit-address-family',
        'exit',
      );
      await reach(stanzasOf('vrf-500', 500, 64999, evpn));
    });

    test('takes back what an altered line has become', async () => {
      await operator(
        'router bgp 64999 vrf vrf-500',
        'address-family l2vpn evpn',
        'advertise ipv6 unicast route-map M',
        'exit-address-family',
        'exit',
      );
      const none = emptied(advertiseSlot('ipv6 unicast'));
      await reach(stanzasOf('vrf-500', 500, 64999, [none]));
      await reach(stanzasOf('vrf-500', 500, 64999, evpn));
    });

    test('leaves the lines of an operator, and keeps their stanza for them', async () => {
      const stanza = 'router bgp 64999 vrf vrf-500';
      await operator(
        stanza,
        'neighbor 192.0.2.9 remote-as 65009',
        'address-family l2vpn evpn',
        'default-originate ipv4',
        'exit-address-family',
        'exit',
      );
      const ours = stanzasOf('vrf-500', 500, 64999, evpn);
      assert.deepEqual((await diff(ours)).batches, []);
      const obstacles = await reach([], ours);
      const foreign = [
        [stanza, 'neighbor 192.0.2.9 remote-as 65009'],
        [stanza, 'address-family l2vpn evpn', 'default-originate ipv4'],
      ];
      assert.deepEqual(obstacles, [{ kind: 'kept', stanza, foreign }]);
      const left = unwrap(await readStanzaFacts(sessions)).configOf('router');
      const text = formatConfig(left.filter(({ line }) => line.startsWith('router')));
      assert.equal(
        text.replaceAll(/^ *!\n/gm, ''),
        `${stanza}
 neighbor 192.0.2.9 remote-as 65009
 address-family l2vpn evpn
  default-originate ipv4
 exit-address-family
exit
!`,
      );
      const taken = await diff(stanzasOf('vrf-500', 500, 65001, evpn));
      assert.deepEqual(taken.obstacles, [
        { kind: 'taken', stanza: 'router bgp 65001 vrf vrf-500', by: stanza },
      ]);
      await operator(`no ${stanza}`);
    });

    test('follows another AS, and leaves nothing in the end', async () => {
      const first = stanzasOf('vrf-500', 500, 64999, evpn);
      const second = stanzasOf('vrf-500', 500, 65001, evpn);
      await reach(first);
      await reach(second, first.slice(1));
      assert.deepEqual(await reach([], second), []);
      const facts = unwrap(await readStanzaFacts(sessions));
      assert.equal(facts.vrfs.has('vrf-500'), false);
      for (const stanza of ['vrf vrf-500', 'router bgp 65001 vrf vrf-500']) {
        const lines = facts.configOf(stanza).map(({ line }) => line);
        assert.equal(lines.includes(stanza), false, stanza);
      }
    });

    test('has a router id replaced, and imports beside those of others', async () => {
      const family = (...slots: readonly Slot[]): OwnedStanza =>
        ownedStanza('address-family ipv4 unicast', slots);
      const bgp = (id: Slot, ...slots: readonly Slot[]): OwnedStanza =>
        ownedStanza('router bgp 64999', [id], [family(...slots)]);
      await operator('router bgp 64999 vrf a', 'exit', 'router bgp 64999 vrf b');
      await operator('router bgp 64999', 'address-family ipv4 unicast', 'import vrf b');
      await reach([bgp(routerIdSlot('10.0.0.1'), importVrfSlot('a'))]);
      await reach([bgp(routerIdSlot('10.0.0.2'), importVrfSlot('a'))]);
      await reach([bgp(emptied(routerIdSlot('10.0.0.1')), emptied(importVrfSlot('a')))]);
      const [kept] = await reach([], [bgp(routerIdSlot('10.0.0.1'), importVrfSlot('a'))]);
      assert.deepEqual(kept?.kind === 'kept' ? kept.foreign : kept, [
        ['router bgp 64999', 'address-family ipv4 unicast', 'import vrf b'],
      ]);
      await operator('router bgp 64999', 'address-family ipv4 unicast', 'no import vrf b');
      await reach(
        [],
        ['a', 'b'].map((vrf) => ownedStanza(`router bgp 64999 vrf ${vrf}`, [])),
      );
      await reach([], [ownedStanza('router bgp 64999', [], [family()])]);
    });

    test('removes what zebra alone still knows, after a restart of mgmtd', {
      skip: hasMgmtd(root) ? false : 'this FRR has no mgmtd',
    }, async () => {
      const ours = stanzasOf('vrf-600', 600, 64999, evpn);
      await reach(ours);
      await frr.kill('mgmtd', 'SIGKILL');
      await frr.run('mgmtd');
      await frr.settleMgmtd();
      sessions = await open(frr);
      await reach([], ours);
      assert.doesNotMatch(unwrap(await sessions.zebra.ask('show vrf vni')), /600/);
    });

    test('finds everything gone when bgpd was restarted, and makes it again', async () => {
      const ours = stanzasOf('vrf-500', 500, 64999, evpn);
      await reach(ours);
      await frr.kill('bgpd', 'SIGKILL');
      await sessions.bgp.closed;
      assert.equal((await readStanzaFacts(sessions)).ok, false);
      await frr.run('bgpd');
      sessions = { ...sessions, bgp: await frr.open('bgpd') };
      assert.deepEqual(
        (await diff(ours)).batches.map(({ stanza }) => stanza),
        ['router bgp 64999 vrf vrf-500'],
      );
      await reach(ours);
    });
  });
}

async function open(frr: FrrDaemons): Promise<StanzaSessions> {
  const names = frr.names;
  const all = new Map(await Promise.all(names.map(async (n) => [n, await frr.open(n)] as const)));
  const zebra = all.get('zebra');
  const bgp = all.get('bgpd');
  const vrf = unwrap(await findTaker(all.values(), 'vrf', 'vni'));
  assert.ok(zebra !== undefined && bgp !== undefined && vrf !== undefined);
  return { zebra, bgp, vrf };
}
