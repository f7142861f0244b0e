/** A node through the events that an operator knows, on the simulated targets: what is there, and what is said. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { IfName } from '../../src/net/if-name.ts';
import type { TableId, Vni } from '../../src/net/numbers.ts';
import type { Key } from '../../src/resources/resource.ts';
import { type Cloud, emptyCloud } from '../sim/cloud.ts';
import { applyCloudEvent, type CloudEvent, workingCloud } from '../sim/cloud-events.ts';
import { SimNode } from '../sim/node.ts';
import { seededRandom } from '../sim/random.ts';
import { frrGrace } from '../sim/world.ts';

async function nodeOf(cloud: Cloud = workingCloud): Promise<SimNode> {
  const node = new SimNode(cloud, seededRandom(7));
  await node.startAgent();
  await node.settle();
  return node;
}

async function after(node: SimNode, ...events: readonly CloudEvent[]): Promise<readonly Key[]> {
  node.setCloud(events.reduce(applyCloudEvent, node.cloud));
  await node.run(true);
  return own(node);
}

const own = (node: SimNode): readonly Key[] => [...node.world.own().keys()].sort();

const about = (keys: readonly Key[], vni: number): readonly Key[] =>
  keys.filter((key) => new RegExp(`(-|ovs|vrf|route )${vni}\\b`).test(key));

const troubleOf = (node: SimNode, key: string): unknown =>
  node.reconciler?.troubled().find((entry) => entry.key === key)?.standing;

const messages = (node: SimNode): readonly string[] =>
  (node.reconciler?.conditions() ?? []).map(({ message }) => message);

const gatewayGoes: CloudEvent = { set: 'gateway-chassis', at: 0, to: 'there' };
const gatewayStaysAway: CloudEvent = { set: 'gateway-membership', at: 0, to: false };
const gatewayComes: CloudEvent = { set: 'gateway-chassis', at: 0, to: 'here' };

describe('a gateway', () => {
  test('that moves away in one step takes its VRF along, FRR after a grace', async () => {
    const node = await nodeOf();
    assert.ok(about(own(node), 500).length > 20);
    const left = about(await after(node, gatewayGoes, gatewayStaysAway), 500);
    assert.ok(
      left.every((key) => /^(frr|link (vrf|br|vxlan)-|sysctl)/.test(key)),
      left.join(),
    );
    assert.ok(left.includes('frr bgp vrf-500' as Key));
    await node.pass(frrGrace);
    await node.run(true);
    // The VXLAN device goes a while after the stanzas, and the VRF's a while after that; last what is left of FRR.
    assert.ok(!own(node).includes('frr bgp vrf-500' as Key));
    assert.ok(own(node).includes('link vxlan-500' as Key));
    await node.pass(5_000);
    await node.run(true);
    assert.ok(!own(node).includes('link vxlan-500' as Key));
    assert.ok(own(node).includes('link vrf-500' as Key));
    await node.pass(5_000);
    await node.run(true);
    assert.deepEqual(about(own(node), 500), []);
    assert.ok(about(own(node), 1600000).length > 20, 'the other VRF is untouched');
  });

  test('that may come back leaves all in place but what is announced', async () => {
    const node = await nodeOf();
    const before = about(own(node), 500);
    const left = about(await after(node, gatewayGoes), 500);
    assert.deepEqual(
      left,
      before.filter((key) => !key.startsWith('address ')),
    );
    assert.deepEqual(about(await after(node, gatewayComes), 500), before);
  });

  test('that comes right back finds FRR as it was', async () => {
    const node = await nodeOf();
    const before = own(node);
    await after(node, gatewayGoes, gatewayStaysAway);
    await node.pass(frrGrace / 2);
    const operations = node.reconciler?.journal.count ?? 0;
    assert.deepEqual(await after(node, gatewayComes), before);
    const since = node.reconciler?.journal.entries().slice(operations) ?? [];
    assert.deepEqual(
      since.filter(({ target }) => target === 'frr'),
      [],
    );
  });

  test('whose VNI changes moves to another VRF, and its network with it', async () => {
    const node = await nodeOf();
    const annotation = { vni: '700', as: '65000' };
    await after(
      node,
      { set: 'gateway-annotation', at: 0, to: annotation },
      { set: 'interface-annotation', at: 0, to: annotation },
    );
    await node.settle();
    assert.deepEqual(about(own(node), 500), []);
    assert.ok(own(node).includes('address lo-700 10.0.0.200/32' as Key));
  });
});

describe('a subnet, a machine', () => {
  test('that is attached and detached comes and goes with its route, flows and hosts', async () => {
    const node = await nodeOf();
    const before = own(node);
    const without = await after(node, { set: 'interfaces', at: 0, to: undefined });
    assert.deepEqual(
      before.filter((key) => !without.includes(key)).map((key) => key.split(' ')[0]),
      ['address', 'address', 'flow', 'flow', 'route', 'route'],
    );
    const [port] = workingCloud.interfaces;
    assert.deepEqual(await after(node, { set: 'interfaces', at: 0, to: port }), before);
  });

  test('that migrates is announced all along, that is deleted no longer', async () => {
    const node = await nodeOf();
    const before = own(node);
    const operations = node.world.operations;
    assert.deepEqual(await after(node, { set: 'machine-chassis', at: 0, to: 'there' }), before);
    assert.equal(node.world.operations, operations);
    const without = await after(node, { set: 'machines', at: 0, to: undefined });
    assert.deepEqual(
      before.filter((key) => !without.includes(key)),
      ['address lo-500 10.0.0.200/32', 'address lo-500 2001:db8:1::10/128'],
    );
  });
});

describe('a daemon', () => {
  test('FRR that is down at start costs nothing but its own part, and gets it when it comes', async () => {
    const node = new SimNode(workingCloud, seededRandom(7));
    node.world.frr.stop();
    await node.startAgent();
    await node.run(true);
    assert.ok(own(node).includes('address lo-500 10.0.0.200/32' as Key));
    assert.deepEqual(troubleOf(node, 'frr vrf vrf-500'), {
      is: 'waiting',
      for: 'frr: not running',
    });
    node.world.frr.comeBack();
    await node.run(true);
    assert.ok(own(node).includes('frr bgp vrf-500' as Key));
  });

  test('FRR that restarts without its configuration gets it back', async () => {
    const node = await nodeOf();
    const before = own(node);
    node.world.frr.stop();
    await node.run(true);
    node.world.frr.comeBack();
    await node.run(true);
    assert.deepEqual(own(node), before);
  });

  test('Open vSwitch that restarts without its flows gets them back, and nothing is withdrawn', async () => {
    const node = await nodeOf();
    const before = own(node);
    const operations = node.reconciler?.journal.count ?? 0;
    node.world.restartOvs();
    await node.run(true);
    assert.deepEqual(own(node), before);
    const since = node.reconciler?.journal.entries().slice(operations) ?? [];
    assert.deepEqual(
      [...new Set(since.map(({ verb, target }) => `${verb} ${target}`))],
      ['create ovs'],
    );
  });

  test('an agent that is killed at any point goes on where it was', async () => {
    const expected = own(await nodeOf());
    for (let operations = 1; operations < 40; operations += 3) {
      const node = new SimNode(emptyCloud, seededRandom(operations));
      await node.startAgent();
      node.setCloud(workingCloud);
      await node.killAgent(operations);
      await node.startAgent();
      await node.settle();
      assert.deepEqual(own(node), expected, `killed after ${operations} operations`);
      assert.deepEqual(node.world.violations, []);
    }
  });
});

describe('somebody else', () => {
  test('who has the name of a device keeps it, and the router is said not to be offered', async () => {
    const node = new SimNode(workingCloud, seededRandom(7));
    const name = 'vrf-500' as IfName;
    node.world.putForeign({ kind: 'link', name, is: { type: 'dummy' } });
    await node.startAgent();
    await node.settle();
    const message =
      'cannot set up link vrf-500: it exists and is not ours; remove it, or free its name';
    assert.deepEqual(messages(node), [message, message]);
    assert.deepEqual(node.world.real('link vrf-500' as Key)?.owner, 'nobody');
    assert.deepEqual(troubleOf(node, 'link br-500'), { is: 'waiting', for: 'link vrf-500' });
    assert.ok(about(own(node), 1600000).length > 20, 'the other VRF is offered');
    node.world.dropForeign('link vrf-500' as Key);
    await node.settle();
    assert.deepEqual(own(node), own(await nodeOf()));
  });

  test('who has the table or the VNI keeps it, and the refusal is kept with its text', async () => {
    const node = new SimNode(workingCloud, seededRandom(7));
    const table = 500 as TableId;
    node.world.putForeign({ kind: 'link', name: 'blue' as IfName, is: { type: 'vrf', table } });
    node.world.putForeign({ kind: 'frr-vrf', vrf: 'red' as IfName });
    node.world.putForeign({ kind: 'frr-vni', vrf: 'red' as IfName, vni: 1600000 as Vni });
    await node.startAgent();
    await node.run(true);
    const [kernel, frr] = ['link vrf-500', 'frr vni vrf-1600000'].map((key) =>
      troubleOf(node, key),
    );
    assert.partialDeepStrictEqual(kernel, { is: 'failed', error: 'VRF table is in use' });
    assert.partialDeepStrictEqual(frr, {
      is: 'failed',
      error: '% VNI 1600000 is already configured',
    });
    assert.ok(own(node).includes('address lo-1600000 10.0.0.200/32' as Key));
  });

  test('who removes or alters what is ours finds it put right', async () => {
    const node = await nodeOf();
    const expected = new Map(node.world.own());
    for (const key of own(node)) {
      // Internal ports cannot be deleted in the kernel, nor settings at all.
      if (/^(sysctl|local-rule|link vlan-)/.test(key)) continue;
      node.world.drop(key);
      await node.settle();
      assert.deepEqual(node.world.own(), expected, key);
    }
  });
});

test('a cloud that is taken down whole leaves the node as it was', async () => {
  const node = await nodeOf();
  node.setCloud({ ...emptyCloud, bridges: workingCloud.bridges });
  await node.settle();
  assert.deepEqual(own(node), []);
});
