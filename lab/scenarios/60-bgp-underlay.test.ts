/** BGP mode with the method underlay: VMs, gateways and floating IPs on provider networks are reached through the underlay. */

import assert from 'node:assert/strict';
import { scenario } from '../fabric/scenario.ts';
import {
  announcedBy,
  bareNodes,
  drain,
  gaps,
  isAnnounced,
  startAgents,
} from '../fabric/tenancy.ts';
import { waitFor } from '../fabric/wait.ts';

const outsider = { v4: '198.51.100.10', v6: '2001:db8:100::10' };

scenario('VMs on a VLAN provider network are reached through the underlay', async (stage) => {
  const { fabric, cloud, step, cleanup, reaches } = stage;
  const { c1, c2, hx } = fabric;
  const areBareAgain = await bareNodes(stage);
  const agents = await startAgents(stage, { mode: 'bgp' });
  cleanup(() => drain(agents));

  step('a VM on each hypervisor');
  const subnets = ['172.24.4.0/24', '2001:db8:4::/64'];
  const outside = await cloud.network('public', { subnets, physnet: 'physnet1', vlan: 101 });
  const near = await outside.vm('near', { on: c1, host: 11 });
  const far = await outside.vm('far', { on: c2, host: 12 });

  step('a host behind the spine reaches both, on both families, and they reach it');
  for (const vm of [near, far]) {
    await reaches(hx, vm.v4);
    await reaches(hx, vm.v6);
    await reaches(vm, outsider.v4);
    await reaches(vm, outsider.v6);
  }
  await Promise.all(agents.map((agent) => agent.rests()));

  step('and each other, across the fabric');
  await reaches(near, far.v4);
  await reaches(near, far.v6);

  step('nothing is left to do, and every object says why it is there');
  assert.match(await agents[0]!.cli('plan'), /Nothing to do/);
  const why = await agents[0]!.cli('why', near.v4);
  assert.match(why, new RegExp(`ip address replace ${near.v4}/32 dev bgp-nic`));
  assert.match(why, /bridge-mappings=physnet1:br-ex/);

  step(
    'addresses that both share are reached at the one that has them, and fail over to the other',
  );
  const [shared4, shared6] = await Promise.all(
    ([4, 6] as const).map((family) =>
      outside.virtualAddress(`shared-${family}`, { family, host: 20, parents: [near, far] }),
    ),
  );
  assert.ok(shared4 && shared6);
  const shared = [shared4.address, shared6.address];
  for (const each of [shared4, shared6]) await each.moveTo(near);
  for (const address of shared) await reaches(hx, address);
  await isAnnounced(shared, c1, c2);
  await gaps(stage, 'a shared address', shared, async () => {
    for (const each of [shared4, shared6]) await each.moveTo(far);
    await isAnnounced(shared, c2, c1);
  });

  step('a VM that migrates while it runs is reached at every step of it');
  await gaps(stage, 'a VM that migrates', [near.v4, near.v6], async () => {
    await near.liveMigrate(c2, async () => {
      for (const address of [near.v4, near.v6]) await reaches(hx, address);
    });
    await isAnnounced([near.v4, near.v6], c2, c1);
  });
  for (const address of [near.v4, near.v6]) await reaches(hx, address);

  step('one that moves at rest is reached on the other node, a deleted one nowhere');
  await near.migrate(c1);
  for (const address of [near.v4, near.v6]) await reaches(hx, address);
  await isAnnounced([near.v4, near.v6], c1, c2);
  await far.delete();
  await assert.rejects(reaches(hx, far.v4, 3));

  step('drained, the nodes are as they were before');
  await drain(agents);
  await areBareAgain();
});

scenario('gateways and floating IPs are reached through the underlay', async (stage) => {
  const { fabric, cloud, step, cleanup, reaches } = stage;
  const { c1, c2, hx } = fabric;
  const agents = await startAgents(stage, { mode: 'bgp' });
  cleanup(() => drain(agents));

  step('a router whose gateway is on c1, with a VM on each hypervisor');
  const subnets = ['172.24.4.0/24', '2001:db8:4::/64'];
  const outside = await cloud.network('public', { subnets, physnet: 'physnet1' });
  const tenant = await cloud.network('tenant', { subnets: ['10.1.0.0/24', 'fd00:1::/64'] });
  const router = await cloud.router('r1', { gateway: outside, host: 5, on: [c1, c2], snat: true });
  await router.attach(tenant);
  const near = await tenant.vm('near', { on: c1, host: 11 });
  const far = await tenant.vm('far', { on: c2, host: 12 });

  step('the gateway answers, on both families, and VMs leave by it');
  for (const address of router.gatewayAddresses) await reaches(hx, address.replace(/\/.*$/, ''));
  await reaches(near, outsider.v4);
  await reaches(far, outsider.v4);

  step('a VM on the provider network itself, which is a flat one');
  const plain = await outside.vm('plain', { on: c2, host: 13 });
  for (const address of [plain.v4, plain.v6]) await reaches(hx, address);
  for (const address of [outsider.v4, outsider.v6]) await reaches(plain, address);

  step('a floating IP that is answered where the VM is, and one that is answered at the gateway');
  await router.addFloatingIp('172.24.4.50', far, true);
  await router.addFloatingIp('172.24.4.51', near, false);
  await reaches(hx, '172.24.4.50');
  await reaches(hx, '172.24.4.51');
  assert.ok((await announcedBy(c2)).includes('172.24.4.50'));
  assert.ok((await announcedBy(c1)).includes('172.24.4.51'));
  await Promise.all(agents.map((agent) => agent.rests()));

  step('one that is there before its VM starts');
  await tenant.vm('late', { on: c2, host: 14 }, async (vm) => {
    await router.addFloatingIp('172.24.4.53', vm, true);
    await cloud.northbound.syncSouthbound();
    await Promise.all(agents.map((agent) => agent.rests()));
    assert.ok(!(await announcedBy(c2)).includes('172.24.4.53'));
  });
  await reaches(hx, '172.24.4.53');
  await isAnnounced(['172.24.4.53'], c2, c1);

  step('the first is answered at the gateway from now on, and then where the VM is again');
  await gaps(stage, 'a floating IP that changes its place', ['172.24.4.50'], async () => {
    await router.distributeFloatingIp('172.24.4.50', false);
    await isAnnounced(['172.24.4.50'], c1, c2);
    await reaches(hx, '172.24.4.50');
    await router.distributeFloatingIp('172.24.4.50', true);
    await isAnnounced(['172.24.4.50'], c2, c1);
  });

  step('it is given to the other VM, on the other node');
  await gaps(stage, 'a floating IP that another VM gets', ['172.24.4.50'], async () => {
    await router.deleteFloatingIp('172.24.4.50', far);
    await router.addFloatingIp('172.24.4.50', near, true);
    await isAnnounced(['172.24.4.50'], c1, c2);
  });

  step('that of an address which both share is answered where that is');
  const place = { family: 4, host: 20, parents: [near, far] } as const;
  const shared = await tenant.virtualAddress('shared', place);
  await router.addFloatingIp('172.24.4.52', shared, true);
  await shared.moveTo(near);
  await isAnnounced(['172.24.4.52'], c1, c2);
  await reaches(hx, '172.24.4.52');
  await shared.moveTo(far);
  await isAnnounced(['172.24.4.52'], c2, c1);
  await reaches(hx, '172.24.4.52');

  step('the gateway moves to c2, and what is answered there with it');
  await router.moveGateway([c2, c1]);
  await router.waitForGatewayOn(c2, fabric.central);
  for (const address of router.gatewayAddresses) await reaches(hx, address.replace(/\/.*$/, ''));
  await reaches(hx, '172.24.4.51');
  await waitFor('c1 to have let go of it', async () => {
    return !(await announcedBy(c1)).includes('172.24.4.51');
  });
  assert.deepEqual(await announcedBy(c1), ['172.24.4.50']);

  step('released, it is reached nowhere');
  await router.deleteFloatingIp('172.24.4.50', near);
  await waitFor('c1 to announce nothing', async () => (await announcedBy(c1)).length === 0);
  await assert.rejects(reaches(hx, '172.24.4.50', 3));
});
