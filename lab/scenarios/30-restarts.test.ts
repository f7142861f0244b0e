/** EVPN mode when programs end: the agent's death is not felt, and what others lose by a restart is mended. */

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { restartFrr } from '../fabric/frr.ts';
import { restartDatabase, restartOvsdb, restartVswitchd } from '../fabric/ovs.ts';
import { scenario } from '../fabric/scenario.ts';
import { addTenant, announced, isGone, publicNetwork, startAgents } from '../fabric/tenancy.ts';
import { waitFor } from '../fabric/wait.ts';

/** Twenty for the whole proof, which takes ten minutes; a few for every day. Even: what comes must go. */
const kills = 2 * Math.ceil(Number(process.env['LAB_KILLS'] ?? 4) / 2);

scenario(`an agent that is killed ${kills} times amid changes loses no packet`, async (stage) => {
  const { fabric, step, note, reaches, underStream } = stage;
  const { c1, c2, he, he2 } = fabric;
  const [agent] = await startAgents(stage);
  assert.ok(agent);
  const outside = await publicNetwork(stage);
  const steady = await addTenant(stage, 'steady', { outside, host: 5, on: [c1, c2] });
  const busy = await addTenant(stage, 'busy', { outside, host: 6, on: [c1, c2] });
  const vm = await steady.network.vm('steady', { on: c1, host: 11 });
  const others = await busy.network.vms({
    busy1: { on: c1, host: 21 },
    busy2: { on: c1, host: 22 },
    busy3: { on: c2, host: 23 },
  });
  await steady.router.setBgpvpn({ vni: 500, as: 64999 });
  await reaches(he, vm.v4);
  await agent.settles();

  step('a whole network comes or goes each time, and the agent dies on the way');
  const vpn = { vni: 600, as: 64999 };
  const wanted = others.flatMap((each) => [each.v4, each.v6]).sort();
  const report = await underStream(he, vm.v4, async () => {
    for (let round = 1; round <= kills; round += 1) {
      // First and last with the VRF, in between the network alone.
      const comes = round % 2 === 1;
      if (round === 1) await busy.router.setBgpvpn(vpn);
      else if (round === kills) await busy.router.clearBgpvpn();
      else if (comes) await busy.router.setBgpvpnOn(busy.network, vpn);
      else await busy.router.clearBgpvpnOn(busy.network);
      // Anywhere between the first change of the node and the last.
      await sleep((round * 331) % 2000);
      await agent.kill();
      await agent.start();
      await waitFor(`what is announced after death ${round}`, async () => {
        return (await announced(c1, 600)).join() === (comes ? wanted.join() : '');
      });
      await agent.settles();
    }
  });
  assert.equal(report.lost, 0);

  step('and the network that came last is reached');
  await busy.router.setBgpvpn(vpn);
  for (const address of wanted) await reaches(he2, address);
  note(`${kills} deaths, ${report.sent} packets, none lost`);
});

scenario('what a restart of FRR, Open vSwitch or OVN takes away is mended', async (stage) => {
  const { fabric, step, note, reaches, underStream } = stage;
  const { c1, c2, he, central } = fabric;
  const agents = await startAgents(stage);
  const outside = await publicNetwork(stage);
  const { network, router } = await addTenant(stage, 'tenant', { outside, host: 5, on: [c1, c2] });
  const vm = await network.vm('steady', { on: c1, host: 11 });
  await router.setBgpvpn({ vni: 500, as: 64999 });
  await reaches(he, vm.v4);
  for (const each of agents) await each.settles();

  const restarts: Readonly<Record<string, () => Promise<unknown>>> = {
    'FRR of the gateway': () => restartFrr(c1),
    'ovs-vswitchd of the gateway': () => restartVswitchd(c1),
    'ovsdb-server of the gateway': () => restartOvsdb(c1),
    'the Southbound database': () => restartDatabase(central, 'sb'),
    'FRR, then the Southbound database, then ovs-vswitchd': async () => {
      await restartFrr(c1);
      await restartDatabase(central, 'sb');
      await restartVswitchd(c1);
    },
  };
  for (const [what, restart] of Object.entries(restarts)) {
    step(`${what} restarts`);
    await underStream(he, vm.v4, async () => {
      await restart();
      const restarted = performance.now();
      for (const agent of agents) await agent.settles();
      await reaches(he, vm.v4);
      note(
        `settled and reached ${((performance.now() - restarted) / 1000).toFixed(1)} s after that`,
      );
    });
    await reaches(he, vm.v6);
    assert.match(await c1.vtysh('show running-config'), /router bgp 64999 vrf vrf-500/);
  }

  step('a VM that came while all were restarting is there, and the end is clean');
  const late = await network.vm('late', { on: c1, host: 12 });
  await reaches(he, late.v4);
  await router.clearBgpvpn();
  for (const node of [c1, c2]) await isGone(node, 500);
});
