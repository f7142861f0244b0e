/** Cases of kernel.test.ts: what the target makes, takes over, leaves alone, and hears of. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { unwrap } from '../../../src/base/result.ts';
import { parseVlanId } from '../../../src/net/numbers.ts';
import type { Spec } from '../../../src/resources/index.ts';
import {
  linkOf,
  type NetlinkEvent,
  NetlinkSocket,
  objects,
  watchNetlink,
} from '../../../src/protocols/netlink/index.ts';
import { type LinkSpec, linkKey } from '../../../src/resources/link.ts';
import { ovsPortKey } from '../../../src/resources/ovs-port.ts';
import type { Key } from '../../../src/resources/resource.ts';
import { done, type Outcome, waiting } from '../../../src/resources/target.ts';
import type { KernelTarget } from '../../../src/targets/kernel/index.ts';
import { notice, readDevice } from '../../../src/targets/kernel/read.ts';
import { KernelState } from '../../../src/targets/kernel/state.ts';
import { Sysctls } from '../../../src/targets/kernel/sysctls.ts';
import { ifName, ip as ipOf, mac, prefix, table, vni } from '../../protocols/netlink/io/kernel.ts';
import { type Cases, runCases } from '../../protocols/netlink/io/namespace.ts';
import {
  apply,
  assertSettled,
  ip,
  isSettled,
  keyOf,
  observed,
  operation,
  removeDevices,
  until,
  withTarget,
} from './harness.ts';

const bridge: LinkSpec = {
  kind: 'link',
  name: ifName('br-500'),
  is: { type: 'bridge' },
  mtu: 1450,
};
const vxlan: LinkSpec = {
  kind: 'link',
  name: ifName('vxlan-500'),
  is: { type: 'vxlan', vni: vni(500), local: ipOf('10.255.1.1'), port: 4789 },
  master: bridge.name,
  mtu: 1450,
  learning: false,
};
const near: LinkSpec = {
  kind: 'link',
  name: ifName('veth-vrf-500'),
  is: { type: 'veth', peer: ifName('veth-ovs-500') },
};
const far: LinkSpec = {
  kind: 'link',
  name: ifName('veth-ovs-500'),
  is: { type: 'attached', madeBy: keyOf(near) },
};
const vrf: LinkSpec = {
  kind: 'link',
  name: ifName('vrf-500'),
  is: { type: 'vrf', table: table(500) },
};
const loopback: LinkSpec = {
  kind: 'link',
  name: ifName('lo-500'),
  is: { type: 'dummy' },
  master: vrf.name,
};
const address4 = addressSpec('10.1.0.11/32');
const address6 = addressSpec('2001:db8::11/128');
const hostRoute = routeSpec('172.24.4.5/32');
const subnetRoute = routeSpec('10.1.0.0/24', '172.24.4.5');
const neighbour: Spec = {
  kind: 'neighbour',
  link: near.name,
  ip: ipOf('172.24.4.5'),
  mac: mac('fa:16:3e:00:00:05'),
};

function addressSpec(text: string): Spec & { kind: 'address' } {
  return { kind: 'address', link: near.name, prefix: prefix(text), localRoute: 'removed' };
}

function routeSpec(text: string, via?: string): Spec & { kind: 'route' } {
  const dev = near.name;
  const hop = { type: 'unicast', dev, ...(via === undefined ? {} : { via: ipOf(via) }) } as const;
  return { kind: 'route', table: table(500), destination: prefix(text), metric: 0, hop };
}

function indexOf(name: string): string {
  return ip(`-o link show dev ${name}`).split(':')[0] ?? '';
}

/** Devices of a case, gone after it. */
async function cleanly(body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } finally {
    removeDevices('vrf-500', 'lo-500', 'br-500', 'vxlan-500', 'veth-vrf-500', 'x1', 'x2');
  }
}

const cases: Cases = {
  'bridge and VXLAN device are made, marked, and known at once': () =>
    cleanly(() =>
      withTarget(async ({ target }) => {
        await apply(target, 'create', bridge);
        assertSettled(target, bridge);
        await apply(target, 'create', vxlan);
        assertSettled(target, bridge, vxlan);
        assert.match(ip('link show dev vxlan-500'), /alias selvedge/);
        assert.match(ip('-d link show dev vxlan-500'), /learning off/);
        // FRR 8.4 takes VLAN 1 of one bridge for that of another. Not every kernel has VLANs in bridges.
        assert.doesNotMatch(ip('-d link show dev br-500'), /vlan_default_pvid [1-9]/);
        await apply(target, 'remove', vxlan);
        assert.equal(observed(target, vxlan), undefined);
        await apply(target, 'remove', vxlan);
      }),
    ),

  'a VRF with its dummy device is made': () =>
    cleanly(() =>
      withTarget(async ({ target }) => {
        await apply(target, 'create', vrf);
        await apply(target, 'create', loopback);
        assertSettled(target, vrf, loopback);
        const announced = { ...address4, link: loopback.name };
        const announced6 = { ...address6, link: loopback.name };
        await apply(target, 'create', announced, announced6);
        await repaired(target, announced6, () => routesTo('2001:db8::11') === '');
        assertSettled(target, announced);
        assert.doesNotMatch(ip('route show table 500'), /10\.1\.0\.11/);
      }),
    ),

  'the far end of a veth is marked by its own operation, and let go without the near end': () =>
    cleanly(() =>
      withTarget(async ({ target }) => {
        await apply(target, 'create', near);
        assertSettled(target, near);
        const before = observed(target, far);
        assert.deepEqual(before?.spec, { ...before?.spec, is: { type: 'veth', peer: near.name } });
        assert.equal(before?.owner, 'nobody');
        await apply(target, 'change', far);
        assertSettled(target, near, far);
        const { key } = operation(target, 'remove', far);
        const found = target.observe(key)?.spec as LinkSpec;
        assert.deepEqual(found.is, far.is);
        await apply(target, 'remove', found);
        assert.equal(target.observe(key)?.owner, 'nobody');
        assertSettled(target, near);
        await apply(target, 'remove', near);
        assert.equal(target.observe(key), undefined);
      }),
    ),

  'a veth pair is known as one, also when the notices of its making are read after it was': () =>
    cleanly(async () => {
      const notices: NetlinkEvent[] = [];
      const watched = watchNetlink({ event: (each) => notices.push(each), overflow: () => {} });
      const opened = NetlinkSocket.open();
      assert.ok(watched.ok && opened.ok);
      ip(`link add ${near.name} type veth peer name ${far.name}`);
      const isTold = ({ object, value }: NetlinkEvent, name: string): boolean =>
        object === 'link' && value.name === name;
      const names = [near.name, far.name] as const;
      await until('told of both', () =>
        names.every((name) => notices.some((each) => isTold(each, name))),
      );
      const read = await Promise.all(
        names.map((name) => opened.value.get(objects.link, linkOf({ name }))),
      );
      const found = read.flatMap((each) => (each.ok ? notice('new', 'link', each.value) : []));
      watched.value.close();
      opened.value.close();
      assert.equal(found.length, 2);
      // As many of the notices as there are may be older than what was read.
      for (let first = 0; first <= notices.length; first += 1) {
        const options = { wanted: new Set<Key>(), marksAddresses: true, firstIndex: 100 };
        const state = new KernelState({ ...options, bgpDriver: undefined, sysctls: new Sysctls() });
        for (const each of [...notices.slice(0, first), ...found, ...notices.slice(first)]) {
          state.take(each);
        }
        const peers = names.map((name) => state.observe(linkKey(name))?.spec);
        assert.deepEqual(
          peers.map((spec) => (spec as LinkSpec).is),
          [near.is, { type: 'veth', peer: near.name }],
          `${first} before`,
        );
      }
    }),

  'a device that another makes is waited for, and its arrival told': () =>
    cleanly(() =>
      withTarget(async ({ target, changed }) => {
        const name = ifName('x1');
        const spec: Spec = {
          kind: 'link',
          name,
          is: { type: 'attached', madeBy: ovsPortKey(name) },
        };
        const [outcome] = await target.apply([operation(target, 'create', spec)]);
        assert.deepEqual(outcome, { done: false, waiting: 'x1 to be made by another' });
        ip('link add x1 type bridge');
        await until('told', () => changed.includes('link x1' as Key));
      }),
    ),

  'a name that is taken is not touched, though it was not known to be': () =>
    cleanly(() =>
      withTarget(async ({ target }) => {
        const wanted = operation(target, 'create', bridge);
        ip('link add br-500 type bridge');
        const [outcome] = await target.apply([wanted]);
        assert.deepEqual(outcome, { done: true });
        assert.equal(observed(target, bridge)?.owner, 'nobody');
        assert.doesNotMatch(ip('link show dev br-500'), /alias|UP/);
      }),
    ),

  'a VRF is not made over a table that is in use, by whatever family, and the user is named': () =>
    cleanly(() =>
      withTarget(async ({ target }) => {
        ip('link add x1 type bridge');
        ip('link set x1 up');
        for (const [add, found] of [
          ['route add 10.9.0.0/16 dev x1 proto static table 500', '10.9.0.0/16 of protocol 4'],
          [
            '-6 route add 2001:db8:9::/48 dev x1 proto 84 table 500',
            '2001:db8:9::/48 of protocol 84',
          ],
        ] as const) {
          ip(add);
          const [outcome] = await target.apply([operation(target, 'create', vrf)]);
          assert.deepEqual(outcome, {
            done: false,
            error: `table 500 has routes that are not ours (${found}); let that have another table, or use another VNI`,
          });
          ip(add.replace('add', 'del'));
        }
      }),
    ),

  'routes that ended runs left in its table are not in the way of a VRF': () =>
    cleanly(() =>
      withTarget(async ({ target }) => {
        ip('link add x1 type bridge');
        ip('link set x1 up');
        ip('route add 10.1.0.0/24 dev x1 proto 94 table 500');
        ip('route add 10.2.0.0/24 dev x1 proto bgp table 500');
        ip('route add unreachable default metric 4278198272 proto boot table 500');
        const [outcome] = await target.apply([operation(target, 'create', vrf)]);
        // A kernel without VRFs refuses it, but for another reason.
        assert.doesNotMatch(JSON.stringify(outcome), /not ours/);
        ip('route flush table 500');
      }),
    ),

  'a VRF is not made over the table of another VRF device, though that came a moment ago': () =>
    cleanly(() =>
      withTarget(async ({ target }) => {
        ip('link add x1 type vrf table 500');
        const [outcome] = await target.apply([operation(target, 'create', vrf)]);
        assert.deepEqual(outcome, {
          done: false,
          error:
            'table 500 is that of the VRF device x1; let that have another table, or use another VNI',
        });
      }),
    ),

  'a device that comes at the same moment is not taken for the one that is made': () =>
    cleanly(() => {
      ip('link add x2 type bridge');
      return withTarget(async ({ target }) => {
        // What the target knows is older than this device, to which the kernel gives the next index.
        ip('link add x1 type bridge');
        await apply(target, 'create', bridge);
        assertSettled(target, bridge);
        assert.doesNotMatch(ip('link show dev x1'), /alias|UP/);
      });
    }),

  'a predecessor is taken over in place': () =>
    cleanly(async () => {
      ip('link add vrf-500 type vrf table 500');
      ip('link add br-500 type bridge');
      ip('link set br-500 master vrf-500');
      ip('link add vxlan-500 type vxlan id 500 local 10.255.1.1 dstport 4789 nolearning');
      ip('link set vxlan-500 master br-500');
      const before = indexOf('vxlan-500');
      await withTarget(async ({ target }) => {
        const member = { ...bridge, master: vrf.name };
        for (const spec of [vrf, member, vxlan]) {
          assert.equal(observed(target, spec)?.owner, 'predecessor', keyOf(spec));
        }
        for (const spec of [vrf, member, vxlan]) await apply(target, 'change', spec);
        assertSettled(target, vrf, member, vxlan);
      });
      assert.equal(indexOf('vxlan-500'), before);
    }),

  'a device is marked in place: its index stays': () =>
    cleanly(async () => {
      ip('link add br-500 type bridge');
      const before = indexOf('br-500');
      await withTarget(async ({ target }) => {
        await apply(target, 'adopt', bridge);
        assertSettled(target, bridge);
      });
      assert.equal(indexOf('br-500'), before);
    }),

  'an address loses its local route, for both families, also when the kernel puts it back': () =>
    cleanly(() =>
      withTarget(async ({ target }) => {
        await apply(target, 'create', near);
        await apply(target, 'change', far);
        await apply(target, 'create', address4);
        assertSettled(target, address4);
        assert.doesNotMatch(ip('route show table local'), /10\.1\.0\.11/);
        await apply(target, 'create', address6);
        await repaired(target, address6, () => routesTo('2001:db8::11') === '');
        ip('link set veth-vrf-500 down');
        ip('link set veth-vrf-500 up');
        const local = (): string => JSON.stringify(observed(target, address4)?.spec, noBigInt);
        await until('seen again', () => local().includes('kept'));
        await apply(target, 'change', address4);
        assertSettled(target, address4);
        await apply(target, 'remove', address4);
        assert.equal(observed(target, address4), undefined);
        await apply(target, 'remove', address4);
      }),
    ),

  'the route to a prefix that an address is of has the metric that is asked for': () =>
    cleanly(() =>
      withTarget(async ({ target }) => {
        await apply(target, 'create', near);
        await apply(target, 'change', far);
        const v4 = { ...addressSpec('10.1.0.0/24'), metric: 4096 };
        const v6 = { ...addressSpec('2001:db8:1::/64'), metric: 4096 };
        await apply(target, 'create', v4);
        assertSettled(target, v4);
        assert.match(ip('route show 10.1.0.0/24'), /proto kernel .*metric 4096/);
        assert.doesNotMatch(ip('route show table local'), /^local 10\.1\.0\.0 /m);
        await apply(target, 'create', v6);
        await repaired(target, v6, () => /metric 4096/.test(ip('-6 route show 2001:db8:1::/64')));
        await apply(target, 'remove', v4, v6);
        ip('address add 10.1.0.0/24 dev veth-vrf-500');
        await until('seen', () => observed(target, v4) !== undefined);
        await apply(target, 'change', v4);
        await repaired(target, v4, () => /metric 4096/.test(ip('route show 10.1.0.0/24')));
      }),
    ),

  'an address without a mark is marked in place': () =>
    cleanly(() =>
      withTarget(async ({ target }) => {
        await apply(target, 'create', near);
        ip('address add 10.1.0.11/32 dev veth-vrf-500');
        ip('address add 2001:db8::11/128 dev veth-vrf-500 nodad');
        await until('seen', () => observed(target, address6) !== undefined);
        await until('seen', () => observed(target, address4) !== undefined);
        assert.equal(observed(target, address4)?.owner, 'nobody');
        await apply(target, 'change', address4, address6);
        await target.resync();
        assert.equal(observed(target, address4)?.owner, 'us');
        assert.equal(observed(target, address6)?.owner, 'us');
      }),
    ),

  'routes and neighbours are made, and known to be gone with their device down': () =>
    cleanly(() =>
      withTarget(async ({ target }) => {
        await apply(target, 'create', near);
        await apply(target, 'change', far);
        await apply(target, 'create', hostRoute, neighbour);
        await apply(target, 'create', subnetRoute);
        assertSettled(target, hostRoute, subnetRoute, neighbour);
        const everything = [...target.all()].map(({ key }) => key);
        for (const spec of [near, far, hostRoute, neighbour]) {
          assert.ok(everything.includes(keyOf(spec)), keyOf(spec));
        }
        // The kernel says nothing about the IPv4 routes that it takes away.
        ip('link set veth-vrf-500 down');
        await until('gone', () => observed(target, hostRoute) === undefined);
        await until('gone', () => observed(target, subnetRoute) === undefined);
        await until('down', () => isDown(target, near));
        await apply(target, 'change', near);
        await apply(target, 'create', hostRoute, neighbour);
        assertSettled(target, near, hostRoute, neighbour);
        await apply(target, 'remove', hostRoute);
        await apply(target, 'remove', neighbour);
        assert.doesNotMatch(ip('route show table all'), /172\.24\.4\.5/);
      }),
    ),

  "somebody else's route of the same identity is found, and neither replaced nor removed": () =>
    cleanly(() =>
      withTarget(async ({ target }) => {
        await apply(target, 'create', near);
        await apply(target, 'change', far);
        ip('route add 172.24.4.5/32 dev veth-vrf-500 table 500 proto bgp');
        await apply(target, 'create', hostRoute);
        assert.equal(observed(target, hostRoute)?.owner, 'nobody');
        await apply(target, 'remove', hostRoute);
        assert.match(ip('route show table 500'), /172\.24\.4\.5.*proto bgp/);
      }),
    ),

  "a predecessor's leftovers in the shape of its routes need its VRF": () =>
    cleanly(() =>
      withTarget(
        async ({ target }) => {
          ip('link add veth-vrf-500 type veth peer name veth-ovs-500');
          ip('link set veth-vrf-500 up');
          ip('route add 172.24.4.5/32 dev veth-vrf-500 table 500');
          await until('seen', () => observed(target, hostRoute) !== undefined);
          assert.equal(observed(target, hostRoute)?.owner, 'nobody');
        },
        { wanted: [hostRoute] },
      ),
    ),

  'settings are written, and told when another writes them': () =>
    cleanly(() =>
      withTarget(async ({ target, changed }) => {
        await apply(target, 'create', near);
        const setting: Spec = {
          kind: 'sysctl',
          family: 4,
          link: near.name,
          name: 'rp_filter',
          value: 2,
        };
        await apply(target, 'change', setting);
        const path = '/proc/sys/net/ipv4/conf/veth-vrf-500/rp_filter';
        assert.equal(readFileSync(path, 'utf8').trim(), '2');
        changed.length = 0;
        const altered = { ...setting, value: 1 };
        writeFileSync(path, '1');
        // What is told first may be our own writing.
        await until('seen', () => isDeepStrictEqual(observed(target, setting)?.spec, altered));
        await until('told', () => changed.includes(keyOf(setting)));
        const absent: Spec = { ...setting, link: ifName('x1') };
        target.wanted([keyOf(absent)]);
        const [outcome] = await target.apply([operation(target, 'create', absent)]);
        assert.ok(outcome?.done === false && 'waiting' in outcome);
        ip('link add x1 type bridge');
        await until('told', () => changed.includes(keyOf(absent)));
      }),
    ),

  'the local rule moves and comes back, and there is always one': () =>
    withTarget(async ({ target }) => {
      for (const family of [4, 6] as const) {
        const command = family === 4 ? 'rule show' : '-6 rule show';
        const spec: Spec = { kind: 'local-rule', family, priority: 2000 };
        assert.deepEqual(observed(target, spec)?.spec, { ...spec, priority: 0 });
        assert.equal(observed(target, spec)?.owner, 'nobody');
        // Beside the kernel's own, which differs in who made it.
        ip(family === 4 ? 'rule add pref 0 lookup local' : '-6 rule add pref 0 lookup local');
        await until('both seen', () => ip(command).match(/^0:/gm)?.length === 2);
        // As the core does, until the target has heard of both.
        await until('both moved', async () => {
          await apply(target, 'change', spec);
          return !/^0:/m.test(ip(command));
        });
        assertSettled(target, spec);
        assert.match(ip(command), /^2000:\tfrom all lookup local/m);
        assert.doesNotMatch(ip(command), /^0:/m);
        // Again, as after a crash in the middle.
        ip(family === 4 ? 'rule add pref 0 lookup local' : '-6 rule add pref 0 lookup local');
        await until('seen', () => observed(target, spec)?.owner === 'nobody');
        await apply(target, 'change', spec);
        assert.doesNotMatch(ip(command), /^0:/m);
        await apply(target, 'remove', spec);
        assert.match(ip(command), /^0:\tfrom all lookup local/m);
        assert.doesNotMatch(ip(command), /2000:/);
        assert.equal(observed(target, spec)?.owner, 'nobody');
      }
    }),

  'the rule that ends look-ups of a VRF is made and removed': () =>
    withTarget(async ({ target }) => {
      const spec: Spec = { kind: 'rule', family: 4, priority: 1001, action: 'l3mdev-unreachable' };
      await apply(target, 'create', spec);
      assertSettled(target, spec);
      await apply(target, 'remove', spec);
      assert.equal(observed(target, spec), undefined);
    }),

  'a rule for one destination is made and removed, and one of another is left alone': () =>
    withTarget(async ({ target }) => {
      for (const to of ['192.0.2.7/32', '2001:db8::7/128']) {
        const family = to.includes(':') ? '-6 ' : '';
        const spec: Spec = {
          kind: 'lookup-rule',
          priority: 32_000,
          to: prefix(to),
          table: table(500),
        };
        await apply(target, 'create', spec);
        assertSettled(target, spec);
        assert.match(ip(`${family}rule show`), /32000:\s+from all to \S+7 lookup 500 proto 94/);
        await apply(target, 'remove', spec);
        assert.equal(observed(target, spec), undefined);
        ip(`${family}rule add pref 32000 to ${to} lookup 500`);
        await until('told', () => observed(target, spec)?.owner === 'nobody');
        await apply(target, 'remove', spec);
        assert.match(ip(`${family}rule show`), /32000:/);
        ip(`${family}rule del pref 32000 to ${to} lookup 500`);
      }
    }),

  'an address goes with the way to it in one datagram, and not without it': () =>
    withTarget(async ({ target }) => {
      ip('link add d1 type veth peer name d2');
      ip('link set d1 up');
      await until('the device is known', () => target.links.macOf('d1') !== undefined);
      const to = prefix('172.24.4.77/32');
      const way: readonly Spec[] = [
        { kind: 'lookup-rule', priority: 32000, to, table: table(77) },
        {
          kind: 'route',
          table: table(77),
          destination: to,
          metric: 0,
          hop: { type: 'unicast', dev: ifName('d1') },
        },
      ];
      const address: Spec = { kind: 'address', link: ifName('d1'), prefix: to };
      const makeAll = async (): Promise<readonly Outcome[]> => {
        const made = way.map((spec) => operation(target, 'create', spec));
        assert.ok(made.every((each) => target.leads?.(each)));
        const after = made.map(({ key }) => key);
        return target.apply([...made, { ...operation(target, 'create', address), after }]);
      };
      target.wanted([...way, address].map(keyOf));
      const told: string[] = [];
      const watched = unwrap(
        watchNetlink({
          event: ({ change, object }) => void told.push(`${change} ${object}`),
          overflow: () => {},
        }),
      );
      try {
        assert.deepEqual(await makeAll(), [done, done, done]);
        assertSettled(target, ...way, address);
        await until('it is told', () => told.includes('new address'));
        await apply(target, 'remove', address, ...way);

        // Somebody has such a route: the kernel refuses ours, but carries out what follows in the datagram.
        ip('route add 172.24.4.77 dev d1 table 77');
        told.length = 0;
        assert.deepEqual(await makeAll(), [done, done, waiting(keyOf(way[1]!))]);
        await until('it was taken back', () => told.includes('gone address'));
        assert.equal(observed(target, address), undefined);
        assert.equal(ip('-o address show dev d1 to 172.24.4.77'), '');
      } finally {
        watched.close();
        await apply(target, 'remove', way[0]!);
        removeDevices('d1');
      }
    }),

  'a VLAN device stands on a device of somebody else, which is set up and nothing more': () =>
    cleanly(() =>
      withTarget(async ({ target }) => {
        const parent = ifName('x1');
        ip('link add x1 type bridge');
        const up: Spec = { kind: 'link-up', link: parent };
        await until('told', () => target.observe(linkKey(parent)) !== undefined);
        await apply(target, 'create', up);
        assertSettled(target, up);
        const is = { type: 'vlan', parent, id: unwrap(parseVlanId(1001)) } as const;
        const vlan: Spec = { kind: 'link', name: ifName('x1.1001'), is, mtu: 1400 };
        await apply(target, 'create', vlan);
        assertSettled(target, vlan);
        assert.match(
          ip('-d link show x1.1001'),
          /x1.1001@x1: .*mtu 1400.* vlan protocol 802.1Q id 1001/s,
        );
        await apply(target, 'remove', vlan);
        assert.equal(observed(target, vlan), undefined);
        assert.doesNotMatch(ip('-d link show x1'), /alias/);
      }),
    ),

  'a device that is made anew by another run has another index': async () => {
    const indexes: unknown[] = [];
    for (const _ of ['one run', 'the next']) {
      await withTarget(async ({ target }) => {
        await apply(target, 'create', near);
        const [link] = JSON.parse(ip(`-json link show dev ${near.name}`)) as { ifindex: number }[];
        indexes.push(link?.ifindex);
        removeDevices(near.name);
      });
    }
    assert.equal(new Set(indexes).size, 2, String(indexes));
    assert.ok(indexes.every((each) => Number(each) > 1 << 24));
  },

  'nothing stands on a device that has just gone': async () => {
    const socket = NetlinkSocket.open();
    assert.ok(socket.ok);
    assert.deepEqual(await readDevice(socket.value, 987_654), { ok: true, value: [] });
    socket.value.close();
  },

  'what is removed by hand is told, also when notices are lost': () =>
    cleanly(() =>
      withTarget(
        async ({ target, changed }) => {
          await apply(target, 'create', near);
          await apply(target, 'change', far);
          await apply(target, 'create', hostRoute);
          ip('route del 172.24.4.5/32 table 500');
          await until('told', () => observed(target, hostRoute) === undefined);
          await apply(target, 'create', hostRoute);
          changed.length = 0;
          // More notices than the small buffer takes, while this process does not read.
          for (let round = 0; round < 30; round += 1) {
            ip('link set veth-ovs-500 mtu 1400');
            ip('link set veth-ovs-500 mtu 1500');
          }
          ip('route del 172.24.4.5/32 table 500');
          await until('seen', () => observed(target, hostRoute) === undefined);
          await until('told', () => changed.includes(keyOf(hostRoute)));
        },
        { noticeBuffer: 4_096 },
      ),
    ),

  'ten thousand addresses go in one call': () =>
    cleanly(() =>
      withTarget(async ({ target }) => {
        await apply(target, 'create', near);
        await apply(target, 'change', far);
        const many = Array.from({ length: 10_000 }, (_, at) =>
          addressSpec(`10.${100 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}/32`),
        );
        await apply(target, 'create', ...many);
        assertSettled(target, ...many);
        assert.doesNotMatch(ip('route show table local'), /10\.100\./);
        await apply(target, 'remove', ...many);
        assert.doesNotMatch(ip('address show dev veth-vrf-500'), /10\.100\./);
      }),
    ),

  'another target finds everything again as ours': () =>
    cleanly(async () => {
      const specs = [near, far, hostRoute, neighbour];
      await withTarget(async ({ target }) => {
        await apply(target, 'create', near);
        await apply(target, 'change', far);
        await apply(target, 'create', hostRoute, neighbour, address4);
      });
      await withTarget(async ({ target }) => {
        assertSettled(target, ...specs, address4);
        const owners = [...target.all()].filter(({ owner }) => owner === 'us');
        assert.equal(owners.length, specs.length + 1);
        assert.equal(target.links.macOf('no-such'), undefined);
        const address = target.links.macOf(near.name);
        assert.ok(address !== undefined);
        assert.equal(target.links.nameOf(address), near.name);
      });
    }),
};

function isDown(target: KernelTarget, spec: LinkSpec): boolean {
  const seen = observed(target, spec)?.spec;
  return seen !== undefined && 'down' in seen;
}

function noBigInt(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

/** What the core does when the kernel has put a local route (back) there, until nothing is left to do. */
async function repaired(target: KernelTarget, spec: Spec, isSo: () => boolean): Promise<void> {
  await until(`${keyOf(spec)} without a route`, async () => {
    if (!isSettled(target, spec)) await apply(target, 'change', spec);
    return isSo() && isSettled(target, spec);
  });
}

/** The kernel's own, of which `ip` shows none with `to`; multicast ones are another matter. */
function routesTo(address: string): string {
  const family = address.includes(':') ? '-6' : '-4';
  return ip(`${family} route show table all ${address}`);
}

await runCases(cases);
process.exit(0);
