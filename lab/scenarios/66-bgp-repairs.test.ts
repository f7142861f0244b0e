/** BGP mode when programs end, when somebody alters the node by hand, and when the cloud changes while an agent is away. */

import assert from 'node:assert/strict';
import {
  addForeign,
  comesBack,
  configure,
  deleteFlows,
  type Drift,
  frrConfiguration,
  linesOf,
  run,
} from '../fabric/drift.ts';
import { restartFrr } from '../fabric/frr.ts';
import type { FabricNode } from '../fabric/node.ts';
import { surviveRestarts } from '../fabric/restarts.ts';
import { scenario } from '../fabric/scenario.ts';
import { announcedBy, drain, isLetGoOf, startAgents } from '../fabric/tenancy.ts';
import { waitFor } from '../fabric/wait.ts';
import { isWhole } from '../fabric/whole.ts';

const floating = '172.24.4.50';

const offered = async (node: FabricNode) => (await announcedBy(node)).join();
const routes4 = linesOf('ip route show table all proto 94');
const routes6 = linesOf('ip -6 route show table all proto 94');

/** Where somebody else has a route in its table, it is not made again. */
const vrfDrift: Drift = {
  what: 'the VRF',
  harm: run('ip link del bgp-vrf'),
  look: linesOf('ip -brief link show master bgp-vrf'),
};

const drifts: readonly Drift[] = [
  {
    what: 'an address',
    harm: run('ip address del 172.24.4.11/32 dev bgp-nic'),
    look: offered,
  },
  {
    what: 'an IPv6 address',
    harm: run('ip address del 2001:db8:4::11/128 dev bgp-nic'),
    look: offered,
  },
  {
    what: 'a rule',
    harm: run('ip rule del pref 32000 to 172.24.4.11/32'),
    look: linesOf('ip rule show pref 32000'),
  },
  {
    what: 'an IPv6 rule',
    harm: run('ip -6 rule del pref 32000 to 2001:db8:4::11/128'),
    look: linesOf('ip -6 rule show pref 32000'),
  },
  {
    what: 'a route',
    harm: run('ip route flush table all root 172.24.4.11/32 proto 94'),
    look: routes4,
  },
  {
    what: 'an IPv6 route',
    harm: run('ip -6 route flush table all root 2001:db8:4::11/128 proto 94'),
    look: routes6,
  },
  {
    what: 'a neighbour entry',
    harm: run('ip neighbour del 172.24.4.11 dev br-ex.101'),
    look: run('ip neighbour show 172.24.4.11 dev br-ex.101 nud permanent'),
  },
  {
    what: 'the setting by which the node answers for others',
    harm: (node) => node.script('echo 0 > /proc/sys/net/ipv4/conf/br-ex.101/proxy_arp'),
    look: run('cat /proc/sys/net/ipv4/conf/br-ex.101/proxy_arp'),
  },
  {
    what: 'the device of a VLAN',
    harm: run('ip link del br-ex.101'),
    look: async (node) => [await routes4(node), await routes6(node)].join('\n'),
  },
  {
    what: 'the device of all addresses',
    harm: run('ip link del bgp-nic'),
    look: offered,
  },
  {
    what: 'the flows',
    harm: deleteFlows('0x3e7'),
    look: linesOf('ovs-ofctl --no-stats dump-flows br-ex cookie=999/-1'),
  },
  // At once: FRR is read as often as it costs little, which is once in many seconds on an emulated processor.
  {
    what: 'what the VRF announces, and what the node takes from it,',
    harm: async (node) => {
      const instance = 'router bgp 64999 vrf bgp-vrf';
      await configure(instance, 'address-family ipv6 unicast', 'no redistribute connected')(node);
      const own = ['router bgp 64999', 'address-family ipv4 unicast'];
      await configure(...own, 'no import vrf bgp-vrf')(node);
    },
    look: frrConfiguration,
  },
];

scenario('in mode bgp what a restart, a hand or an absence spoils is mended', async (stage) => {
  const { fabric, cloud, step, cleanup, reaches } = stage;
  const { c1, c2, hx } = fabric;
  // That a connection is lost is noticed after two of these.
  const agents = await startAgents(stage, { mode: 'bgp', ovn: ['inactivity_probe = 5'] });
  const [atC1, atC2] = agents;
  assert.ok(atC1 && atC2);
  cleanup(() => drain(agents));

  step('on c1 a VM on a VLAN provider network, a gateway, and a VM behind it with a floating IP');
  const subnets = ['172.24.4.0/24', '2001:db8:4::/64'];
  const outside = await cloud.network('public', { subnets, physnet: 'physnet1', vlan: 101 });
  const tenant = await cloud.network('tenant', { subnets: ['10.1.0.0/24', 'fd00:1::/64'] });
  const router = await cloud.router('r1', { gateway: outside, host: 5, on: [c1, c2], snat: true });
  await router.attach(tenant);
  const near = await outside.vm('near', { on: c1, host: 11 });
  const [inner, far] = await tenant.vms({
    inner: { on: c1, host: 11 },
    far: { on: c2, host: 12 },
  });
  assert.ok(inner && far);
  await router.addFloatingIp(floating, inner, true);
  const gateway = router.gatewayAddresses.map((address) => address.replace(/\/.*$/, ''));
  for (const address of [near.v4, near.v6, floating, ...gateway]) await reaches(hx, address);
  const exposed = await announcedBy(c1);

  await surviveRestarts(
    stage,
    c1,
    { agents, from: hx, to: [near.v4, near.v6, floating] },
    async () => {
      assert.match(await frrConfiguration(c1), /import vrf bgp-vrf/);
      assert.deepEqual(await announcedBy(c1), exposed);
    },
  );

  step('somebody alters what is there, and adds things of his own');
  await comesBack(stage, atC1, [vrfDrift]);
  const areThere = await addForeign(stage, c1, { bgp: 'router bgp 64999', table: 10 });
  await comesBack(stage, atC1, drifts);
  await atC1.rests();
  assert.match(await atC1.plan(), /Nothing to do/);
  for (const address of exposed) await reaches(hx, address);
  await areThere();

  step('a bridge with a long name is mapped while the agent runs, and is not any more');
  await c1.ovsVsctl('add-br', 'br-provider-2');
  cleanup(() => c1.ovsVsctl('del-br', 'br-provider-2'));
  cleanup(() => mapBridges(c1, 'physnet1:br-ex'));
  await mapBridges(c1, 'physnet1:br-ex,physnet2:br-provider-2');
  const second = await cloud.network('second', {
    subnets: ['172.24.7.0/24', '2001:db8:7::/64'],
    physnet: 'physnet2',
    vlan: 1001,
  });
  const there = await second.vm('there', { on: c1, host: 11 });
  for (const address of [there.v4, there.v6]) await reaches(hx, address);
  const device = 'br-provide.1001';
  const routed = await run('ip route show table all 172.24.7.11')(c1);
  assert.ok(routed.includes(`dev ${device}`), routed);
  const known = await run(`ip neighbour show nud permanent dev ${device}`)(c1);
  for (const address of [there.v4, there.v6])
    assert.ok(known.includes(`${address} lladdr ${there.settings.mac}`), known);
  for (const setting of ['ipv4/conf/DEVICE/proxy_arp', 'ipv6/conf/DEVICE/proxy_ndp'])
    assert.equal(await run(`cat /proc/sys/net/${setting.replace('DEVICE', device)}`)(c1), '1\n');
  await mapBridges(c1, 'physnet1:br-ex');
  await announces(c1, exposed);

  step(
    'while c1 is cut off from the databases, for as long as it takes to notice, the floating IP goes to the VM on the other node',
  );
  cleanup(() => c1.ip('link set mgmt0 up'));
  await c1.ip('link set mgmt0 down');
  await router.deleteFloatingIp(floating, inner);
  await router.addFloatingIp(floating, far, true);
  await announces(c2, [floating]);
  const cutAt = performance.now();
  await waitFor('c1 to say that it hears nothing of OVN', async () => {
    const parts = (await atC1.status())?.parts ?? [];
    const isDown = parts.some(({ name, state }) => name === 'OVN_Southbound' && state === 'down');
    return isDown && performance.now() - cutAt >= (isWhole ? 60_000 : 0);
  });
  assert.deepEqual(await announcedBy(c1), exposed);
  await c1.ip('link set mgmt0 up');
  await announces(
    c1,
    exposed.filter((address) => address !== floating),
  );
  await reaches(hx, floating);

  step('while the agent of c1 is away it comes back, a VM goes, one comes, and FRR restarts');
  await atC1.kill();
  await near.delete();
  const late = await outside.vm('late', { on: c1, host: 12 });
  await router.deleteFloatingIp(floating, far);
  await router.addFloatingIp(floating, inner, true);
  await restartFrr(c1);
  await atC1.start();
  for (const address of [late.v4, late.v6, floating]) await reaches(hx, address);
  await isLetGoOf(c1, /172\.24\.4\.11\b|2001:db8:4::11\b/);
  await announces(c1, [late.v4, late.v6, floating, ...gateway]);
  await announces(c2, []);

  step('a router goes at once with its gateway, its floating IP and the VM of that');
  await cloud.northbound.commit(...router.deleteCommands(), ['lsp-del', inner.settings.portId]);
  await announces(c1, [late.v4, late.v6]);
  await isLetGoOf(c1, /172\.24\.4\.(?:5|50)\b|2001:db8:4::5\b/);
  await reaches(hx, late.v4);
});

function mapBridges(node: FabricNode, mappings: string): Promise<unknown> {
  return node.ovsVsctl('set', 'Open_vSwitch', '.', `external_ids:ovn-bridge-mappings=${mappings}`);
}

/** Waits until the node announces these addresses, and no others. */
async function announces(node: FabricNode, addresses: readonly string[]): Promise<void> {
  const wanted = addresses.toSorted().join();
  await waitFor(`${node.name} to announce ${wanted || 'nothing'}`, async () => {
    return (await offered(node)) === wanted;
  });
}
