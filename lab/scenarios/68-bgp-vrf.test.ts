/** BGP mode with the methods vrf and l2vni, each by itself: a flat provider network in a VRF, and then as a segment. */

import assert from 'node:assert/strict';
import type { ExternalIds } from '../fabric/cloud/northbound.ts';
import { comesBack, type Drift, linesOf, run } from '../fabric/drift.ts';
import { frrForgetsRouterMac } from '../fabric/frr.ts';
import type { FabricNode } from '../fabric/node.ts';
import { scenario } from '../fabric/scenario.ts';
import type { SelvedgeAgent } from '../fabric/selvedge.ts';
import {
  announced,
  announcedBy,
  bareNodes,
  drain,
  gaps,
  isAnnounced,
  isGone,
  startAgents,
} from '../fabric/tenancy.ts';
import { waitFor } from '../fabric/wait.ts';
import { serveName, serves } from '../fabric/web.ts';

const tenantHost = { v4: '192.0.2.10', v6: '2001:db8:200::10' };

const type = 'neutron_bgpvpn:type';
const vni = 'neutron_bgpvpn:vni';
const gateways = 'selvedge:gateways';

const fips = { at: '172.24.4.50', gateway: '172.24.4.51' };
const vips = { v4: '172.24.4.20', v6: '2001:db8:4::20' };

scenario(
  'a flat provider network is in a VRF by the method vrf, and a segment by the method l2vni',
  async (stage) => {
    const { fabric, cloud, step, cleanup, reaches, isCutOff } = stage;
    const { c1, c2, hx, he } = fabric;
    const areBareAgain = await bareNodes(stage);
    let agents = await startAgents(stage, { mode: 'bgp', bgp: ['exposing = "vrf"'] });
    cleanup(() => drain(agents));

    step('an untagged network in VNI 500, with a VM on each hypervisor');
    const flat = await cloud.network('flat', {
      subnets: ['172.24.4.0/24', '2001:db8:4::/64'],
      physnet: 'physnet1',
    });
    // Not that of IPv6, which is answered for without: zebra 10.3 dies of a device that it advertised on, and that was made anew.
    const inVni500 = vpn('l3', 500, { [gateways]: '172.24.4.1/24' });
    await flat.annotate(inVni500);
    const [near, far] = await flat.vms({ near: { on: c1, host: 11 }, far: { on: c2, host: 12 } });
    assert.ok(near && far);

    step('the host behind the external router reaches both, and is reached; they reach each other');
    for (const vm of [near, far]) {
      for (const address of [vm.v4, vm.v6]) await reaches(he, address);
      for (const address of [tenantHost.v4, tenantHost.v6]) await reaches(vm, address);
    }
    for (const address of [far.v4, far.v6]) await reaches(near, address);

    step(
      'a network without annotation is reached from nowhere, nor is one that is to be a segment',
    );
    const other = await cloud.network('other', {
      subnets: ['172.24.6.0/24', '2001:db8:6::/64'],
      physnet: 'physnet1',
      vlan: 103,
    });
    const apart = await other.vm('apart', { on: c1, host: 13 });
    await Promise.all(agents.map((agent) => agent.rests()));
    for (const from of [hx, he]) await isCutOff(from, apart.v4);
    await other.annotate(vpn('l2', 700));
    await tells(agents[0], 'make that "l2vni" or "dynamic"');
    for (const from of [hx, he]) await isCutOff(from, apart.v6);
    assert.deepEqual(await announcedBy(c1), []);
    await apart.delete();
    await other.clearAnnotation();

    step('a gateway, floating IPs at a VM and at the gateway, and a load balancer');
    const tenant = await cloud.network('tenant', { subnets: ['10.1.0.0/24', 'fd00:1::/64'] });
    const router = await cloud.router('r1', { gateway: flat, host: 5, on: [c1, c2], snat: true });
    await router.attach(tenant);
    const members = await tenant.vms({ web1: { on: c2, host: 11 }, web2: { on: c1, host: 12 } });
    const [web1, web2] = members;
    assert.ok(web1 && web2);
    for (const vm of members) {
      const server = serveName(vm);
      cleanup(async () => server.stop());
    }
    await router.addFloatingIp(fips.at, web1, true);
    await router.addFloatingIp(fips.gateway, web2, false);
    await cloud.loadBalancer('front', {
      port: 80,
      members,
      router,
      switches: [tenant],
      vips: [vips.v4, vips.v6],
      on: flat,
    });
    const own = router.gatewayAddresses.map((address) => address.replace(/\/.*$/, ''));
    const atGateway = [...own, fips.gateway, vips.v4, vips.v6];
    for (const address of [...own, fips.at, fips.gateway]) await reaches(he, address);
    for (const address of [vips.v4, vips.v6]) await serves(he, address, 'web1', 'web2');
    await reaches(web1, tenantHost.v4);
    await isAnnounced([fips.at, far.v4, far.v6], c2, c1, 500);
    await isAnnounced([...atGateway, near.v4, near.v6], c1, c2, 500);

    step('the gateway moves to the other node, and what is answered there with it');
    await router.moveGateway([c2, c1]);
    await router.waitForGatewayOn(c2, fabric.central);
    await isAnnounced(atGateway, c2, c1, 500);
    for (const address of [...own, fips.at, fips.gateway]) await reaches(he, address);
    for (const address of [vips.v4, vips.v6]) await serves(he, address, 'web1', 'web2');

    step('addresses that both VMs share fail over from one to the other');
    const shared = await Promise.all(
      ([4, 6] as const).map((family) =>
        flat.virtualAddress(`shared-${family}`, { family, host: 30, parents: [near, far] }),
      ),
    );
    const addresses = shared.map(({ address }) => address);
    for (const each of shared) await each.moveTo(near);
    for (const address of addresses) await reaches(he, address);
    await isAnnounced(addresses, c1, c2, 500);
    for (const each of shared) await each.moveTo(far);
    await isAnnounced(addresses, c2, c1, 500);
    for (const address of addresses) await reaches(he, address);

    step('somebody deletes devices of the VRF, which come back');
    await comesBack(stage, agents[0]!, drifts);
    for (const address of [near.v4, near.v6]) await reaches(he, address);
    await reaches(near, tenantHost.v6);

    step('a VM that migrates while it runs is reached at every step of it');
    const moving = [near.v4, near.v6];
    const migration = async () => {
      await near.liveMigrate(c2, async () => {
        for (const address of moving) await reaches(he, address);
      });
      await isAnnounced(moving, c2, c1, 500);
    };
    await gaps(stage, 'a VM that migrates', moving, migration, he);

    step('while the agents are away the network loses its annotation: nothing of the VRF is left');
    for (const agent of agents) await agent.kill();
    await flat.clearAnnotation();
    await near.migrate(c1);
    const settings = ['exposing = "l2vni"', 'driver = "nb_ovn_bgp_driver"'];
    agents = await startAgents(stage, { mode: 'bgp', bgp: settings });
    for (const node of [c1, c2]) await isGone(node, 500);
    for (const from of [hx, he, near]) await isCutOff(from, far.v4);

    step('by the method l2vni a network that is to be in a VRF is nowhere');
    await flat.annotateSwitch(inVni500);
    await tells(agents[0], 'make that "vrf" or "dynamic"');
    for (const from of [hx, he, near]) await isCutOff(from, far.v4);

    step('as a segment it reaches from node to node, and nothing else does');
    await flat.annotateSwitch(vpn('l2', 700));
    for (const address of [far.v4, far.v6]) await reaches(near, address);
    for (const address of [near.v4, near.v6]) await reaches(far, address);
    for (const from of [hx, he]) await isCutOff(from, far.v4);
    assert.deepEqual(await announcedBy(c2), []);

    step('without annotation it is that no more');
    await flat.clearSwitchAnnotation(type, vni, gateways);
    for (const node of [c1, c2]) await isGone(node, 700);
    await isCutOff(near, far.v4);

    step('drained, the nodes are as they were before');
    await drain(agents);
    await areBareAgain();
  },
  frrForgetsRouterMac(),
);

function vpn(kind: 'l2' | 'l3', number: number, more: ExternalIds = {}): ExternalIds {
  return { [type]: kind, [vni]: String(number), ...more };
}

/** What of the VRF there is on a node: its devices, its routes, and what it announces. */
async function vrfOf(node: FabricNode): Promise<string> {
  const parts = [
    await run('ip -br link show master vrf-500')(node),
    await linesOf('ip route show table 500 proto 94')(node),
    await linesOf('ip -6 route show table 500 proto 94')(node),
    ...(await announced(node, 500)),
  ];
  return parts.join('\n');
}

const drifts: readonly Drift[] = [
  { what: 'the veth pair', harm: run('ip link del vp500.0'), look: vrfOf },
  { what: 'the VRF', harm: run('ip link del vrf-500'), look: vrfOf },
];

async function tells(agent: SelvedgeAgent | undefined, part: string): Promise<void> {
  await waitFor(`an agent to say: ${part}`, async () => {
    const status = await agent?.status();
    return status?.conditions.some(({ message }) => message.includes(part)) === true;
  });
}
