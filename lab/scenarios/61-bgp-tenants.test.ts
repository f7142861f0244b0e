/**
 * BGP mode: tenant networks behind a gateway are reached through the node that has it, host by host and as subnets; of
 * several only those that the filters let pass.
 */

import assert from 'node:assert/strict';
import type { FabricNode } from '../fabric/node.ts';
import { scenario } from '../fabric/scenario.ts';
import { announcedBy, drain, isLetGoOf, startAgents } from '../fabric/tenancy.ts';
import { waitFor } from '../fabric/wait.ts';

const scopes = {
  v4: '11111111-1111-4111-8111-111111111111',
  v6: '22222222-2222-4222-8222-222222222222',
};
const otherScope = '33333333-3333-4333-8333-333333333333';
const outsider = { v4: '198.51.100.10', v6: '2001:db8:100::10' };

scenario('tenant networks are reached through the node that has their gateway', async (stage) => {
  const { fabric, cloud, step, cleanup, reaches, isCutOff, note } = stage;
  const { c1, c2, hx, spine } = fabric;
  let agents = await startAgents(stage, { mode: 'bgp', bgp: ['tenant_networks = true'] });
  cleanup(() => drain(agents));
  const restartedWith = async (...bgp: readonly string[]) => {
    for (const agent of agents) await agent.stop();
    agents = await startAgents(stage, { mode: 'bgp', bgp });
  };

  step('a router whose gateway is on c1, with a VM on each hypervisor');
  const subnets = ['172.24.4.0/24', '2001:db8:4::/64'];
  const outside = await cloud.network('public', { subnets, physnet: 'physnet1' });
  const tenant = await cloud.network('tenant', { subnets: ['10.1.0.0/24', 'fd00:1::/64'], scopes });
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
  const wide = await cloud.network('wide', {
    subnets: ['10.2.0.0/24', 'fd00:2::/64', '2a0a:2::/64'],
    scopes: { ...scopes, v6: otherScope },
  });
  const late = await wide.vm('late', { on: c2, host: 13 });
  const global = '2a0a:2::13';
  await router.attach(wide);
  for (const address of [late.v4, late.v6, global]) await reaches(hx, address);
  await router.detach(wide);
  await isLetGoOf(c1, /10\.2\.0\.|fd00:2:|2a0a:2:/);

  step('the gateway moves to c2, and all behind it at once');
  const report = await stage.underStream(hx, near.v4, async () => {
    await router.moveGateway([c2, c1]);
    await router.waitForGatewayOn(c2, fabric.central);
  });
  note(`a tenant was not reached for ${report.longestGapMs} ms`);
  for (const address of tenants) await reaches(hx, address);
  await isLetGoOf(c1, /10\.1\.0\.|fd00:1:|172\.24\.4\.5/);
  assert.deepEqual(await announcedBy(c2), [...gateway, ...tenants].sort());

  step(
    'as subnets, which nodes let out, after a restart; of another only in the family whose scope is exposed',
  );
  await router.attach(wide);
  for (const node of [c1, c2]) await letSubnetsOut(node);
  cleanup(() => Promise.all([c1, c2].map(keepSubnetsIn)));
  await restartedWith(
    'tenant_networks = true',
    'tenant_advertisement = "subnet"',
    `address_scopes = ["${scopes.v4}", "${scopes.v6}"]`,
  );
  await isRouted(spine, '10.1.0.0/24', 'fd00:1::/64', '10.2.0.0/24');
  await waitFor('the addresses of tenants to be gone from c2', async () => {
    return (await announcedBy(c2)).join(' ') === [...gateway].sort().join(' ');
  });
  for (const address of [...tenants, late.v4]) await reaches(hx, address);
  for (const subnet of ['fd00:2::/64', '2a0a:2::/64'])
    assert.equal(await spine.ok(['ip', '-6', 'route', 'show', subnet]), '');
  for (const address of [late.v6, global]) await isCutOff(hx, address);

  step('host by host again, of global IPv6 addresses alone');
  await restartedWith('tenant_global_ipv6 = true');
  await reaches(hx, global);
  await waitFor('c2 to announce that address and its gateway alone', async () => {
    return (await announcedBy(c2)).join(' ') === [...gateway, global].sort().join(' ');
  });
  await isLetGoOf(c2, /10\.[12]\.0\.|fd00:[12]:/);
  for (const address of [near.v4, near.v6, late.v4]) await isCutOff(hx, address);
  for (const agent of agents) await agent.settles();
});

async function isRouted(node: FabricNode, ...subnets: readonly string[]): Promise<void> {
  await waitFor(`${node.name} to have routes to ${subnets.join(', ')}`, async () => {
    const routes = await Promise.all(
      subnets.map((subnet) =>
        node.ok(['ip', subnet.includes(':') ? '-6' : '-4', 'route', 'show', subnet]),
      ),
    );
    return routes.every((text) => text !== '');
  });
}

/** What an operator adds to the filters of ovn-bgp-agent's documentation, which let host routes out only. */
async function letSubnetsOut(node: FabricNode): Promise<void> {
  await node.script(`vtysh -c 'configure terminal' \
-c 'ip prefix-list EXPOSED seq 20 permit 10.0.0.0/8 le 24' \
-c 'ipv6 prefix-list EXPOSED6 seq 20 permit fd00::/8 le 64' \
-c 'ipv6 prefix-list EXPOSED6 seq 25 permit 2a0a::/16 le 64'`);
}

async function keepSubnetsIn(node: FabricNode): Promise<void> {
  await node.script(`vtysh -c 'configure terminal' \
-c 'no ip prefix-list EXPOSED seq 20' \
-c 'no ipv6 prefix-list EXPOSED6 seq 20' \
-c 'no ipv6 prefix-list EXPOSED6 seq 25'`);
}
