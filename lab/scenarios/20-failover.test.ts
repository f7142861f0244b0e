/** EVPN mode when things move: a router's gateway to the other node, a VM to the other node. Tells what is lost. */

import assert from 'node:assert/strict';
import { scenarioOnTenant } from '../fabric/standing.ts';
import { announced } from '../fabric/tenancy.ts';

const title = 'VMs are reached again when their gateway has moved, or they have';

scenarioOnTenant(title, async (stage, { agents, router, vm }) => {
  const { fabric, step, reaches, underStream, cleanup } = stage;
  const { c1, c2, he } = fabric;
  const [atC1, atC2] = agents;

  step('the node without the gateway has all prepared, and announces nothing');
  assert.deepEqual(await announced(c1, 500), ['10.1.0.11', 'fd00:1::11']);
  assert.deepEqual(await announced(c2, 500), []);
  assert.match(await c2.vtysh('show running-config'), /router bgp 64999 vrf vrf-500/);

  step('the gateway moves from c1 to c2');
  // Nothing is asked of the nodes meanwhile: they share a processor, and would be slower for it.
  const moved = await underStream(he, vm.v4, async () => {
    const news = [
      atC1.says(/remove address lo-500 10\.1\.0\.11/),
      atC2.says(/create address lo-500 10\.1\.0\.11/),
    ];
    await router.moveGateway([c2, c1]);
    await Promise.all(news);
  });
  assert.ok(moved.received > 0);
  await reaches(he, vm.v6);
  assert.deepEqual(await announced(c2, 500), ['10.1.0.11', 'fd00:1::11']);

  step('and back again');
  await underStream(he, vm.v6, async () => {
    const news = [
      atC2.says(/remove address lo-500 fd00:1::11/),
      atC1.says(/create address lo-500 fd00:1::11/),
    ];
    await router.moveGateway([c1, c2]);
    await Promise.all(news);
  });
  await reaches(he, vm.v4);

  step('the VM moves from c1 to c2');
  cleanup(() => vm.migrate(c1));
  await underStream(he, vm.v4, async () => {
    await vm.migrate(c2);
    await reaches(he, vm.v4);
  });
  await reaches(he, vm.v6);
});
