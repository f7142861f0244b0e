/** FRR with its zebra in network namespaces: sessions between link-local addresses, and routes that the kernel has. */

import { describe, test, type TestContext } from 'node:test';
import { unicastExamples } from './harness/examples.ts';
import { expectRoutes, startPeer } from './harness/fixture.ts';
import { Namespace } from './harness/namespaces.ts';
import { Frr } from './harness/peers/frr.ts';
import { extended, singleHomed } from './harness/routes.ts';
import { frr10, frr8, frrNew, gobgp4, type Software } from './harness/software.ts';
import { until } from './harness/until.ts';

function namespaces(t: TestContext): readonly [Namespace, Namespace] {
  const both = [new Namespace('a'), new Namespace('b')] as const;
  t.after(() => {
    for (const each of both) each.remove();
  });
  return both;
}

const families = ['ipv4', 'ipv6', 'evpn'] as const;

describe('unnumbered', () => {
  const pairs: readonly (readonly [Software, Software])[] = [
    [frr8, frr10],
    [frrNew, frr8],
  ];
  for (const [ofA, ofB] of pairs) {
    test(`${ofA.name} and ${ofB.name} over a veth`, { skip: ofA.skip || ofB.skip }, async (t) => {
      const [left, right] = namespaces(t);
      const { here, there } = left.connect(right);
      const a = await startPeer(t, ofA, {
        as: 65000,
        routerId: '192.0.2.101',
        netns: left.name,
        neighbors: [{ address: `%${here}`, as: 65001, families }],
      });
      const b = await startPeer(t, ofB, {
        as: 65001,
        routerId: '192.0.2.102',
        netns: right.name,
        neighbors: [{ address: `%${there}`, as: 65000, families }],
      });
      await a.established(`%${here}`);
      await b.established(`%${there}`);
      const [route] = unicastExamples('192.0.2.1');
      if (route === undefined) throw new Error('there are examples');
      await b.announce(route);
      await until(`${a.name} has the route`, async () => (await a.routes('ipv4')).length === 1);
    });
  }
});

describe('what the kernel has', () => {
  for (const each of [frr8, frr10, frrNew]) {
    const skip = each.skip || gobgp4.skip;
    test(`${each.name} announces a MAC and its VTEP`, { skip }, async (t) => {
      const [left, right] = namespaces(t);
      const { here, there } = left.connect(right);
      left.ip('address', 'add', '192.0.2.1/24', 'dev', here);
      right.ip('address', 'add', '192.0.2.2/24', 'dev', there);
      addVxlan(left, '192.0.2.1');
      const a = await startPeer(t, each, {
        as: 65000,
        routerId: '192.0.2.1',
        address: '192.0.2.1',
        netns: left.name,
        neighbors: [{ address: '192.0.2.2', as: 65000, families: ['evpn'] }],
      });
      const b = await startPeer(t, gobgp4, {
        as: 65000,
        routerId: '192.0.2.2',
        address: '192.0.2.2',
        netns: right.name,
        neighbors: [{ address: '192.0.2.1', as: 65000, families: ['evpn'] }],
      });
      if (!(a instanceof Frr)) throw new Error('only FRR has a kernel');
      await a.configure('router bgp 65000', 'address-family l2vpn evpn', 'advertise-all-vni');
      const attributes = {
        nextHop: '192.0.2.1',
        origin: 'igp' as const,
        asPath: [],
        localPref: 100,
        extendedCommunities: [extended.routeTarget('65000:100'), extended.encapsulation(8)],
      };
      const [rd, tag, esi] = ['192.0.2.1:2', 0, singleHomed];
      const sticky = extended.macMobility(0, true);
      const communities = [...attributes.extendedCommunities, sticky];
      await expectRoutes(b, '192.0.2.1', [
        {
          nlri: { type: 'mac', rd, esi, tag, mac: '02:00:00:00:00:77', label: 100 },
          attributes: { ...attributes, extendedCommunities: communities },
        },
        {
          nlri: { type: 'imet', rd, tag, ip: '192.0.2.1' },
          attributes: { ...attributes, pmsi: { tunnel: 6, label: 100, endpoint: '192.0.2.1' } },
        },
      ]);
    });
  }
});

/** VNI 100 on a bridge, and a MAC behind another of its ports. */
function addVxlan(namespace: Namespace, local: string): void {
  namespace.ip('link', 'add', 'br100', 'type', 'bridge');
  const tunnel = ['id', '100', 'local', local, 'dstport', '4789', 'nolearning'];
  namespace.ip('link', 'add', 'vx100', 'type', 'vxlan', ...tunnel);
  namespace.ip('link', 'add', 'port', 'type', 'veth', 'peer', 'name', 'host');
  for (const name of ['vx100', 'port']) namespace.ip('link', 'set', name, 'master', 'br100');
  // What the other end of the port says of itself is no part of the test.
  namespace.bridge('link', 'set', 'dev', 'port', 'learning', 'off');
  for (const name of ['br100', 'vx100', 'port', 'host']) namespace.ip('link', 'set', name, 'up');
  const entry = ['02:00:00:00:00:77', 'dev', 'port', 'master', 'static', 'sticky'];
  namespace.bridge('fdb', 'add', ...entry);
}
