/** Random events in the life of a node: of the cloud, of its daemons, of its agent, and of everybody else on it. */

import fc from 'fast-check';
import { assertNever } from '../../src/base/assert-never.ts';
import type { IfName } from '../../src/net/if-name.ts';
import { parseMac } from '../../src/net/mac.ts';
import type { Asn, TableId, Vni } from '../../src/net/numbers.ts';
import { defaultPrefix, parsePrefix } from '../../src/net/prefix.ts';
import { parseIp } from '../../src/net/ip.ts';
import { parseRouteTarget } from '../../src/net/route-distinguisher.ts';
import { unwrap } from '../../src/base/result.ts';
import type { Spec } from '../../src/resources/index.ts';
import type { Key } from '../../src/resources/resource.ts';
import { applyCloudEvent, anyCloudEvent, type CloudEvent } from './cloud-events.ts';
import type { SimNode } from './node.ts';
import { ownAsn } from './frr.ts';
import type { World } from './world.ts';

export type NodeEvent =
  /** What OVN and the operator do in one transaction. */
  | { readonly do: 'cloud'; readonly events: readonly CloudEvent[] }
  /** The agent dies after so many operations, and starts after the cloud has gone on without it. */
  | { readonly do: 'restart'; readonly after: number; readonly meanwhile: readonly CloudEvent[] }
  | { readonly do: 'faults'; readonly rate: number }
  | { readonly do: 'stop-frr' | 'start-frr' | 'restart-ovs' }
  /** Whether FRR's own instance is to take in the routes of a VRF; and the AS that the operator gives it, if any. */
  | { readonly do: 'leak'; readonly on: boolean }
  | { readonly do: 'own-bgp'; readonly asn: Asn | undefined }
  /** Somebody removes the nth of our objects, or alters it. */
  | { readonly do: 'drop' | 'alter'; readonly at: number }
  | { readonly do: 'foreign'; readonly at: number }
  | { readonly do: 'drop-foreign'; readonly at: number }
  /** Removes the object of ours that has the name, and takes it. */
  | { readonly do: 'usurp'; readonly at: number }
  | { readonly do: 'pass'; readonly milliseconds: number };

const some = fc.nat({ max: 1000 });
const cloudEvents = fc.array(anyCloudEvent, { minLength: 1, maxLength: 3 });

export const anyNodeEvent: fc.Arbitrary<NodeEvent> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ do: fc.constant('cloud'), events: cloudEvents }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('restart'),
      after: fc.oneof(fc.constant(0), fc.nat({ max: 60 })),
      meanwhile: fc.array(anyCloudEvent, { maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('faults'), rate: fc.constantFrom(0, 0.05, 0.3) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('stop-frr', 'start-frr', 'restart-ovs') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leak'), on: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('own-bgp'),
      asn: fc.constantFrom(undefined, ownAsn, 65001 as Asn),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('drop', 'alter', 'foreign', 'drop-foreign', 'usurp'),
      at: some,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pass'),
      milliseconds: fc.constantFrom(100, 2000, 70_000),
    }),
  },
) as fc.Arbitrary<NodeEvent>;

export async function applyNodeEvent(node: SimNode, event: NodeEvent): Promise<void> {
  const { world } = node;
  switch (event.do) {
    case 'cloud':
      node.setCloud(event.events.reduce(applyCloudEvent, node.cloud));
      return node.run();
    case 'restart':
      await node.killAgent(event.after);
      node.setCloud(event.meanwhile.reduce(applyCloudEvent, node.cloud));
      await node.startAgent();
      return node.run();
    case 'faults':
      world.faultRate = event.rate;
      return undefined;
    case 'stop-frr':
      world.frr.stop();
      return node.run();
    case 'start-frr':
      world.frr.comeBack();
      return node.run();
    case 'restart-ovs':
      world.restartOvs();
      return node.run();
    case 'leak':
      node.setLeaking(event.on);
      return node.run();
    case 'own-bgp':
      world.setOwnBgp(event.asn);
      return node.run();
    case 'pass':
      return node.pass(event.milliseconds);
    case 'drop':
    case 'alter':
    case 'foreign':
    case 'drop-foreign':
    case 'usurp':
      meddle(world, event.do, event.at);
      return node.run();
    default:
      return assertNever(event);
  }
}

function meddle(
  world: World,
  what: 'drop' | 'alter' | 'foreign' | 'drop-foreign' | 'usurp',
  at: number,
): void {
  const own = [...world.own()].filter(([, spec]) => !isInternal(spec));
  const mine = own[at % Math.max(1, own.length)];
  if (what === 'drop' && mine !== undefined) world.drop(mine[0]);
  if (what === 'alter' && mine !== undefined) alter(world, mine[0], mine[1]);
  const foreign = foreignObjects[at % foreignObjects.length];
  if (foreign === undefined) return;
  const name = foreignKey(world, foreign);
  const isOurs = world.real(name)?.owner === 'us';
  if (what === 'usurp' && isOurs && !isInternal(foreign)) world.drop(name);
  if (what === 'foreign' || what === 'usurp') world.putForeign(foreign);
  if (what === 'drop-foreign') {
    const keys = [...world.foreign.keys()];
    const key = keys[at % Math.max(1, keys.length)];
    if (key !== undefined) world.dropForeign(key);
  }
}

function foreignKey(world: World, spec: Spec): Key {
  return (world.kinds[spec.kind] as { key(of: Spec): Key }).key(spec);
}

/** The kernel refuses to delete an internal port's device, and rules of birth. */
function isInternal(spec: Spec): boolean {
  return (spec.kind === 'link' && spec.is.type === 'attached') || spec.kind === 'local-rule';
}

function alter(world: World, key: Key, spec: Spec): void {
  switch (spec.kind) {
    case 'link':
      // An MTU that nobody has asked for is nobody's.
      return spec.mtu === undefined ? undefined : world.kernel.alter(key, { ...spec, mtu: 1280 });
    case 'address':
      return spec.localRoute === undefined
        ? undefined
        : world.kernel.alter(key, { ...spec, localRoute: 'kept' });
    case 'sysctl':
      return world.kernel.alter(key, { ...spec, value: 7 });
    case 'neighbour':
      return world.kernel.alter(key, { ...spec, mac: mac('02:00:00:00:00:99') });
    case 'route':
      return world.kernel.alter(key, { ...spec, hop: { type: 'unreachable' } });
    case 'ovs-port':
      return world.ovs.alter(key, { ...spec, tag: 7 as never });
    case 'flow':
      return world.ovs.alter(key, { ...spec, cookie: 7 });
    case 'frr-bgp':
      return world.frr.alter(key, { ...spec, asn: 64999 as Asn });
    case 'rule':
    case 'local-rule':
    case 'lookup-rule':
    case 'link-up':
    case 'frr-device':
    case 'frr-vrf':
    case 'frr-vni':
      return undefined;
    case 'ovn-row':
      return world.ovn.alter(key, { ...spec, cells: {} });
    case 'frr-import':
      return world.frr.alter(key, { ...spec, deviations: ['import vrf bgp-vrf'] });
    case 'frr-interface':
      return undefined;
    case 'frr-advertisement':
      return world.frr.alter(key, { ...spec, managed: !spec.managed });
    case 'frr-segment':
      return world.frr.alter(key, { ...spec, rd: undefined });
    default:
      return assertNever(spec);
  }
}

const name = (text: string): IfName => text as IfName;
const mac = (text: string) => unwrap(parseMac(text));
const prefix = (text: string) => unwrap(parsePrefix(text));
const ip = (text: string) => unwrap(parseIp(text));

const dummy = (text: string): Spec => ({ kind: 'link', name: name(text), is: { type: 'dummy' } });
const unreachable = { type: 'unreachable' } as const;

/** What else may stand on a node: under our names, beside them, and with numbers that we want. */
const foreignObjects: readonly Spec[] = [
  ...['vrf-500', 'br-500', 'lo-500', 'vxlan-500', 'vlan-500', 'veth-ovs-500', 'veth-vrf-500'].map(
    dummy,
  ),
  ...['vlan-1600000', 've-ovs1600000', 'br-5f3a9c', 'lo-x', 'vrf-501', 'vlan-7', 'bgp-vrf'].map(
    dummy,
  ),
  { kind: 'link', name: name('blue'), is: { type: 'vrf', table: 500 as TableId } },
  {
    kind: 'link',
    name: name('vx'),
    is: { type: 'vxlan', vni: 500 as Vni, local: ip('192.0.2.9'), port: 4789 },
  },
  ...[500, 42].map(
    (table): Spec => ({
      kind: 'route',
      table: table as TableId,
      destination: prefix('10.0.0.0/24'),
      metric: 0,
      hop: unreachable,
    }),
  ),
  {
    kind: 'route',
    table: 500 as TableId,
    destination: defaultPrefix(4),
    metric: 4278198272,
    hop: unreachable,
  },
  { kind: 'rule', family: 4, priority: 1001, action: 'l3mdev-unreachable' },
  { kind: 'rule', family: 4, priority: 999, action: 'l3mdev-unreachable' },
  ...['br-ex', 'br-ex2'].flatMap((bridge): readonly Spec[] => [
    { kind: 'ovs-port', name: name('vlan-1600000'), bridge: name(bridge), type: 'internal' },
    { kind: 'ovs-port', name: name('tap0'), bridge: name(bridge), type: 'internal' },
    foreignFlow(bridge, '10.0.0.0/24'),
    foreignFlow(bridge, '10.9.0.0/24'),
  ]),
  { kind: 'frr-vrf', vrf: name('blue') },
  { kind: 'frr-vni', vrf: name('blue'), vni: 500 as Vni },
  {
    kind: 'frr-bgp',
    vrf: name('blue'),
    asn: 64999 as Asn,
    redistribute: ['connected'],
    evpn: { rd: undefined, importTargets: [], exportTargets: [] },
  },
  { kind: 'frr-import', vrf: name('blue'), asn: ownAsn },
  {
    kind: 'frr-segment',
    vni: 8 as Vni,
    asn: ownAsn,
    rd: undefined,
    importTargets: [unwrap(parseRouteTarget('65000:8'))],
    exportTargets: [],
  },
];

/** With the match of one that we would add, and another cookie. */
function foreignFlow(bridge: string, source: string): Spec {
  return {
    kind: 'flow',
    bridge: name(bridge),
    cookie: 1,
    priority: 1000,
    inPort: 'patch-provnet-0-to-br-int',
    routerMac: mac('fa:16:3e:00:00:05'),
    match: { type: 'ip', source: prefix(source) },
    action: { type: 'answer', macOf: name('lo') },
  };
}
