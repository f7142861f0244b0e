/** What a leg of a VRF, an address on it and an extended segment become on a node. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type {
  Concept,
  Leg,
  LegHost,
  LegSubnet,
  LegTenant,
  Segment,
  Vrf,
} from '../../src/fabric/concepts.ts';
import { lower } from '../../src/fabric/lower.ts';
import { anycastMac, legNames } from '../../src/fabric/names.ts';
import { parseIfName } from '../../src/net/if-name.ts';
import { formatMac } from '../../src/net/mac.ts';
import type { Asn, VlanId, Vni } from '../../src/net/numbers.ts';
import type { RouteDistinguisher, RouteTarget } from '../../src/net/route-distinguisher.ts';
import type { Spec } from '../../src/resources/index.ts';
import type { Resource } from '../../src/resources/resource.ts';
import { ip, kindOf, kinds, mac, name, prefix } from '../resources/specs.ts';
import { because, holder } from './concepts.ts';
import { settings } from './settings.ts';

const at = {
  vni: 1001 as Vni,
  bridge: name('br-ex'),
  vlan: 123 as VlanId,
  patchPort: 'patch-provnet-1-to-br-int',
};
const tunnel = { vtep: ip('192.0.2.1'), mtu: 8950 };

const vrf: Vrf = {
  concept: 'vrf',
  vni: at.vni,
  asn: 65000 as Asn,
  ...tunnel,
  rd: '65000:9' as RouteDistinguisher,
  importTargets: ['65000:1' as RouteTarget],
  exportTargets: ['65000:2' as RouteTarget],
  because,
};
const leg: Leg = {
  concept: 'leg',
  at,
  mtu: 8950,
  gateways: [ip('172.24.4.1'), ip('2001:db8::1')],
  anchors: [],
  answers: true,
  because,
};
const host: LegHost = {
  concept: 'leg-host',
  holder,
  at,
  ip: ip('172.24.4.11'),
  mac: mac('fa:16:3e:00:00:11'),
  because,
};
const segment: Segment = {
  concept: 'segment',
  at,
  ...tunnel,
  asn: 65000 as Asn,
  importTargets: [],
  exportTargets: [],
  because,
};

function lowered(...concepts: readonly Concept[]): readonly Resource[] {
  return concepts.flatMap((concept) => lower(concept, kinds, settings));
}

const commandsOf = (...concepts: readonly Concept[]): readonly string[] =>
  lowered(...concepts).map(({ spec }) => kindOf(spec as Spec).print('create', spec as Spec));

describe('a provider network in a VRF', () => {
  test('a veth pair with the MAC address and the gateways that every node has', () => {
    assert.deepEqual(commandsOf(leg), [
      'ip link add vp1001.123 type veth peer name vo1001.123 && ip link set vp1001.123 master vrf-1001 mtu 8950 address 02:00:03:e9:00:7b addrgenmode none up',
      'ip link set vo1001.123 mtu 8950 addrgenmode none up',
      'ovs-vsctl add-port br-ex vo1001.123 tag=123',
      'sysctl -w net/ipv4/conf/vp1001.123/forwarding=1',
      'sysctl -w net/ipv6/conf/vp1001.123/forwarding=1',
      'sysctl -w net/ipv4/conf/vp1001.123/rp_filter=0',
      'sysctl -w net/ipv4/conf/vp1001.123/proxy_arp=1',
      'sysctl -w net/ipv6/conf/vp1001.123/proxy_ndp=1',
      'ip address replace fe80::200:3e9:7b/64 dev vp1001.123',
      'ip address replace 172.24.4.1/32 dev vp1001.123',
      'ip address replace 2001:db8::1/128 dev vp1001.123',
      "ovs-ofctl add-flow br-ex 'cookie=0x3e6,priority=1000,ip,in_port=patch-provnet-1-to-br-int,dl_vlan=123,actions=mod_dl_dst:<mac of vp1001.123>,strip_vlan,output:vo1001.123'",
      "ovs-ofctl add-flow br-ex 'cookie=0x3e6,priority=1000,ipv6,in_port=patch-provnet-1-to-br-int,dl_vlan=123,actions=mod_dl_dst:<mac of vp1001.123>,strip_vlan,output:vo1001.123'",
      "ovs-ofctl add-flow br-ex 'cookie=0x1000003e6,priority=1001,icmp6,in_port=patch-provnet-1-to-br-int,dl_vlan=123,icmp_type=135,icmp_code=0,actions=answer(mac of vp1001.123)'",
      '# until there is a device vp1001.123',
    ]);
  });

  test('tells hosts of IPv6 what there is to tell them', () => {
    const prefixes = [{ prefix: prefix('2001:db8::/64'), autonomous: false }];
    const advertisement = { prefixes, dnsServers: [], managed: true, other: false };
    assert.deepEqual(
      commandsOf({ ...leg, advertisement })
        .at(-1)
        ?.split(' -c ')
        .slice(2),
      [
        "'interface vp1001.123'",
        "'ipv6 nd prefix 2001:db8::/64 no-autoconfig'",
        "'ipv6 nd managed-config-flag'",
        "'no ipv6 nd suppress-ra'",
      ],
    );
  });

  test('the VRF says what the annotation says', () => {
    const bgp = commandsOf(vrf).find((command) => command.includes('router bgp')) ?? '';
    const lines = [...bgp.matchAll(/-c '((?:rd|route-target) [^']*)'/g)].map(([, line]) => line);
    assert.deepEqual(lines, [
      'rd 65000:9',
      'route-target import 65000:1',
      'route-target export 65000:2',
    ]);
  });

  test('an address has a way first, and is announced then', () => {
    assert.deepEqual(commandsOf(host), [
      'ip route replace 172.24.4.11/32 dev vp1001.123 table 1001',
      'ip neigh replace 172.24.4.11 lladdr fa:16:3e:00:00:11 nud permanent dev vp1001.123',
      'ip address replace 172.24.4.11/32 dev lo-1001 && ip route flush table all type local exact 172.24.4.11/32 dev lo-1001',
    ]);
    const announced = lowered(host).at(-1);
    assert.deepEqual(announced?.needs, [
      'link lo-1001',
      'route 1001 172.24.4.11/32 0',
      'neighbour vp1001.123 172.24.4.11',
      'sysctl net/ipv4/conf/vp1001.123/forwarding',
      'sysctl net/ipv4/conf/vrf-1001/forwarding',
      'sysctl net/ipv4/conf/br-1001/forwarding',
      'sysctl net/ipv4/conf/vp1001.123/proxy_arp',
      'flow br-ex priority=1000,ip,in_port=patch-provnet-1-to-br-int,dl_vlan=123',
    ]);
  });

  test('of unknown MAC it is asked for', () => {
    const commands = commandsOf({ ...host, mac: undefined });
    assert.equal(commands.length, 2);
    assert.ok(!commands.some((command) => command.includes('neigh')));
  });

  test('on a flat network no packet loses a tag, and none of another VLAN comes in', () => {
    const { vlan: _, ...flat } = at;
    const commands = commandsOf({ ...leg, at: { ...flat, vlan: undefined } });
    assert.ok(commands.includes('ovs-vsctl add-port br-ex vo1001.0 tag=0'));
    assert.ok(!commands.some((command) => /strip_vlan|dl_vlan/.test(command)));
  });
});

describe('a subnet behind a router of such a network', () => {
  const subnet: LegSubnet = {
    concept: 'leg-subnet',
    at,
    destination: prefix('10.1.0.0/24'),
    via: ip('172.24.4.5'),
    mac: mac('fa:16:3e:00:00:05'),
    announced: false,
    because,
  };
  const { because: _, ...within } = subnet;
  const tenant: LegTenant = { concept: 'leg-tenant', holder, ip: ip('10.1.0.11'), within, because };

  test('is a route through it, and each address one on the dummy device', () => {
    assert.deepEqual(commandsOf(subnet, tenant), [
      'ip route replace 172.24.4.5/32 dev vp1001.123 table 1001',
      'ip neigh replace 172.24.4.5 lladdr fa:16:3e:00:00:05 nud permanent dev vp1001.123',
      'ip route replace 10.1.0.0/24 via 172.24.4.5 dev vp1001.123 table 1001',
      'ip address replace 10.1.0.11/32 dev lo-1001 && ip route flush table all type local exact 10.1.0.11/32 dev lo-1001',
    ]);
  });

  test('of IPv6 through the link-local address of the router, which is there without a route', () => {
    const via = ip('fe80::f816:3eff:fe00:5');
    assert.deepEqual(commandsOf({ ...subnet, destination: prefix('fd00:1::/64'), via }), [
      'ip neigh replace fe80::f816:3eff:fe00:5 lladdr fa:16:3e:00:00:05 nud permanent dev vp1001.123',
      'ip route replace fd00:1::/64 via fe80::f816:3eff:fe00:5 dev vp1001.123 table 1001',
    ]);
  });

  test('has the way to the router in common with the address of that', () => {
    const router: LegHost = { ...host, ip: subnet.via, mac: subnet.mac };
    const byKey = new Map(lowered(router).map((each) => [each.key, each]));
    const shared = lowered(subnet).filter(({ key }) => byKey.has(key));
    assert.equal(shared.length, 2);
    for (const each of shared) assert.deepEqual(each, byKey.get(each.key));
  });

  test('has all that it needs, and an address needs the whole way', () => {
    const resources = lowered(vrf, leg, subnet, tenant);
    const keys = new Set(resources.map(({ key }) => key));
    for (const { needs } of resources) for (const need of needs) assert.ok(keys.has(need), need);
    const [announced] = lowered(tenant);
    assert.deepEqual(announced?.needs, [
      'link lo-1001',
      'route 1001 10.1.0.0/24 0',
      ...(lowered(host).at(-1)?.needs.slice(3) ?? []),
    ]);
  });

  test('is announced itself by an address whose own route gives way to it', () => {
    const announced = { ...subnet, announced: true };
    assert.deepEqual(commandsOf(announced).slice(3), [
      'ip address replace 10.1.0.0/24 dev lo-1001 metric 4096 && ip route flush table all type local exact 10.1.0.0/32 dev lo-1001',
    ]);
    assert.deepEqual(lowered(announced).at(-1)?.needs, lowered(tenant).at(-1)?.needs);
  });
});

test('a segment is a bridge between the tunnel and the VLAN, in no VRF', () => {
  assert.deepEqual(commandsOf(segment), [
    'ip link add br-1001 type bridge && ip link set br-1001 mtu 8950 addrgenmode none up',
    'ip link add vxlan-1001 type vxlan id 1001 local 192.0.2.1 dstport 4789 nolearning && ip link set vxlan-1001 master br-1001 mtu 8950 up type bridge_slave learning off',
    'ip link add sp1001.123 type veth peer name so1001.123 && ip link set sp1001.123 master br-1001 mtu 8950 addrgenmode none up',
    'ip link set so1001.123 mtu 8950 addrgenmode none up',
    'ovs-vsctl add-port br-ex so1001.123 tag=123',
    'sysctl -w net/ipv4/conf/br-1001/forwarding=0',
    'sysctl -w net/ipv6/conf/br-1001/forwarding=0',
    'sysctl -w net/ipv4/conf/br-1001/rp_filter=0',
  ]);
});

test('a segment with targets of its own says so to FRR, and nothing of what is derived', () => {
  const told = {
    ...segment,
    rd: '65000:9' as RouteDistinguisher,
    exportTargets: ['65000:2' as RouteTarget],
  };
  assert.deepEqual(commandsOf(told).slice(commandsOf(segment).length), [
    "vtysh -c 'configure terminal' -c 'router bgp 65000' -c 'address-family l2vpn evpn' -c 'vni 1001' -c 'rd 65000:9' -c 'route-target export 65000:2' -c 'exit-vni' -c 'exit-address-family'",
  ]);
});

test('together they have all that they need', () => {
  for (const concepts of [[vrf, leg, host], [segment]]) {
    const resources = lowered(...concepts);
    const keys = new Set(resources.map(({ key }) => key));
    assert.equal(keys.size, resources.length);
    for (const { key, needs } of resources) {
      const missing = needs.filter((need) => !keys.has(need));
      assert.deepEqual(missing, [], key);
    }
  }
});

test('devices of two networks have two names and two MAC addresses, and each name fits', () => {
  const place = fc.tuple(
    fc.integer({ min: 1, max: 0xffffff }).map((vni) => vni as Vni),
    fc.option(
      fc.integer({ min: 1, max: 4094 }).map((vlan) => vlan as VlanId),
      { nil: undefined },
    ),
  );
  const faces = ([vni, vlan]: readonly [Vni, VlanId | undefined]) => {
    const { device, port } = legNames(vni, vlan);
    return [device, port, formatMac(anycastMac(vni, vlan))] as const;
  };
  for (const [device, port] of [faces([0xffffff as Vni, 4094 as VlanId])]) {
    assert.deepEqual([device, port], ['vp16777215.4094', 'vo16777215.4094']);
  }
  fc.assert(
    fc.property(place, place, (a, b) => {
      const [ofA, ofB] = [faces(a), faces(b)];
      for (const each of ofA.slice(0, 2)) assert.ok(parseIfName(each).ok, each);
      const isSame = a[0] === b[0] && a[1] === b[1];
      assert.equal(new Set([...ofA, ...ofB]).size, isSame ? 3 : 6);
    }),
    { numRuns: 1000 },
  );
});
