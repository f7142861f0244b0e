/** BGP mode: tenant networks behind a gateway are reached through the node that has it, host by host and as subnets. */

import assert from 'node:assert/strict';
import type { FabricNode } from '../fabric/node.ts';
import { scenario } from '../fabric/scenario.ts';
import { announcedBy, drain, isLetGoOf, startAgents } from '../fabric/tenancy.ts';
import { waitFor } from '../fabric/wait.ts';
import { isWhole } from '../fabric/whole.ts';

const outsider = { v4: '198.51.100.10', v6: '2001:db8:100::10' };

scenario('tenant networks are reached through the node that has their gateway', async (stage) => {
  const { fabric, cloud, step, cleanup, reaches, note } = stage;
  const { c1, c2, hx, spine } = fabric;
  let agents = await startAgents(stage, { mode: 'bgp', bgp: ['tenant_networks = true'] });
  cleanup(() => drain(agents));

  step('a router whose gateway is on c1, with a VM on each hypervisor');
  const subnets = ['172.24.4.0/24', '2001:db8:4::/64'];
  const outside = await cloud.network('public', { subnets, physnet: 'physnet1' });
  const tenant = await cloud.network('tenant', { subnets: ['10.1.0.0/24', 'fd00:1::/64'] });
  const router = await cloud.router('r1', { gateway: outside, host: 5, on: [c1, c2] });
  await router.attach(tenant);
  const near = await tenant.vm('near', { on: c1, host: 11 });
  const far = await tenant.vm('far', { on: c2, host: 12 });

  step(
    'a host behind the spine reaches tenants on both nodes, on both families, and they reach it',
  );
  const tenants = [near.v4, near.v6, far.v4, far.v6];
  for (const address of tenants) await reaches(hx, address);
  for (const vm of [near, far]) {
    await reaches(vm, outsider.v4);
    await reaches(vm, outsider.v6);
  }
  const gateway = router.gatewayAddresses.map((address) => address.replace(/\/.*$/, ''));
  assert.deepEqual(await announcedBy(c1), [...gateway, ...tenants].sort());
  assert.deepEqual(await announcedBy(c2), []);
  assert.match(await c1.ok(['ip', 'rule']), /32000:\tfrom all to 10\.1\.0\.0\/24 lookup/);

  step('another network is attached, and detached');
  const prefixes = ['10.2.0.0/24', 'fd00:2::/64'];
  const wide = await cloud.network('wide', { subnets: prefixes });
  const late = await wide.vm('late', { on: c2, host: 13 });
  await router.attach(wide);
  for (const address of [late.v4, late.v6]) await reaches(hx, address);
  await router.detach(wide);
  await isLetGoOf(c1, /10\.2\.0\.|fd00:2:/);

  step('the gateway moves to c2, and all behind it at once');
  const report = await stage.underStream(hx, near.v4, async () => {
    await router.moveGateway([c2, c1]);
    await router.waitForGatewayOn(c2, fabric.central);
  });
  note(`a tenant was not reached for ${report.longestGapMs} ms`);
  for (const address of tenants) await reaches(hx, address);
  await isLetGoOf(c1, /10\.1\.0\.|fd00:1:|172\.24\.4\.5/);
  assert.deepEqual(await announcedBy(c2), [...gateway, ...tenants].sort());

  if (!isWhole) return;
  step('as subnets, which nodes let out, after a restart');
  for (const agent of agents) await agent.stop();
  for (const node of [c1, c2]) await letSubnetsOut(node);
  cleanup(() => Promise.all([c1, c2].map(keepSubnetsIn)));
  agents = await startAgents(stage, {
    mode: 'bgp',
    bgp: ['tenant_networks = true', 'tenant_advertisement = "subnet"'],
  });
  await waitFor('the spine to have the subnets', async () => {
    const routes = await Promise.all([
      spine.ok(['ip', 'route', 'show', '10.1.0.0/24']),
      spine.ok(['ip', '-6', 'route', 'show', 'fd00:1::/64']),
    ]);
    return routes.every((text) => text !== '');
  });
  await waitFor('the addresses of tenants to be gone from c2', async () => {
    return (await announcedBy(c2)).join(' ') === [...gateway].sort().join(' ');
  });
  for (const address of tenants) await reaches(hx, address);
  for (const agent of agents) await agent.settles();
});

/** What an operator adds to the filters of ovn-bgp-agent's documentation, which let host routes out only. */
async function letSubnetsOut(node: FabricNode): Promise<void> {
  await node.script(`vtysh -c 'configure terminal' \
-c 'ip prefix-list EXPOSED seq 20 permit 10.0.0.0/8 le 24' \
-c 'ipv6 prefix-list EXPOSED6 seq 20 permit fd00::/8 le 64'`);
}

async function keepSubnetsIn(node: FabricNode): Promise<void> {
  await node.script(`vtysh -c 'configure terminal' \
-c 'no ip prefix-list EXPOSED seq 20' \
-c 'no ipv6 prefix-list EXPOSED6 seq 20'`);
}
