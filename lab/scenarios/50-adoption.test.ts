/**
 * Adoption: a node that ovn-bgp-agent has set up, the real one with its EVPN driver, passes to Selvedge and back again
 * under streams that lose nothing, with no device made anew. Each agent is given the files of the other's predecessor.
 */

import assert from 'node:assert/strict';
import { loopback } from '../fabric/addresses.ts';
import { isLossless } from '../fabric/lossless.ts';
import type { Namespace } from '../fabric/namespace.ts';
import type { FabricNode } from '../fabric/node.ts';
import {
  hasOvnBgpAgent,
  OvnBgpAgent,
  predecessorConfiguration,
  runs,
} from '../fabric/ovn-bgp-agent.ts';
import { scenario } from '../fabric/scenario.ts';
import { SelvedgeAgent } from '../fabric/selvedge.ts';
import { addTenant, isGone, publicNetwork } from '../fabric/tenancy.ts';
import { isWhole } from '../fabric/whole.ts';

const skip = hasOvnBgpAgent()
  ? undefined
  : 'this release of the guest has no package ovn-bgp-agent; trixie has';

scenario(
  'a node passes from ovn-bgp-agent to Selvedge and back without a lost packet',
  async (stage) => {
    const { fabric, step, cleanup, reaches, note } = stage;
    const { c1, he } = fabric;
    cleanup(() => c1.script(sweep));
    const old = new OvnBgpAgent(c1, { vtep: loopback(1).v4 });
    cleanup(() => old.stop());
    const selvedge = new SelvedgeAgent(c1, { words: predecessorConfiguration });
    cleanup(() => selvedge.stop());

    step('a tenant with VNI 500, and another with 501');
    const outside = await publicNetwork(stage);
    const { network, router } = await addTenant(stage, 'tenant', { outside, host: 5, on: [c1] });
    const near = await network.vm('near', { on: c1, host: 11 });
    const gone = await network.vm('gone', { on: c1, host: 13 });
    await router.setBgpvpn({ vni: 500, as: 64999 });
    const leaver = await stage.cloud.router('r501', {
      gateway: outside,
      host: 6,
      on: [c1],
    });
    await leaver.attach(await stage.cloud.network('tenant501', { subnets: ['10.2.0.0/24'] }));
    await leaver.setBgpvpn({ vni: 501, as: 64999 });
    await stage.cloud.sync();

    step('ovn-bgp-agent sets the node up');
    await old.configure();
    await old.start();
    note(`it ran ${formatRuns(old)}`);
    await reaches(he, near.v4);
    await reaches(he, near.v6);
    const devices = await devicesOf(c1, 500);
    assert.equal(devices.size, 6);
    const bridge = await bridgeOf(c1);
    assert.match(bridge, /169\.254\.0\.1\/32.*\n1\n$/);
    // Of IPv6 it leaves the local route of an address in place: the node answers in the VM's stead, one hop away.
    assert.equal(await ttlOf(he, near.v4), ttlOfVm);
    note(`IPv6 is answered with TTL ${await ttlOf(he, near.v6)}; by a VM it would be ${ttlOfVm}`);

    step('it stops; what it leaves stays and forwards');
    await old.stop();
    await reaches(he, near.v4);

    step('a VM and an annotation go while nobody looks, and foreign objects come');
    await gone.delete();
    await leaver.clearBgpvpn();
    await stage.cloud.sync();
    await c1.script(makeForeign);

    step('told to take over nothing, Selvedge touches nothing, and says what is in the way');
    await selvedge.configure();
    const refused = await selvedge.plan();
    assert.match(refused, /cannot set up link vrf-500: .*set adopt\.from/);
    // The rules of evpn.isolate are nobody's.
    assert.doesNotMatch(refused, /^[-~±=+] \w+ +(?! |rule |local-rule )/m);

    // Of IPv6 the node itself gives the answers until then, and the VM's own may take a moment to find their way.
    step('Selvedge takes over under a stream');
    await isLossless(stage, he, [near.v4], async () => {
      await selvedge.start();
      await selvedge.settles(300);
    });
    assert.deepEqual(await devicesOf(c1, 500), devices);
    await reaches(he, near.v4);
    await reaches(he, near.v6);
    assert.equal(await ttlOf(he, near.v6), ttlOfVm);

    step('what nobody wants of the leftovers goes, what is foreign stays');
    await isGone(c1, 501);
    await selvedge.settles(300);
    await isForeignInPlace(c1);
    // It carries no mark, and may serve others.
    assert.equal(await bridgeOf(c1), bridge);
    const announced = await c1.ok(['ip', '-br', 'address', 'show', 'dev', 'lo-500']);
    assert.doesNotMatch(announced, new RegExp(gone.v4.replaceAll('.', '\\.')));
    assert.match(await selvedge.plan(...predecessorConfiguration), /Nothing to do/);

    step('back: Selvedge stops, ovn-bgp-agent starts again under streams');
    await c1.script(removeForeign);
    await selvedge.stop();
    await isLossless(stage, he, [near.v4, near.v6], () => old.start());
    note(`it ran ${formatRuns(old)}`);
    assert.deepEqual(await devicesOf(c1, 500), devices);
    const late = await network.vm('late', { on: c1, host: 14 });
    await reaches(he, late.v4, 120);
    await old.stop();

    if (!isWhole) return;
    step('and there again');
    await isLossless(stage, he, [near.v4, near.v6], async () => {
      await selvedge.start();
      await selvedge.settles(300);
    });
    assert.deepEqual(await devicesOf(c1, 500), devices);
    await reaches(he, late.v6);
  },
  skip,
);

/** Name and index of a VNI's devices: one that was made anew has another index. */
async function devicesOf(node: FabricNode, vni: number): Promise<ReadonlyMap<string, number>> {
  const links = await node.ipJson<{ readonly ifname: string; readonly ifindex: number }>('link');
  return new Map(
    links
      .filter(({ ifname }) => ifname.endsWith(`-${vni}`))
      .map(({ ifname, ifindex }) => [ifname, ifindex]),
  );
}

/** What that agent does to the provider bridge itself: anchor addresses, and answers in the place of others. */
function bridgeOf(node: FabricNode): Promise<string> {
  return node.script('ip -br address show dev br-ex; cat /proc/sys/net/ipv4/conf/br-ex/proxy_arp');
}

/** The TTL of an answer tells who gave it: a VM is behind its router, the node and the spine. */
const ttlOfVm = '61';

async function ttlOf(from: Namespace, to: string): Promise<string> {
  const text = await from.ok(['ping', '-n', '-c', '1', '-W', '5', to]);
  return /ttl=([0-9]+)/.exec(text)?.[1] ?? text;
}

function formatRuns(agent: OvnBgpAgent): string {
  const { ended, failed } = runs(agent.log());
  return `${ended} times over everything so far, ${failed} of these broke off`;
}

/** Names like ours and shapes that are not, of a bridge, a dummy, a VRF, an FRR stanza and a flow. */
const makeForeign = `
ip link add br-77 type bridge
ip link add lo-77 type dummy
ip address add 10.77.0.1/24 dev lo-77
ip link add vrf-77 type vrf table 1077
vtysh -c 'configure terminal' -c 'vrf vrf-77' -c 'vni 77'
ovs-ofctl add-flow br-ex 'cookie=0x77,priority=7,ip,nw_dst=203.0.113.7,actions=drop'`;

async function isForeignInPlace(node: FabricNode): Promise<void> {
  const names = await devicesOf(node, 77);
  assert.deepEqual([...names.keys()].sort(), ['br-77', 'lo-77', 'vrf-77']);
  assert.match(await node.ok(['ip', 'address', 'show', 'dev', 'lo-77']), /10\.77\.0\.1\/24/);
  assert.match(await node.vtysh('show running-config'), /vrf vrf-77\n vni 77/);
  assert.match(await node.ok(['ovs-ofctl', 'dump-flows', 'br-ex']), /cookie=0x77/);
}

const removeForeign = `
vtysh -c 'configure terminal' -c 'vrf vrf-77' -c 'no vni 77'
ip link del br-77
ip link del lo-77
ip link del vrf-77
vtysh -c 'configure terminal' -c 'no vrf vrf-77'
ovs-ofctl del-flows br-ex cookie=0x77/-1`;

/** Whatever the two agents leave, for the next scenario. */
const sweep = `
ovs-ofctl del-flows br-ex cookie=0x3e6/-1
ovs-ofctl del-flows br-ex cookie=0x77/-1
for vni in 500 501 77; do
  ovs-vsctl --if-exists del-port veth-ovs-$vni
  vtysh -c 'configure terminal' -c "vrf vrf-$vni" -c "no vni $vni" >/dev/null || true
  vtysh -c 'configure terminal' -c "no router bgp 64999 vrf vrf-$vni" >/dev/null || true
  for device in lo veth-vrf vxlan br vrf; do ip link del $device-$vni 2>/dev/null || true; done
  vtysh -c 'configure terminal' -c "no vrf vrf-$vni" >/dev/null || true
  for family in -4 -6; do ip $family route flush table $vni 2>/dev/null || true; done
done
ip address del 169.254.0.1/32 dev br-ex 2>/dev/null || true
ip address del fd53:d91e:400:7f17::1/128 dev br-ex 2>/dev/null || true
ip -6 neigh del proxy 2001:db8:4:: dev br-ex 2>/dev/null || true
for family in -4 -6; do
  ip $family rule del pref 1001 2>/dev/null || true
  ip $family rule show | grep -q '^0:' || ip $family rule add pref 0 lookup local
  ip $family rule del pref 2000 2>/dev/null || true
done
echo 0 > /proc/sys/net/ipv4/conf/br-ex/proxy_arp
echo 0 > /proc/sys/net/ipv6/conf/br-ex/proxy_ndp`;
