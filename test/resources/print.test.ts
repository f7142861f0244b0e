/** What each kind of object is called, what it needs, and the command that a person would type for it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOf, specs } from './specs.ts';

const expected: {
  readonly [name in keyof typeof specs]: {
    readonly key: string;
    readonly needs: readonly string[];
    readonly create: string;
    readonly remove: string;
  };
} = {
  ovnRoute: {
    key: 'ovn-row Logical_Router_Static_Route 0.0.0.0/0 10.0.1.0 bgp-router-fabric',
    needs: [
      'ovn-row Logical_Router bgp-router',
      'ovn-row Logical_Router_Port bgp-router-fabric',
      'ovn-row BFD bgp-router-fabric 10.0.1.0',
    ],
    create:
      'ovn-nbctl -- --id=@row create Logical_Router_Static_Route ip_prefix=\'"0.0.0.0/0"\' nexthop=10.0.1.0 output_port=bgp-router-fabric -- add Logical_Router bgp-router static_routes @row',
    remove:
      'ovn-nbctl remove Logical_Router bgp-router static_routes $(ovn-nbctl --bare --columns=_uuid find Logical_Router_Static_Route ip_prefix=\'"0.0.0.0/0"\' nexthop=10.0.1.0 output_port=bgp-router-fabric)',
  },
  ovnBinding: {
    key: 'ovn-row Static_MAC_Binding bgp-router-public 172.24.4.11',
    needs: ['ovn-row Logical_Router_Port bgp-router-public'],
    create:
      'ovn-nbctl create Static_MAC_Binding logical_port=bgp-router-public ip=172.24.4.11 mac=\'"fa:16:3e:00:00:11"\' override_dynamic_mac=true',
    remove:
      'ovn-nbctl destroy Static_MAC_Binding $(ovn-nbctl --bare --columns=_uuid find Static_MAC_Binding logical_port=bgp-router-public ip=172.24.4.11)',
  },
  ovnPort: {
    key: 'ovn-row Logical_Switch_Port public-localnet',
    needs: ['ovn-row Logical_Switch public'],
    create:
      "ovn-nbctl -- --id=@row create Logical_Switch_Port name=public-localnet type=localnet addresses='[unknown]' options='{network_name=public}' -- add Logical_Switch public ports @row",
    remove:
      'ovn-nbctl remove Logical_Switch public ports $(ovn-nbctl --bare --columns=_uuid find Logical_Switch_Port name=public-localnet)',
  },
  vrf: {
    key: 'link vrf-500',
    needs: [],
    create: 'ip link add vrf-500 type vrf table 500 && ip link set vrf-500 mtu 1450 up',
    remove: 'ip link del vrf-500',
  },
  bridge: {
    key: 'link br-500',
    needs: ['link vrf-500'],
    create: 'ip link add br-500 type bridge && ip link set br-500 master vrf-500 mtu 1450 up',
    remove: 'ip link del br-500',
  },
  vxlan: {
    key: 'link vxlan-500',
    needs: ['link br-500'],
    create:
      'ip link add vxlan-500 type vxlan id 500 local 192.0.2.1 dstport 4789 nolearning && ip link set vxlan-500 master br-500 addrgenmode none up type bridge_slave learning off',
    remove: 'ip link del vxlan-500',
  },
  veth: {
    key: 'link veth-vrf-500',
    needs: ['link vrf-500'],
    create:
      'ip link add veth-vrf-500 type veth peer name veth-ovs-500 && ip link set veth-vrf-500 master vrf-500 address 02:00:00:00:05:00 up',
    remove: 'ip link del veth-vrf-500',
  },
  farEnd: {
    key: 'link veth-ovs-500',
    needs: ['link veth-vrf-500'],
    create: 'ip link set veth-ovs-500 mtu 1450 up',
    remove: 'ip link set veth-ovs-500 nomaster',
  },
  announced: {
    key: 'address lo-500 10.0.0.10/32',
    needs: ['link lo-500'],
    create:
      'ip address replace 10.0.0.10/32 dev lo-500 && ip route flush table all type local exact 10.0.0.10/32 dev lo-500',
    remove: 'ip address del 10.0.0.10/32 dev lo-500',
  },
  plain: {
    key: 'address lo-500 2001:db8::1/64',
    needs: ['link lo-500'],
    create: 'ip address replace 2001:db8::1/64 dev lo-500',
    remove: 'ip address del 2001:db8::1/64 dev lo-500',
  },
  direct: {
    key: 'route 500 172.24.4.5/32 0',
    needs: ['link veth-vrf-500'],
    create: 'ip route replace 172.24.4.5/32 dev veth-vrf-500 table 500',
    remove: 'ip route del 172.24.4.5/32 dev veth-vrf-500 table 500',
  },
  routed: {
    key: 'route 500 2001:db8:1::/64 1024',
    needs: ['link veth-vrf-500'],
    create: 'ip route replace 2001:db8:1::/64 via 2001:db8:f::5 dev veth-vrf-500 table 500',
    remove: 'ip route del 2001:db8:1::/64 via 2001:db8:f::5 dev veth-vrf-500 table 500',
  },
  lastResort: {
    key: 'route 500 0.0.0.0/0 4278198272',
    needs: [],
    create: 'ip route replace unreachable 0.0.0.0/0 table 500 metric 4278198272',
    remove: 'ip route del unreachable 0.0.0.0/0 table 500 metric 4278198272',
  },
  neighbour: {
    key: 'neighbour veth-vrf-500 172.24.4.5',
    needs: ['link veth-vrf-500'],
    create: 'ip neigh replace 172.24.4.5 lladdr fa:16:3e:00:00:05 nud permanent dev veth-vrf-500',
    remove: 'ip neigh del 172.24.4.5 dev veth-vrf-500',
  },
  proxy: {
    key: 'proxy veth-vrf-500 2001:db8:f::1',
    needs: ['link veth-vrf-500'],
    create: 'ip neigh add proxy 2001:db8:f::1 dev veth-vrf-500',
    remove: 'ip neigh del proxy 2001:db8:f::1 dev veth-vrf-500',
  },
  rule: {
    key: 'rule 6 1001',
    needs: [],
    create: 'ip -6 rule add pref 1001 l3mdev unreachable',
    remove: 'ip -6 rule del pref 1001 l3mdev unreachable',
  },
  localRule: {
    key: 'local-rule 4',
    needs: [],
    create: 'ip rule add pref 2000 lookup local && ip rule del pref 0 lookup local',
    remove: 'ip rule add pref 0 lookup local && ip rule del pref 2000 lookup local',
  },
  sysctl: {
    key: 'sysctl net/ipv4/conf/veth-vrf-500/rp_filter',
    needs: ['link veth-vrf-500'],
    create: 'sysctl -w net/ipv4/conf/veth-vrf-500/rp_filter=0',
    remove: 'sysctl -w net/ipv4/conf/veth-vrf-500/rp_filter=0',
  },
  systemPort: {
    key: 'ovs-port veth-ovs-500',
    needs: ['link veth-ovs-500'],
    create: 'ovs-vsctl add-port br-ex veth-ovs-500',
    remove: 'ovs-vsctl del-port br-ex veth-ovs-500',
  },
  internalPort: {
    key: 'ovs-port vlan-500',
    needs: [],
    create: 'ovs-vsctl add-port br-ex vlan-500 tag=100 -- set interface vlan-500 type=internal',
    remove: 'ovs-vsctl del-port br-ex vlan-500',
  },
  delivery: {
    key: 'flow br-ex priority=1000,ip,in_port=patch-provnet-1-to-br-int,dl_src=fa:16:3e:00:00:05,nw_src=10.0.0.0/24',
    needs: ['link vlan-500', 'ovs-port vlan-500'],
    create:
      "ovs-ofctl add-flow br-ex 'cookie=0x3e6,priority=1000,ip,in_port=patch-provnet-1-to-br-int,dl_src=fa:16:3e:00:00:05,nw_src=10.0.0.0/24,actions=mod_dl_dst:<mac of vlan-500>,strip_vlan,output:vlan-500'",
    remove:
      "ovs-ofctl --strict del-flows br-ex 'priority=1000,ip,in_port=patch-provnet-1-to-br-int,dl_src=fa:16:3e:00:00:05,nw_src=10.0.0.0/24'",
  },
  delivery6: {
    key: 'flow br-ex priority=1000,ipv6,in_port=patch-provnet-1-to-br-int,dl_src=fa:16:3e:00:00:05,ipv6_src=2001:db8:1::/64',
    needs: ['link veth-vrf-500', 'ovs-port veth-ovs-500'],
    create:
      "ovs-ofctl add-flow br-ex 'cookie=0x3e6,priority=1000,ipv6,in_port=patch-provnet-1-to-br-int,dl_src=fa:16:3e:00:00:05,ipv6_src=2001:db8:1::/64,actions=mod_dl_dst:<mac of veth-vrf-500>,output:veth-ovs-500'",
    remove:
      "ovs-ofctl --strict del-flows br-ex 'priority=1000,ipv6,in_port=patch-provnet-1-to-br-int,dl_src=fa:16:3e:00:00:05,ipv6_src=2001:db8:1::/64'",
  },
  answer: {
    key: 'flow br-ex priority=1000,arp,in_port=patch-provnet-1-to-br-int,dl_src=fa:16:3e:00:00:05,arp_op=1',
    needs: ['link veth-vrf-500'],
    create:
      "ovs-ofctl add-flow br-ex 'cookie=0x3e6,priority=1000,arp,in_port=patch-provnet-1-to-br-int,dl_src=fa:16:3e:00:00:05,arp_op=1,actions=answer(mac of veth-vrf-500)'",
    remove:
      "ovs-ofctl --strict del-flows br-ex 'priority=1000,arp,in_port=patch-provnet-1-to-br-int,dl_src=fa:16:3e:00:00:05,arp_op=1'",
  },
  frrVrf: {
    key: 'frr vrf vrf-500',
    needs: [],
    create: "vtysh -c 'configure terminal' -c 'vrf vrf-500'",
    remove: "vtysh -c 'configure terminal' -c 'no vrf vrf-500'",
  },
  frrVni: {
    key: 'frr vni vrf-500',
    needs: ['frr vrf vrf-500', 'link vrf-500', 'link br-500', 'link vxlan-500'],
    create: "vtysh -c 'configure terminal' -c 'vrf vrf-500' -c 'vni 500'",
    remove: "vtysh -c 'configure terminal' -c 'vrf vrf-500' -c 'no vni 500'",
  },
  frrBgp: {
    key: 'frr bgp vrf-500',
    needs: ['frr vrf vrf-500', 'link vrf-500', 'link br-500', 'link vxlan-500'],
    create:
      "vtysh -c 'configure terminal' -c 'router bgp 65000 vrf vrf-500' -c 'address-family ipv4 unicast' -c 'redistribute connected' -c 'exit-address-family' -c 'address-family ipv6 unicast' -c 'redistribute connected' -c 'exit-address-family' -c 'address-family l2vpn evpn' -c 'advertise ipv4 unicast' -c 'advertise ipv6 unicast' -c 'rd 192.0.2.1:500' -c 'exit-address-family'",
    remove: "vtysh -c 'configure terminal' -c 'no router bgp 65000 vrf vrf-500'",
  },
  frrLeak: {
    key: 'frr bgp bgp-vrf',
    needs: ['frr device bgp-vrf', 'link bgp-vrf'],
    create:
      "vtysh -c 'configure terminal' -c 'router bgp 65000 vrf bgp-vrf' -c 'bgp router-id 192.0.2.1' -c 'address-family ipv4 unicast' -c 'redistribute connected' -c 'redistribute kernel' -c 'exit-address-family' -c 'address-family ipv6 unicast' -c 'redistribute connected' -c 'redistribute kernel' -c 'exit-address-family'",
    remove: "vtysh -c 'configure terminal' -c 'no router bgp 65000 vrf bgp-vrf'",
  },
  frrImport: {
    key: 'frr import bgp-vrf',
    needs: ['frr bgp bgp-vrf'],
    create:
      "vtysh -c 'configure terminal' -c 'router bgp 65000' -c 'address-family ipv4 unicast' -c 'import vrf bgp-vrf' -c 'exit-address-family' -c 'address-family ipv6 unicast' -c 'import vrf bgp-vrf' -c 'exit-address-family'",
    remove:
      "vtysh -c 'configure terminal' -c 'router bgp 65000' -c 'address-family ipv4 unicast' -c 'no import vrf bgp-vrf' -c 'exit-address-family' -c 'address-family ipv6 unicast' -c 'no import vrf bgp-vrf' -c 'exit-address-family'",
  },
  frrSegment: {
    key: 'frr segment vxlan-500',
    needs: ['link vxlan-500'],
    create:
      "vtysh -c 'configure terminal' -c 'router bgp 65000' -c 'address-family l2vpn evpn' -c 'vni 500' -c 'rd 192.0.2.1:500' -c 'route-target import 65000:1' -c 'route-target import 65000:2' -c 'route-target export 65000:3' -c 'exit-vni' -c 'exit-address-family'",
    remove:
      "vtysh -c 'configure terminal' -c 'router bgp 65000' -c 'address-family l2vpn evpn' -c 'no vni 500' -c 'exit-address-family'",
  },
  frrInterface: {
    key: 'frr interface vp500.102',
    needs: [],
    create: '# until there is a device vp500.102',
    remove: "vtysh -c 'configure terminal' -c 'no interface vp500.102'",
  },
  frrAdvertisement: {
    key: 'frr advertisement vp500.102',
    needs: ['frr interface vp500.102', 'link vp500.102'],
    create:
      "vtysh -c 'configure terminal' -c 'interface vp500.102' -c 'ipv6 nd prefix 2001:db8:4::/64 no-autoconfig' -c 'ipv6 nd prefix 2001:db8:5::/64' -c 'ipv6 nd rdnss 2001:db8::53' -c 'ipv6 nd managed-config-flag' -c 'ipv6 nd other-config-flag' -c 'no ipv6 nd suppress-ra'",
    remove:
      "vtysh -c 'configure terminal' -c 'interface vp500.102' -c 'ipv6 nd suppress-ra' -c 'no ipv6 nd other-config-flag' -c 'no ipv6 nd managed-config-flag' -c 'no ipv6 nd rdnss 2001:db8::53' -c 'no ipv6 nd prefix 2001:db8:5::/64' -c 'no ipv6 nd prefix 2001:db8:4::/64'",
  },
};

for (const [name, { key, needs, create, remove }] of Object.entries(expected)) {
  test(`${name}: ${key}`, () => {
    const spec = specs[name as keyof typeof specs];
    const kind = kindOf(spec);
    assert.equal(kind.key(spec), key);
    assert.deepEqual(kind.needs(spec), needs);
    assert.equal(kind.print('create', spec), create);
    assert.equal(kind.print('remove', spec), remove);
  });
}
