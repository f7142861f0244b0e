/** EVPN mode with several networks: a VNI for each, a VNI that routers share, NAT beside it, packets of full size. */

import assert from 'node:assert/strict';
import { tenantMtu } from '../fabric/cloud/network.ts';
import type { Namespace } from '../fabric/namespace.ts';
import { scenario } from '../fabric/scenario.ts';
import { SelvedgeAgent } from '../fabric/selvedge.ts';
import { addTenant, isGone, publicNetwork, startAgents } from '../fabric/tenancy.ts';
import { waitFor } from '../fabric/wait.ts';

const as = 64999;

scenario('networks of one router have VNIs of their own, and routers share one', async (stage) => {
  const { fabric, cloud, step, reaches, isCutOff } = stage;
  const { c1, c2, he, he2, spine } = fabric;
  const [agent] = await startAgents(stage);
  assert.ok(agent);
  const outside = await publicNetwork(stage);

  step('a router with a network in VNI 500 and one in VNI 600');
  const { network: blue, router } = await addTenant(stage, 'blue', { outside, host: 5, on: [c1] });
  const green = await cloud.network('green', { subnets: ['10.2.0.0/24', 'fd00:2::/64'] });
  await router.attach(green);
  const [near, far] = await blue.vms({ near: { on: c1, host: 11 }, far: { on: c2, host: 12 } });
  const other = await green.vm('green', { on: c1, host: 21 });
  assert.ok(near && far);
  await router.setBgpvpn({ vni: 500, as });
  await router.setBgpvpnOn(green, { vni: 600, as });
  for (const address of [near.v4, near.v6, far.v4, far.v6]) await reaches(he, address);
  for (const address of [other.v4, other.v6]) await reaches(he2, address);
  await isCutOff(he, other.v4);
  await isCutOff(he2, near.v4);

  step('only the VMs are announced, neither their subnets nor the gateways');
  const atSpine = await spine.ok(['ip', 'route', 'show', 'vrf', 'vrf-500']);
  assert.match(atSpine, /^10\.1\.0\.11 /m);
  assert.doesNotMatch(atSpine, /^(10\.1\.0\.0|172\.24\.4)/m);

  step('a second router in VNI 500: its networks and those of the first meet there');
  const red = await cloud.network('red', { subnets: ['10.3.0.0/24', 'fd00:3::/64'] });
  const second = await cloud.router('second', { gateway: outside, host: 6, on: [c1] });
  await second.attach(red);
  const third = await red.vm('red', { on: c1, host: 31 });
  await second.setBgpvpn({ vni: 500, as });
  for (const address of [third.v4, third.v6]) await reaches(he, address);
  await reaches(near, third.v4);
  await reaches(third, far.v6);

  step('packets of full size pass without fragmentation, both ways');
  await arrivesWhole(he, near.v4, tenantMtu - 28);
  await arrivesWhole(far, '2001:db8:200::10', tenantMtu - 48);

  step('a network moves from one VNI to another');
  await router.setBgpvpnOn(green, { vni: 500, as });
  await reaches(he, other.v4);
  await waitFor('VNI 600 to lose it', async () => !(await he2.pings(other.v4, 1)));
  await isGone(c1, 600);

  step('without the second router its network is gone, and the first is as it was');
  await second.clearBgpvpn();
  await waitFor('the network to be gone', async () => !(await he.pings(third.v4, 1)));
  await reaches(he, near.v4);
  await agent.settles();

  step('without the first nothing is left');
  await router.clearBgpvpn();
  await isGone(c1, 500);
});

scenario('a router with SNAT and floating IPs is reached by EVPN as well', async (stage) => {
  const { fabric, cloud, step, reaches } = stage;
  const { c1, he } = fabric;
  await startAgents(stage);
  const outside = await publicNetwork(stage);
  const router = await cloud.router('nat', { gateway: outside, host: 5, on: [c1], snat: true });
  const network = await cloud.network('tenant', { subnets: ['10.1.0.0/24', 'fd00:1::/64'] });
  await router.attach(network);
  const [plain, floating] = await network.vms({
    plain: { on: c1, host: 11 },
    floating: { on: c1, host: 12 },
  });
  assert.ok(plain && floating);
  await router.setBgpvpn({ vni: 500, as });

  step('with SNAT');
  await reaches(he, plain.v4);
  await reaches(he, plain.v6);

  step('a VM with a centralised floating IP');
  await router.addFloatingIp('172.24.4.50', floating, false);
  await reaches(he, floating.v6);
  await reaches(he, plain.v4);

  step('and without it again');
  await router.deleteFloatingIp('172.24.4.50', floating);
  await reaches(he, floating.v4);
});

scenario('one run sets up tenants behind a flat and a VLAN provider network', async (stage) => {
  const { fabric, cloud, step, reaches } = stage;
  const { c1, he, he2 } = fabric;
  const agent = new SelvedgeAgent(c1);
  await agent.configure();
  const flat = await publicNetwork(stage);
  const tagged = await cloud.network('tagged', {
    subnets: ['172.24.6.0/24', '2001:db8:6::/64'],
    physnet: 'physnet1',
    vlan: 102,
  });
  const first = await addTenant(stage, 'first', { outside: flat, host: 5, on: [c1] });
  const second = await addTenant(stage, 'second', { outside: tagged, host: 5, on: [c1] });
  const one = await first.network.vm('one', { on: c1, host: 11 });
  const two = await second.network.vm('two', { on: c1, host: 12 });
  await first.router.setBgpvpn({ vni: 500, as });
  await second.router.setBgpvpn({ vni: 600, as });

  step('it ends when all is as it should be, and nothing is left to do');
  await agent.cli('agent', '--oneshot');
  stage.cleanup(() => agent.cli('drain'));
  assert.match(await agent.plan(), /nothing to do/i);
  for (const address of [one.v4, one.v6]) await reaches(he, address);
  for (const address of [two.v4, two.v6]) await reaches(he2, address);

  step('a second run takes away what is wanted no more');
  await first.router.clearBgpvpn();
  await second.router.clearBgpvpn();
  await agent.cli('agent', '--oneshot');
  await isGone(c1, 500);
  await isGone(c1, 600);
});

/** With the bit that forbids fragments. */
async function arrivesWhole(from: Namespace, to: string, size: number): Promise<void> {
  const words = ['ping', '-n', '-q', '-c', '1', '-W', '5', '-M', 'do', '-s', String(size), to];
  await waitFor(`${size} octets from ${from.name} to ${to}`, async () => {
    return (await from.exec(words)).code === 0;
  });
}
