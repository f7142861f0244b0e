/** What the OVN that a node has for itself becomes: rows in its Northbound database, and flows on two bridges. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type {
  Concept,
  LocalHost,
  LocalNetwork,
  LocalPlace,
  LocalRouter,
  LocalUplink,
  Underlay,
} from '../../src/fabric/concepts.ts';
import { lower } from '../../src/fabric/lower.ts';
import type { Asn, VlanId } from '../../src/net/numbers.ts';
import type { Spec } from '../../src/resources/index.ts';
import type { Resource } from '../../src/resources/resource.ts';
import { ip, ip4, kindOf, kinds, mac, name, prefix } from '../resources/specs.ts';
import { because, holder } from './concepts.ts';
import { bgpSettings } from './settings.ts';

const prefixes = [prefix('172.24.0.0/16'), prefix('2001:db8:4::/48')];
const uplink: LocalUplink = {
  network: 'fabric',
  bridge: name('br-up'),
  nics: ['eth1'],
  patchPort: 'patch-fabric-localnet-to-br-bgp',
  mac: mac('02:00:00:00:00:01'),
  addresses: [prefix('10.0.1.1/31'), prefix('2001:db8::1/127')],
  peers: [ip('10.0.1.0'), ip('2001:db8::')],
  bfd: true,
};
const at: LocalPlace = {
  network: 'public',
  bridge: name('br-ex'),
  vlan: 101 as VlanId,
  patchPort: 'patch-provnet-1-to-br-int',
  localPatchPort: 'patch-public.101-localnet-to-br-bgp',
  uplinks: [uplink],
  prefixes,
};
const underlay: Underlay = {
  concept: 'underlay',
  asn: 64_999 as Asn,
  routerId: ip4('192.0.2.1'),
  hasSubnets: false,
  because,
};
const router: LocalRouter = {
  concept: 'local-router',
  chassis: 'bgp',
  uplinks: [uplink],
  prefixes,
  because,
};
const network: LocalNetwork = {
  concept: 'local-network',
  at,
  anchors: [ip('169.254.1.101'), ip('fd53:d91e:400:7f17::1:65')],
  others: [],
  because,
};
const host: LocalHost = {
  concept: 'local-host',
  holder,
  at,
  ip: ip('172.24.4.11'),
  mac: mac('fa:16:3e:00:00:11'),
  because,
};

function lowered(...concepts: readonly Concept[]): readonly Resource[] {
  return concepts.flatMap((concept) => lower(concept, kinds, bgpSettings));
}

function commandsOf(
  concept: Concept,
  program: 'ovn-nbctl' | 'ovs-ofctl' | 'ip',
): readonly string[] {
  return lowered(concept)
    .map(({ spec }) => kindOf(spec as Spec).print('create', spec as Spec))
    .filter((command) => command.startsWith(`${program} `))
    .map((command) => command.replace(/^ovn-nbctl (-- --id=@row )?|^ovs-ofctl add-flow /, ''));
}

describe('the router', () => {
  test('has the addresses of the bridge, and a watched way to each peer', () => {
    assert.deepEqual(commandsOf(router, 'ovn-nbctl'), [
      "create Logical_Router name=bgp-router options='{chassis=bgp}'",
      `create Logical_Router_Policy priority=10 match='"inport == {\\"bgp-router-fabric\\"} && outport == {\\"bgp-router-fabric\\"} && (ip4.dst == {172.24.0.0/16} || ip6.dst == {2001:db8:4::/48})"' action=drop -- add Logical_Router bgp-router policies @row`,
      'create Logical_Switch name=fabric',
      "create Logical_Switch_Port name=fabric-localnet type=localnet addresses='[unknown]' options='{network_name=fabric}' -- add Logical_Switch fabric ports @row",
      "create Logical_Switch_Port name=fabric-bgp-router type=router addresses='[router]' options='{router-port=bgp-router-fabric}' -- add Logical_Switch fabric ports @row",
      `create Logical_Router_Port name=bgp-router-fabric mac='"02:00:00:00:00:01"' networks='["10.0.1.1/31","2001:db8::1/127"]' -- add Logical_Router bgp-router ports @row`,
      'create BFD logical_port=bgp-router-fabric dst_ip=10.0.1.0',
      `create Logical_Router_Static_Route ip_prefix='"0.0.0.0/0"' nexthop=10.0.1.0 output_port=bgp-router-fabric -- add Logical_Router bgp-router static_routes @row`,
      `create BFD logical_port=bgp-router-fabric dst_ip='"2001:db8::"'`,
      `create Logical_Router_Static_Route ip_prefix='"::/0"' nexthop='"2001:db8::"' output_port=bgp-router-fabric -- add Logical_Router bgp-router static_routes @row`,
    ]);
  });
  test('gets from the uplink what is for its networks, what it asked for, and BFD; the node gets the rest', () => {
    assert.deepEqual(commandsOf(router, 'ovs-ofctl'), [
      "br-up 'cookie=0x3e7,priority=1000,ip,in_port=eth1,nw_dst=172.24.0.0/16,actions=mod_dl_dst:02:00:00:00:00:01,output:patch-fabric-localnet-to-br-bgp'",
      "br-up 'cookie=0x3e7,priority=1000,ipv6,in_port=eth1,ipv6_dst=2001:db8:4::/48,actions=mod_dl_dst:02:00:00:00:00:01,output:patch-fabric-localnet-to-br-bgp'",
      "br-up 'cookie=0x3e7,priority=1000,arp,in_port=eth1,arp_op=2,actions=output:br-up,output:patch-fabric-localnet-to-br-bgp'",
      "br-up 'cookie=0x3e7,priority=1000,udp,in_port=eth1,tp_dst=3784,actions=output:patch-fabric-localnet-to-br-bgp'",
      "br-up 'cookie=0x3e7,priority=1000,icmp6,in_port=eth1,icmp_type=136,icmp_code=0,actions=output:br-up,output:patch-fabric-localnet-to-br-bgp'",
      "br-up 'cookie=0x3e7,priority=1000,udp6,in_port=eth1,tp_dst=3784,actions=output:patch-fabric-localnet-to-br-bgp'",
      "br-up 'cookie=0x3e7,priority=900,in_port=eth1,dl_dst=02:00:00:00:00:01,actions=output:br-up'",
      "br-up 'cookie=0x3e7,priority=1000,in_port=patch-fabric-localnet-to-br-bgp,actions=output:eth1'",
    ]);
  });
  test('leaves BFD to the node where it does not watch its peers', () => {
    const plain = { ...router, uplinks: [{ ...uplink, bfd: false }] };
    for (const program of ['ovn-nbctl', 'ovs-ofctl'] as const) {
      assert.doesNotMatch(commandsOf(plain, program).join('\n'), /BFD|bfd|3784/);
    }
  });
});

describe('a provider network', () => {
  test('meets it by a switch of its VLAN, on which the router answers for all its networks', () => {
    assert.deepEqual(commandsOf(network, 'ovn-nbctl'), [
      'create Logical_Switch name=public.101',
      "create Logical_Switch_Port name=public.101-localnet type=localnet addresses='[unknown]' options='{network_name=public}' tag=101 -- add Logical_Switch public.101 ports @row",
      `create Logical_Switch_Port name=public.101-bgp-router type=router addresses='[router]' options='{arp_proxy="172.24.0.0/16 2001:db8:4::/48",router-port=bgp-router-public.101}' -- add Logical_Switch public.101 ports @row`,
      `create Logical_Router_Port name=bgp-router-public.101 mac='"40:44:00:00:00:06"' networks='["169.254.1.101/32","fd53:d91e:400:7f17::1:65/128"]' -- add Logical_Router bgp-router ports @row`,
    ]);
  });
  test('sends to it whatever leaves the cloud, and no host is answered for its own address', () => {
    assert.deepEqual(commandsOf(network, 'ovs-ofctl'), [
      "br-ex 'cookie=0x3e7,priority=1000,ip,in_port=patch-provnet-1-to-br-int,actions=mod_dl_dst:40:44:00:00:00:06,output:patch-public.101-localnet-to-br-bgp'",
      "br-ex 'cookie=0x3e7,priority=1000,ipv6,in_port=patch-provnet-1-to-br-int,actions=mod_dl_dst:40:44:00:00:00:06,output:patch-public.101-localnet-to-br-bgp'",
      "br-ex 'cookie=0x3e7,priority=1001,icmp6,in_port=patch-provnet-1-to-br-int,icmp_type=135,icmp_code=0,actions=output:patch-public.101-localnet-to-br-bgp'",
      "br-ex 'cookie=0x3e7,priority=1001,icmp6,in_port=patch-provnet-1-to-br-int,icmp_type=136,icmp_code=0,actions=output:patch-public.101-localnet-to-br-bgp'",
      "br-ex 'cookie=0x3e7,priority=1002,arp,in_port=patch-provnet-1-to-br-int,arp_op=1,arp_spa=0.0.0.0,actions=drop'",
      "br-ex 'cookie=0x3e7,priority=1002,icmp6,in_port=patch-provnet-1-to-br-int,ipv6_src=::,icmp_type=135,icmp_code=0,actions=drop'",
      "br-ex 'cookie=0x3e7,priority=1000,in_port=patch-public.101-localnet-to-br-bgp,actions=output:patch-provnet-1-to-br-int'",
    ]);
  });
  test('is asked beyond the node as well where it has an uplink', () => {
    const flows = commandsOf({ ...network, others: ['eth2'] }, 'ovs-ofctl');
    assert.ok(
      flows.some((flow) => /icmp_type=135.*output:patch-public.*,output:eth2'$/.test(flow)),
    );
    assert.ok(!flows.some((flow) => flow.endsWith("actions=drop'")));
  });
});

describe('an address', () => {
  test('has a route and a MAC address first, and is announced then', () => {
    assert.deepEqual(commandsOf(host, 'ovn-nbctl'), [
      `create Logical_Router_Static_Route ip_prefix='"172.24.4.11/32"' nexthop=172.24.4.11 output_port=bgp-router-public.101 -- add Logical_Router bgp-router static_routes @row`,
      `create Static_MAC_Binding logical_port=bgp-router-public.101 ip=172.24.4.11 mac='"fa:16:3e:00:00:11"' override_dynamic_mac=true`,
    ]);
    assert.deepEqual(commandsOf(host, 'ip'), ['ip address replace 172.24.4.11/32 dev bgp-nic']);
    assert.deepEqual(lowered(host).at(-1)?.needs, [
      'link bgp-nic',
      'ovn-row Logical_Router_Static_Route 172.24.4.11/32 172.24.4.11 bgp-router-public.101',
      'ovn-row Static_MAC_Binding bgp-router-public.101 172.24.4.11',
      'flow br-ex priority=1000,ip,in_port=patch-provnet-1-to-br-int',
      'flow br-up priority=1000,ip,in_port=eth1,nw_dst=172.24.0.0/16',
    ]);
  });
  test('of unknown MAC is asked for', () => {
    assert.equal(commandsOf({ ...host, mac: undefined }, 'ovn-nbctl').length, 1);
  });
});

test('together they have all that they need', () => {
  const resources = lowered(underlay, router, network, host);
  const keys = new Set(resources.map(({ key }) => key));
  assert.equal(keys.size, resources.length);
  for (const { key, needs } of resources) {
    assert.deepEqual(
      needs.filter((need) => !keys.has(need)),
      [],
      key,
    );
  }
});
