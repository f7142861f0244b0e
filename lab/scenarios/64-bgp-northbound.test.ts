/** BGP mode by the driver nb_ovn_bgp_driver: what the Northbound database says is reached, and let go of, in the same way. */

import assert from 'node:assert/strict';
import type { FabricNode } from '../fabric/node.ts';
import { scenario } from '../fabric/scenario.ts';
import { bareNodes, startAgents } from '../fabric/tenancy.ts';
import { waitFor } from '../fabric/wait.ts';
import { leftOut } from '../fabric/whole.ts';

scenario(
  'a VM, a gateway and floating IPs that the Northbound database tells of are reached',
  async (stage) => {
    const { fabric, cloud, step, cleanup, reaches } = stage;
    const { c1, c2, hx } = fabric;
    const areBareAgain = await bareNodes(stage);
    const bgp = ['driver = "nb_ovn_bgp_driver"'];
    const agents = await startAgents(stage, { mode: 'bgp', bgp });
    const drain = () => Promise.all(agents.map((agent) => agent.cli('drain')));
    cleanup(drain);

    step('a VM on a VLAN provider network, on both families');
    const subnets = ['172.24.4.0/24', '2001:db8:4::/64'];
    const outside = await cloud.network('public', { subnets, physnet: 'physnet1', vlan: 101 });
    const plain = await outside.vm('plain', { on: c2, host: 13 });
    for (const address of [plain.v4, plain.v6]) await reaches(hx, address);
    const why = await agents[1]!.cli('why', plain.v4);
    assert.match(why, new RegExp(`OVN_Northbound Logical_Switch_Port ${plain.settings.portId}`));

    step('a router whose gateway is on c1');
    const tenant = await cloud.network('tenant', { subnets: ['10.1.0.0/24', 'fd00:1::/64'] });
    const router = await cloud.router('r1', {
      gateway: outside,
      host: 5,
      on: [c1, c2],
      snat: true,
    });
    await router.attach(tenant);
    for (const address of router.gatewayAddresses) await reaches(hx, address.replace(/\/.*$/, ''));

    step('floating IPs: of both families where the VM is, and one at the gateway');
    const vms = await tenant.vms({ near: { on: c1, host: 11 }, far: { on: c2, host: 12 } });
    const [near, far] = [vms[0]!, vms[1]!];
    await router.addFloatingIp('172.24.4.50', far, true);
    await router.addFloatingIp('2001:db8:4::50', far, true);
    await router.addFloatingIp('172.24.4.51', near, false);
    for (const address of ['172.24.4.50', '2001:db8:4::50', '172.24.4.51']) {
      await reaches(hx, address);
    }
    assert.ok((await announcedBy(c2)).includes('172.24.4.50'));

    step('one is given to the VM on the other node');
    await router.deleteFloatingIp('172.24.4.50', far);
    await router.addFloatingIp('172.24.4.50', near, true);
    await waitFor('c1 to announce it, and c2 not', async () => {
      const [on1, on2] = await Promise.all([c1, c2].map(announcedBy));
      return on1!.includes('172.24.4.50') && !on2!.includes('172.24.4.50');
    });
    await reaches(hx, '172.24.4.50');

    step('drained, the nodes are as they were before');
    await drain();
    await areBareAgain();
  },
  leftOut,
);

/** The addresses that a node announces. */
async function announcedBy(node: FabricNode): Promise<string> {
  return node.ok(['ip', '-o', 'address', 'show', 'dev', 'bgp-nic']);
}
