/** What somebody alters on a node by hand, how one sees that it is there again, and what is his own and has to stay. */

import assert from 'node:assert/strict';
import type { FabricNode } from './node.ts';
import type { Stage } from './scenario.ts';
import type { SelvedgeAgent } from './selvedge.ts';
import { waitFor } from './wait.ts';

type OnNode<T> = (node: FabricNode) => Promise<T>;

/** Something taken away or altered; what `look` shows is the same before it and afterwards. */
export interface Drift {
  readonly what: string;
  readonly harm: OnNode<unknown>;
  readonly look: OnNode<string>;
}

/** A command, its words parted by blanks. */
export const run =
  (text: string): OnNode<string> =>
  (node) =>
    node.ok(text.split(' '));

/** Lines of FRR's configuration, each inside the one before it. */
export const configure =
  (...lines: readonly string[]): OnNode<string> =>
  (node) =>
    node.ok(['vtysh', ...['configure terminal', ...lines].flatMap((line) => ['-c', line])]);

export const frrConfiguration: OnNode<string> = (node) => node.vtysh('show running-config');

/** Those of a cookie that are for packets from the integration bridge, as all of ours are. */
export const deleteFlows =
  (cookie: string): OnNode<string> =>
  (node) =>
    node.script(`for port in $(ovs-vsctl list-ports br-ex | grep ^patch-); do
      ovs-ofctl del-flows br-ex cookie=${cookie}/-1,in_port=$(ovs-vsctl get interface $port ofport)
    done`);

/** What a command prints, whatever the order of its lines. */
export const linesOf =
  (text: string): OnNode<string> =>
  async (node) =>
    (await run(text)(node)).split('\n').toSorted().join('\n');

/** Does harm to the agent's node in one way after the other, and waits until the agent has put each right: it has done something. */
export async function comesBack(
  { note }: Stage,
  agent: SelvedgeAgent,
  drifts: readonly Drift[],
): Promise<void> {
  const { node } = agent;
  const operations = async () => (await agent.status())?.operations ?? 0;
  for (const { what, harm, look } of drifts) {
    const before = await look(node);
    const done = await operations();
    await harm(node);
    const begun = performance.now();
    await waitFor(`${what} to come back`, async () => {
      return (await look(node)) === before && (await operations()) > done;
    });
    note(`${what}: back after at most ${Math.round(performance.now() - begun)} ms`);
  }
}

/**
 * Somebody's own things beside those of an agent: a device, a route in the table of a VRF, a rule, a flow, and a network in
 * an instance of BGP. They are taken away when the scenario ends; what comes holds that they are there.
 */
export async function addForeign(
  { cleanup }: Stage,
  node: FabricNode,
  { bgp, table }: { readonly bgp: string; readonly table: number },
): Promise<() => Promise<void>> {
  const instance = [bgp, 'address-family ipv4 unicast'];
  cleanup(() => node.ok(['ip', 'link', 'del', 'lo-mine']).catch(() => undefined));
  await node.script(`
    ip link add lo-mine type dummy
    ip address add 10.9.9.9/32 dev lo-mine
    ip route add blackhole 10.98.0.0/24 table ${table} proto static
    ip rule add pref 90 to 203.0.113.0/24 lookup main
    ovs-ofctl add-flow br-ex cookie=0x77,priority=7,ip,nw_dst=203.0.113.7,actions=drop
    # With the cookies of ovn-bgp-agent, which are ours as well.
    ovs-ofctl add-flow br-ex cookie=998,priority=7,ip,nw_dst=203.0.113.8,actions=drop
    ovs-ofctl add-flow br-ex cookie=999,priority=7,ip,nw_dst=203.0.113.9,actions=drop`);
  await configure(...instance, 'network 10.99.0.0/24')(node);
  cleanup(async () => {
    await node.script(`
      ovs-ofctl del-flows br-ex ip,nw_dst=203.0.113.0/28
      ip rule del pref 90
      ip route del blackhole 10.98.0.0/24 table ${table}`);
    // Not there any more after a restart of FRR.
    await configure(...instance, 'no network 10.99.0.0/24')(node).catch(() => undefined);
  });
  return async () => {
    assert.match(await run('ip address show dev lo-mine')(node), /10\.9\.9\.9/);
    assert.match(await run(`ip route show table ${table}`)(node), /blackhole 10\.98\.0\.0\/24/);
    assert.match(await run('ip rule show pref 90')(node), /203\.0\.113\.0\/24/);
    const flows = await run('ovs-ofctl dump-flows br-ex')(node);
    for (const mine of ['0x77', '0x3e6', '0x3e7'])
      assert.match(flows, new RegExp(`cookie=${mine}, .*nw_dst=203\\.0\\.113\\.`));
    assert.match(await frrConfiguration(node), /network 10\.99\.0\.0\/24/);
  };
}
