/** One spec of each kind, or of each form of it, as it would stand on a node. */

import { unwrap } from '../../src/base/result.ts';
import type { IfName } from '../../src/net/if-name.ts';
import { type Ip4, type Ip6, parseIp } from '../../src/net/ip.ts';
import { parseMac } from '../../src/net/mac.ts';
import type { Asn, TableId, VlanId, Vni } from '../../src/net/numbers.ts';
import { defaultPrefix, parsePrefix } from '../../src/net/prefix.ts';
import { parseRouteDistinguisher, parseRouteTarget } from '../../src/net/route-distinguisher.ts';
import { makeKinds, type Spec } from '../../src/resources/index.ts';
import type { Key, Kind } from '../../src/resources/resource.ts';

export const kinds = makeKinds({ removal: 60_000 });

export function kindOf(spec: Spec): Kind<Spec> {
  return (kinds as Readonly<Record<string, Kind<Spec>>>)[spec.kind]!;
}

export const name = (text: string): IfName => text as IfName;
export const key = (text: string): Key => text as Key;
export const ip = (text: string) => unwrap(parseIp(text));
export const ip4 = (text: string): Ip4 => {
  const parsed = ip(text);
  if (parsed.family === 4) return parsed;
  throw new Error(`${text} is no IPv4 address`);
};
export const ip6 = (text: string): Ip6 => {
  const parsed = ip(text);
  if (parsed.family === 6) return parsed;
  throw new Error(`${text} is no IPv6 address`);
};
export const mac = (text: string) => unwrap(parseMac(text));
export const prefix = (text: string) => unwrap(parsePrefix(text));

const vni = 500 as Vni;
const vrf = name('vrf-500');
const table = 500 as TableId;
const veth = name('veth-vrf-500');

export const flowBase = {
  kind: 'flow',
  bridge: name('br-ex'),
  cookie: 0x3e6,
  priority: 1000,
  inPort: 'patch-provnet-1-to-br-int',
  routerMac: mac('fa:16:3e:00:00:05'),
} as const;

export const specs = {
  ovnRoute: {
    kind: 'ovn-row',
    table: 'Logical_Router_Static_Route',
    of: 'bgp-router',
    id: { ip_prefix: '0.0.0.0/0', nexthop: '10.0.1.0', output_port: 'bgp-router-fabric' },
    cells: {},
    bfd: '10.0.1.0',
  },
  ovnBinding: {
    kind: 'ovn-row',
    table: 'Static_MAC_Binding',
    id: { logical_port: 'bgp-router-public', ip: '172.24.4.11' },
    cells: { mac: 'fa:16:3e:00:00:11', override_dynamic_mac: true },
  },
  ovnPort: {
    kind: 'ovn-row',
    table: 'Logical_Switch_Port',
    of: 'public',
    id: { name: 'public-localnet' },
    cells: { type: 'localnet', addresses: ['unknown'], options: { network_name: 'public' } },
  },
  vrf: { kind: 'link', name: vrf, is: { type: 'vrf', table }, mtu: 1450 },
  bridge: { kind: 'link', name: name('br-500'), is: { type: 'bridge' }, master: vrf, mtu: 1450 },
  vxlan: {
    kind: 'link',
    name: name('vxlan-500'),
    is: { type: 'vxlan', vni, local: ip('192.0.2.1'), port: 4789 },
    master: name('br-500'),
    learning: false,
    linkLocal: false,
  },
  veth: {
    kind: 'link',
    name: veth,
    is: { type: 'veth', peer: name('veth-ovs-500') },
    master: vrf,
    address: mac('02:00:00:00:05:00'),
  },
  farEnd: {
    kind: 'link',
    name: name('veth-ovs-500'),
    is: { type: 'attached', madeBy: key('link veth-vrf-500') },
    mtu: 1450,
  },
  announced: {
    kind: 'address',
    link: name('lo-500'),
    prefix: prefix('10.0.0.10/32'),
    localRoute: 'removed',
  },
  plain: {
    kind: 'address',
    link: name('lo-500'),
    prefix: prefix('2001:db8::1/64'),
    localRoute: 'kept',
  },
  direct: {
    kind: 'route',
    table,
    destination: prefix('172.24.4.5/32'),
    metric: 0,
    hop: { type: 'unicast', dev: veth },
  },
  routed: {
    kind: 'route',
    table,
    destination: prefix('2001:db8:1::/64'),
    metric: 0,
    hop: { type: 'unicast', dev: veth, via: ip('2001:db8:f::5') },
  },
  lastResort: {
    kind: 'route',
    table,
    destination: defaultPrefix(4),
    metric: 4278198272,
    hop: { type: 'unreachable' },
  },
  neighbour: {
    kind: 'neighbour',
    link: veth,
    ip: ip('172.24.4.5'),
    mac: mac('fa:16:3e:00:00:05'),
  },
  proxy: { kind: 'neighbour', link: veth, ip: ip('2001:db8:f::1'), mac: 'proxy' },
  rule: { kind: 'rule', family: 6, priority: 1001, action: 'l3mdev-unreachable' },
  localRule: { kind: 'local-rule', family: 4, priority: 2000 },
  sysctl: { kind: 'sysctl', family: 4, link: veth, name: 'rp_filter', value: 0 },
  systemPort: {
    kind: 'ovs-port',
    name: name('veth-ovs-500'),
    bridge: name('br-ex'),
    type: 'system',
  },
  internalPort: {
    kind: 'ovs-port',
    name: name('vlan-500'),
    bridge: name('br-ex'),
    type: 'internal',
    tag: 100 as VlanId,
  },
  delivery: {
    ...flowBase,
    match: { type: 'ip', source: prefix('10.0.0.0/24') },
    action: { type: 'deliver', macOf: name('vlan-500'), port: name('vlan-500'), stripVlan: true },
  },
  delivery6: {
    ...flowBase,
    match: { type: 'ip', source: prefix('2001:db8:1::/64') },
    action: { type: 'deliver', macOf: veth, port: name('veth-ovs-500'), stripVlan: false },
  },
  answer: {
    ...flowBase,
    match: { type: 'resolution', family: 4 },
    action: { type: 'answer', macOf: veth },
  },
  frrVrf: { kind: 'frr-vrf', vrf },
  frrVni: { kind: 'frr-vni', vrf, vni },
  frrBgp: {
    kind: 'frr-bgp',
    vrf,
    asn: 65000 as Asn,
    redistribute: ['connected'],
    evpn: {
      rd: unwrap(parseRouteDistinguisher('192.0.2.1:500')),
      importTargets: [],
      exportTargets: [],
    },
  },
  frrLeak: {
    kind: 'frr-bgp',
    vrf: name('bgp-vrf'),
    asn: 65000 as Asn,
    routerId: ip4('192.0.2.1'),
    redistribute: ['kernel', 'connected'],
    evpn: undefined,
  },
  frrImport: { kind: 'frr-import', vrf: name('bgp-vrf'), asn: 65000 as Asn },
  frrSegment: {
    kind: 'frr-segment',
    vni,
    asn: 65000 as Asn,
    rd: unwrap(parseRouteDistinguisher('192.0.2.1:500')),
    importTargets: [unwrap(parseRouteTarget('65000:1')), unwrap(parseRouteTarget('65000:2'))],
    exportTargets: [unwrap(parseRouteTarget('65000:3'))],
  },
  frrInterface: { kind: 'frr-interface', link: name('vp500.102') },
  frrAdvertisement: {
    kind: 'frr-advertisement',
    link: name('vp500.102'),
    prefixes: [
      { prefix: prefix('2001:db8:4::/64'), autonomous: false },
      { prefix: prefix('2001:db8:5::/64'), autonomous: true },
    ],
    dnsServers: [ip6('2001:db8::53')],
    managed: true,
    other: true,
  },
} as const satisfies Readonly<Record<string, Spec>>;
