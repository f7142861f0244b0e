/** BGP mode by the driver nb_ovn_bgp_driver: what the Northbound database says is reached, and let go of, in the same way. */

import assert from 'node:assert/strict';
import { isLossless } from '../fabric/lossless.ts';
import { restartDatabase } from '../fabric/ovs.ts';
import { scenario } from '../fabric/scenario.ts';
import {
  announcedBy,
  bareNodes,
  gaps,
  isAnnounced,
  isLetGoOf,
  startAgents,
} from '../fabric/tenancy.ts';
import { waitFor } from '../fabric/wait.ts';
import { serveName, serves } from '../fabric/web.ts';

scenario(
  'a VM, a gateway and floating IPs that the Northbound database tells of are reached',
  async (stage) => {
    const { fabric, cloud, step, cleanup, reaches, isCutOff } = stage;
    const { c1, c2, hx } = fabric;
    const areBareAgain = await bareNodes(stage);
    const bgp = [
      'driver = "nb_ovn_bgp_driver"',
      'tenant_networks = true',
      'tenant_snat_disabled = true',
    ];
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

    step('those of the VM are answered at the gateway from now on, and then where it is again');
    const fips = ['172.24.4.50', '2001:db8:4::50'];
    await gaps(stage, 'a floating IP that changes its place', fips, async () => {
      for (const address of fips) await router.distributeFloatingIp(address, false);
      await isAnnounced(fips, c1, c2);
      for (const address of fips) await reaches(hx, address);
      for (const address of fips) await router.distributeFloatingIp(address, true);
      await isAnnounced(fips, c2, c1);
    });

    step('they are given to the VM on the other node, and released');
    await gaps(stage, 'a floating IP that another VM gets', fips, async () => {
      for (const address of fips) await router.deleteFloatingIp(address, far);
      for (const address of fips) await router.addFloatingIp(address, near, true);
      await isAnnounced(fips, c1, c2);
    });
    for (const address of fips) await router.deleteFloatingIp(address, near);
    await waitFor('c1 to announce neither', async () => {
      const announced = await announcedBy(c1);
      return !fips.some((address) => announced.includes(address));
    });
    for (const address of fips) await assert.rejects(reaches(hx, address, 3));

    step('of a network behind SNAT only what is not translated is reached, and all without SNAT');
    for (const vm of [near, far]) await reaches(hx, vm.v6);
    for (const vm of [near, far]) await isCutOff(hx, vm.v4);
    await router.disableSnat();
    for (const vm of [near, far]) await reaches(hx, vm.v4);
    await isAnnounced([near.v4, near.v6, far.v4, far.v6], c1, c2);

    step('a load balancer is reached at the gateway');
    const server = serveName(near);
    cleanup(async () => server.stop());
    const vips = ['172.24.4.30', '2001:db8:4::30'];
    const common = { port: 80, members: [near], router, switches: [tenant] };
    const balancer = await cloud.loadBalancer('front', { ...common, vips, on: outside });
    for (const vip of vips) await serves(hx, vip, 'near');
    await isAnnounced(vips, c1, c2);

    step('the Northbound database restarts, and what changes then is heard at once');
    await isLossless(stage, hx, [plain.v4], async () => {
      await restartDatabase(fabric.central, 'nb');
      await balancer.delete();
      await router.addFloatingIp('172.24.4.50', far, true);
      await reaches(hx, '172.24.4.50');
      await isLetGoOf(c1, /172\.24\.4\.30|2001:db8:4::30/);
    });
    await isAnnounced([plain.v4, '172.24.4.50'], c2, c1);

    step('addresses that two VMs share fail over from one to the other');
    const other = await outside.vm('other', { on: c1, host: 14 });
    for (const family of [4, 6] as const) {
      const parents = [plain, other];
      const shared = await outside.virtualAddress(`shared-${family}`, {
        family,
        host: 20,
        parents,
      });
      await shared.moveTo(other);
      await reaches(hx, shared.address);
      await isAnnounced([shared.address], c1, c2);
      await shared.moveTo(plain);
      await isAnnounced([shared.address], c2, c1);
      await reaches(hx, shared.address);
    }

    step('a VM that migrates while it runs is reached when Neutron has said where it is');
    await gaps(stage, 'a VM that migrates', [plain.v4, plain.v6], async () => {
      await plain.liveMigrate(c1);
      await isAnnounced([plain.v4, plain.v6], c1, c2);
    });

    step('drained, the nodes are as they were before');
    await drain();
    await areBareAgain();
  },
);
