/** What a VRF, its wiring, a subnet and a host become on a node, on a flat provider network and on a VLAN. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Concept } from '../../src/fabric/concepts.ts';
import { lower } from '../../src/fabric/lower.ts';
import { tableOf, vrfName, wiringNames } from '../../src/fabric/names.ts';
import { parseIfName } from '../../src/net/if-name.ts';
import type { VlanId, Vni } from '../../src/net/numbers.ts';
import type { Resource } from '../../src/resources/resource.ts';
import { ip, kindOf, kinds } from '../resources/specs.ts';
import type { Spec } from '../../src/resources/index.ts';
import { because, conceptsOf } from './concepts.ts';
import { settings } from './settings.ts';

const expected = {
  flat: {
    vrf: [
      'rule 4 1001',
      'local-rule 4',
      'rule 6 1001',
      'local-rule 6',
      'link vrf-500',
      'link br-500',
      'link vxlan-500',
      'link lo-500',
      'sysctl net/ipv4/conf/vrf-500/forwarding',
      'sysctl net/ipv6/conf/vrf-500/forwarding',
      'sysctl net/ipv4/conf/vrf-500/rp_filter',
      'sysctl net/ipv4/conf/br-500/forwarding',
      'sysctl net/ipv6/conf/br-500/forwarding',
      'sysctl net/ipv4/conf/br-500/rp_filter',
      'route 500 0.0.0.0/0 4278198272',
      'route 500 ::/0 4278198272',
      'frr device vrf-500',
      'frr vrf vrf-500',
      'frr vni vrf-500',
      'frr bgp vrf-500',
    ],
    wiring: [
      'link veth-vrf-500',
      'link veth-ovs-500',
      'ovs-port veth-ovs-500',
      'sysctl net/ipv4/conf/veth-vrf-500/forwarding',
      'sysctl net/ipv6/conf/veth-vrf-500/forwarding',
      'sysctl net/ipv4/conf/veth-vrf-500/rp_filter',
      'route 500 172.24.4.5/32 0',
      'neighbour veth-vrf-500 172.24.4.5',
      'route 500 fe80::f816:3eff:fe00:5/128 1024',
      'neighbour veth-vrf-500 fe80::f816:3eff:fe00:5',
      'flow br-ex priority=1000,arp,in_port=patch-provnet-1-to-br-int,dl_src=fa:16:3e:00:00:05,arp_op=1',
      'flow br-ex priority=1000,icmp6,in_port=patch-provnet-1-to-br-int,dl_src=fa:16:3e:00:00:05,icmp_type=135,icmp_code=0',
    ],
    prefixes: [
      'route 500 10.0.0.0/24 0',
      'flow br-ex priority=1000,ip,in_port=patch-provnet-1-to-br-int,dl_src=fa:16:3e:00:00:05,nw_src=10.0.0.0/24',
      'route 500 2001:db8:1::/64 1024',
      'flow br-ex priority=1000,ipv6,in_port=patch-provnet-1-to-br-int,dl_src=fa:16:3e:00:00:05,ipv6_src=2001:db8:1::/64',
    ],
    host: ['address lo-500 10.0.0.10/32'],
  },
  vlan: {
    vrf: [
      'rule 4 1001',
      'local-rule 4',
      'rule 6 1001',
      'local-rule 6',
      'link vrf-1600000',
      'link br-1600000',
      'link vxlan-1600000',
      'link lo-1600000',
      'sysctl net/ipv4/conf/vrf-1600000/forwarding',
      'sysctl net/ipv6/conf/vrf-1600000/forwarding',
      'sysctl net/ipv4/conf/vrf-1600000/rp_filter',
      'sysctl net/ipv4/conf/br-1600000/forwarding',
      'sysctl net/ipv6/conf/br-1600000/forwarding',
      'sysctl net/ipv4/conf/br-1600000/rp_filter',
      'route 1600000 0.0.0.0/0 4278198272',
      'route 1600000 ::/0 4278198272',
      'frr device vrf-1600000',
      'frr vrf vrf-1600000',
      'frr vni vrf-1600000',
      'frr bgp vrf-1600000',
    ],
    wiring: [
      'ovs-port vlan-1600000',
      'link vlan-1600000',
      'sysctl net/ipv4/conf/vlan-1600000/forwarding',
      'sysctl net/ipv6/conf/vlan-1600000/forwarding',
      'sysctl net/ipv4/conf/vlan-1600000/rp_filter',
      'route 1600000 172.24.4.5/32 0',
      'neighbour vlan-1600000 172.24.4.5',
      'route 1600000 fe80::f816:3eff:fe00:5/128 1024',
      'neighbour vlan-1600000 fe80::f816:3eff:fe00:5',
      'flow br-ex priority=1000,arp,in_port=patch-provnet-1-to-br-int,dl_vlan=100,dl_src=fa:16:3e:00:00:05,arp_op=1',
      'flow br-ex priority=1000,icmp6,in_port=patch-provnet-1-to-br-int,dl_vlan=100,dl_src=fa:16:3e:00:00:05,icmp_type=135,icmp_code=0',
    ],
    prefixes: [
      'route 1600000 10.0.0.0/24 0',
      'flow br-ex priority=1000,ip,in_port=patch-provnet-1-to-br-int,dl_vlan=100,dl_src=fa:16:3e:00:00:05,nw_src=10.0.0.0/24',
      'route 1600000 2001:db8:1::/64 1024',
      'flow br-ex priority=1000,ipv6,in_port=patch-provnet-1-to-br-int,dl_vlan=100,dl_src=fa:16:3e:00:00:05,ipv6_src=2001:db8:1::/64',
    ],
    host: ['address lo-1600000 10.0.0.10/32'],
  },
} as const;

const scenes = { flat: conceptsOf(500, undefined), vlan: conceptsOf(1600000, 100) };

function lowerAll(concepts: readonly Concept[], isolate = true): readonly Resource[] {
  return concepts.flatMap((concept) => lower(concept, kinds, { ...settings, isolate }));
}

const keysOf = (resources: readonly Resource[]): readonly string[] =>
  resources.map(({ key }) => key);

for (const network of ['flat', 'vlan'] as const) {
  const { vrf, wiring, prefixes, host } = scenes[network];
  describe(`on a ${network} network`, () => {
    test('a VRF', () => {
      assert.deepEqual(keysOf(lowerAll([vrf])), expected[network].vrf);
    });

    test('its wiring', () => {
      assert.deepEqual(keysOf(lowerAll([wiring])), expected[network].wiring);
    });

    test('its subnets', () => {
      assert.deepEqual(keysOf(lowerAll(prefixes)), expected[network].prefixes);
    });

    test('a host', () => {
      assert.deepEqual(keysOf(lowerAll([host])), expected[network].host);
    });

    test('together they have all that they need, and each says why it is there', () => {
      const resources = lowerAll([vrf, wiring, ...prefixes, host]);
      const keys = new Set(keysOf(resources));
      assert.equal(keys.size, resources.length);
      for (const { key, needs, because: reasons } of resources) {
        assert.deepEqual(
          needs.filter((need) => !keys.has(need)),
          [],
          key,
        );
        assert.deepEqual(reasons, because, key);
      }
    });
  });
}

test('a host is announced only over forwarding devices, the route of its subnet and the way back', () => {
  const [address] = lowerAll([scenes.flat.host]);
  assert.deepEqual(address?.needs, [
    'link lo-500',
    'sysctl net/ipv4/conf/veth-vrf-500/forwarding',
    'sysctl net/ipv4/conf/vrf-500/forwarding',
    'sysctl net/ipv4/conf/br-500/forwarding',
    'route 500 10.0.0.0/24 0',
    expected.flat.prefixes[1],
    'flow br-ex priority=1000,arp,in_port=patch-provnet-1-to-br-int,dl_src=fa:16:3e:00:00:05,arp_op=1',
  ]);
  const [unanswered] = lowerAll([{ ...scenes.flat.host, answers: false }]);
  assert.deepEqual(unanswered?.needs, address?.needs.slice(0, -1));
});

test('FRR is told of the VNI once bridge and tunnel are there', () => {
  const vni = lowerAll([scenes.flat.vrf]).find(({ key }) => key === 'frr vni vrf-500');
  assert.deepEqual(vni?.needs, [
    'frr vrf vrf-500',
    'link vrf-500',
    'link br-500',
    'link vxlan-500',
  ]);
});

test('without isolation the rules of the node stay as they are', () => {
  const keys = keysOf(lowerAll([scenes.flat.vrf], false));
  assert.deepEqual(
    keys.filter((key) => key.includes('rule')),
    [],
  );
});

test('without answers no flow stands between the router and the provider network', () => {
  const keys = keysOf(lowerAll([{ ...scenes.flat.wiring, answers: false }]));
  assert.deepEqual(
    keys.filter((key) => key.startsWith('flow')),
    [],
  );
});

test('the route distinguisher is VTEP and VNI where it fits into 16 bits, else for FRR to choose', () => {
  const rdOf = (vni: number, vtep: string): string => {
    const vrf = { ...conceptsOf(vni, undefined).vrf, vtep: ip(vtep) };
    const bgp = lowerAll([vrf]).find(({ key }) => key.startsWith('frr bgp'));
    const spec = bgp?.spec as Spec;
    return /-c 'rd ([^']+)'/.exec(kindOf(spec).print('create', spec))?.[1] ?? 'of its own';
  };
  assert.equal(rdOf(500, '192.0.2.1'), '192.0.2.1:500');
  assert.equal(rdOf(65535, '192.0.2.1'), '192.0.2.1:65535');
  assert.equal(rdOf(65536, '192.0.2.1'), 'of its own');
  assert.equal(rdOf(500, '2001:db8::1'), 'of its own');
});

test('every name fits a network device, for every VNI', () => {
  for (const vni of [1, 99_999, 999_999, 1_000_000, 0xffffff] as Vni[]) {
    assert.equal(Number(tableOf(vni)), Number(vni));
    for (const vlan of [undefined, 4094 as VlanId]) {
      const { device, port } = wiringNames(vni, vlan);
      for (const name of [vrfName(vni), device, port]) assert.ok(parseIfName(name).ok, name);
    }
  }
});
