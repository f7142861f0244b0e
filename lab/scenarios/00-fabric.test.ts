/** The fabric by itself, before any agent: what every other scenario stands on. */

import assert from 'node:assert/strict';
import { loopback, plainHost } from '../fabric/addresses.ts';
import { scenario } from '../fabric/scenario.ts';
import { diffSnapshots, takeSnapshot } from '../fabric/snapshot.ts';
import { waitFor } from '../fabric/wait.ts';

scenario(
  'the fabric routes, and speaks EVPN, without an agent',
  async ({ fabric, step, reaches }) => {
    step('the host in the default table reaches the loopbacks of spine and hypervisors');
    for (const index of [0, 1, 2]) await reaches(fabric.hx, loopback(index).v4);
    await reaches(fabric.hx, loopback(0).v6);

    step('the hypervisors reach that host on both families');
    for (const node of fabric.hypervisors) {
      await reaches(node, plainHost.v4);
      await reaches(node, plainHost.v6);
    }

    step('each hypervisor has learnt the external tenants by EVPN');
    for (const node of fabric.hypervisors) {
      const routes = await node.vtysh('show bgp l2vpn evpn route type prefix');
      assert.match(routes, /\[5\]:\[0\]:\[24\]:\[192\.0\.2\.0\]/);
      assert.match(routes, /\[5\]:\[0\]:\[64\]:\[2001:db8:200::\]/);
      assert.match(routes, /RT:64999:500/);
      assert.match(routes, /RT:64999:600/);
    }
  },
);

scenario(
  'OVN joins VMs across hypervisors, and leaves by a flat provider network',
  async (stage) => {
    const { fabric, cloud, step, reaches } = stage;
    const { c1, c2 } = fabric;

    step('a tenant network with a VM on each hypervisor, on both families');
    const blue = await cloud.network('blue', { subnets: ['10.1.0.0/24', 'fd00:1::/64'] });
    const [one, two] = await blue.vms({ t1: { on: c1, host: 11 }, t2: { on: c2, host: 12 } });
    assert.ok(one !== undefined && two !== undefined);
    await reaches(one, two.v4);
    await reaches(one, two.v6);

    step('a flat provider network with a VM, and a router between the two');
    const subnets = ['172.24.4.0/24', '2001:db8:4::/64'];
    const outer = await cloud.network('public', { physnet: 'physnet1', subnets });
    const router = await cloud.router('r1', { gateway: outer, host: 5, on: [c1, c2] });
    await router.attach(blue);
    await outer.vm('p1', { on: c1, host: 21 });
    await cloud.sync();
    assert.equal(await router.gatewayNode(fabric.central), 'c1');

    step('the node itself reaches the gateway by its provider bridge');
    await c1.ip('addr add 172.24.4.1/24 dev br-ex', 'route add 10.1.0.0/24 via 172.24.4.5');
    stage.cleanup(() => c1.ip('addr del 172.24.4.1/24 dev br-ex'));
    await reaches(c1, '172.24.4.5');
    await reaches(c1, '172.24.4.21');

    step('and by it the VMs on both hypervisors, without loss');
    const report = await stage.underStream(c1, two.v4, async () => {
      assert.ok(await c1.pings(one.v4, 10));
    });
    assert.ok(report.sent > 20);
    assert.equal(report.lost, 0);

    step('the gateway moves, a VM migrates');
    await router.moveGateway([c2, c1]);
    await router.waitForGatewayOn(c2, fabric.central);
    await one.migrate(c2);
    await reaches(two, one.v4);
  },
);

scenario(
  'OVN leaves by a VLAN provider network',
  async ({ fabric, cloud, step, reaches, cleanup }) => {
    const { c1, c2 } = fabric;
    const before = await takeSnapshot(c1);

    step('a provider network on VLAN 101, a router with SNAT and a floating IP');
    const outer = await cloud.network('public', {
      physnet: 'physnet1',
      vlan: 101,
      subnets: ['172.24.5.0/24', '2001:db8:5::/64'],
    });
    const green = await cloud.network('green', { subnets: ['10.2.0.0/24', 'fd00:2::/64'] });
    const router = await cloud.router('r2', { gateway: outer, host: 5, on: [c2], snat: true });
    await router.attach(green);
    const vm = await green.vm('g1', { on: c1, host: 11 });
    await router.addFloatingIp('172.24.5.50', vm, false);
    await cloud.sync();

    step('the node reaches the gateway and the floating IP by a tagged leg of its provider bridge');
    await c2.ip(
      'link add link br-ex name br-ex.101 type vlan id 101',
      'link set br-ex.101 up',
      'addr add 172.24.5.1/24 dev br-ex.101',
      'addr add 2001:db8:5::1/64 dev br-ex.101 nodad',
    );
    cleanup(() => c2.ip('link del br-ex.101'));
    await reaches(c2, '172.24.5.5');
    await reaches(c2, '2001:db8:5::5');
    await reaches(c2, '172.24.5.50');

    step('the BGPVPN keys come through to the Southbound database and go again');
    await router.setBgpvpn({ vni: 500, as: 64999 });
    const words = ['ovn-sbctl', '--bare', '--columns=external_ids', 'find', 'port_binding'];
    const ids = () => fabric.central.ok([...words, `logical_port=${router.gatewayPort}`]);
    await cloud.sync();
    assert.match(await ids(), /neutron_bgpvpn:vni=500/);
    await router.clearBgpvpn();
    await cloud.sync();
    assert.doesNotMatch(await ids(), /neutron_bgpvpn/);

    step('without all that, a node is as it was before');
    await cloud.clear();
    let left: readonly string[] = [];
    await waitFor('c1 to be as before', async () => {
      left = diffSnapshots(before, await takeSnapshot(c1));
      return left.length === 0;
    }).catch((error: unknown) => assert.fail(`${String(error)}\n${left.join('\n')}`));
  },
);
