/** What most scenarios begin with: agents on the hypervisors, and a tenant behind a router of its own. */

import type { Network } from './cloud/network.ts';
import type { Router } from './cloud/router.ts';
import type { Namespace } from './namespace.ts';
import { assertState, isBare, stateOf } from './node-state.ts';
import type { FabricNode } from './node.ts';
import type { Stage } from './scenario.ts';
import { SelvedgeAgent, type SelvedgeSettings } from './selvedge.ts';
import { waitFor } from './wait.ts';

export interface Tenancy {
  readonly network: Network;
  readonly router: Router;
}

/** An agent on every hypervisor, in the fabric's order; stopped when the scenario ends. */
export async function startAgents(
  { fabric, cleanup }: Stage,
  settings: SelvedgeSettings = {},
): Promise<readonly SelvedgeAgent[]> {
  // An agent in mode bgp does not look for the flows of the other mode: that one was to be drained before.
  if (settings.mode === 'bgp') for (const node of fabric.hypervisors) await clearOfEvpn(node);
  const agents = fabric.hypervisors.map((node) => new SelvedgeAgent(node, settings));
  for (const agent of agents) {
    cleanup(() => agent.stop());
    await agent.start();
  }
  return agents;
}

export function publicNetwork({ cloud }: Pick<Stage, 'cloud'>): Promise<Network> {
  return cloud.network('public', {
    subnets: ['172.24.4.0/24', '2001:db8:4::/64'],
    physnet: 'physnet1',
  });
}

/** 10.1.0.0/24 for every tenant alike: what keeps them apart is the VNI. */
export async function addTenant(
  { cloud }: Pick<Stage, 'cloud'>,
  name: string,
  place: {
    readonly outside: Network;
    readonly host: number;
    readonly on: readonly FabricNode[];
  },
): Promise<Tenancy> {
  const network = await cloud.network(name, { subnets: ['10.1.0.0/24', 'fd00:1::/64'] });
  const { outside: gateway, host, on } = place;
  const router = await cloud.router(`router-${name}`, { gateway, host, on });
  await router.attach(network);
  return { network, router };
}

/** Waits until neither kernel, Open vSwitch nor FRR of the node knows of a VNI of ours. */
export async function isGone(node: FabricNode, vni: number): Promise<void> {
  const pattern = new RegExp(`(?:-|table |\\b[sv][op])${vni}\\b`);
  await waitFor(`VNI ${vni} to be gone from ${node.name}`, async () => {
    for (const place of places) if (pattern.test(await node.ok(place))) return false;
    return true;
  });
}

/** What costs least is asked first: a node that is waited for has other things to do than to start vtysh. */
const places: readonly (readonly string[])[] = [
  ['ip', '-o', 'link', 'show'],
  ['ip', 'route', 'show', 'table', 'all'],
  ['ip', '-6', 'route', 'show', 'table', 'all'],
  ['ovs-vsctl', 'list-ports', 'br-ex'],
  ['vtysh', '-c', 'show running-config'],
];

/** What a node announces of a VNI: the addresses of its dummy device, sorted. */
export async function announced(node: FabricNode, vni: number): Promise<readonly string[]> {
  const links = await node
    .ipJson<{ readonly addr_info: readonly { readonly local: string }[] }>(
      'address',
      'show',
      'dev',
      `lo-${vni}`,
    )
    .catch(() => []);
  return links
    .flatMap(({ addr_info }) => addr_info.map(({ local }) => local))
    .filter((address) => !address.startsWith('fe80:'))
    .sort();
}

/** Lets go of everything: what an agent leaves would be in the way of scenarios of another mode. */
export async function drain(agents: readonly SelvedgeAgent[]): Promise<void> {
  await Promise.all(agents.map((agent) => agent.cli('drain')));
  for (const { node } of agents) {
    await waitFor(`${node.name} to be drained`, async () => {
      return !(await node.ok(['ip', '-o', 'link', 'show'])).includes('bgp-vrf');
    });
  }
}

/** The state of a node on which no agent has left anything: what there is of it is taken away. */
async function bareState(node: FabricNode): Promise<readonly string[]> {
  const state = await stateOf(node);
  if (isBare(state)) return state;
  await drainAsEvpn(node);
  return stateOf(node);
}

/** Takes away what an agent in mode evpn has left, if there are flows of it: its VRFs are like those of mode bgp. */
async function clearOfEvpn(node: FabricNode): Promise<void> {
  const left = await node.ok(['ovs-ofctl', 'dump-flows', 'br-ex', 'cookie=0x3e6/-1']);
  if (left.includes('cookie=0x3e6,')) await drainAsEvpn(node);
}

async function drainAsEvpn(node: FabricNode): Promise<void> {
  const agent = new SelvedgeAgent(node);
  await agent.configure();
  await agent.cli('drain');
}

/** Takes away what agents of scenarios before have left; what comes waits until the hypervisors are again as they are then. */
export async function bareNodes({
  fabric: { hypervisors },
}: Pick<Stage, 'fabric'>): Promise<() => Promise<void>> {
  const bare = await Promise.all(hypervisors.map(bareState));
  return async () => {
    for (const [index, node] of hypervisors.entries()) {
      await waitFor(`${node.name} to be as it was`, async () => {
        await assertState(node, bare[index] ?? []);
        return true;
      });
    }
  };
}

/** The addresses that a node announces in mode bgp, sorted. */
export async function announcedBy(node: FabricNode): Promise<readonly string[]> {
  const links = await node
    .ipJson<{ readonly addr_info: readonly { readonly local: string }[] }>(
      'address',
      'show',
      'dev',
      'bgp-nic',
    )
    .catch(() => []);
  return links
    .flatMap(({ addr_info }) => addr_info.map(({ local }) => local))
    .filter((address) => !address.startsWith('fe80:'))
    .sort();
}

/** Waits until neither rules, routes nor announced addresses of the node have such an address. */
export async function isLetGoOf(node: FabricNode, address: RegExp): Promise<void> {
  await waitFor(`${node.name} to have let go of it`, async () => {
    const shown = await Promise.all([
      node.ok(['ip', 'rule']),
      node.ok(['ip', '-6', 'rule']),
      node.ok(['ip', 'route', 'show', 'table', 'all', 'proto', '94']),
      node.ok(['ip', '-6', 'route', 'show', 'table', 'all', 'proto', '94']),
    ]);
    return ![...shown, ...(await announcedBy(node))].some((text) => address.test(text));
  });
}

/** Runs `body` under streams to all of them, from the host behind the spine or another; says how long each was not reached. */
export async function gaps(
  stage: Stage,
  what: string,
  addresses: readonly string[],
  body: () => Promise<void>,
  from: Namespace = stage.fabric.hx,
): Promise<void> {
  const { promise: allFlow, resolve } = Promise.withResolvers<void>();
  const done = allFlow.then(body);
  let flowing = 0;
  const one = async (address: string) => {
    const { longestGapMs } = await stage.underStream(from, address, () => {
      flowing += 1;
      if (flowing === addresses.length) resolve();
      return done;
    });
    stage.note(`${what} was not reached for ${longestGapMs} ms: ${address}`);
  };
  await Promise.all(addresses.map(one));
}

/** Waits until one node announces them in mode bgp, in the underlay or in the VRF of a VNI, and the other does not. */
export async function isAnnounced(
  addresses: readonly string[],
  by: FabricNode,
  notBy: FabricNode,
  vni?: number,
): Promise<void> {
  const of = (node: FabricNode) => (vni === undefined ? announcedBy(node) : announced(node, vni));
  await waitFor(`${by.name} to announce ${addresses.join()}, and ${notBy.name} not`, async () => {
    const [here, there] = await Promise.all([of(by), of(notBy)]);
    return addresses.every((each) => here.includes(each) && !there.includes(each));
  });
}
