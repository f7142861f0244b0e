/** EVPN mode and who may not meet: tenants with the same addresses; a tenant and the node's own addresses. */

import { scenarioOnTenant, standingVpn } from '../fabric/standing.ts';
import { addTenant, isGone } from '../fabric/tenancy.ts';

const title = 'tenants with the same prefix do not meet, nor do they reach the underlay';

scenarioOnTenant(title, async (stage, { outside, router, vm: one }) => {
  const { fabric, step, reaches, isCutOff, cleanup } = stage;
  const { c1, c2, he, he2, hx } = fabric;
  const second = await addTenant(stage, 'second', { outside, host: 6, on: [c1, c2] });
  const two = await second.network.vm('two', { on: c1, host: 12 });
  const twin = await second.network.vm('twin', { on: c2, host: 11 });
  await second.router.setBgpvpn({ vni: 600, as: 64999 });

  step('each host reaches the VMs of its own VNI, on both families');
  for (const address of [one.v4, one.v6]) await reaches(he, address);
  for (const address of [two.v4, two.v6, twin.v4, twin.v6]) await reaches(he2, address);

  step('and each VM the host of its own VNI, which both have the same address');
  await reaches(one, '192.0.2.10');
  await reaches(twin, '192.0.2.10');

  step('but no address that only the other VNI has');
  await isCutOff(he, two.v4);
  await isCutOff(he, two.v6);
  await isCutOff(one, two.v4);
  cleanup(() => router.setBgpvpn(standingVpn));
  await router.clearBgpvpn();
  await isGone(c1, 500);
  // The twin has its address and is reached in VNI 600 still.
  await isCutOff(he, one.v4);
  await reaches(he2, twin.v4);

  step('no VM reaches the loopback of a node, the spine, or a host of the underlay');
  await reaches(hx, '10.255.1.1');
  for (const address of ['10.255.1.1', '10.255.2.1', '10.255.0.1', '198.51.100.10']) {
    await isCutOff(two, address);
  }
  await isCutOff(two, '2001:db8:ffff::1');
});
