/** Random events in the life of a cloud. Few names and numbers, so that they meet: overlap, share, contradict. */

import fc from 'fast-check';
import { assertNever } from '../../src/base/assert-never.ts';
import type {
  Annotation,
  Balancer,
  Bridge,
  ChassisName,
  Cloud,
  DhcpRow,
  GatewayPort,
  InterfacePort,
  MachinePort,
  Provider,
  Scopes,
} from './cloud.ts';

/** What happens to a cloud, as data that shrinks well. */
export type CloudEvent =
  | { readonly set: 'providers'; readonly at: number; readonly to: Provider | undefined }
  | { readonly set: 'gateways'; readonly at: number; readonly to: GatewayPort | undefined }
  | { readonly set: 'interfaces'; readonly at: number; readonly to: InterfacePort | undefined }
  | { readonly set: 'machines'; readonly at: number; readonly to: MachinePort | undefined }
  /** The gateway moves: bound to another chassis, in one step or by way of none. */
  | { readonly set: 'gateway-chassis'; readonly at: number; readonly to: ChassisName | undefined }
  | { readonly set: 'gateway-membership'; readonly at: number; readonly to: boolean }
  | { readonly set: 'gateway-annotation'; readonly at: number; readonly to: Annotation }
  | { readonly set: 'interface-annotation'; readonly at: number; readonly to: Annotation }
  | { readonly set: 'provider-annotation'; readonly at: number; readonly to: Ids }
  | { readonly set: 'provider-switch'; readonly at: number; readonly to: Ids | undefined }
  | { readonly set: 'provider-dhcp'; readonly at: number; readonly to: readonly DhcpRow[] }
  | { readonly set: 'tenants'; readonly at: number; readonly to: Ids | undefined }
  | { readonly set: 'machine-chassis'; readonly at: number; readonly to: ChassisName | undefined }
  | { readonly set: 'balancers'; readonly at: number; readonly to: Balancer | undefined }
  | { readonly set: 'ovn-age'; readonly to: boolean }
  /** What OVN says of the port, without another row. */
  | { readonly set: 'machine-is'; readonly at: number; readonly to: MachineIs }
  | { readonly set: 'gateway-expose'; readonly at: number; readonly to: string | undefined }
  | { readonly set: 'provider-expose'; readonly at: number; readonly to: string | undefined }
  | { readonly set: 'node-expose'; readonly to: boolean | undefined }
  | { readonly set: 'node-role'; readonly to: boolean }
  | { readonly set: 'mapping'; readonly of: string; readonly to: string | undefined }
  | { readonly set: 'bridge'; readonly of: string; readonly to: Bridge }
  | { readonly set: 'snat'; readonly at: number; readonly to: readonly string[] | undefined }
  | { readonly set: 'registered'; readonly to: boolean }
  | { readonly set: 'vtep'; readonly to: string | undefined }
  | { readonly set: 'mtu'; readonly to: number | undefined };

/** external_ids. */
type Ids = Readonly<Record<string, string>>;

type MachineIs = Pick<
  MachinePort,
  'up' | 'movingTo' | 'isHeardThere' | 'expose' | 'parent' | 'parents'
>;

export function applyCloudEvent(cloud: Cloud, event: CloudEvent): Cloud {
  switch (event.set) {
    case 'providers':
    case 'gateways':
    case 'interfaces':
    case 'machines':
    case 'snat':
      return { ...cloud, [event.set]: withSlot<unknown>(cloud[event.set], event.at, event.to) };
    case 'balancers':
      return { ...cloud, balancers: withSlot(cloud.balancers ?? [], event.at, event.to) };
    case 'tenants':
      return { ...cloud, tenants: withSlot(cloud.tenants ?? [], event.at, event.to) };
    case 'ovn-age':
      return { ...cloud, isOldOvn: event.to };
    case 'gateway-chassis':
      return { ...cloud, gateways: edit(cloud.gateways, event.at, { chassis: event.to }) };
    case 'gateway-membership':
      return { ...cloud, gateways: edit(cloud.gateways, event.at, { mayMoveHere: event.to }) };
    case 'gateway-annotation':
      return { ...cloud, gateways: edit(cloud.gateways, event.at, { annotation: event.to }) };
    case 'interface-annotation':
      return { ...cloud, interfaces: edit(cloud.interfaces, event.at, { annotation: event.to }) };
    case 'provider-annotation':
      return { ...cloud, providers: edit(cloud.providers, event.at, { annotation: event.to }) };
    case 'provider-switch':
      return { ...cloud, providers: edit(cloud.providers, event.at, { switchIds: event.to }) };
    case 'provider-dhcp':
      return { ...cloud, providers: edit(cloud.providers, event.at, { dhcp: event.to }) };
    case 'machine-chassis':
      return { ...cloud, machines: edit(cloud.machines, event.at, { chassis: event.to }) };
    case 'machine-is':
      return { ...cloud, machines: edit(cloud.machines, event.at, event.to) };
    case 'gateway-expose':
      return { ...cloud, gateways: edit(cloud.gateways, event.at, { expose: event.to }) };
    case 'provider-expose':
      return { ...cloud, providers: edit(cloud.providers, event.at, { expose: event.to }) };
    case 'node-expose':
      return { ...cloud, nodeExposes: event.to };
    case 'node-role':
      return { ...cloud, isGateway: event.to };
    case 'mapping': {
      const { [event.of]: _, ...others } = cloud.mappings;
      const mappings = event.to === undefined ? others : { ...others, [event.of]: event.to };
      return { ...cloud, mappings };
    }
    case 'bridge':
      return { ...cloud, bridges: { ...cloud.bridges, [event.of]: event.to } };
    case 'registered':
      return { ...cloud, isRegistered: event.to };
    case 'vtep':
      return { ...cloud, vtep: event.to };
    case 'mtu':
      return { ...cloud, underlayMtu: event.to };
    default:
      return assertNever(event);
  }
}

function withSlot<T>(slots: readonly T[], at: number, to: T): readonly T[] {
  const copy = [...slots];
  while (copy.length < at) copy.push(undefined as T);
  copy[at] = to;
  return copy;
}

function edit<T extends object>(
  slots: readonly (T | undefined)[],
  at: number,
  patch: Partial<T>,
): readonly (T | undefined)[] {
  const before = slots[at];
  return before === undefined ? slots : withSlot(slots, at, { ...before, ...patch });
}

const index = (count: number) => fc.nat({ max: count - 1 });
const chance = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined, freq: 4 });

const chassis = fc.oneof(
  { arbitrary: fc.constant<ChassisName>('here'), weight: 4 },
  { arbitrary: fc.constant<ChassisName>('there'), weight: 1 },
  { arbitrary: fc.constant(undefined), weight: 1 },
);

const annotation: fc.Arbitrary<Annotation> = fc.oneof(
  { arbitrary: fc.constant({ vni: '500', as: '65000' }), weight: 6 },
  { arbitrary: fc.constant({ vni: '1600000', as: '65000' }), weight: 3 },
  fc.constantFrom<Annotation>(
    {},
    { vni: '500' },
    { as: '65000' },
    { vni: '500', as: '65001' },
    { vni: '0', as: '65000' },
    { vni: '16777216', as: '65000' },
    { vni: 'blue', as: '65000' },
    { vni: '500', as: '0' },
  ),
);

const generation = fc.nat({ max: 1 });

const l3 = { 'neutron_bgpvpn:type': 'l3', 'neutron_bgpvpn:vni': '1001' };
const l2 = { 'neutron_bgpvpn:type': 'l2', 'neutron_bgpvpn:vni': '1002' };

const providerAnnotation = fc.constantFrom<Ids>(
  {},
  {},
  l3,
  l3,
  { ...l3, 'neutron_bgpvpn:vni': '1002', 'neutron_bgpvpn:as': '65001' },
  { ...l3, 'neutron_bgpvpn:rt': "['65000:1']", 'neutron_bgpvpn:rd': '["65000:2"]' },
  { ...l3, 'neutron_bgpvpn:rt': '65000:1' },
  { ...l3, 'selvedge:gateways': '172.24.4.1/24 2001:db8:f::1/64' },
  l2,
  { 'neutron_bgpvpn:type': 'l2' },
);

/** Of the network's Logical_Switch, where it may say something else than the localnet port does. */
const switchIds = fc.oneof(
  { arbitrary: fc.constant(undefined), weight: 1 },
  { arbitrary: providerAnnotation, weight: 3 },
  fc.constantFrom<Ids>({ 'selvedge:expose': 'false' }, { ...l3, 'selvedge:expose': 'false' }),
);

const dhcp4: DhcpRow = { cidr: '172.24.4.0/24', options: { router: '172.24.4.1' } };
const dhcp6: DhcpRow = { cidr: '2001:db8:f::/64', options: { dns_server: '{2001:db8::53}' } };

const dhcp = fc.constantFrom<readonly DhcpRow[]>(
  [],
  [dhcp4],
  [dhcp4, dhcp6],
  [{ ...dhcp6, options: { ...dhcp6.options, dhcpv6_stateless: 'true' } }],
  [{ ...dhcp4, options: { router: '172.24.4.2' }, isOfPort: true }],
  [dhcp4, { ...dhcp4, options: { router: '172.24.4.2' }, isOfPort: true }],
  [
    { ...dhcp4, options: { router: 'nobody' } },
    { cidr: 'nowhere', options: {} },
  ],
);

const provider: fc.Arbitrary<Provider> = fc.record({
  physicalNetwork: fc.constantFrom('physnet-a', 'physnet-a', 'physnet-b', undefined),
  tag: fc.constantFrom(undefined, undefined, 100, 200),
  annotation: providerAnnotation,
  switchIds,
  dhcp,
});

const tenantIds = fc.constantFrom<Ids>({}, { 'selvedge:expose': 'false' }, l3);

const gatewayMac = fc.oneof(
  {
    arbitrary: fc.constantFrom(
      'M 172.24.4.H/24',
      'M 172.24.4.H/24 2001:db8:f::H/64',
      'M 172.24.4.H/24 172.24.5.H/24',
    ),
    weight: 6,
  },
  fc.constantFrom('M 2001:db8:f::H/64', 'M', 'unknown', 'not-a-mac 172.24.4.H/24'),
);

const scope = fc.constantFrom<string>('scope-a', 'scope-a', 'scope-b');
const scopes: fc.Arbitrary<Scopes> = fc.record({ v4: scope, v6: scope }, { requiredKeys: [] });

const gateway: fc.Arbitrary<GatewayPort> = fc.record({
  router: index(2),
  provider: index(2),
  chassis,
  mayMoveHere: fc.boolean(),
  mac: gatewayMac,
  annotation,
  nat: fc.constantFrom<readonly string[]>(
    [],
    [
      'fa:16:3e:00:04:00 172.24.4.100 is_chassis_resident("38")',
      'fa:16:3e:00:04:01 172.24.4.101 2001:db8:f::101 is_chassis_resident("d6")',
    ],
    ['fa:16:3e:00:04:02 172.24.4.102 172.24.4.5 is_chassis_resident("cr-lrp-b2")'],
    ['nonsense'],
  ),
  scopes,
  generation,
});

const interfaceMac = fc.constantFrom(
  'M 10.0.0.1/24',
  'M 10.0.0.1/24 2001:db8:1::1/64',
  'M 10.0.0.129/25',
  'M 10.1.0.1/16 10.1.0.2/16',
  'M 2001:db8:1::1/64 2001:db8:2::1/64 fe80::1/64',
  'M 10.0.0.1/33',
  'M 10.0.0.1/24 2400:cb00:1::1/64',
);

const interfacePort: fc.Arbitrary<InterfacePort> = fc.record({
  router: index(2),
  network: index(3),
  mac: interfaceMac,
  annotation,
  scopes,
  generation,
});

const machine: fc.Arbitrary<MachinePort> = fc.record({
  network: index(3),
  provider: fc.constantFrom(undefined, undefined, 0, 1),
  type: fc.constantFrom('', '', '', 'virtual', 'localport'),
  chassis,
  mac: fc.constantFrom(
    'M 10.0.0.10',
    'M 10.0.0.200 2001:db8:1::10',
    'M 10.1.0.5 2001:db8:2::5',
    'M 192.168.0.1',
    'M 172.24.4.20 2001:db8:f::20',
    'M 10.0.0.12 2400:cb00:1::12',
    'unknown',
    'fa:16:3e:02:00 10.0.0.11',
  ),
  cidrs: fc.constantFrom(undefined, '10.0.0.77/24', '10.0.0.78/24 2001:db8:1::78/64', 'nonsense'),
  portName: fc.constantFrom(undefined, undefined, 'ovn-lb-vip-lb0', 'ovn-lb-vip-lb1'),
  scopes,
  generation,
});

const expose = fc.constantFrom(undefined, undefined, undefined, 'false', 'true', 'perhaps');

const balancer: fc.Arbitrary<Balancer> = fc.record({
  name: fc.constantFrom('lb0', 'lb0:udp', 'lb1', 'pf-floatingip-7'),
  vips: fc.subarray(
    ['172.24.4.20:80', '[2001:db8:f::20]:80', '10.0.0.20:80', '172.24.9.9', 'nonsense'],
    { minLength: 1 },
  ),
  routers: fc.subarray([0, 1]),
  networks: fc.subarray([0, 1, 2]),
});

const machineIs: fc.Arbitrary<MachineIs> = fc.record({
  up: fc.constantFrom(undefined, true, true, false),
  movingTo: fc.constantFrom(undefined, undefined, 'here', 'there'),
  isHeardThere: fc.boolean(),
  expose,
  parent: fc.constantFrom(undefined, 0, 1, 2),
  parents: fc.constantFrom(undefined, [0], [0, 1], [1, 2]),
});

const physicalNetwork = fc.constantFrom('physnet-a', 'physnet-b');
const bridgeName = fc.constantFrom('br-ex', 'br-ex2');

/** Any event, as likely as it is in a day of a cloud, with some that are not. */
export const anyCloudEvent: fc.Arbitrary<CloudEvent> = fc.oneof(
  slot('providers', 2, provider, 3),
  slot('gateways', 3, gateway, 4),
  slot('interfaces', 5, interfacePort, 8),
  slot('machines', 6, machine, 8),
  field('gateway-chassis', 3, chassis, 3),
  field('gateway-membership', 3, fc.boolean(), 2),
  field('gateway-annotation', 3, annotation, 3),
  field('interface-annotation', 5, annotation, 4),
  field('provider-annotation', 3, providerAnnotation, 3),
  field('provider-switch', 3, switchIds, 3),
  field('provider-dhcp', 3, dhcp, 3),
  slot('tenants', 3, tenantIds, 1),
  field('machine-chassis', 6, chassis, 3),
  slot('balancers', 3, balancer, 4),
  fc.record({ set: fc.constant('ovn-age'), to: fc.constantFrom(false, false, true) }),
  field('machine-is', 6, machineIs, 3),
  field('gateway-expose', 3, expose, 1),
  field('provider-expose', 2, expose, 1),
  fc.record({
    set: fc.constant('node-expose'),
    to: fc.constantFrom(undefined, undefined, true, false),
  }),
  fc.record({ set: fc.constant('node-role'), to: fc.boolean() }),
  fc.record({ set: fc.constant('mapping'), of: physicalNetwork, to: chance(bridgeName) }),
  fc.record({
    set: fc.constant('bridge'),
    of: bridgeName,
    to: fc.record({ exists: fc.constantFrom(true, true, false), hasUplink: fc.boolean() }),
  }),
  slot('snat', 2, fc.constantFrom<readonly string[]>([], ['10.0.0.0/24'], ['10.0.0.0/8']), 2),
  fc.record({ set: fc.constant('registered'), to: fc.constantFrom(true, true, false) }),
  fc.record({
    set: fc.constant('vtep'),
    to: fc.constantFrom('192.0.2.1', '192.0.2.1', '192.0.2.2', '2001:db8:ffff::1', undefined),
  }),
  fc.record({ set: fc.constant('mtu'), to: fc.constantFrom(1500, 9000, undefined) }),
) as fc.Arbitrary<CloudEvent>;

function slot<T>(set: CloudEvent['set'], count: number, of: fc.Arbitrary<T>, weight: number) {
  const arbitrary = fc.record({ set: fc.constant(set), at: index(count), to: chance(of) });
  return { arbitrary, weight };
}

function field<T>(set: CloudEvent['set'], count: number, of: fc.Arbitrary<T>, weight: number) {
  const arbitrary = fc.record({ set: fc.constant(set), at: index(count), to: of });
  return { arbitrary, weight };
}

/** A cloud in which things work, so that histories begin where there is something to lose. */
export const workingCloud: Cloud = {
  providers: [
    { physicalNetwork: 'physnet-a', tag: undefined },
    { physicalNetwork: 'physnet-b', tag: 100 },
  ],
  gateways: [
    {
      router: 0,
      provider: 0,
      chassis: 'here',
      mayMoveHere: true,
      mac: 'M 172.24.4.H/24 2001:db8:f::H/64',
      annotation: { vni: '500', as: '65000' },
      generation: 0,
    },
    {
      router: 1,
      provider: 1,
      chassis: 'here',
      mayMoveHere: true,
      mac: 'M 172.24.4.H/24',
      annotation: { vni: '1600000', as: '65000' },
      generation: 0,
    },
  ],
  interfaces: [
    {
      router: 0,
      network: 0,
      mac: 'M 10.0.0.1/24 2001:db8:1::1/64',
      annotation: { vni: '500', as: '65000' },
      generation: 0,
    },
    {
      router: 1,
      network: 1,
      mac: 'M 10.0.0.1/24',
      annotation: { vni: '1600000', as: '65000' },
      generation: 0,
    },
  ],
  machines: [0, 1].map((network) => ({
    network,
    type: '',
    chassis: 'here',
    mac: 'M 10.0.0.200 2001:db8:1::10',
    cidrs: undefined,
    generation: 0,
  })),
  snat: [[], []],
  mappings: { 'physnet-a': 'br-ex', 'physnet-b': 'br-ex' },
  bridges: {
    'br-ex': { exists: true, hasUplink: true },
    'br-ex2': { exists: true, hasUplink: false },
    'br-up': { exists: true, hasUplink: true },
  },
  isRegistered: true,
  vtep: '192.0.2.1',
  underlayMtu: 1500,
};
