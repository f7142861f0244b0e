/** BGP mode with the method dynamic: of three provider networks one is in a VRF, one a segment, one in the underlay. */

import assert from 'node:assert/strict';
import { labAs } from '../fabric/addresses.ts';
import type { Network } from '../fabric/cloud/network.ts';
import type { Vm } from '../fabric/cloud/vm.ts';
import { frrForgetsRouterMac, restartFrr } from '../fabric/frr.ts';
import { isLossless } from '../fabric/lossless.ts';
import type { FabricNode } from '../fabric/node.ts';
import { scenario } from '../fabric/scenario.ts';
import type { SelvedgeAgent } from '../fabric/selvedge.ts';
import { announced, bareNodes, isGone, startAgents } from '../fabric/tenancy.ts';
import { waitFor } from '../fabric/wait.ts';

const plainHost = { v4: '198.51.100.10', v6: '2001:db8:100::10' };
const tenantHost = { v4: '192.0.2.10', v6: '2001:db8:200::10' };

scenario(
  'provider networks in a VRF, as a segment and in the underlay, side by side',
  async (stage) => {
    const { fabric, cloud, step, cleanup, reaches, isCutOff } = stage;
    const { c1, c2, hx, he, he2 } = fabric;
    const areBareAgain = await bareNodes(stage);
    const methods = ['exposing = "dynamic"', 'tenant_networks = true'];
    let agents = await startAgents(stage, { mode: 'bgp', bgp: methods });
    cleanup(() => drain(agents));

    step('a network in VNI 500, one extended by VNI 700, one without annotation');
    const routed = await cloud.network('routed', {
      subnets: ['172.24.5.0/24', '2001:db8:5::/64'],
      physnet: 'physnet1',
      vlan: 102,
    });
    await annotate(routed, 'l3', 500, { 'selvedge:gateways': '172.24.5.1/24 2001:db8:5::1/64' });
    const segment = await cloud.network('segment', {
      subnets: ['172.24.6.0/24', '2001:db8:6::/64'],
      physnet: 'physnet1',
      vlan: 103,
    });
    await annotate(segment, 'l2', 700);
    const plain = await cloud.network('plain', {
      subnets: ['172.24.4.0/24', '2001:db8:4::/64'],
      physnet: 'physnet1',
      vlan: 101,
    });
    const inVrf = await routed.vm('in-vrf', { on: c1, host: 11 });
    const [near, far] = await segment.vms({
      near: { on: c1, host: 12 },
      far: { on: c2, host: 13 },
    });
    const inUnderlay = await plain.vm('in-underlay', { on: c2, host: 14 });
    assert.ok(near && far);

    step('the host behind the external router reaches the first by type 5, and is reached');
    for (const address of [inVrf.v4, inVrf.v6]) await reaches(he, address);
    for (const address of [tenantHost.v4, tenantHost.v6]) await reaches(inVrf, address);

    step('its VM learns of its gateway from router advertisements, and makes no address from them');
    await learnsRouter(inVrf, /^default via fe80::200:1f4:66 .*proto ra/m);
    assert.equal(await madeAddresses(inVrf), '');
    await reaches(inVrf, tenantHost.v6);

    step(
      'and a VM on the other node behind a router of that network, whose gateway is on the first',
    );
    const tenant = await cloud.network('tenant', { subnets: ['10.1.0.0/24', 'fd00:1::/64'] });
    const router = await cloud.router('r1', { gateway: routed, host: 5, on: [c1, c2] });
    await router.attach(tenant);
    const behind = await tenant.vm('behind', { on: c2, host: 15 });
    for (const address of [behind.v4, behind.v6]) await reaches(he, address);
    for (const address of [tenantHost.v4, tenantHost.v6]) await reaches(behind, address);

    step('another network in VNI 500 comes and goes, and the first is as it was');
    await isLossless(stage, he, [inVrf.v4, inVrf.v6], async () => {
      const guest = await cloud.network('guest', {
        subnets: ['172.24.7.0/24'],
        physnet: 'physnet1',
        vlan: 104,
      });
      await annotate(guest, 'l3', 500, { 'selvedge:gateways': '172.24.7.1/24' });
      const beside = await guest.vm('beside', { on: c1, host: 15 });
      await reaches(he, beside.v4);
      await reaches(inVrf, beside.v4);
      await guest.clearAnnotation();
      await waitFor('VNI 500 of c1 to be without it', async () => {
        return !(await announced(c1, 500)).includes(beside.v4);
      });
      await beside.delete();
    });

    step('the VMs of the second reach each other through the tunnel');
    for (const address of [far.v4, far.v6]) await reaches(near, address);
    await hasLearned(c1, far);

    step('with a target and an RD of its own it is announced by these');
    const [own, other] = [`${labAs}:1700`, `${labAs}:1701`];
    await segment.annotate({
      'neutron_bgpvpn:rt': `['${own}']`,
      'neutron_bgpvpn:rd': "['64999:7']",
    });
    await waitFor('the spine to have it so', async () => {
      const routes = await fabric.spine.vtysh('show bgp l2vpn evpn route rd 64999:7');
      return routes.includes(`RT:${own}`) && !routes.includes(`RT:${labAs}:700`);
    });
    for (const address of [far.v4, far.v6]) await reaches(near, address);
    await segment.annotate({ 'neutron_bgpvpn:et': `['${other}']`, 'neutron_bgpvpn:rt': '[]' });
    await waitFor('it to be announced by the other', async () =>
      (await fabric.spine.vtysh('show bgp l2vpn evpn route rd 64999:7')).includes(`RT:${other}`),
    );
    await segment.annotate({ 'neutron_bgpvpn:et': '[]', 'neutron_bgpvpn:rd': '[]' });
    await waitFor('FRR to derive them again', async () => {
      const config = await c1.vtysh('show running-config bgpd');
      const routes = await fabric.spine.vtysh('show bgp l2vpn evpn route');
      return !/^ +vni 700$/m.test(config) && !routes.includes('64999:7\n');
    });
    for (const address of [far.v4, far.v6]) await reaches(near, address);

    step('the third is in the underlay, and nothing of the others is');
    for (const address of [inUnderlay.v4, inUnderlay.v6]) await reaches(hx, address);
    for (const address of [plainHost.v4, plainHost.v6]) await reaches(inUnderlay, address);
    // br-ex has taken the address of the segment's port by now.
    await Promise.all(agents.map((agent) => agent.rests()));
    for (const vm of [inVrf, near, behind]) await isCutOff(hx, vm.v4);
    await isCutOff(he, inUnderlay.v4);

    step('FRR of the first restarts: VRF, segment and routes are as before');
    await restartFrr(c1);
    for (const agent of agents) await agent.settles();
    for (const address of [inVrf.v4, inVrf.v6, behind.v4, behind.v6]) await reaches(he, address);
    await hasLearned(c1, far);
    for (const address of [far.v4, far.v6]) await reaches(near, address);

    step('with another route target nobody takes the routes; with the old one for export they do');
    await routed.annotate({ 'neutron_bgpvpn:rt': `['${labAs}:501']` });
    await waitFor('he to lose the VM', async () => !(await he.pings(inVrf.v4, 1)));
    const target = `${labAs}:500`;
    await routed.annotate({
      'neutron_bgpvpn:it': `['${target}']`,
      'neutron_bgpvpn:et': `['${target}']`,
    });
    for (const address of [inVrf.v4, inVrf.v6]) await reaches(he, address);

    step('what is no list is refused, and told');
    await routed.annotate({ 'neutron_bgpvpn:rt': target });
    await waitFor('c1 to say so', async () => {
      const status = await agents[0]!.status();
      return status?.conditions.some(({ message }) => message.includes('is not a list')) === true;
    });

    step('the network moves to VNI 600');
    await annotate(routed, 'l3', 600, {
      'neutron_bgpvpn:rt': '[]',
      'neutron_bgpvpn:it': '[]',
      'neutron_bgpvpn:et': '[]',
    });
    for (const vm of [inVrf, behind]) {
      for (const address of [vm.v4, vm.v6]) await reaches(he2, address);
      await isCutOff(he, vm.v4);
    }
    await isGone(c1, 500);

    step('the gateway moves to the other node, and what is behind it with it');
    await router.moveGateway([c2, c1]);
    await router.waitForGatewayOn(c2, fabric.central);
    for (const address of [behind.v4, behind.v6]) await reaches(he2, address);
    await waitFor('c1 to have let go of it', async () => {
      const shown = await c1.ok(['ip', '-4', 'route', 'show', 'table', '600']);
      return !shown.includes('10.1.0.0/24');
    });

    step('as subnets, after a restart');
    for (const agent of agents) await agent.stop();
    agents = await startAgents(stage, {
      mode: 'bgp',
      bgp: [...methods, 'tenant_advertisement = "subnet"'],
    });
    await waitFor('the spine to have the subnets, and no addresses in them', async () => {
      const routes = await Promise.all([
        fabric.spine.ok(['ip', '-4', 'route', 'show', 'vrf', 'vrf-600', 'proto', 'bgp']),
        fabric.spine.ok(['ip', '-6', 'route', 'show', 'vrf', 'vrf-600', 'proto', 'bgp']),
      ]);
      const text = routes.join('\n');
      return (
        /^10\.1\.0\.0\/24 /m.test(text) &&
        /^fd00:1::\/64 /m.test(text) &&
        !text.includes(behind.v4) &&
        !text.includes(behind.v6) &&
        // The end of a table is told to nobody.
        !/^default /m.test(text)
      );
    });
    for (const address of [behind.v4, behind.v6]) await reaches(he2, address);
    for (const agent of agents) await agent.settles();

    step('by the Northbound database gateways and advertisements are those of the DHCP options');
    for (const agent of agents) await agent.stop();
    agents = await startAgents(stage, {
      mode: 'bgp',
      bgp: [...methods, 'driver = "nb_ovn_bgp_driver"'],
    });
    const { northbound } = cloud;
    const options = async (cidr: string, ...more: readonly string[]): Promise<string> => {
      const row = await northbound.commit(['create', 'dhcp_options', `cidr="${cidr}"`, ...more]);
      cleanup(() => northbound.commit(['destroy', 'dhcp_options', row.trim()]));
      return row.trim();
    };
    const v4 = await options('172.24.5.0/24', 'options:router="172.24.5.1"');
    const v6 = await options(
      '2001:db8:5::/64',
      'options:dns_server="{2001:db8::53}"',
      'options:dhcpv6_stateless="true"',
    );
    const { portId } = inVrf.settings;
    const localnet = ['logical_switch_port', routed.localnetPort, 'external_ids'];
    await northbound.commit(
      ['lsp-set-dhcpv4-options', portId, v4],
      ['lsp-set-dhcpv6-options', portId, v6],
      ['remove', ...localnet, '"selvedge:gateways"'],
    );
    await waitFor('c1 to have the gateway of IPv4 alone', async () => {
      const shown = await c1.ok(['ip', '-o', 'address', 'show', 'dev', 'vp600.102']);
      return shown.includes('172.24.5.1/32') && !shown.includes('2001:db8:5::1/128');
    });
    await waitFor('FRR to advertise the subnet and its server', async () => {
      const config = await c1.vtysh('show running-config');
      return (
        /^ ipv6 nd prefix 2001:db8:5::\/64$/m.test(config) &&
        /^ ipv6 nd rdnss 2001:db8::53$/m.test(config)
      );
    });
    await learnsRouter(inVrf, /^default via fe80::200:258:66 .*proto ra/m);
    await waitFor('the VM to make an address', async () => (await madeAddresses(inVrf)) !== '');
    for (const address of [tenantHost.v4, tenantHost.v6]) await reaches(inVrf, address);

    step('what stands on the logical switch itself goes before that, and is enough');
    await routed.annotateSwitch(vpn('l3', 500));
    for (const address of [inVrf.v4, inVrf.v6, behind.v4, behind.v6]) await reaches(he, address);
    await isCutOff(he2, inVrf.v4);
    await routed.clearAnnotation();
    await routed.annotateSwitch({ 'neutron_bgpvpn:rt': `['${labAs}:501']` });
    await waitFor('he to lose the VM', async () => !(await he.pings(inVrf.v4, 1)));
    await routed.annotateSwitch({ 'neutron_bgpvpn:rt': '[]' });
    for (const address of [inVrf.v4, inVrf.v6]) await reaches(he, address);

    step('without annotations both are in the underlay');
    await routed.clearSwitchAnnotation(...Object.keys(vpn('l3', 500)), 'neutron_bgpvpn:rt');
    await segment.clearAnnotation();
    for (const vm of [inVrf, near, far]) {
      for (const address of [vm.v4, vm.v6]) await reaches(hx, address);
    }

    step('drained, the nodes are as they were before');
    await drain(agents);
    await areBareAgain();
  },
  frrForgetsRouterMac(),
);

/** Waits until FRR of the node has the VM's MAC address in the segment from the node where the VM is. */
async function hasLearned(node: FabricNode, vm: Vm): Promise<void> {
  const pattern = new RegExp(`${vm.settings.mac} +remote`);
  await waitFor(`${node.name} to learn where ${vm.name} is`, async () =>
    pattern.test(await node.vtysh('show evpn mac vni 700')),
  );
}

/** As if it had just booted, with the address that it was given and no route. */
async function learnsRouter(vm: Vm, route: RegExp): Promise<void> {
  const { nic } = vm;
  const settings = `/proc/sys/net/ipv6/conf/${nic}`;
  const own = vm.settings.addresses.find((address) => address.includes(':')) ?? '';
  await vm.script(`echo 2 > ${settings}/accept_ra
    echo 1 > ${settings}/disable_ipv6
    echo 0 > ${settings}/disable_ipv6
    ip address add ${own} dev ${nic} nodad`);
  await waitFor(`${vm.name} to learn of a router`, async () =>
    route.test(await vm.ok(['ip', '-6', 'route', 'show', 'default'])),
  );
}

/** Addresses that a VM has made of a prefix that was advertised, RFC 4862 §5.5.3. */
function madeAddresses(vm: Vm): Promise<string> {
  return vm.ok(['ip', '-6', '-o', 'address', 'show', 'dev', vm.nic, 'dynamic']);
}

function annotate(
  network: Network,
  type: 'l2' | 'l3',
  vni: number,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  return network.annotate({ ...vpn(type, vni), ...more });
}

function vpn(type: 'l2' | 'l3', vni: number): Readonly<Record<string, string>> {
  return { 'neutron_bgpvpn:type': type, 'neutron_bgpvpn:vni': String(vni) };
}

async function drain(agents: readonly SelvedgeAgent[]): Promise<void> {
  await Promise.all(agents.map((agent) => agent.cli('drain')));
  for (const { node } of agents) {
    await waitFor(`${node.name} to be drained`, async () => {
      const links = await node.ok(['ip', '-o', 'link', 'show']);
      return !/bgp-vrf|vxlan-|vrf-/.test(links);
    });
  }
}
