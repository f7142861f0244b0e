/**
 * Adoption in mode bgp: a node that a BGP driver of ovn-bgp-agent has set up, method underlay, passes to Selvedge with the
 * same files, and back again, under streams that lose nothing, with no device made anew. First the driver that reads the
 * Northbound database, then the one that reads the Southbound one: the first breaks off every run when it finds an address to
 * remove, and so has to be the one that comes to a bare node (ovn-bgp-agent 4.0.0 hands a set to its helper, which takes none).
 */

import assert from 'node:assert/strict';
import type { FabricNode } from '../fabric/node.ts';
import { isLossless } from '../fabric/lossless.ts';
import {
  hasOvnBgpAgent,
  OvnBgpAgent,
  predecessorConfiguration,
  tables,
} from '../fabric/ovn-bgp-agent.ts';
import { scenario } from '../fabric/scenario.ts';
import { SelvedgeAgent } from '../fabric/selvedge.ts';
import { announcedBy, bareNodes } from '../fabric/tenancy.ts';
import { waitFor } from '../fabric/wait.ts';

const skip = hasOvnBgpAgent()
  ? undefined
  : 'this release of the guest has no package ovn-bgp-agent; trixie has';

const fip = '172.24.4.50';

scenario(
  'a node passes from the BGP driver of ovn-bgp-agent to Selvedge and back without a lost packet',
  async (stage) => {
    const { fabric, cloud, step, cleanup, reaches, note } = stage;
    const { c1, hx } = fabric;
    const areBareAgain = await bareNodes(stage);
    const old = new OvnBgpAgent(c1, { driver: 'nb_ovn_bgp_driver', exposesTenants: true });
    const selvedge = new SelvedgeAgent(c1, { words: predecessorConfiguration, mode: 'bgp' });
    cleanup(() => c1.script(sweep));
    cleanup(() => old.stop());
    cleanup(() => selvedge.stop());

    step('VMs on a flat and on a VLAN provider network, a tenant’s, and one with a floating IP');
    const outside = await cloud.network('public', {
      subnets: ['172.24.4.0/24', '2001:db8:4::/64'],
      physnet: 'physnet1',
    });
    const tagged = await cloud.network('tagged', {
      subnets: ['172.24.5.0/24', '2001:db8:5::/64'],
      physnet: 'physnet1',
      vlan: 101,
    });
    const tenant = await cloud.network('tenant', { subnets: ['10.1.0.0/24'] });
    const router = await cloud.router('r1', { gateway: outside, host: 5, on: [c1] });
    await router.attach(tenant);
    const [near, gone] = await outside.vms({
      near: { on: c1, host: 11 },
      gone: { on: c1, host: 13 },
    });
    assert.ok(near && gone);
    const inVlan = await tagged.vm('in-vlan', { on: c1, host: 12 });
    const [behind, own] = await tenant.vms({
      behind: { on: c1, host: 14 },
      own: { on: c1, host: 16 },
    });
    assert.ok(behind && own);
    await router.addFloatingIp(fip, behind, true);
    await cloud.sync();

    step('ovn-bgp-agent sets the node up, by the Northbound database');
    await old.configure();
    await old.start();
    const exposed = [near.v4, inVlan.v4, fip, own.v4];
    for (const address of [...exposed, '172.24.4.5']) await reaches(hx, address);
    assert.ok((await announcedBy(c1)).includes(gone.v4));
    const devices = await devicesOf(c1);
    assert.deepEqual([...devices.keys()].sort(), ['bgp-nic', 'bgp-vrf', 'br-ex.101']);
    const table = await tableOf(c1);
    for (const address of [near.v6, inVlan.v6]) {
      note(`${address} is ${(await hx.pings(address)) ? '' : 'not '}reached`);
    }

    step('it stops; what it leaves stays and forwards; a VM goes, and foreign objects come');
    await old.stop();
    for (const address of exposed) await reaches(hx, address);
    await gone.delete();
    await c1.script(makeForeign(table));

    step('told to take over nothing, Selvedge touches nothing, and says what is in the way');
    await selvedge.configure();
    const refused = await selvedge.plan();
    assert.match(refused, /cannot set up link bgp-vrf: .*set adopt\.from/);
    // A neighbour entry has no owner: one that is as we want it is only marked.
    assert.doesNotMatch(refused, /^[-~±=] \w+ +(?! |neighbour )/m);

    step('Selvedge takes over under streams');
    await isLossless(stage, hx, exposed, async () => {
      await selvedge.start();
      await selvedge.settles(300);
    });
    assert.deepEqual(await devicesOf(c1), devices);
    assert.equal(await tableOf(c1), table);
    for (const address of [near.v6, inVlan.v6]) await reaches(hx, address);

    step('what nobody wants of the leftovers goes, what is foreign stays');
    await waitFor('c1 to have let go of the VM', async () => {
      return !(await traces(c1, table)).includes(gone.v4);
    });
    assert.doesNotMatch(await traces(c1, table), /proto (boot|unspec)/);
    await isForeignInPlace(c1, table);
    assert.match(await selvedge.plan(...predecessorConfiguration), /Nothing to do/);

    step('back, with the driver of the Southbound database, under streams');
    await c1.script(removeForeign(table));
    await selvedge.stop();
    await old.configure('ovn_bgp_driver');
    await isLossless(stage, hx, [...exposed, near.v6], () => old.start());
    assert.deepEqual(await devicesOf(c1), devices);
    const late = await outside.vm('late', { on: c1, host: 15 });
    await reaches(hx, late.v4, 120);
    note(`of a VM that comes then ${late.v6} is ${(await hx.pings(late.v6)) ? '' : 'not '}reached`);
    await late.delete();
    await waitFor('ovn-bgp-agent to have let go of it', async () => {
      return !(await announcedBy(c1)).includes(late.v4);
    });
    await old.stop();

    step('and there again, by the same database');
    await isLossless(stage, hx, exposed, async () => {
      await selvedge.start();
      await selvedge.settles(300);
    });
    assert.deepEqual(await devicesOf(c1), devices);
    for (const address of [near.v6, inVlan.v6]) await reaches(hx, address);
    assert.match(await selvedge.plan(...predecessorConfiguration), /Nothing to do/);

    step('drained and swept, the node is as it was before');
    await selvedge.cli('drain');
    await c1.script(sweep);
    await areBareAgain();
  },
  skip,
);

/** Name and index of the devices that the driver makes: one that was made anew has another index. */
async function devicesOf(node: FabricNode): Promise<ReadonlyMap<string, number>> {
  const links = await node.ipJson<{ readonly ifname: string; readonly ifindex: number }>('link');
  return new Map(
    links
      .filter(({ ifname }) => /^(bgp-|br-ex\.\d+$)/.test(ifname))
      .map(({ ifname, ifindex }) => [ifname, ifindex]),
  );
}

/** The table of the provider bridge, by the agent's own note of it. */
async function tableOf(node: FabricNode): Promise<number> {
  const [, number = ''] = /^(\d+) br-ex$/m.exec(await node.ok(['cat', tables])) ?? [];
  assert.notEqual(number, '', `the note of br-ex in ${tables}`);
  return Number(number);
}

/** What stands in the bridge's table, what leads to it, and what is announced. */
function traces(node: FabricNode, table: number): Promise<string> {
  return node.script(`
for family in -4 -6; do
  ip $family rule show table ${table} protocol 94
  ip $family route show table ${table} | sed '/ proto /!s/$/ proto boot/' | grep -v 'proto static'
done
ip address show dev bgp-nic`);
}

/** Shapes like those of the driver that are not: another table, another protocol, a VLAN device by another name. */
const makeForeign = (table: number) => `
ip rule add pref 32000 to 172.24.4.98 lookup 226
ip rule add pref 31000 to 172.24.4.98 lookup ${table}
ip route add 172.24.4.98 dev br-ex table 226
ip route add 172.24.4.98 dev br-ex table ${table} proto static
ip address add 192.0.2.98/32 dev br-ex
ip link add link br-ex name br-ex.v78 type vlan id 78
ovs-ofctl add-flow br-ex 'cookie=0x77,priority=7,ip,nw_dst=203.0.113.7,actions=drop'`;

async function isForeignInPlace(node: FabricNode, table: number): Promise<void> {
  const rules = await node.ok(['ip', 'rule', 'show', 'to', '172.24.4.98']);
  assert.match(rules, /^31000:.*\n32000:.*226/m);
  const routes = await node.ok(['ip', 'route', 'show', 'table', 'all', '172.24.4.98']);
  assert.equal(routes.trim().split('\n').length, 2, `${routes} in 226 and ${table}`);
  assert.match(await node.ok(['ip', 'address', 'show', 'dev', 'br-ex']), /192\.0\.2\.98\/32/);
  assert.match(await node.ok(['ip', 'link', 'show', 'dev', 'br-ex.v78']), /br-ex\.v78/);
  assert.match(await node.ok(['ovs-ofctl', 'dump-flows', 'br-ex']), /cookie=0x77/);
}

const removeForeign = (table: number) => `
ip rule del pref 32000 to 172.24.4.98 lookup 226
ip rule del pref 31000 to 172.24.4.98 lookup ${table}
ip route flush table 226
ip route del 172.24.4.98 dev br-ex table ${table} proto static
ip address del 192.0.2.98/32 dev br-ex
ip link del br-ex.v78
ovs-ofctl del-flows br-ex cookie=0x77/-1`;

/** Whatever the two agents leave, for the next scenario. */
const sweep = `
ovs-ofctl del-flows br-ex cookie=0x3e7/0xfffffffeffffffff
ovs-ofctl del-flows br-ex cookie=0x77/-1
has() { vtysh -c 'show running-config' | grep -q "$1"; }
# FRR makes an instance for a VRF that is imported no more, if there is none.
for family in ipv4 ipv6; do
  has 'import vrf bgp-vrf' && vtysh -c 'configure terminal' -c 'router bgp 64999' \
    -c "address-family $family unicast" -c 'no import vrf bgp-vrf' >/dev/null || true
done
has 'router bgp 64999 vrf bgp-vrf' &&
  vtysh -c 'configure terminal' -c 'no router bgp 64999 vrf bgp-vrf' >/dev/null || true
for device in bgp-nic bgp-vrf br-ex.101 br-ex.v78; do ip link del $device 2>/dev/null || true; done
has '^vrf bgp-vrf' && vtysh -c 'configure terminal' -c 'no vrf bgp-vrf' >/dev/null || true
for family in -4 -6; do
  while ip $family rule del pref 32000 2>/dev/null; do :; done
  ip $family rule del pref 31000 2>/dev/null || true
  table=$(sed -n 's/ br-ex$//p' ${tables} 2>/dev/null || true)
  ip $family route flush table \${table:-226} 2>/dev/null || true
  ip $family neigh flush dev br-ex nud permanent 2>/dev/null || true
done
ip route flush table 226 2>/dev/null || true
ip address flush dev br-ex scope global
ip -6 neigh del proxy 2001:db8:4:: dev br-ex 2>/dev/null || true
echo 0 > /proc/sys/net/ipv4/conf/br-ex/proxy_arp
echo 0 > /proc/sys/net/ipv6/conf/br-ex/proxy_ndp
sed -i '/ br-ex$/d' ${tables} 2>/dev/null || true`;
