/** EVPN mode when things move: a router's gateway to the other node, a VM to the other node. Counts what is lost. */

import { scenario } from '../fabric/scenario.ts';
import { addTenant, publicNetwork, startAgents } from '../fabric/tenancy.ts';
import { waitFor } from '../fabric/wait.ts';

scenario(
  'VMs are reached again after their gateway or they themselves have moved',
  async (stage) => {
    const { fabric, cloud, step, reaches, underStream } = stage;
    const { c1, c2, he } = fabric;
    const agents = await startAgents(stage);
    const outside = await publicNetwork(stage);
    const { network, router } = await addTenant(stage, 'tenant', {
      outside,
      host: 5,
      on: [c1, c2],
    });
    const vm = await network.vm('mover', { on: c1, host: 11 });
    await router.setBgpvpn({ vni: 500, as: 64999 });
    await reaches(he, vm.v4);
    for (const agent of agents) await agent.settles();

    step('the gateway moves from c1 to c2');
    await underStream(he, vm.v4, async () => {
      await router.moveGateway([c2, c1]);
      await router.waitForGatewayOn(c2, fabric.central);
      await waitFor('c1 to withdraw', async () => {
        const addresses = await c1.ok(['ip', '-o', 'address', 'show']);
        return !/ lo-500 .* (10\.1\.0|fd00:1:)/.test(addresses);
      });
      await reaches(he, vm.v4);
    });
    await reaches(he, vm.v6);

    step('the VM moves from c1 to c2');
    await underStream(he, vm.v4, async () => {
      await vm.migrate(c2);
      await reaches(he, vm.v4);
    });
    await reaches(he, vm.v6);

    step('nothing is left behind');
    await router.clearBgpvpn();
    for (const node of [c1, c2]) {
      await waitFor(`${node.name} to give up VNI 500`, async () => {
        return !(await node.ok(['ip', '-o', 'link', 'show'])).includes(' lo-500:');
      });
    }
    await cloud.sync();
  },
);
