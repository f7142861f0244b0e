/**
 * What several scenarios of a guest stand on, so that not each of them makes it anew: an agent on every hypervisor, and a
 * tenant in VNI 500 with a VM on c1, behind a router whose gateway is on c1 and may move to c2. A scenario leaves it as it
 * was; one that fails, or that does not stand on it, has it taken away.
 */

import { Cloud } from './cloud/cloud.ts';
import type { Network } from './cloud/network.ts';
import type { Vm } from './cloud/vm.ts';
import { layGround, scenario, type Stage } from './scenario.ts';
import { SelvedgeAgent } from './selvedge.ts';
import { addTenant, announced, isGone, publicNetwork, type Tenancy } from './tenancy.ts';
import type { Fabric } from './topology.ts';
import { waitFor } from './wait.ts';

export interface Standing extends Tenancy {
  /** Those of c1 and c2. */
  readonly agents: readonly [SelvedgeAgent, SelvedgeAgent];
  /** The provider network; host 5 is the router's. */
  readonly outside: Network;
  readonly vm: Vm;
}

export const standingVpn = { vni: 500, as: 64999 } as const;

let standing: Standing | undefined;

/** A scenario that begins when the VM is reached and the agents have nothing left to do. */
export function scenarioOnTenant(
  title: string,
  plan: (stage: Stage, standing: Standing) => Promise<void>,
): void {
  scenario(title, async (stage) => plan(stage, await stand(stage)), undefined, true);
}

async function stand(stage: Stage): Promise<Standing> {
  const { fabric, reaches } = stage;
  standing ??= await make(fabric);
  const { agents, vm } = standing;
  for (const address of [vm.v4, vm.v6]) await reaches(fabric.he, address);
  for (const agent of agents) await agent.settles();
  // VMs of the scenario before may be on their way out.
  await waitFor('nothing but the VM to be announced', async () => {
    return (await announced(fabric.c1, standingVpn.vni)).join() === [vm.v4, vm.v6].join();
  });
  return standing;
}

async function make(fabric: Fabric): Promise<Standing> {
  const { c1, c2 } = fabric;
  const cloud = new Cloud(fabric);
  const agents = [new SelvedgeAgent(c1), new SelvedgeAgent(c2)] as const;
  // Before there is anything, so that half of it is taken away too.
  layGround(() => takeAway(fabric, cloud, agents));
  for (const agent of agents) {
    agent.detach();
    await agent.start();
  }
  const outside = await publicNetwork({ cloud });
  const tenancy = await addTenant({ cloud }, 'steady', { outside, host: 5, on: [c1, c2] });
  const vm = await tenancy.network.vm('steady', { on: c1, host: 11 });
  await tenancy.router.setBgpvpn(standingVpn);
  standing = { ...tenancy, agents, outside, vm };
  return standing;
}

/** Holds that nothing is left on either node. */
async function takeAway(
  fabric: Fabric,
  cloud: Cloud,
  agents: readonly SelvedgeAgent[],
): Promise<void> {
  const tenancy = standing;
  standing = undefined;
  try {
    await tenancy?.router.clearBgpvpn();
    for (const node of fabric.hypervisors) await isGone(node, standingVpn.vni);
  } finally {
    for (const agent of agents) await agent.stop();
    await cloud.clear();
  }
}
