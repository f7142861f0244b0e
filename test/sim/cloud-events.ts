/** Random events in the life of a cloud. Few names and numbers, so that they meet: overlap, share, contradict. */

import fc from 'fast-check';
import { assertNever } from '../../src/base/assert-never.ts';
import type {
  Annotation,
  Bridge,
  ChassisName,
  Cloud,
  GatewayPort,
  InterfacePort,
  MachinePort,
  Provider,
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
  | { readonly set: 'machine-chassis'; readonly at: number; readonly to: ChassisName | undefined }
  | { readonly set: 'mapping'; readonly of: string; readonly to: string | undefined }
  | { readonly set: 'bridge'; readonly of: string; readonly to: Bridge }
  | { readonly set: 'registered'; readonly to: boolean }
  | { readonly set: 'vtep'; readonly to: string | undefined }
  | { readonly set: 'mtu'; readonly to: number | undefined };

export function applyCloudEvent(cloud: Cloud, event: CloudEvent): Cloud {
  switch (event.set) {
    case 'providers':
    case 'gateways':
    case 'interfaces':
    case 'machines':
      return { ...cloud, [event.set]: withSlot<unknown>(cloud[event.set], event.at, event.to) };
    case 'gateway-chassis':
      return { ...cloud, gateways: edit(cloud.gateways, event.at, { chassis: event.to }) };
    case 'gateway-membership':
      return { ...cloud, gateways: edit(cloud.gateways, event.at, { mayMoveHere: event.to }) };
    case 'gateway-annotation':
      return { ...cloud, gateways: edit(cloud.gateways, event.at, { annotation: event.to }) };
    case 'interface-annotation':
      return { ...cloud, interfaces: edit(cloud.interfaces, event.at, { annotation: event.to }) };
    case 'machine-chassis':
      return { ...cloud, machines: edit(cloud.machines, event.at, { chassis: event.to }) };
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

const provider: fc.Arbitrary<Provider> = fc.record({
  physicalNetwork: fc.constantFrom('physnet-a', 'physnet-a', 'physnet-b', undefined),
  tag: fc.constantFrom(undefined, undefined, 100, 200),
});

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

const gateway: fc.Arbitrary<GatewayPort> = fc.record({
  router: index(2),
  provider: index(2),
  chassis,
  mayMoveHere: fc.boolean(),
  mac: gatewayMac,
  annotation,
  nat: fc.constantFrom<readonly string[]>(
    [],
    ['M 172.24.4.100 is_chassis_resident("38")', 'M 172.24.4.101 is_chassis_resident("d6")'],
    ['nonsense'],
  ),
  generation,
});

const interfaceMac = fc.constantFrom(
  'M 10.0.0.1/24',
  'M 10.0.0.1/24 2001:db8:1::1/64',
  'M 10.0.0.129/25',
  'M 10.1.0.1/16 10.1.0.2/16',
  'M 2001:db8:1::1/64 2001:db8:2::1/64 fe80::1/64',
  'M 10.0.0.1/33',
);

const interfacePort: fc.Arbitrary<InterfacePort> = fc.record({
  router: index(2),
  network: index(3),
  mac: interfaceMac,
  annotation,
  generation,
});

const machine: fc.Arbitrary<MachinePort> = fc.record({
  network: index(3),
  type: fc.constantFrom('', '', '', 'virtual', 'localport'),
  chassis,
  mac: fc.constantFrom(
    'M 10.0.0.10',
    'M 10.0.0.200 2001:db8:1::10',
    'M 10.1.0.5 2001:db8:2::5',
    'M 192.168.0.1',
    'unknown',
    'fa:16:3e:02:00 10.0.0.11',
  ),
  cidrs: fc.constantFrom(undefined, '10.0.0.77/24', '10.0.0.78/24 2001:db8:1::78/64', 'nonsense'),
  generation,
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
  field('machine-chassis', 6, chassis, 3),
  fc.record({ set: fc.constant('mapping'), of: physicalNetwork, to: chance(bridgeName) }),
  fc.record({
    set: fc.constant('bridge'),
    of: bridgeName,
    to: fc.record({ exists: fc.constantFrom(true, true, false), hasUplink: fc.boolean() }),
  }),
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
  mappings: { 'physnet-a': 'br-ex', 'physnet-b': 'br-ex' },
  bridges: {
    'br-ex': { exists: true, hasUplink: true },
    'br-ex2': { exists: true, hasUplink: false },
  },
  isRegistered: true,
  vtep: '192.0.2.1',
  underlayMtu: 1500,
};
