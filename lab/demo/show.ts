/** The demonstration, inside of the lab: a cloud is made, the agents join it to the fabric, and packets show it. */

import { setTimeout as sleep } from 'node:timers/promises';

import { Cloud } from '../fabric/cloud/cloud.ts';
import type { Namespace } from '../fabric/namespace.ts';
import { SelvedgeAgent } from '../fabric/selvedge.ts';
import { bringUpFabric } from '../fabric/topology.ts';
import { guestSeconds } from '../fabric/uptime.ts';
import { waitFor } from '../fabric/wait.ts';

const checks: { readonly what: string; readonly passed: boolean; readonly remark: string }[] = [];

function say(text: string): void {
  const title = `== ${text}`;
  const shown = process.env['LAB_COLOUR'] === '1' ? `\u001b[1m${title}\u001b[0m` : title;
  console.log(`\n${shown}  (${guestSeconds()} s)`);
}

async function check(what: string, holds: () => Promise<string | undefined>): Promise<void> {
  let remark = 'never';
  const passed = await waitFor(what, async () => {
    const answer = await holds();
    if (answer !== undefined) remark = answer;
    return answer !== undefined;
  }).then(
    () => true,
    () => false,
  );
  checks.push({ what, passed, remark });
  console.log(`${passed ? 'ok    ' : 'FAILED'}  ${what}: ${remark}`);
}

/** A ping's own words, as far as they matter. */
async function ping(from: Namespace, to: string): Promise<string | undefined> {
  const { code, stdout } = await from.exec(['ping', '-n', '-c', '3', '-i', '0.2', '-W', '2', to]);
  const answer = stdout.split('\n').find((line) => line.includes('bytes from'));
  return code === 0 ? answer : undefined;
}

console.log('Selvedge: bringing up a spine, an external EVPN router and two hypervisors with OVN.');
const fabric = await bringUpFabric((step) => console.log(`fabric: ${step}`));
const cloud = new Cloud(fabric);
const { c1, c2, he, he2 } = fabric;

say('an agent on each hypervisor');
const agents = fabric.hypervisors.map((node) => new SelvedgeAgent(node));
for (const agent of agents) await agent.start();
for (const agent of agents) await agent.settles();
const [first] = agents;
if (first === undefined) throw new Error('there is no hypervisor');
console.log(await first.cli('status'));

say('a tenant network with a VM on each hypervisor, behind a router with VNI 500');
const outside = await cloud.network('public', {
  subnets: ['172.24.4.0/24', '2001:db8:4::/64'],
  physnet: 'physnet1',
});
const tenant = await cloud.network('tenant', { subnets: ['10.1.0.0/24', 'fd00:1::/64'] });
const router = await cloud.router('r1', { gateway: outside, host: 5, on: [c1, c2] });
await router.attach(tenant);
const near = await tenant.vm('near', { on: c1, host: 11 });
const far = await tenant.vm('far', { on: c2, host: 12 });
await router.setBgpvpn({ vni: 500, as: 64999 });
console.log(
  `near ${near.v4} ${near.v6} on c1; far ${far.v4} ${far.v6} on c2; the gateway is on c1`,
);

say('packets from the host behind the external router, and back');
for (const vm of [near, far]) {
  await check(`he -> ${vm.name} ${vm.v4}`, () => ping(he, vm.v4));
  await check(`he -> ${vm.name} ${vm.v6}`, () => ping(he, vm.v6));
}
await check(`near -> he 192.0.2.10`, () => ping(near, '192.0.2.10'));
await check(`he2 in VNI 600 does not reach near`, async () =>
  (await he2.pings(near.v4)) ? undefined : 'no answer, as it should be',
);

for (const agent of agents) await agent.settles();
say('what the agent of c1 did: selvedge show vrfs');
console.log(await first.cli('show', 'vrfs'));
say(`why ${near.v4} is announced: selvedge why ${near.v4}`);
console.log(await first.cli('why', near.v4));
say('what is left to do: selvedge plan');
console.log(await first.cli('plan'));

say('somebody deletes the route of the subnet');
await c1.ip('route del 10.1.0.0/24 vrf vrf-500');
const deleted = performance.now();
await check('it is back, and near answers', async () => {
  const routes = await c1.ipJson('route', 'show', '10.1.0.0/24', 'vrf', 'vrf-500');
  if (routes.length === 0 || (await ping(he, near.v4)) === undefined) return undefined;
  return `seen after ${((performance.now() - deleted) / 1000).toFixed(1)} s, a ping included`;
});

say('the annotation is removed');
await router.clearBgpvpn();
await check('c1 is as it was before', async () => {
  const links = await c1.ipJson<{ readonly ifname: string }>('link');
  const left = links.filter(({ ifname }) => ifname.endsWith('-500'));
  return left.length === 0 ? 'no device, no FRR stanza, no flow of ours' : undefined;
});

say('checks');
const width = Math.max(...checks.map(({ what }) => what.length));
for (const { what, passed, remark } of checks) {
  console.log(`${passed ? 'passed' : 'FAILED'}  ${what.padEnd(width)}  ${remark}`);
}
if (process.env['KEEP'] === '1') {
  await router.setBgpvpn({ vni: 500, as: 64999 });
  await waitFor('the VRF to be back', () => he.pings(near.v4, 1));
} else {
  for (const agent of agents) await agent.stop();
}
await sleep(100);
process.exit(checks.every(({ passed }) => passed) ? 0 : 1);
