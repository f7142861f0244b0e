/** EVPN mode when programs end: the agent's death is not felt, and what others lose by a restart is mended. */

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { surviveRestarts } from '../fabric/restarts.ts';
import { scenarioOnTenant } from '../fabric/standing.ts';
import { addTenant, announced } from '../fabric/tenancy.ts';
import { waitFor } from '../fabric/wait.ts';
import { isWhole } from '../fabric/whole.ts';

/** Twenty for the whole proof, which takes ten minutes; a few for every day. Even: what comes must go. */
const kills = 2 * Math.ceil(Number(process.env['LAB_KILLS'] ?? (isWhole ? 20 : 4)) / 2);

/** Packets a second. */
const rate = 100;

const deaths = `an agent that is killed ${kills} times amid changes loses no packet`;

scenarioOnTenant(deaths, async (stage, { agents, outside, vm }) => {
  const { fabric, step, note, reaches, underStream } = stage;
  const { c1, c2, he, he2 } = fabric;
  const [agent] = agents;
  const busy = await addTenant(stage, 'busy', { outside, host: 6, on: [c1, c2] });
  const others = await busy.network.vms({
    busy1: { on: c1, host: 21 },
    busy2: { on: c1, host: 22 },
    busy3: { on: c2, host: 23 },
  });

  step('a whole network comes or goes each time, and the agent dies on the way');
  const vpn = { vni: 600, as: 64999 };
  const wanted = others.flatMap((each) => [each.v4, each.v6]).sort();
  const dieOften = async () => {
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
  };
  const report = await underStream(he, vm.v4, dieOften, rate);
  assert.equal(report.lost, 0);

  step('and the network that came last is reached');
  await busy.router.setBgpvpn(vpn);
  for (const address of wanted) await reaches(he2, address);
  note(`${kills} deaths, ${report.sent} packets, none lost`);
});

const restarted = 'what a restart of FRR, Open vSwitch or OVN takes away is mended';

scenarioOnTenant(restarted, async (stage, { agents, network, vm }) => {
  const { fabric, step, reaches, cleanup } = stage;
  const { c1, he } = fabric;
  await surviveRestarts(stage, c1, { agents, from: he, to: [vm.v4, vm.v6] }, async () => {
    assert.match(await c1.vtysh('show running-config'), /router bgp 64999 vrf vrf-500/);
  });

  step('and a VM that comes after all that is reached');
  const late = await network.vm('late', { on: c1, host: 12 });
  cleanup(() => late.delete());
  await reaches(he, late.v4);
});
