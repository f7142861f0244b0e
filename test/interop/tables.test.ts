/**
 * Tables of ours beside those of real daemons: MACs that one side announces the other one has, move with their sequence
 * numbers and are frozen when they move too often, and prefixes end up in an IP-VRF. FRR has a kernel of its own in a network
 * namespace, with VXLAN devices; its IP-VRF is the default VRF, since not every kernel has devices for others.
 */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test, type TestContext } from 'node:test';
import { expectRoutes, freeAddress, startPeer } from './harness/fixture.ts';
import { Namespace } from './harness/namespaces.ts';
import { Frr } from './harness/peers/frr.ts';
import { type Attributes, extended, type Route, singleHomed } from './harness/routes.ts';
import { frr10, frr8, frrNew, gobgp3, gobgp4, type Software } from './harness/software.ts';
import { TablesSpeaker } from './harness/tables.ts';
import { until } from './harness/until.ts';

const as = 65000;
const host = '02:00:00:00:00:77';
const otherHost = '02:00:00:00:00:78';
const ourRouterMac = '02:00:00:00:00:fe';
const [theirs, ours] = ['192.0.2.1', '192.0.2.2'];

interface Beside {
  readonly frr: Frr;
  readonly us: TablesSpeaker;
  /** Of FRR. */
  readonly kernel: Namespace;
}

/** FRR with VNI 100 on a bridge that has a port, and VNI 5000 for packets; and us. */
async function startBoth(t: TestContext, software: Software): Promise<Beside> {
  const [left, right] = [new Namespace('a'), new Namespace('b')];
  t.after(() => {
    for (const each of [left, right]) each.remove();
  });
  const { here, there } = left.connect(right);
  left.ip('address', 'add', `${theirs}/24`, 'dev', here);
  right.ip('address', 'add', `${ours}/24`, 'dev', there);
  for (const vni of ['100', '5000']) addVxlan(left, vni);
  addPort(left);
  const frr = await startPeer(t, software, {
    as,
    routerId: theirs,
    address: theirs,
    netns: left.name,
    neighbors: [{ address: ours, as, families: ['evpn'] }],
  });
  assert.ok(frr instanceof Frr);
  await frr.configureZebra('vni 5000');
  await frr.configure(
    `router bgp ${as}`,
    'address-family ipv4 unicast',
    'network 198.51.100.0/24',
    'exit-address-family',
    'address-family l2vpn evpn',
    'advertise-all-vni',
    'advertise ipv4 unicast',
  );
  const settings = { as, routerId: ours, address: ours, peer: theirs, connects: true };
  const us = new TablesSpeaker(t, { ...settings, isRouted: true }, right.name);
  await frr.established(ours);
  return { frr, us, kernel: left };
}

function addVxlan(namespace: Namespace, vni: string): void {
  const [bridge, device] = [`br${vni}`, `vx${vni}`];
  namespace.ip('link', 'add', bridge, 'type', 'bridge');
  const tunnel = ['id', vni, 'local', theirs, 'dstport', '4789', 'nolearning'];
  namespace.ip('link', 'add', device, 'type', 'vxlan', ...tunnel);
  namespace.ip('link', 'set', device, 'master', bridge);
  for (const name of [bridge, device]) namespace.ip('link', 'set', name, 'up');
}

/** A port of the bridge of VNI 100, whose other end says nothing that would be learned. */
function addPort(namespace: Namespace): void {
  namespace.ip('link', 'add', 'port', 'type', 'veth', 'peer', 'name', 'host');
  namespace.ip('link', 'set', 'port', 'master', 'br100');
  namespace.bridge('link', 'set', 'dev', 'port', 'learning', 'off');
  for (const name of ['port', 'host']) namespace.ip('link', 'set', name, 'up');
  namespace.ip('address', 'add', '203.0.113.1/24', 'dev', 'br100');
}

/** The kernel of FRR learns the MAC at its port. */
function learn(kernel: Namespace): void {
  kernel.bridge('fdb', 'replace', host, 'dev', 'port', 'master', 'dynamic');
}

/** What zebra says of the MAC: its words are the same in all releases. */
async function macAt(frr: Frr): Promise<Readonly<Record<string, unknown>>> {
  const text = await frr.askZebra(`show evpn mac vni 100 mac ${host} json`);
  const known: Readonly<Record<string, Readonly<Record<string, unknown>>>> = JSON.parse(text);
  return known[host] ?? {};
}

async function expectMac(
  frr: Frr,
  expected: Readonly<Record<string, string | number>>,
): Promise<void> {
  await until(`zebra says ${JSON.stringify(expected)} of ${host}`, async () => {
    const seen = await macAt(frr);
    return Object.entries(expected).every(([key, value]) => seen[key] === value);
  });
}

function textIn(kernel: Namespace, ...argv: readonly string[]): string {
  const [program = '', ...words] = argv;
  return execFileSync(program, ['-n', kernel.name, ...words], { encoding: 'utf8' });
}

const imets = {
  [`imet 0 ${ours}`]: { source: 'local', nextHop: ours },
  [`imet 0 ${theirs}`]: { source: 'remote', nextHop: theirs },
};

describe('a MAC-VRF of ours', () => {
  for (const software of [frr8, frr10, frrNew]) {
    const { name, skip } = software;
    test(`and that of ${name} agree on a MAC that moves, until it moves too often`, {
      skip,
    }, async (t) => {
      const { frr, us, kernel } = await startBoth(t, software);
      const isThere = (sequence: number): Promise<void> =>
        us.expect('red', {
          ...imets,
          [`mac 0 ${host}`]: {
            source: 'remote',
            nextHop: theirs,
            label: 100,
            ...(sequence === 0 ? {} : { sequence }),
          },
        });
      const isHere = (sequence: number): Promise<void> =>
        us.expect('red', {
          ...imets,
          [`mac 0 ${host}`]: { source: 'local', nextHop: ours, label: 100, sequence },
        });
      await us.order({ do: 'imet' });
      learn(kernel);
      await isThere(0);
      await until(`${name} sends frames for all to us`, () =>
        textIn(kernel, 'bridge', 'fdb', 'show', 'dev', 'vx100').includes(
          `00:00:00:00:00:00 dst ${ours}`,
        ),
      );
      for (const sequence of [1, 3]) {
        await us.order({ do: 'mac', is: true, mac: host });
        await isHere(sequence);
        await expectMac(frr, { type: 'remote', remoteVtep: ours, remoteSequence: sequence });
        learn(kernel);
        await isThere(sequence + 1);
        await expectMac(frr, { type: 'local', localSequence: sequence + 1 });
        // RFC 7432 §15: whoever has it no more withdraws it.
        await until('ours is withdrawn', async () => {
          const seen = await frr.routes('evpn');
          return !seen.some(({ nlri, from }) => nlri.type === 'mac' && from === ours);
        });
      }
      // RFC 7432 §15.1: the fifth move within 180 seconds.
      await us.order({ do: 'mac', is: true, mac: host });
      await until('it is frozen', async () => (await us.used()).reports.length === 1);
      assert.deepEqual((await us.used()).reports, [`duplicate ${host}`]);
      await isThere(4);
      await expectMac(frr, { type: 'local', localSequence: 4 });
      assert.equal(await us.order({ do: 'clear', mac: host }), true);
      await isHere(5);
      await expectMac(frr, { type: 'remote', remoteVtep: ours, remoteSequence: 5 });
    });
  }
});

describe('an IP-VRF of ours', () => {
  for (const software of [frr8, frr10, frrNew]) {
    const { name, skip } = software;
    test(`has the prefixes and hosts of ${name}, and that has ours`, { skip }, async (t) => {
      const { frr, us, kernel } = await startBoth(t, software);
      learn(kernel);
      const neighbour = ['203.0.113.7', 'lladdr', host, 'dev', 'br100', 'nud', 'reachable'];
      kernel.ip('neigh', 'replace', ...neighbour);
      await us.order({ do: 'prefix', is: true, prefix: '198.51.101.0/24' });
      await us.order({ do: 'mac', is: true, mac: otherHost, ip: '203.0.113.8' });
      let routerMac = '';
      await until('zebra has its devices', async () => {
        const shown = await frr.askZebra('show evpn vni 5000');
        routerMac = /Router MAC: (\S+)/.exec(shown)?.[1] ?? '';
        return routerMac !== '';
      });
      const there = { source: 'remote', nextHop: theirs, l3Label: 5000, routerMac };
      await us.expect('blue', {
        'prefix 198.51.100.0/24': { ...there, label: 5000 },
        // Symmetric IRB, RFC 9135: of a route of type 2, beside the label for frames.
        'prefix 203.0.113.7/32': { ...there, label: 100 },
        'prefix 198.51.101.0/24': {
          source: 'local',
          nextHop: ours,
          label: 5000,
          l3Label: 5000,
          routerMac: ourRouterMac,
        },
      });
      // In the kernel of FRR: routes through the VTEP, whose MAC is our router's.
      const hasRoute = (prefix: string): boolean =>
        textIn(kernel, 'ip', 'route', 'show', prefix).includes(`via ${ours} dev br5000`);
      await until(`${name} routes to our prefix`, () => hasRoute('198.51.101.0/24'));
      await until(`${name} routes to our host`, () => hasRoute('203.0.113.8'));
      const neighbours = textIn(kernel, 'ip', 'neigh', 'show', 'dev', 'br5000');
      assert.match(neighbours, new RegExp(`${ours} lladdr ${ourRouterMac}`));
      await us.order({ do: 'prefix', is: false, prefix: '198.51.101.0/24' });
      await us.order({ do: 'mac', is: false, mac: otherHost, ip: '203.0.113.8' });
      await until('neither is there any more', () =>
        ['198.51.101.0/24', '203.0.113.8'].every((each) => !hasRoute(each)),
      );
    });
  }
});

describe('tables of ours', () => {
  for (const software of [gobgp3, gobgp4]) {
    const { name, skip } = software;
    test(`and ${name} have each other’s routes`, { skip }, async (t) => {
      const [address, peer] = [freeAddress(), freeAddress()];
      const gobgp = await startPeer(t, software, {
        as,
        routerId: '192.0.2.101',
        address: peer,
        neighbors: [{ address, as, families: ['evpn'], passive: true }],
      });
      const us = new TablesSpeaker(t, { as, routerId: ours, address, peer, connects: true });
      await gobgp.established(address);
      const [l2, l3] = [`${as}:100`, `${as}:5000`].map(extended.routeTarget);
      assert.ok(l2 !== undefined && l3 !== undefined);
      const vxlan = extended.encapsulation(8);
      const told = (nextHop: string, ...communities: readonly string[]): Attributes => ({
        nextHop,
        origin: 'igp',
        asPath: [],
        localPref: 100,
        extendedCommunities: communities,
      });
      const [tag, esi] = [0, singleHomed];
      const rd = '192.0.2.101:1';
      const remote: readonly Route[] = [
        {
          nlri: { type: 'mac', rd, esi, tag, mac: host, label: 100 },
          attributes: told(peer, l2, vxlan),
        },
        {
          nlri: { type: 'imet', rd, tag, ip: peer },
          attributes: {
            ...told(peer, l2, vxlan),
            pmsi: { tunnel: 6, label: 100, endpoint: peer },
          },
        },
        {
          nlri: {
            type: 'prefix',
            rd,
            esi,
            tag,
            prefix: '198.51.100.0/24',
            gateway: '0.0.0.0',
            label: 5000,
          },
          attributes: told(peer, l3, vxlan, extended.routerMac('02:00:00:00:00:aa')),
        },
      ];
      await gobgp.announce(...remote);
      await us.expect('red', {
        [`mac 0 ${host}`]: { source: 'remote', nextHop: peer, label: 100 },
        [`imet 0 ${peer}`]: { source: 'remote', nextHop: peer },
      });
      await us.expect('blue', {
        'prefix 198.51.100.0/24': {
          source: 'remote',
          nextHop: peer,
          label: 5000,
          l3Label: 5000,
          routerMac: '02:00:00:00:00:aa',
        },
      });
      await us.order({ do: 'imet' });
      await us.order({ do: 'mac', is: true, mac: host });
      await us.order({ do: 'mac', is: true, mac: otherHost, sticky: true });
      await us.order({ do: 'prefix', is: true, prefix: '198.51.101.0/24' });
      await us.order({ do: 'prefix', is: true, prefix: '198.51.102.0/24', gateway: '192.0.2.9' });
      const [ofMacs, ofPackets] = [`${ours}:100`, `${ours}:5000`];
      const prefixRoute = (prefix: string, gateway: string) =>
        ({ type: 'prefix', rd: ofPackets, esi, tag, prefix, gateway, label: 5000 }) as const;
      await expectRoutes(gobgp, address, [
        {
          nlri: { type: 'imet', rd: ofMacs, tag, ip: address },
          attributes: {
            ...told(address, l2, vxlan),
            pmsi: { tunnel: 6, label: 100, endpoint: address },
          },
        },
        {
          nlri: { type: 'mac', rd: ofMacs, esi, tag, mac: host, label: 100 },
          // It was there, and has moved here.
          attributes: told(address, l2, vxlan, extended.macMobility(1)),
        },
        {
          nlri: { type: 'mac', rd: ofMacs, esi, tag, mac: otherHost, label: 100 },
          attributes: told(address, l2, vxlan, extended.macMobility(0, true)),
        },
        {
          nlri: prefixRoute('198.51.101.0/24', '0.0.0.0'),
          attributes: told(address, l3, vxlan, extended.routerMac(ourRouterMac)),
        },
        {
          nlri: prefixRoute('198.51.102.0/24', '192.0.2.9'),
          attributes: told(address, l3, vxlan),
        },
      ]);
      await gobgp.withdraw(...remote);
      await us.expect('red', {
        [`imet 0 ${address}`]: { source: 'local', nextHop: address },
        [`mac 0 ${host}`]: { source: 'local', nextHop: address, label: 100, sequence: 1 },
        [`mac 0 ${otherHost}`]: { source: 'local', nextHop: address, label: 100, sticky: true },
      });
    });
  }
});
