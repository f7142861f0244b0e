/**
 * BGP mode by the driver ovn_stretched_l2_bgp_driver: the provider network is one with the fabric, and all nodes announce the
 * subnets of tenants with the address of their router on it as next hop, wherever the gateway is.
 */

import assert from 'node:assert/strict';
import type { FabricNode } from '../fabric/node.ts';
import { scenario } from '../fabric/scenario.ts';
import { announcedBy, drain, startAgents } from '../fabric/tenancy.ts';
import { joinProviderNetwork, leaveProviderNetwork } from '../fabric/stretched.ts';
import { waitFor } from '../fabric/wait.ts';

scenario('subnets of tenants are announced by all nodes, by way of their router', async (stage) => {
  const { fabric, cloud, step, note, cleanup, reaches } = stage;
  const { spine, c1, c2, hx, hypervisors } = fabric;

  step('the spine and both nodes are on the provider network, and neighbours there');
  cleanup(() => leaveProviderNetwork(fabric));
  await joinProviderNetwork(fabric);
  const driver = 'driver = "ovn_stretched_l2_bgp_driver"';
  const agents = await startAgents(stage, { mode: 'bgp', bgp: [driver] });
  cleanup(() => drain(agents));

  step('a tenant network with a VM on each node, behind a router whose gateway is on c1');
  const subnets = ['172.24.4.0/24', '2001:db8:4::/64'];
  const outside = await cloud.network('public', { subnets, physnet: 'physnet1' });
  const tenant = await cloud.network('tenant', { subnets: ['10.1.0.0/24', 'fd00:1::/64'] });
  const router = await cloud.router('r1', { gateway: outside, host: 5, on: [c1, c2] });
  await router.attach(tenant);
  const vms = await tenant.vms({ near: { on: c1, host: 11 }, far: { on: c2, host: 12 } });
  const hops = { '10.1.0.0/24': '172.24.4.5', 'fd00:1::/64': '2001:db8:4::5' };

  step('the spine hears of both subnets from both nodes, with the address of the router');
  for (const [subnet, hop] of Object.entries(hops)) await isHeard(spine, subnet, [hop, hop]);
  assert.deepEqual(await announcedBy(c1), []);

  step('a host behind it reaches both VMs, on both families');
  for (const vm of vms) for (const address of [vm.v4, vm.v6]) await reaches(hx, address);

  step('the gateway moves to c2: the routes stay as they are, and lead there');
  await router.moveGateway([c2, c1]);
  await router.waitForGatewayOn(c2, fabric.central);
  for (const vm of vms) for (const address of [vm.v4, vm.v6]) await reaches(hx, address);
  for (const [subnet, hop] of Object.entries(hops)) await isHeard(spine, subnet, [hop, hop]);

  step('the network is detached, and its subnets are gone');
  await router.detach(tenant);
  const begun = performance.now();
  for (const subnet of Object.keys(hops)) await isHeard(spine, subnet, []);
  note(`gone from the spine after ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  for (const node of hypervisors) {
    const left = await node.ok(['ip', 'route', 'show', 'table', '10', 'proto', '94']);
    assert.equal(left, '');
  }
});

interface Path {
  readonly valid?: boolean;
  readonly nexthops: readonly { readonly ip: string; readonly scope?: string }[];
}

/** Waits until the node has valid paths to a prefix with these next hops, and no others. */
async function isHeard(node: FabricNode, prefix: string, hops: readonly string[]): Promise<void> {
  const family = prefix.includes(':') ? 'ipv6' : 'ipv4';
  const show = `show bgp ${family} unicast ${prefix} json`;
  let heard = '';
  await waitFor(`${node.name} to have ${prefix} by ${hops.join(' and ') || 'nobody'}`, async () => {
    const text = await node.vtysh(show);
    const { paths = [] } = JSON.parse(text) as { readonly paths?: readonly Path[] };
    const valid = paths.filter((path) => path.valid === true);
    heard = valid
      .flatMap(({ nexthops }) => nexthops.filter(({ scope }) => scope !== 'link-local'))
      .map(({ ip }) => ip)
      .join();
    return heard === hops.join();
  });
}
