/**
 * BGP mode: load balancers of OVN are reached at the node that has the gateway, on provider networks and on those of tenants; what
 * has opted out is not.
 */

import assert from 'node:assert/strict';
import { isOvnBefore } from '../fabric/ovn-version.ts';
import { scenario } from '../fabric/scenario.ts';
import { announcedBy, drain, startAgents } from '../fabric/tenancy.ts';
import { waitFor } from '../fabric/wait.ts';
import { serveName, serves } from '../fabric/web.ts';

scenario('load balancers are reached at the gateway, by TCP on both families', async (stage) => {
  const { fabric, cloud, step, cleanup, note } = stage;
  const { c1, c2, hx } = fabric;
  const agents = await startAgents(stage, { mode: 'bgp', bgp: ['tenant_networks = true'] });
  const [atC1, atC2] = agents;
  assert.ok(atC1 && atC2);
  cleanup(() => drain(agents));

  step('a router whose gateway is on c1, two web servers on c2');
  const subnets = ['172.24.4.0/24', '2001:db8:4::/64'];
  const outside = await cloud.network('public', { subnets, physnet: 'physnet1' });
  const tenant = await cloud.network('tenant', { subnets: ['10.1.0.0/24', 'fd00:1::/64'] });
  const router = await cloud.router('r1', { gateway: outside, host: 5, on: [c1, c2], snat: true });
  await router.attach(tenant);
  const members = await tenant.vms({ web1: { on: c2, host: 11 }, web2: { on: c2, host: 12 } });
  for (const vm of members) {
    const server = serveName(vm);
    cleanup(async () => server.stop());
  }

  step(
    'a load balancer on the provider network, one on the tenant network with a floating IP, a port forwarded',
  );
  const common = { port: 80, members, router, switches: [tenant] };
  const vips = { v4: '172.24.4.20', v6: '2001:db8:4::20' };
  const inner = ['10.1.0.20', 'fd00:1::20'];
  const balancer = await cloud.loadBalancer('front', {
    ...common,
    vips: [vips.v4, vips.v6],
    on: outside,
  });
  // Octavia adds the floating IP to the addresses, beside the NAT that Neutron makes.
  await cloud.loadBalancer('inner', { ...common, vips: [...inner, '172.24.4.51'], on: tenant });
  const nat = ['dnat_and_snat', '172.24.4.51', '10.1.0.20'];
  await cloud.northbound.commit(['lr-nat-add', router.logicalRouter, ...nat]);
  const forwarded = await cloud.loadBalancer('forwarded', {
    port: 80,
    members: members.slice(0, 1),
    router,
    vips: ['172.24.4.52'],
  });
  for (const address of [vips.v4, vips.v6, '172.24.4.51', ...inner])
    await serves(hx, address, 'web1', 'web2');
  // Of what routers alone have OVN_Southbound has nothing before that.
  const tellsForwarded = !isOvnBefore('23.09');
  if (tellsForwarded) await serves(hx, '172.24.4.52', 'web1');
  else note('OVN before 23.09 does not tell of forwarded ports: those are not looked for');
  assert.equal((await announcedBy(c2)).length, 0);
  const why = await atC1.cli('why', vips.v6);
  assert.match(why, new RegExp(`Load_Balancer ${balancer.id}: vips ${vips.v6}`));

  step('the gateway moves to c2, and they with it');
  await router.moveGateway([c2, c1]);
  await router.waitForGatewayOn(c2, fabric.central);
  for (const address of [vips.v4, vips.v6, ...inner]) await serves(hx, address, 'web1', 'web2');
  if (tellsForwarded) await serves(hx, '172.24.4.52', 'web1');
  await waitFor('c1 to have let go of all', async () => (await announcedBy(c1)).length === 0);

  step('the operator keeps one back, and why says so');
  const key = 'external_ids:selvedge\\:expose';
  await cloud.northbound.commit(['set', 'logical_switch_port', balancer.portId, `${key}=false`]);
  await waitFor('c2 not to announce it', async () => !(await announcedBy(c2)).includes(vips.v4));
  assert.match(
    await atC2.cli('why', vips.v4),
    /172\.24\.4\.20 of load balancer .* is not exposed: external_ids:selvedge:expose=false/,
  );

  step('deleted with all that belongs to them, nothing is left');
  await cloud.northbound.commit([
    'remove',
    'logical_switch_port',
    balancer.portId,
    'external_ids',
    '"selvedge:expose"',
  ]);
  await waitFor('c2 to announce it again', async () => (await announcedBy(c2)).includes(vips.v6));
  await Promise.all([balancer.delete(), forwarded.delete()]);
  const gateway = ['172.24.4.5', '172.24.4.51', '2001:db8:4::5'];
  const rest = [...gateway, ...inner, ...members.flatMap(({ v4, v6 }) => [v4, v6])];
  await waitFor('c2 to announce the rest', async () => {
    return (await announcedBy(c2)).join() === rest.toSorted().join();
  });
});
