/** EVPN mode from the row to the packet: tenant networks behind a router reach the fabric and are reached from it. */

import assert from 'node:assert/strict';
import { scenario } from '../fabric/scenario.ts';
import { bareNodes, startAgents } from '../fabric/tenancy.ts';

for (const vlan of [undefined, 101]) {
  const kind = vlan === undefined ? 'flat' : 'VLAN';
  scenario(
    `a host behind the external router reaches VMs over a ${kind} provider network`,
    async (stage) => {
      const { fabric, cloud, step, reaches, isCutOff } = stage;
      const areBareAgain = await bareNodes(stage);
      const agents = await startAgents(stage);

      step('a tenant network with a VM on each hypervisor, its router annotated with VNI 500');
      const provider = { subnets: ['172.24.4.0/24', '2001:db8:4::/64'], physnet: 'physnet1' };
      const outside = await cloud.network(
        'public',
        vlan === undefined ? provider : { ...provider, vlan },
      );
      const tenant = await cloud.network('tenant', { subnets: ['10.1.0.0/24', 'fd00:1::/64'] });
      const router = await cloud.router('r1', {
        gateway: outside,
        host: 5,
        on: [fabric.c1, fabric.c2],
      });
      await router.attach(tenant);
      const near = await tenant.vm('near', { on: fabric.c1, host: 11 });
      const far = await tenant.vm('far', { on: fabric.c2, host: 12 });
      await router.setBgpvpn({ vni: 500, as: 64999 });

      step('both are reached from the external host, on both families');
      for (const vm of [near, far]) {
        await reaches(fabric.he, vm.v4);
        await reaches(fabric.he, vm.v6);
      }
      await Promise.all(agents.map((agent) => agent.rests()));

      step('and reach it, and the host of another VNI does not reach them');
      await reaches(near, '192.0.2.10');
      await reaches(far, '2001:db8:200::10');
      await isCutOff(fabric.he2, near.v4);

      step('nothing is left to do, and every object says why it is there');
      assert.match(await agents[0]!.cli('plan'), /Nothing to do/);
      const why = await agents[0]!.cli('why', near.v4);
      assert.match(why, new RegExp(`ip address replace ${near.v4}/32 dev lo-500`));
      assert.match(why, /neutron_bgpvpn:vni=500/);

      step('a new VM is announced, a deleted one withdrawn');
      const late = await tenant.vm('late', { on: fabric.c2, host: 13 });
      await reaches(fabric.he, late.v4);
      await late.delete();
      await assert.rejects(reaches(fabric.he, late.v4, 3));

      step('without the annotation the node is as it was before');
      await router.clearBgpvpn();
      await areBareAgain();
    },
  );
}
