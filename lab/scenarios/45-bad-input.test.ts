/**
 * What operators and clouds get wrong, all of it at once on a node that serves a healthy tenant: each wrong thing is a
 * condition that names it and the remedy, goes when its cause is gone, and costs the healthy tenant no packet.
 */

import assert from 'node:assert/strict';
import type { Network } from '../fabric/cloud/network.ts';
import type { FabricNode } from '../fabric/node.ts';
import { restartFrr, stopFrr } from '../fabric/frr.ts';
import { startDatabase, stopDatabase } from '../fabric/ovs.ts';
import { type Stage, scenario } from '../fabric/scenario.ts';
import type { SelvedgeAgent } from '../fabric/selvedge.ts';
import { addTenant, publicNetwork, startAgents, type Tenancy } from '../fabric/tenancy.ts';
import { waitFor } from '../fabric/wait.ts';

/** One thing that is wrong on c1. */
interface Wrong {
  /** What the condition says. */
  readonly says: RegExp;
  readonly cause: () => Promise<unknown>;
  readonly mend: () => Promise<unknown>;
}

const as = 64999;

scenario('bad input is told by name, and costs a healthy tenant nothing', async (stage) => {
  const { fabric, step, reaches, underStream } = stage;
  const { c1, c2, he, central } = fabric;
  const [agent, other] = await startAgents(stage);
  assert.ok(agent !== undefined && other !== undefined);
  const outside = await publicNetwork(stage);
  const { network, router } = await addTenant(stage, 'well', { outside, host: 5, on: [c1] });
  const [vm, neighbour] = await network.vms({
    well: { on: c1, host: 11 },
    neighbour: { on: c1, host: 12 },
  });
  assert.ok(vm !== undefined && neighbour !== undefined);
  await router.setBgpvpn({ vni: 500, as });
  const [wrongs, overlap] = await prepareWrongs(stage, agent, outside);
  await reaches(he, vm.v4);
  await agent.settles();

  const report = await underStream(he, vm.v4, async () => {
    step('everything goes wrong');
    for (const { cause } of wrongs) await cause();
    for (const { says } of wrongs) await isTold(agent, says);
    const shown = await agent.cli('status', '--json');
    for (const { says } of wrongs) assert.match(shown, says);

    step('a row of the healthy tenant turns bad');
    await spoilMac(central, neighbour.settings.portId, () =>
      isTold(agent, /cannot announce port \S+: mac: 'fa:16' is not a MAC address; correct it/),
    );

    step('FRR of the other node, and the Southbound database, are away for a while');
    await stopFrr(c2);
    await hasPart(other, 'frr', 'down', /^FRR is not running/);
    await stopDatabase(central, 'sb');
    for (const each of [agent, other]) await hasPart(each, 'OVN_Southbound', 'down', /./);
    await startDatabase(central, 'sb');
    await restartFrr(c2);
    for (const each of [agent, other]) await hasPart(each, 'OVN_Southbound', 'synced', /^$/);
    await hasPart(other, 'frr', 'ready', /^$/);

    step('everything is put right, but two subnets then overlap');
    for (const { mend } of wrongs) await mend();
    await overlap.cause();
    await isTold(agent, overlap.says);
    await waitFor('nothing else to be told', async () => (await conditionsOf(agent)).length === 1);

    step('that as well');
    await overlap.mend();
    await waitFor('nothing to be told', async () => (await conditionsOf(agent)).length === 0);
    await agent.settles();
  });
  assert.equal(report.lost, 0);
  await reaches(he, neighbour.v4);
});

/** Tenants beside the healthy one, with what will be wrong about them; the last wrong follows on the others. */
async function prepareWrongs(
  stage: Stage,
  agent: SelvedgeAgent,
  outside: Network,
): Promise<readonly [readonly Wrong[], Wrong]> {
  const words = await addSmallTenant(stage, 'words', outside, 21);
  const autonomous = await addSmallTenant(stage, 'autonomous', outside, 22);
  const wrongs: readonly Wrong[] = [
    {
      says: /external_ids:neutron_bgpvpn:vni: 'blue' is not a VNI \(1 to 16777215\); correct it/,
      cause: () => words.router.setBgpvpn({ vni: 'blue', as }),
      mend: () => words.router.clearBgpvpn(),
    },
    {
      says: /its AS 64998 is not that of the gateway \S+ \(64999\); make neutron_bgpvpn:as the same/,
      cause: async () => {
        await autonomous.router.setBgpvpnOnGateway({ vni: 702, as });
        await autonomous.router.setBgpvpnOn(autonomous.network, { vni: 702, as: 64998 });
      },
      mend: () => autonomous.router.setBgpvpn({ vni: 702, as }),
    },
    takenNames(stage, agent, await addSmallTenant(stage, 'names', outside, 23)),
    takenTable(stage, await addSmallTenant(stage, 'table', outside, 24)),
    await absentBridge(stage),
  ];
  const overlap: Wrong = {
    says: /10\.1\.0\.0\/24 overlaps a subnet of \S+ in the same VNI; renumber one, or use another/,
    cause: () => words.router.setBgpvpn({ vni: 702, as }),
    mend: () => words.router.clearBgpvpn(),
  };
  return [wrongs, overlap];
}

/** One subnet, and no VM. */
async function addSmallTenant(
  { cloud, fabric }: Stage,
  name: string,
  outside: Network,
  host: number,
): Promise<Tenancy> {
  const network = await cloud.network(name, { subnets: ['10.1.0.0/24'] });
  const router = await cloud.router(`router-${name}`, { gateway: outside, host, on: [fabric.c1] });
  await router.attach(network);
  return { network, router };
}

/** Devices of somebody else under two of our names: the second is told when the first is out of the way. */
function takenNames(stage: Stage, agent: SelvedgeAgent, { router }: Tenancy): Wrong {
  const { c1 } = stage.fabric;
  stage.cleanup(() => c1.script('for each in vrf-700 lo-700; do ip link del $each || true; done'));
  const taken = (name: string) =>
    new RegExp(
      `cannot set up link ${name}: it exists and is not ours; remove it, or free its name`,
    );
  return {
    says: taken('vrf-700'),
    cause: async () => {
      await c1.ip('link add vrf-700 type dummy', 'link add lo-700 type dummy');
      await router.setBgpvpn({ vni: 700, as });
    },
    mend: async () => {
      await c1.ip('link del vrf-700');
      await isTold(agent, taken('lo-700'));
      await c1.ip('link del lo-700');
    },
  };
}

function takenTable({ fabric, cleanup }: Stage, { router }: Tenancy): Wrong {
  const { c1 } = fabric;
  cleanup(() => c1.script('ip link del blue || true'));
  return {
    says: /table 704 is that of the VRF device blue; let that have another table, or use another VNI/,
    cause: async () => {
      await c1.ip('link add blue type vrf table 704');
      await router.setBgpvpn({ vni: 704, as });
    },
    mend: () => c1.ip('link del blue'),
  };
}

/** A provider network that is mapped to a bridge which nobody has made. */
async function absentBridge(stage: Stage): Promise<Wrong> {
  const { fabric, cloud, cleanup } = stage;
  const { c1 } = fabric;
  const provider = await cloud.network('provider2', {
    subnets: ['172.25.0.0/24'],
    physnet: 'physnet2',
  });
  const { router } = await addSmallTenant(stage, 'elsewhere', provider, 5);
  const map = (mappings: string) =>
    c1.ovsVsctl('set', 'Open_vSwitch', '.', `external_ids:ovn-bridge-mappings=${mappings}`);
  cleanup(async () => {
    await map('physnet1:br-ex');
    await c1.ovsVsctl('--if-exists', 'del-br', 'br-none');
  });
  return {
    says: /bridge br-none of ovn-bridge-mappings does not exist; create it with 'ovs-vsctl add-br br-none'/,
    cause: async () => {
      await map('"physnet1:br-ex,physnet2:br-none"');
      await router.setBgpvpn({ vni: 706, as });
    },
    mend: () => c1.ovsVsctl('add-br', 'br-none'),
  };
}

/** Writes what is no MAC address into a row while northd, which would put it right, looks away. */
async function spoilMac(
  central: FabricNode,
  port: string,
  body: () => Promise<void>,
): Promise<void> {
  const set = (mac: string) =>
    central.ok(['ovn-sbctl', 'set', 'Port_Binding', port, `mac="${mac}"`]);
  const before = await central.ok(['ovn-sbctl', '--bare', 'get', 'Port_Binding', port, 'mac']);
  const mac = /[0-9a-f:]{17}[^"]*/.exec(before)?.[0] ?? '';
  await central.ok(['ovn-appctl', '-t', 'ovn-northd', 'pause']);
  try {
    await set('fa:16 10.1.0.12');
    await body();
  } finally {
    await set(mac);
    await central.ok(['ovn-appctl', '-t', 'ovn-northd', 'resume']);
  }
}

async function isTold(agent: SelvedgeAgent, says: RegExp): Promise<void> {
  await waitFor(`the condition ${says}`, async () => {
    return (await conditionsOf(agent)).some((message) => says.test(message));
  });
}

async function conditionsOf(agent: SelvedgeAgent): Promise<readonly string[]> {
  const status = await agent.status();
  if (status === undefined) throw new Error('the agent does not answer');
  return status.conditions.map(({ message }) => message);
}

async function hasPart(
  agent: SelvedgeAgent,
  name: string,
  state: string,
  reason: RegExp,
): Promise<void> {
  await waitFor(
    `${name} of ${agent.node.name} to be ${state}`,
    async () => {
      const part = (await agent.status())?.parts.find((each) => each.name === name);
      return part?.state === state && reason.test(part.reason ?? '');
    },
    60,
  );
}
