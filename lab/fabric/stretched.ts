/**
 * A provider network that is one with the fabric: the spine and the provider bridge of each node have addresses on it, over
 * which they are BGP neighbours. Of different AS: to a neighbour of the same, FRR says itself as next hop of what it imported
 * from a VRF; to another on the network of the next hop it leaves that as it is.
 */

import { runOk } from '../process.ts';
import { labAs } from './addresses.ts';
import { configure } from './drift.ts';
import { isFrr } from './frr.ts';
import type { FabricNode } from './node.ts';
import type { Fabric } from './topology.ts';

const bridge = 'stretched';

/** What each end says of itself on these sessions: all of the lab are of one AS otherwise, and FRR 8.4 wants a third. */
const nodeAs = 65010;
const spineAs = 65020;

/** What of itself a node tells the spine: what it hears from it would come back for ever, under its other AS. */
const filters = [
  'ip prefix-list SUBNETS seq 5 permit 10.0.0.0/8 le 24',
  'ipv6 prefix-list SUBNETS6 seq 5 permit fd00::/8 le 64',
  'bgp as-path access-list OWN seq 5 permit ^$',
];

type Both = readonly [v4: string, v6: string];

/** Addresses of the spine and of hypervisor `index`, which counts from 1. */
const ofSpine: Both = ['172.24.4.1', '2001:db8:4::1'];
const ofNode = (index: number): Both => [`172.24.4.20${index}`, `2001:db8:4::20${index}`];

/** Joins spine and hypervisors on the flat provider network 172.24.4.0/24 and 2001:db8:4::/64. */
export async function joinProviderNetwork({ spine, hypervisors }: Fabric): Promise<void> {
  const legs = hypervisors.map(
    ({ name }) => `link add on-${name} netns spine type veth peer name on-spine netns ${name}`,
  );
  await runOk(['ip', '-batch', '-'], { input: `${legs.join('\n')}\n` });
  await spine.ip(
    `link add ${bridge} type bridge`,
    `link set ${bridge} up`,
    ...hypervisors.map(({ name }) => `link set on-${name} master ${bridge} up`),
    ...addressLines('add', ofSpine, bridge),
  );
  await configure('route-map GLOBAL permit 10', 'set ipv6 next-hop prefer-global')(spine);
  for (const [at, node] of hypervisors.entries()) {
    await node.ip('link set on-spine up', ...addressLines('add', ofNode(at + 1), 'br-ex'));
    await node.ovsVsctl('add-port', 'br-ex', 'on-spine');
    await configure(...filters)(node);
    await joinAs(node, ofSpine, [nodeAs, spineAs], {
      v4: ['prefix-list SUBNETS out', 'filter-list OWN out'],
      // Else FRR says its own link-local address besides, and that goes before the address of the router; 8.4 says it all the same.
      v6: ['prefix-list SUBNETS6 out', 'filter-list OWN out', 'nexthop-local unchanged'],
    });
    await joinAs(spine, ofNode(at + 1), [spineAs, nodeAs], {
      v6: isFrr(8) ? ['route-map GLOBAL in'] : [],
    });
  }
}

/** Sessions with a neighbour, one of each family, and what is said of the neighbour in that. */
async function joinAs(
  node: FabricNode,
  [peer4, peer6]: Both,
  [own, other]: readonly [own: number, other: number],
  { v4 = [], v6 = [] }: Readonly<Partial<Record<'v4' | 'v6', readonly string[]>>> = {},
): Promise<void> {
  const common = [
    `remote-as ${other}`,
    `local-as ${own} no-prepend replace-as`,
    'timers connect 1',
    'advertisement-interval 0',
  ];
  const say = (peer: string, family: 4 | 6, more: readonly string[]) =>
    configure(
      `router bgp ${labAs}`,
      ...common.map((words) => `neighbor ${peer} ${words}`),
      `address-family ipv${family} unicast`,
      ...more.map((words) => `neighbor ${peer} ${words}`),
      `neighbor ${peer} activate`,
    )(node);
  await say(peer4, 4, v4);
  await say(peer6, 6, v6);
}

async function leaveAs(node: FabricNode, peer: Both): Promise<void> {
  const lines = peer.map((address) => `no neighbor ${address}`);
  await configure(`router bgp ${labAs}`, ...lines)(node);
}

/** Whatever there is of it. */
export async function leaveProviderNetwork({ spine, hypervisors }: Fabric): Promise<void> {
  const parts = hypervisors.flatMap((node, at) => [
    () => leaveAs(spine, ofNode(at + 1)),
    () => leaveAs(node, ofSpine),
    () => configure(...filters.map((line) => `no ${line}`))(node),
    () => node.ovsVsctl('--if-exists', 'del-port', 'br-ex', 'on-spine'),
    () => node.ip(...addressLines('del', ofNode(at + 1), 'br-ex')),
    () => spine.ip(`link del on-${node.name}`),
  ]);
  parts.push(() => configure('no route-map GLOBAL')(spine));
  // What was not made yet cannot be taken away.
  for (const part of parts) await part().catch(() => undefined);
  await spine.ip(`link del ${bridge}`);
}

function addressLines(verb: 'add' | 'del', [v4, v6]: Both, device: string): readonly string[] {
  return [
    `addr ${verb} ${v4}/24 dev ${device}`,
    `addr ${verb} ${v6}/64 dev ${device}${verb === 'add' ? ' nodad' : ''}`,
  ];
}
