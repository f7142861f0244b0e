/**
 * A node's state as sorted lines that two moments can be compared by: what an agent must leave as it was. Left out is
 * what changes by itself: counters, ages, learnt neighbours and FDB entries, and what belongs to VMs and OVN.
 */

import type { FabricNode } from './node.ts';

export type Snapshot = Readonly<Record<string, readonly string[]>>;

/** Parts of `ip -json` objects that name no state of the node's configuration. */
const volatile = new Set(
  (
    'ifindex link_index link_netnsid stats64 gc_timer hello_timer tcn_timer topology_change_timer ' +
    'valid_life_time preferred_life_time expires cache used confirmed updated probes refcnt nhid'
  ).split(' '),
);
/** Devices of VMs and of OVN's tunnels. */
const foreign = /^(tap|genev_sys)/;

export async function takeSnapshot(node: FabricNode): Promise<Snapshot> {
  const json = async (...words: readonly string[]) => formatObjects(await node.ipJson(...words));
  return {
    links: await json('-details', 'link'),
    addresses: await json('address'),
    rules: [...(await json('rule')), ...(await json('-6', 'rule'))].sort(),
    // Routes from BGP come and go with the peers; the others are somebody's wish.
    routes: [
      ...(await json('-4', '-details', 'route', 'show', 'table', 'all')),
      ...(await json('-6', '-details', 'route', 'show', 'table', 'all')),
    ]
      .filter((line) => !line.includes('"protocol":"bgp"'))
      .sort(),
    neighbours: [...(await json('neigh', 'show', 'nud', 'permanent'))],
    proxies: [
      ...(await json('neigh', 'show', 'proxy')),
      ...(await json('-6', 'neigh', 'show', 'proxy')),
    ],
    flows: await readFlows(node),
    ports: lines(await node.ok(['ovs-vsctl', 'list-ports', 'br-ex'])),
    frr: lines(await node.vtysh('show running-config')),
  };
}

/** What differs, as `- gone` and `+ new` lines under their part's name; empty when nothing does. */
export function diffSnapshots(before: Snapshot, after: Snapshot): readonly string[] {
  return Object.keys(before).flatMap((part) => {
    const old = new Set(before[part]);
    const now = new Set(after[part]);
    const gone = [...old].filter((line) => !now.has(line)).map((line) => `${part} - ${line}`);
    const come = [...now].filter((line) => !old.has(line)).map((line) => `${part} + ${line}`);
    return [...gone, ...come];
  });
}

async function readFlows(node: FabricNode): Promise<readonly string[]> {
  const text = await node.ok(['ovs-ofctl', '--no-stats', 'dump-flows', 'br-ex']);
  return lines(text)
    .map((line) => line.trim())
    .sort();
}

function formatObjects(objects: readonly Record<string, unknown>[]): readonly string[] {
  return objects
    .filter(({ ifname, dev }) => ![ifname, dev].some(isForeign))
    .map((object) =>
      JSON.stringify(object, (key, value: unknown) => (volatile.has(key) ? undefined : value)),
    )
    .sort();
}

function isForeign(name: unknown): boolean {
  return typeof name === 'string' && foreign.test(name);
}

function lines(text: string): readonly string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}
