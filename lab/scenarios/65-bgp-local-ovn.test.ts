/** BGP mode with the method ovn: an OVN of the node's own routes between provider networks and the fabric, in Open vSwitch. */

import assert from 'node:assert/strict';
import { uplink } from '../fabric/addresses.ts';
import { localOvnLacks, startLocalOvn, stopLocalOvn, uplinkBridge } from '../fabric/local-ovn.ts';
import { scenario } from '../fabric/scenario.ts';
import { SelvedgeAgent } from '../fabric/selvedge.ts';
import { announcedBy, bareNodes, drain } from '../fabric/tenancy.ts';
import { waitFor } from '../fabric/wait.ts';

const outsider = { v4: '198.51.100.10', v6: '2001:db8:100::10' };

scenario(
  'VMs are reached through an OVN of their node, and not through its kernel',
  async (stage) => {
    const { fabric, cloud, step, cleanup, reaches } = stage;
    const { spine, c1, c2, hx } = fabric;
    const areBareAgain = await bareNodes(stage);
    const { spine4, spine6, node4, node6 } = uplink(1);

    step('a second OVN on c1, and its uplink in a bridge');
    cleanup(() => stopLocalOvn(c1, 1));
    await startLocalOvn(c1, 1);

    step('the spine watches it by BFD');
    const bfd = [
      'bfd',
      `peer ${node4} local-address ${spine4} interface to-c1`,
      'exit',
      `peer ${node6} local-address ${spine6} interface to-c1`,
    ];
    cleanup(() => spine.script('kill $(cat /run/frr/bfdd.pid); rm -f /run/frr/bfdd.*'));
    await spine.script('/usr/lib/frr/bfdd -d > /var/log/frr/bfdd-start.log 2>&1');
    await spine.ok(['vtysh', ...['configure terminal', ...bfd].flatMap((line) => ['-c', line])]);

    step('agents: that of c1 by its own OVN, that of c2 by the kernel');
    const ofC1 = new SelvedgeAgent(c1, {
      mode: 'bgp',
      bgp: ['exposing = "ovn"'],
      localOvn: [
        `peers = ["${spine4}", "${spine6}"]`,
        'prefixes = ["172.24.0.0/16", "2001:db8:4::/48"]',
      ],
    });
    const agents = [ofC1, new SelvedgeAgent(c2, { mode: 'bgp' })];
    for (const agent of agents) {
      cleanup(() => agent.stop());
      await agent.start();
    }
    // Once its own OVN is gone, c1 has nothing to be drained from.
    let isDrained = false;
    cleanup(async () => {
      if (!isDrained) await drain(agents);
    });

    step('a VM on a flat provider network, and one on a VLAN');
    const flat = await cloud.network('public', {
      subnets: ['172.24.4.0/24', '2001:db8:4::/64'],
      physnet: 'physnet1',
    });
    const tagged = await cloud.network('tagged', {
      subnets: ['172.24.5.0/24', '2001:db8:4:5::/64'],
      physnet: 'physnet1',
      vlan: 101,
    });
    const plain = await flat.vm('plain', { on: c1, host: 11 });
    const beside = await tagged.vm('beside', { on: c1, host: 12 });
    const far = await flat.vm('far', { on: c2, host: 13 });
    for (const vm of [plain, beside]) {
      await reaches(hx, vm.v4);
      await reaches(hx, vm.v6);
      await reaches(vm, outsider.v4);
      await reaches(vm, outsider.v6);
    }
    await ofC1.settles();

    step('and each other, on the node and across the fabric');
    for (const to of [beside, far]) {
      await reaches(plain, to.v4);
      await reaches(plain, to.v6);
    }

    step('the kernel of c1 takes no part in that: it has neither rule nor route to them');
    assert.doesNotMatch(await c1.ok(['ip', 'rule', 'show']), /172\.24/);
    assert.doesNotMatch(
      await c1.ok(['ip', 'route', 'show', 'table', 'all']),
      /172\.24\.\S+ dev br-ex/,
    );
    const bindings = await c1.ok(['ovn-nbctl', 'find', 'Static_MAC_Binding']);
    for (const vm of [plain, beside])
      assert.ok(bindings.includes(vm.v4) && bindings.includes(vm.v6));
    const routes = await c1.ok(['ovn-nbctl', 'lr-route-list', 'bgp-router']);
    assert.match(routes, new RegExp(`${plain.v4} +${plain.v4} dst-ip bgp-router-provider`));
    const why = await ofC1.cli('why', plain.v4);
    assert.match(why, /Static_MAC_Binding/);
    assert.match(await ofC1.cli('plan'), /Nothing to do/);

    step('both see each other by BFD, and the way out is as long as they do');
    await waitFor('BFD to be up', async () => {
      const shown = await c1.ok(['ovn-nbctl', '--bare', '--columns=dst_ip,status', 'list', 'BFD']);
      return (shown.match(/\bup\b/g) ?? []).length === 2;
    });

    step('rows that somebody removes come back');
    // Not the router alone: ovn-northd 25.03 and 26.03 crash at a BFD row whose port is gone.
    await c1.ok(['ovn-nbctl', '--all', 'destroy', 'BFD', '--', 'lr-del', 'bgp-router']);
    await waitFor('all of them', async () => {
      const found = await c1.ok(['ovn-nbctl', 'lr-route-list', 'bgp-router']);
      const bound = await c1.ok(['ovn-nbctl', 'find', 'Static_MAC_Binding']);
      return [plain, beside].every((vm) => found.includes(vm.v6) && bound.includes(vm.v6));
    });
    for (const vm of [plain, beside]) await reaches(hx, vm.v4);
    await ofC1.settles();

    step('a VM that goes to the other node is reached there');
    await plain.migrate(c2);
    for (const address of [plain.v4, plain.v6]) await reaches(hx, address);
    await waitFor(
      'c1 to have let go of it',
      async () => !(await announcedBy(c1)).includes(plain.v4),
    );
    assert.ok(!(await c1.ok(['ovn-nbctl', 'find', 'Static_MAC_Binding'])).includes(plain.v4));

    step('drained, nothing of ours is left: neither on the node, nor in its OVN');
    await drain(agents);
    isDrained = true;
    await waitFor(
      'the rows to be gone',
      async () => (await c1.ok(['ovn-nbctl', 'show'])).trim() === '',
    );
    await waitFor('the flows to be gone', async () => {
      return !(await c1.ok(['ovs-ofctl', 'dump-flows', uplinkBridge])).includes('cookie=0x3e7');
    });
    for (const agent of agents) await agent.stop();
    await stopLocalOvn(c1, 1);
    await areBareAgain();
  },
  localOvnLacks(),
);
