/** What somebody alters by hand: it comes back by itself, and what is nobody's business of ours is left alone. */

import assert from 'node:assert/strict';
import {
  addForeign,
  comesBack,
  configure,
  deleteFlows,
  type Drift,
  frrConfiguration,
  linesOf,
  run,
} from '../fabric/drift.ts';
import type { FabricNode } from '../fabric/node.ts';
import { scenario } from '../fabric/scenario.ts';
import { addTenant, announced, publicNetwork, startAgents } from '../fabric/tenancy.ts';

const link = async (node: FabricNode, name: string) => {
  const [shown] = await node.ipJson<{ readonly flags: readonly string[]; readonly mtu: number }>(
    'link',
    'show',
    'dev',
    name,
  );
  return shown;
};
const offered = async (node: FabricNode) => (await announced(node, 500)).join();

const drifts: readonly Drift[] = [
  {
    what: 'an address',
    harm: run('ip address del 10.1.0.11/32 dev lo-500'),
    look: offered,
  },
  {
    what: 'a route of a subnet',
    harm: run('ip route del 10.1.0.0/24 table 500'),
    look: run('ip -d route show 10.1.0.0/24 table 500'),
  },
  {
    what: 'an IPv6 route of a subnet',
    harm: run('ip -6 route del fd00:1::/64 table 500'),
    look: run('ip -d -6 route show fd00:1::/64 table 500'),
  },
  {
    what: 'the neighbour entry of the gateway',
    harm: run('ip neighbour del 172.24.4.5 dev veth-vrf-500'),
    look: run('ip neighbour show 172.24.4.5 dev veth-vrf-500 nud permanent'),
  },
  {
    what: 'a device that is set down',
    harm: run('ip link set vxlan-500 down'),
    look: async (node) => String((await link(node, 'vxlan-500'))?.flags.includes('UP')),
  },
  {
    what: 'the MTU of a device',
    harm: run('ip link set br-500 mtu 1400'),
    look: async (node) => String((await link(node, 'br-500'))?.mtu),
  },
  {
    what: 'a device',
    harm: run('ip link del lo-500'),
    look: offered,
  },
  {
    what: 'the rule that ends look-ups in a VRF',
    harm: run('ip rule del pref 2000'),
    look: run('ip rule show pref 2000'),
  },
  {
    what: 'a flow',
    harm: deleteFlows('0x3e6'),
    look: linesOf('ovs-ofctl --no-stats dump-flows br-ex cookie=998/-1'),
  },
  {
    what: 'a port of the provider bridge',
    harm: run('ovs-vsctl del-port veth-ovs-500'),
    look: run('ovs-vsctl list-ports br-ex'),
  },
  // At once: FRR is read as often as it costs little, which is once in many seconds on an emulated processor.
  {
    what: 'lines of FRR, and the VNI in it,',
    harm: async (node) => {
      const instance = 'router bgp 64999 vrf vrf-500';
      await configure(instance, 'address-family l2vpn evpn', 'no advertise ipv4 unicast')(node);
      await configure('vrf vrf-500', 'no vni 500')(node);
    },
    look: frrConfiguration,
  },
];

scenario('what is altered by hand comes back, and what is foreign stays', async (stage) => {
  const { fabric, step, reaches } = stage;
  const { c1, he } = fabric;
  const [agent] = await startAgents(stage);
  assert.ok(agent);
  const outside = await publicNetwork(stage);
  const { network, router } = await addTenant(stage, 'tenant', { outside, host: 5, on: [c1] });
  const vm = await network.vm('vm', { on: c1, host: 11 });
  await router.setBgpvpn({ vni: 500, as: 64999 });
  await reaches(he, vm.v4);
  await reaches(he, vm.v6);
  await agent.settles();

  step('somebody adds things of his own');
  const areThere = await addForeign(stage, c1, { bgp: 'router bgp 64999 vrf vrf-500', table: 500 });
  await comesBack(stage, agent, drifts);

  step('all is as it was, and his things are there');
  await agent.settles();
  assert.match(await agent.plan(), /Nothing to do/);
  await reaches(he, vm.v4);
  await reaches(he, vm.v6);
  assert.deepEqual(await announced(c1, 500), ['10.1.0.11', 'fd00:1::11']);
  await areThere();
});
