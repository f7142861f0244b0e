/** Open vSwitch as a target, against a real ovs-vswitchd: ports, flows, marks, drift, restarts. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { silentLog } from '../../../src/base/ports.ts';
import { unwrap } from '../../../src/base/result.ts';
import { type IfName, parseIfName } from '../../../src/net/if-name.ts';
import { type Mac, parseMac } from '../../../src/net/mac.ts';
import { parseVlanId } from '../../../src/net/numbers.ts';
import { parsePrefix } from '../../../src/net/prefix.ts';
import { type OvsDatabase, openOvsDatabase } from '../../../src/ovs/database.ts';
import { systemClock } from '../../../src/protocols/ovsdb/index.ts';
import { apartCookie, type FlowSpec, flow } from '../../../src/resources/flow.ts';
import { type OvsPortSpec, ovsPort } from '../../../src/resources/ovs-port.ts';
import type { AnySpec, Key, Kind, Verb } from '../../../src/resources/resource.ts';
import type { Observed, Operation, Owner, Target } from '../../../src/resources/target.ts';
import { openOvsTarget } from '../../../src/targets/ovs/index.ts';
import { startSwitch, type Switch, until } from './switch.ts';

const name = (text: string): IfName => unwrap(parseIfName(text));
const router = unwrap(parseMac('fa:16:3e:00:00:05'));
const device = unwrap(parseMac('02:00:00:00:05:00'));
const patch = 'patch-provnet-0e5e0000-0000-4000-8000-000000000001-to-br-int';

let ovs: Switch;
let database: OvsDatabase;
let target: Target;
const changed = new Set<Key>();

function openDatabase(): OvsDatabase {
  return openOvsDatabase({
    endpoints: [ovs.endpoint],
    clock: systemClock,
    random: Math.random,
    log: silentLog,
  });
}

before(async () => {
  ovs = await startSwitch();
  const dummy = (port: string) => ['--', 'set', 'interface', port, 'type=dummy'];
  ovs.vsctl('add-br', 'br-ex', '--', 'set', 'bridge', 'br-ex', 'datapath_type=dummy');
  ovs.vsctl('add-br', 'br-int', '--', 'set', 'bridge', 'br-int', 'datapath_type=dummy');
  ovs.vsctl(
    'add-port',
    'br-ex',
    patch,
    '--',
    'set',
    'interface',
    patch,
    'type=patch',
    'options:peer=to-br-ex',
  );
  ovs.vsctl(
    'add-port',
    'br-int',
    'to-br-ex',
    '--',
    'set',
    'interface',
    'to-br-ex',
    'type=patch',
    `options:peer=${patch}`,
  );
  ovs.vsctl('add-port', 'br-ex', 'veth-vrf-500', ...dummy('veth-vrf-500'));
  database = openDatabase();
  target = openOvsTarget({
    database,
    cookie: 0x3e6,
    links: {
      macOf: (each) =>
        new Map([
          ['veth-vrf-500', macOfDevice],
          ['br-ex', macOfBridge],
        ]).get(each),
      nameOf: (mac) => (mac === device ? name('veth-vrf-500') : undefined),
      ownerOf: (each) => (each === 'veth-vrf-500' ? ownerOfDevice : undefined),
      onLinksChanged: (listener) => void linksChanged.push(listener),
    },
    clock: systemClock,
    log: silentLog,
  });
  await target.start({
    changed: (keys) => {
      for (const key of keys) changed.add(key);
    },
    stateChanged: () => {},
  });
});
after(async () => {
  await target.close();
  await database.close();
  await ovs.stop();
});
beforeEach(() => {
  changed.clear();
  ownerOfDevice = 'us';
  macOfDevice = device;
  macOfBridge = undefined;
});

/** Whose veth-vrf-500 is, and whom to tell when that changes. */
let ownerOfDevice: Owner | undefined = 'us';
let macOfDevice: Mac | undefined = device;
let macOfBridge: Mac | undefined;
const linksChanged: (() => void)[] = [];

function operation<S extends AnySpec>(kind: Kind<S>, verb: Verb, spec: S): Operation {
  const key = kind.key(spec);
  return { verb, key, target: 'ovs', spec, observed: target.observe(key)?.spec, because: [] };
}

async function apply<S extends AnySpec>(kind: Kind<S>, verb: Verb, spec: S) {
  const [outcome] = await target.apply([operation(kind, verb, spec)]);
  return outcome;
}

const port: OvsPortSpec = {
  kind: 'ovs-port',
  name: name('vlan-500'),
  bridge: name('br-ex'),
  type: 'internal',
  tag: unwrap(parseVlanId(101)),
  mtu: 8950,
};
const base = {
  kind: 'flow',
  bridge: name('br-ex'),
  cookie: 0x3e6,
  priority: 1000,
  inPort: patch,
  routerMac: router,
} as const;
const macOf = name('veth-vrf-500');
const handedOver = {
  kind: 'flow',
  bridge: name('br-ex'),
  cookie: apartCookie(0x3e6),
  priority: 1100,
  // Not the port of the others, which these go before.
  inPort: 'br-ex',
} as const;
const flows: Readonly<Record<string, FlowSpec>> = {
  'IPv4 subnet of a VLAN': {
    ...base,
    vlan: unwrap(parseVlanId(101)),
    match: { type: 'ip', source: unwrap(parsePrefix('10.1.0.0/24')) },
    action: { type: 'deliver', macOf, port: name('vlan-500'), stripVlan: true },
  },
  'IPv6 subnet': {
    ...base,
    match: { type: 'ip', source: unwrap(parsePrefix('fd00:1::/64')) },
    action: { type: 'deliver', macOf, port: name('vlan-500'), stripVlan: false },
  },
  'ARP answer': {
    ...base,
    match: { type: 'resolution', family: 4 },
    action: { type: 'answer', macOf },
  },
  'ND answer': {
    ...base,
    match: { type: 'resolution', family: 6 },
    action: { type: 'answer', macOf },
  },
  'ND answer, set apart': {
    ...base,
    cookie: apartCookie(base.cookie),
    priority: 1001,
    match: { type: 'resolution', family: 6 },
    action: { type: 'answer', macOf },
  },
  'IPv4 prefix handed over': {
    ...handedOver,
    match: { type: 'to', destination: unwrap(parsePrefix('172.24.4.0/24')) },
    action: { type: 'output', ports: [patch], mac: router },
  },
  'IPv6 address handed over': {
    ...handedOver,
    match: { type: 'to', destination: unwrap(parsePrefix('2001:db8::5/128')) },
    action: { type: 'output', ports: [patch], mac: router },
  },
  'ARP reply to both': {
    ...handedOver,
    match: { type: 'resolved', family: 4 },
    action: { type: 'output', ports: ['br-ex', patch] },
  },
  'neighbour advertisement to both': {
    ...handedOver,
    match: { type: 'resolved', family: 6 },
    action: { type: 'output', ports: [patch, 'br-ex'] },
  },
  'neighbour solicitation to one': {
    ...handedOver,
    match: { type: 'resolution', family: 6 },
    action: { type: 'output', ports: [patch] },
  },
  'BFD over IPv4': {
    ...handedOver,
    match: { type: 'bfd', family: 4 },
    action: { type: 'output', ports: [patch] },
  },
  'BFD over IPv6': {
    ...handedOver,
    match: { type: 'bfd', family: 6 },
    action: { type: 'output', ports: [patch] },
  },
  'ARP probe dropped': {
    ...handedOver,
    match: { type: 'probe', family: 4 },
    action: { type: 'output', ports: [] },
  },
  'ND probe dropped': {
    ...handedOver,
    match: { type: 'probe', family: 6 },
    action: { type: 'output', ports: [] },
  },
  'what is for the node itself': {
    ...handedOver,
    match: { type: 'to-mac', mac: router },
    action: { type: 'output', ports: ['br-ex'] },
  },
  'whatever comes from a port': {
    ...handedOver,
    match: { type: 'any' },
    action: { type: 'output', ports: [patch] },
  },
};

describe('ports', () => {
  it('are added with their tag and our mark, and observed as wanted', async () => {
    assert.deepEqual(await apply(ovsPort, 'create', port), { done: true });
    assert.deepEqual(target.observe(ovsPort.key(port)), {
      key: ovsPort.key(port),
      spec: port,
      owner: 'us',
    });
    assert.match(ovs.vsctl('get', 'port', 'vlan-500', 'tag', 'external_ids'), /^101\n\{selvedge=/);
  });

  it('may be for packets without a tag, which is another port than one for all', async () => {
    const untagged: OvsPortSpec = { ...port, name: name('vo500.0'), tag: 0 };
    assert.deepEqual(await apply(ovsPort, 'create', untagged), { done: true });
    assert.deepEqual(target.observe(ovsPort.key(untagged))?.spec, untagged);
    assert.match(ovs.vsctl('get', 'port', 'vo500.0', 'tag'), /^0$/m);
    assert.deepEqual(await apply(ovsPort, 'remove', untagged), { done: true });
  });

  it('that somebody removes are reported', async () => {
    ovs.vsctl('del-port', 'vlan-500');
    await until(() => changed.has(ovsPort.key(port)), 'the change');
    assert.equal(target.observe(ovsPort.key(port)), undefined);
    assert.deepEqual(await apply(ovsPort, 'create', port), { done: true });
  });

  it('of others are nobody’s, those of ovn-bgp-agent a predecessor’s', async () => {
    ovs.vsctl(
      'add-port',
      'br-ex',
      'vlan-700',
      'tag=7',
      '--',
      'set',
      'interface',
      'vlan-700',
      'type=internal',
    );
    ovs.vsctl('add-port', 'br-ex', 'eth9', '--', 'set', 'interface', 'eth9', 'type=dummy');
    await until(() => target.observe('ovs-port eth9' as Key) !== undefined, 'the ports');
    assert.equal(target.observe('ovs-port vlan-700' as Key)?.owner, 'predecessor');
    assert.equal(target.observe('ovs-port eth9' as Key)?.owner, 'nobody');
    assert.deepEqual(
      [...target.all()].map(({ key }) => key).filter((key) => key.startsWith('ovs-port')),
      ['ovs-port vlan-500', 'ovs-port vlan-700'],
    );
  });

  it('are refused on a bridge that does not exist, by name', async () => {
    const outcome = await apply(ovsPort, 'create', {
      ...port,
      name: name('vlan-9'),
      bridge: name('br-no'),
    });
    assert.deepEqual(outcome, { done: false, error: 'there is no bridge named br-no' });
  });
});

describe('flows', () => {
  for (const [title, spec] of Object.entries(flows)) {
    it(`${title}: what is written is what a dump gives back`, async () => {
      assert.deepEqual(await apply(flow, 'create', spec), { done: true });
      // What the target believes comes from its own write; a fresh one has only the dump.
      const another = openDatabase();
      const fresh = openOvsTarget({
        database: another,
        cookie: 0x3e6,
        links: {
          macOf: (each) => (each === macOf ? device : undefined),
          nameOf: (mac) => (mac === device ? macOf : undefined),
          ownerOf: (owned) => (owned === macOf ? 'us' : undefined),
          onLinksChanged: () => {},
        },
        clock: systemClock,
        log: silentLog,
      });
      await fresh.start({ changed: () => {}, stateChanged: () => {} });
      const observed = fresh.observe(flow.key(spec));
      await fresh.close();
      await another.close();
      assert.deepEqual(observed, { key: flow.key(spec), spec, owner: 'us' });
    });
  }

  it('are whose the device is that they lead to, where the cookie is that of ovn-bgp-agent', async () => {
    const spec = flows['IPv6 subnet'] ?? assert.fail();
    const key = flow.key(spec);
    assert.deepEqual(await apply(flow, 'create', spec), { done: true });
    for (const owner of ['predecessor', 'nobody', 'us'] as const) {
      ownerOfDevice = owner;
      for (const listener of linksChanged) listener();
      assert.equal(target.observe(key)?.owner, owner);
    }
  });

  it('that lead to the bridge do so also where its network card has the same address', async () => {
    const spec: FlowSpec = {
      ...base,
      match: { type: 'ip', source: unwrap(parsePrefix('0.0.0.0/0')) },
      action: { type: 'rewrite', macOf: name('br-ex') },
    };
    macOfBridge = device;
    assert.deepEqual(await apply(flow, 'create', spec), { done: true });
    changed.clear();
    // Somebody else's hand makes it look again.
    ovs.ofctl('add-flow', 'br-ex', 'cookie=0x3e6,priority=3,actions=drop');
    await until(() => changed.size > 0, 'the dump');
    assert.deepEqual(target.observe(flow.key(spec))?.spec, spec);
  });

  it('put there or taken away stay so while numbers change, and nobody has looked again yet', async () => {
    const spec = flows['IPv4 subnet of a VLAN'] ?? assert.fail();
    for (const [verb, isThere] of [
      ['remove', false],
      ['create', true],
    ] as const) {
      assert.deepEqual(await apply(flow, verb, spec), { done: true });
      for (const listener of linksChanged) listener();
      assert.equal(target.observe(flow.key(spec)) !== undefined, isThere);
    }
  });

  it('of ours that lead nowhere any more stay ours, and those that never led anywhere are not', async () => {
    const key = flow.key(flows['ARP answer'] ?? assert.fail());
    assert.deepEqual(await apply(flow, 'create', flows['ARP answer'] ?? assert.fail()), {
      done: true,
    });
    ovs.ofctl('add-flow', 'br-ex', 'cookie=0x3e6,in_port=99,ip,nw_src=10.9.0.0/24,actions=drop');
    const stray = (): Observed | undefined =>
      [...target.all()].find((each) => each.key.includes('10.9.0.0'));
    await until(() => stray() !== undefined, 'the flow of another');
    ownerOfDevice = undefined;
    for (const listener of linksChanged) listener();
    assert.equal(target.observe(key)?.owner, 'us');
    assert.equal(stray()?.owner, 'predecessor');
    ovs.ofctl('del-flows', 'br-ex', 'ip,nw_src=10.9.0.0/24');
    await until(() => stray() === undefined, 'it to go');
  });

  it('that somebody deletes are reported within moments', async () => {
    ovs.ofctl('del-flows', 'br-ex', 'arp');
    const key = flow.key(flows['ARP answer'] ?? assert.fail());
    await until(() => changed.has(key), 'the change');
    assert.equal(target.observe(key), undefined);
  });

  it('of another cookie or of another form are not seen, ours whose port has gone can be removed', async () => {
    const foreign = [
      'cookie=0x3e7,priority=900,ip,in_port=1,actions=NORMAL',
      'cookie=0x3e6,priority=901,udp,tp_dst=53,actions=drop',
      'cookie=0x3e6,priority=902,ip,nw_dst=203.0.113.7,actions=drop',
      'cookie=0x3e6,priority=903,ip,in_port=1,nw_tos=32,actions=drop',
    ];
    for (const each of foreign) ovs.ofctl('add-flow', 'br-ex', each);
    ovs.ofctl('add-flow', 'br-ex', 'cookie=0x3e6,priority=77,ip,in_port=99,actions=drop');
    await until(() => changed.size > 0, 'the change');
    const [stray] = [...target.all()].filter(({ key }) => key.includes('priority=77'));
    assert.ok(stray !== undefined);
    assert.ok([...target.all()].every(({ key }) => !key.includes('priority=90')));
    const remove = {
      verb: 'remove',
      key: stray.key,
      target: 'ovs',
      spec: stray.spec,
      observed: stray.spec,
      because: [],
    } as const;
    assert.deepEqual(await target.apply([remove]), [{ done: true }]);
    const left = ovs.ofctl('--no-stats', 'dump-flows', 'br-ex');
    assert.doesNotMatch(left, /priority=77/);
    assert.equal(left.match(/priority=90/g)?.length, foreign.length);
  });

  it('set apart are not found by the plain cookie', () => {
    const found = ovs.ofctl('--no-stats', 'dump-flows', 'br-ex', 'cookie=0x3e6/-1');
    assert.doesNotMatch(found, /priority=1001/);
  });

  it('wait for a port that is not there', async () => {
    const spec: FlowSpec = {
      ...base,
      ...flows['IPv4 subnet of a VLAN'],
      inPort: 'patch-none',
    } as FlowSpec;
    assert.equal(target.lacks?.(flow.key(spec), spec), 'port patch-none of br-ex');
    const outcome = await apply(flow, 'create', spec);
    assert.deepEqual(outcome, { done: false, waiting: 'port patch-none of br-ex' });
    const ready = { ...base, ...flows['IPv4 subnet of a VLAN'] } as FlowSpec;
    assert.equal(target.lacks?.(flow.key(ready), ready), undefined);
  });

  it('that wait for a device are told when it comes while others are carried out', async () => {
    const [waits, others] = [flows['ARP answer'], flows['IPv4 subnet of a VLAN']];
    assert.ok(waits !== undefined && others !== undefined);
    macOfDevice = undefined;
    const needsNoDevice: Operation = { ...operation(flow, 'remove', others), observed: others };
    const applied = target.apply([operation(flow, 'create', waits), needsNoDevice]);
    // By now it is decided that the first must wait, and ovs-ofctl has been started for the other.
    await nextTurn();
    macOfDevice = device;
    for (const listener of linksChanged) listener();
    changed.clear();
    const [outcome] = await applied;
    assert.deepEqual(outcome, { done: false, waiting: 'device veth-vrf-500' });
    assert.ok(changed.has(flow.key(waits)));
  });

  it('are gone after a restart of the switch, and that is noticed', async () => {
    const spec = flows['IPv6 subnet'] ?? assert.fail();
    await ovs.restart();
    await until(() => changed.has(flow.key(spec)), 'the change');
    await until(() => target.observe(flow.key(spec)) === undefined, 'the flow to be missed');
    const again = async () => {
      const all = Object.values(flows).map((each) => operation(flow, 'create', each));
      return (await target.apply(all)).every((outcome) => outcome.done);
    };
    while (!(await again())) await new Promise((resolve) => setTimeout(resolve, 20));
  });

  it('answer a neighbour solicitation with the address of the device', async () => {
    ovs.vsctl(
      'add-port',
      'br-int',
      'vm',
      '--',
      'set',
      'interface',
      'vm',
      'type=dummy',
      `options:tx_pcap=${join(ovs.directory, 'vm.pcap')}`,
    );
    const solicitation =
      '3333ff000001fa163e00000586dd6000000000203afffe80000000000000f8163efffe000005' +
      'ff0200000000000000000001ff000001870000000000000020010db80000000000000000000000010101fa163e000005';
    await until(() => {
      ovs.receive('vm', solicitation);
      const sent = readFileSync(join(ovs.directory, 'vm.pcap')).toString('hex');
      // From the address asked for, to the router; type 135; the router; option 1 with the MAC of veth-vrf-500.
      const [asked, own] = ['20010db8000000000000000000000001', 'fe80000000000000f8163efffe000005'];
      return new RegExp(`${asked}${own}8700[0-9a-f]{4}00000000${own}0101020000000500`).test(sent);
    }, 'the answer');
  });
});
