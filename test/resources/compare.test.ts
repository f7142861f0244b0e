/** How far an object may be from what is wanted: same, to be changed in place, or to be made anew. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Asn, VlanId, Vni } from '../../src/net/numbers.ts';
import { route, routeKey } from '../../src/resources/route.ts';
import { addressKey } from '../../src/resources/address.ts';
import { neighbourKey } from '../../src/resources/neighbour.ts';
import { sysctlPath } from '../../src/resources/sysctl.ts';
import type { Spec } from '../../src/resources/index.ts';
import type { LinkSpec } from '../../src/resources/link.ts';
import { ip, ip4, key, kindOf, kinds, mac, name, prefix, specs } from './specs.ts';

const {
  vrf,
  bridge,
  vxlan,
  veth,
  farEnd,
  internalPort,
  delivery,
  frrBgp,
  frrLeak,
  frrImport,
  frrSegment,
} = specs;
const both = ['connected', 'kernel'] as const;

const comparisons: readonly (readonly [string, Spec, Spec, string])[] = [
  ['a device with another MTU', bridge, { ...bridge, mtu: 1500 }, 'change'],
  ['a device in another VRF', bridge, { ...bridge, master: name('vrf-7') }, 'change'],
  ['a device with an MTU that nobody asked for', veth, { ...veth, mtu: 9000 }, 'same'],
  ['a device that is down', veth, { ...veth, down: true }, 'change'],
  ['a far end that Open vSwitch has', farEnd, { ...farEnd, master: name('ovs-system') }, 'same'],
  [
    'a far end, seen as a veth',
    farEnd,
    { ...farEnd, is: { type: 'veth', peer: name('veth-vrf-500') } },
    'same',
  ],
  [
    'a VRF with another table',
    vrf,
    { ...vrf, is: { type: 'vrf', table: 501 as never } },
    'replace',
  ],
  [
    'a tunnel from another address',
    vxlan,
    { ...vxlan, is: { ...vxlan.is, local: ip('192.0.2.2') } },
    'replace',
  ],
  ['a tunnel that learns', vxlan, { ...vxlan, learning: true }, 'change'],
  [
    'an address whose own route is back',
    specs.announced,
    { ...specs.announced, localRoute: 'kept' },
    'change',
  ],
  ['a route elsewhere', specs.routed, { ...specs.routed, hop: { type: 'unreachable' } }, 'change'],
  [
    'a neighbour with another MAC',
    specs.neighbour,
    { ...specs.neighbour, mac: mac('02:00:00:00:00:01') },
    'change',
  ],
  ['a setting with another value', specs.sysctl, { ...specs.sysctl, value: 2 }, 'change'],
  ['a rule', specs.rule, specs.rule, 'same'],
  ['lookup local elsewhere', specs.localRule, { ...specs.localRule, priority: 0 }, 'change'],
  ['a port in another VLAN', internalPort, { ...internalPort, tag: 7 as VlanId }, 'change'],
  [
    'a port of another bridge',
    internalPort,
    { ...internalPort, bridge: name('br-ex2') },
    'replace',
  ],
  ['a port of another type', internalPort, { ...internalPort, type: 'system' }, 'replace'],
  [
    'a flow to another port',
    delivery,
    { ...delivery, action: { ...delivery.action, port: name('vlan-7') } },
    'change',
  ],
  ['a flow with another cookie', delivery, { ...delivery, cookie: 0x3e7 }, 'change'],
  ['another L3VNI', specs.frrVni, { ...specs.frrVni, vni: 7 as Vni }, 'change'],
  [
    'a BGP instance with another distinguisher',
    frrBgp,
    { ...frrBgp, evpn: { ...frrBgp.evpn, rd: undefined } },
    'change',
  ],
  ['a BGP instance without EVPN', frrBgp, { ...frrBgp, evpn: undefined }, 'change'],
  ['a router id that nobody asked for', frrBgp, { ...frrBgp, routerId: ip4('192.0.2.7') }, 'same'],
  ['another router id', frrLeak, { ...frrLeak, routerId: ip4('192.0.2.7') }, 'change'],
  ['what is taken in, in another order', frrLeak, { ...frrLeak, redistribute: both }, 'same'],
  ['less that is taken in', frrLeak, { ...frrLeak, redistribute: ['kernel'] }, 'change'],
  ['an import into another AS', frrImport, { ...frrImport, asn: 65001 as Asn }, 'change'],
  [
    'an import in one family',
    frrImport,
    { ...frrImport, deviations: ['import vrf bgp-vrf'] },
    'change',
  ],
  [
    'an address, the route of whose prefix has another metric',
    { ...specs.plain, metric: 4096 },
    specs.plain,
    'change',
  ],
  [
    'an address, of whose metric nobody asked',
    specs.plain,
    { ...specs.plain, metric: 4096 },
    'same',
  ],
  [
    'advertisements in another order',
    specs.frrAdvertisement,
    { ...specs.frrAdvertisement, prefixes: specs.frrAdvertisement.prefixes.toReversed() },
    'same',
  ],
  [
    'advertisements with another flag',
    specs.frrAdvertisement,
    { ...specs.frrAdvertisement, managed: false },
    'change',
  ],
  ['a segment of another RD', frrSegment, { ...frrSegment, rd: undefined }, 'change'],
  [
    'targets of a segment in another order',
    frrSegment,
    { ...frrSegment, importTargets: frrSegment.importTargets.toReversed() },
    'same',
  ],
  ['a segment in another AS', frrSegment, { ...frrSegment, asn: 65001 as Asn }, 'change'],
  ['a BGP instance of another AS', frrBgp, { ...frrBgp, asn: 65001 as Asn }, 'replace'],
];

for (const [what, wanted, observed, expected] of comparisons) {
  test(`${what}: ${expected}`, () => {
    assert.equal(kindOf(wanted).compare(wanted, observed), expected);
  });
}

test('a spec is the same as itself, of every kind', () => {
  for (const spec of Object.values(specs)) {
    assert.equal(kindOf(spec).compare(spec, spec), 'same', kindOf(spec).key(spec));
  }
});

test('a device without our mark is taken over only if somebody made it for us', () => {
  const adoptable = (wanted: LinkSpec, observed: LinkSpec): boolean =>
    kinds.link.adoptable(wanted, observed);
  assert.equal(adoptable(bridge, bridge), false);
  assert.equal(
    adoptable(farEnd, { ...farEnd, is: { type: 'veth', peer: name('veth-vrf-500') } }),
    true,
  );
  assert.equal(adoptable(farEnd, { ...farEnd, is: { type: 'veth', peer: name('veth9') } }), false);
  assert.equal(adoptable(farEnd, { ...farEnd, is: { type: 'dummy' } }), false);
  const internal = {
    ...farEnd,
    is: { type: 'attached', madeBy: key('ovs-port vlan-500') },
  } as const;
  assert.equal(adoptable(internal, internal), true);
  assert.equal(adoptable(internal, { ...internal, is: { type: 'dummy' } }), false);
});

test('lookup local is taken over where the kernel put it, not where an operator did', () => {
  const wanted = specs.localRule;
  assert.equal(kinds['local-rule'].adoptable(wanted, { ...wanted, priority: 0 }), true);
  assert.equal(kinds['local-rule'].adoptable(wanted, { ...wanted, priority: 500 }), false);
});

test('only addresses draw traffic to the node', () => {
  const announcing = Object.values(kinds).filter((kind) => kind.announces);
  assert.deepEqual(announcing, [kinds.address]);
});

test('stanzas of FRR outlive their use, in the order in which FRR lets them go', () => {
  const { frrVrf, frrVni } = specs;
  assert.deepEqual(kinds['frr-vrf'].outlives(frrVrf), ['link vrf-500']);
  assert.deepEqual(kinds['frr-bgp'].outlives(frrBgp), ['frr vni vrf-500']);
  assert.equal(kinds['frr-vni'].grace(frrVni), 60_000);
  assert.equal(kinds['frr-bgp'].grace(frrBgp), 60_000);
  assert.equal(kinds['frr-import'].grace(frrImport), 60_000);
  assert.equal(kinds['frr-vrf'].grace(frrVrf), 0);
});

test('the kernel keeps an IPv6 route without a metric under 1024, and so does its key', () => {
  const key6 = routeKey(specs.routed.table, prefix('2001:db8::/32'), 0);
  assert.equal(key6, 'route 500 2001:db8::/32 1024');
  assert.equal(
    key6,
    route.key({ ...specs.routed, destination: prefix('2001:db8::/32'), metric: 1024 }),
  );
  assert.equal(routeKey(specs.routed.table, prefix('10.0.0.0/8'), 0), 'route 500 10.0.0.0/8 0');
});

test('identities that others refer to are those of the kinds', () => {
  const { announced, neighbour, proxy, sysctl } = specs;
  assert.equal(addressKey(announced.link, announced.prefix), kinds.address.key(announced));
  assert.equal(neighbourKey(neighbour.link, neighbour.ip, false), kinds.neighbour.key(neighbour));
  assert.equal(neighbourKey(proxy.link, proxy.ip, true), kinds.neighbour.key(proxy));
  assert.equal(`sysctl ${sysctlPath(sysctl)}`, kinds.sysctl.key(sysctl));
});

test('what alters an object prints otherwise than what makes it', () => {
  const print = (spec: Spec, verb: 'change' | 'replace'): string => kindOf(spec).print(verb, spec);
  assert.equal(print(bridge, 'change'), 'ip link set br-500 master vrf-500 mtu 1450 up');
  assert.equal(
    print(bridge, 'replace'),
    'ip link del br-500 && ip link add br-500 type bridge && ip link set br-500 master vrf-500 mtu 1450 up',
  );
  assert.equal(print(internalPort, 'change'), 'ovs-vsctl set port vlan-500 tag=100');
  assert.equal(print(specs.systemPort, 'change'), 'ovs-vsctl clear port veth-ovs-500 tag');
  assert.equal(
    print(internalPort, 'replace'),
    'ovs-vsctl del-port vlan-500 -- add-port br-ex vlan-500 tag=100 -- set interface vlan-500 type=internal',
  );
});
