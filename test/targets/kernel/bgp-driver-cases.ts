/**
 * Cases of bgp-driver.test.ts: the state in which ovn-bgp-agent (8c86978, pyroute2 0.7.2) left a node with a VM and a
 * gateway on a flat provider network and two VMs of a tenant behind it, as iproute2 showed it.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import type { Concept, ProviderPlace } from '../../../src/fabric/concepts.ts';
import { lower } from '../../../src/fabric/lower.ts';
import type { Spec } from '../../../src/resources/index.ts';
import { settings } from '../../fabric/settings.ts';
import { ip as ipOf, ip4, kindOf, mac, name, prefix } from '../../resources/specs.ts';
import { type Cases, runCases } from '../../protocols/netlink/io/namespace.ts';
import type { Asn, TableId } from '../../../src/net/numbers.ts';
import type { KernelTarget } from '../../../src/targets/kernel/index.ts';
import {
  apply,
  assertSettled,
  ip,
  keyOf,
  kinds,
  observed,
  removeDevices,
  until,
  withTarget,
} from './harness.ts';

/** The number is the agent's choice, noted in /etc/iproute2/rt_tables as `225 br-ex`. */
const bridgeTable = 225 as TableId;
const bgpDriver = { ...settings.underlay, tables: () => new Map([['br-ex', bridgeTable]]) };

/** What stands on the provider bridge. */
const onBridge = `
link add br-ex type bridge
link set br-ex up
address add 169.254.1.1/32 dev br-ex
address add fd53:d91e:400:7f17::1:1/128 dev br-ex
route add default dev br-ex table 225 proto boot scope link
-6 route add default dev br-ex table 225 proto boot
rule add pref 32000 to 172.24.4.11 lookup 225
rule add pref 32000 to 172.24.4.5 lookup 225
rule add pref 32000 to 10.1.0.1/24 lookup 225
-6 rule add pref 32000 to 2001:db8:4::5 lookup 225
-6 rule add pref 32000 to fd00:1::1/64 lookup 225
route add 172.24.4.11 dev br-ex table 225 proto boot scope link
route add 172.24.4.5 dev br-ex table 225 proto boot scope link
route add 10.1.0.0/24 via 172.24.4.5 dev br-ex table 225 proto boot
-6 route add 2001:db8:4::5 dev br-ex table 225 proto boot
-6 route add fd00:1::/64 via 2001:db8:4::5 dev br-ex table 225 proto boot
neigh add 172.24.4.5 dev br-ex lladdr fa:16:3e:00:00:05 nud permanent`;

/** What is announced, for which the kernel must have VRFs. */
const inVrf = `
link add bgp-vrf type vrf table 10
link set bgp-vrf up
link add bgp-nic type dummy
link set bgp-nic master bgp-vrf
link set bgp-nic up
address add 172.24.4.11/32 dev bgp-nic
address add 172.24.4.5/32 dev bgp-nic
address add 10.1.0.11/32 dev bgp-nic
address add 2001:db8:4::5/128 dev bgp-nic nodad
address add fd00:1::11/128 dev bgp-nic nodad
route add 10.1.0.0/24 dev bgp-nic table 10 proto boot`;

/** A VM that has gone while nobody looked. */
const leftover = `
rule add pref 32000 to 172.24.4.99 lookup 225
route add 172.24.4.99 dev br-ex table 225 proto boot scope link`;

/** Alike, and not of the agent's making. */
const foreign = `
rule add pref 32000 to 172.24.4.98 lookup 226
rule add pref 31000 to 172.24.4.98 lookup 225
rule add pref 32000 to 172.24.4.98 lookup 225 proto static
route add 172.24.4.98 dev br-ex proto boot
route add 172.24.4.98 dev br-ex table 226 proto boot
route add 172.24.4.98 dev br-ex table 225 proto static
address add 192.0.2.98/32 dev br-ex`;

const vlans = `
link add link br-ex name br-ex.77 type vlan id 77
link add link br-ex name br-ex.v78 type vlan id 78`;

const because = [{ source: 'test', object: 'row', fact: 'says so' }];
const holder = { port: '38', name: 'port 38', network: undefined };
const at: ProviderPlace = {
  bridge: name('br-ex'),
  device: name('br-ex'),
  vlan: undefined,
  localnet: 'provnet-1',
  patchPort: 'patch-provnet-1-to-br-int',
  table: bridgeTable,
};

function concepts(): readonly Concept[] {
  const gateway = mac('fa:16:3e:00:00:05');
  const v4 = subnet('10.1.0.0/24', '172.24.4.5', true);
  const v6 = subnet('fd00:1::/64', '2001:db8:4::5', false);
  const anchors = [ipOf('169.254.1.1'), ipOf('fd53:d91e:400:7f17::1:1')];
  return [
    {
      concept: 'underlay',
      asn: 64_999 as Asn,
      routerId: ip4('10.255.1.1'),
      hasSubnets: false,
      because,
    },
    { concept: 'provider', at, anchors, answers: false, because },
    { concept: 'exposed', holder, at, ip: ipOf('172.24.4.11'), mac: undefined, because },
    { concept: 'exposed', holder, at, ip: ipOf('172.24.4.5'), mac: gateway, because },
    { concept: 'exposed', holder, at, ip: ipOf('2001:db8:4::5'), mac: undefined, because },
    v4,
    v6,
    { concept: 'tenant-host', holder, ip: ipOf('10.1.0.11'), within: v4, because },
    { concept: 'tenant-host', holder, ip: ipOf('fd00:1::11'), within: v6, because },
  ];
}

function subnet(destination: string, via: string, announced: boolean) {
  const to = prefix(destination);
  return {
    concept: 'tenant-subnet',
    at,
    destination: to,
    via: ipOf(via),
    announced,
    because,
  } as const;
}

/** What of it the kernel holds, with a mark. */
function wanted(): readonly Spec[] {
  return concepts()
    .flatMap((concept) => lower(concept, kinds, settings))
    .map(({ spec }) => spec as Spec)
    .filter((spec) => kindOf(spec).target === 'kernel' && kindOf(spec).marked);
}

const leftovers: readonly Spec[] = [
  { kind: 'lookup-rule', priority: 32_000, to: prefix('172.24.4.99/32'), table: bridgeTable },
  {
    kind: 'route',
    table: bridgeTable,
    destination: prefix('172.24.4.99/32'),
    metric: 0,
    hop: { type: 'unicast', dev: name('br-ex') },
  },
];

/** Commands of iproute2, one a line. */
function lay(...blocks: readonly string[]): void {
  for (const line of blocks.join('').trim().split('\n')) ip(line);
}

async function sweeping(body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } finally {
    removeDevices('br-ex.77', 'br-ex.v78', 'br-ex', 'bgp-nic', 'bgp-vrf');
    for (const family of ['-4', '-6']) {
      for (const pref of ['31000', '32000']) {
        while (spawnSync('ip', [family, 'rule', 'del', 'pref', pref]).status === 0);
      }
    }
  }
}

/** Whatever of that kind of command there is, in the words of iproute2 and without our mark. */
function shown(): string {
  const all = ['address', 'rule', '-6 rule', 'route show table all', '-6 route show table all'];
  return all.map((command) => ip(command)).join('\n');
}

function ownersOf(target: KernelTarget, specs: readonly Spec[]): readonly string[] {
  return specs.map((spec) => `${keyOf(spec)}: ${observed(target, spec)?.owner}`);
}

/** Marks all of these that `part` takes, and holds that they were known and are ours. */
async function takeOver(part: (spec: Spec) => boolean): Promise<void> {
  await withTarget(
    async ({ target }) => {
      const specs = wanted().filter(part);
      // On a provider bridge a neighbour could be anybody's; one that is wanted is overruled.
      const known = specs.filter(({ kind }) => kind !== 'neighbour');
      assert.ok(known.length > 5);
      const others = ownersOf(target, known).filter((line) => !line.endsWith(': predecessor'));
      assert.deepEqual(others, []);
      for (const spec of specs) await apply(target, 'adopt', spec);
      assertSettled(target, ...specs);
    },
    { bgpDriver },
  );
}

const isInVrf = (spec: Spec): boolean => /bgp-(nic|vrf)/.test(kindOf(spec).print('create', spec));

const cases: Cases = {
  'a VLAN device is the predecessor’s by its bridge and its name': () =>
    sweeping(async () => {
      lay(onBridge, vlans);
      await withTarget(
        async ({ target }) => {
          const owner = (link: string) => target.links.ownerOf(link);
          assert.equal(owner('br-ex.77'), 'predecessor');
          assert.equal(owner('br-ex.v78'), 'nobody');
        },
        { bgpDriver },
      );
    }),

  'what is on a provider bridge is the predecessor’s, and marked in place': () =>
    sweeping(async () => {
      lay(onBridge);
      await takeOver((spec) => !isInVrf(spec));
      // One each, and not theirs beside ours.
      assert.equal(ip('rule').match(/32000:.* proto 94/g)?.length, 3);
      assert.equal(ip('-6 rule').match(/32000:.* proto 94/g)?.length, 2);
      assert.equal(`${ip('rule')}${ip('-6 rule')}`.match(/32000:/g)?.length, 5);
      assert.equal(ip('route show table 225 proto boot'), '');
      assert.equal(ip('-6 route show table 225 proto boot'), '');
    }),

  'what is announced is the predecessor’s, and marked in place': () =>
    sweeping(async () => {
      lay(inVrf, onBridge);
      const index = () => ip('-o link show dev bgp-nic').split(':')[0];
      const before = index();
      await takeOver(isInVrf);
      assert.equal(index(), before);
    }),

  'what nobody wants is the predecessor’s as well, and goes': () =>
    sweeping(async () => {
      lay(onBridge);
      const before = shown();
      lay(leftover);
      await withTarget(
        async ({ target }) => {
          const all = [...target.all()].filter(({ owner }) => owner === 'predecessor');
          const keys = all.map(({ key }) => key as string);
          for (const spec of leftovers) assert.ok(keys.includes(keyOf(spec)), keyOf(spec));
          for (const spec of leftovers) await apply(target, 'remove', spec);
        },
        { bgpDriver },
      );
      assert.equal(shown(), before);
    }),

  'what is alike is nobody’s': () =>
    sweeping(async () => {
      lay(onBridge, foreign);
      await withTarget(
        async ({ target }) => {
          const taken = [...target.all()]
            .filter(({ owner }) => owner !== 'nobody')
            .map(({ key }) => key)
            .filter((key) => /\.98|v78/.test(key));
          assert.deepEqual(taken, []);
        },
        { bgpDriver },
      );
    }),

  'nothing is without the driver’s settings, nor where the table has no name': () =>
    sweeping(async () => {
      lay(onBridge);
      const nameless = { ...bgpDriver, tables: () => new Map<string, TableId>() };
      for (const options of [{}, { bgpDriver: nameless }]) {
        await withTarget(async ({ target }) => {
          const taken = [...target.all()].filter(({ owner }) => owner !== 'nobody');
          assert.deepEqual(taken, []);
        }, options);
      }
    }),

  'a rule of theirs that came beside ours does no harm, and goes with it': () =>
    sweeping(async () => {
      lay(onBridge);
      const spec = leftovers.find(({ kind }) => kind === 'lookup-rule')!;
      await withTarget(
        async ({ target, changed }) => {
          await apply(target, 'create', spec);
          ip('rule add pref 32000 to 172.24.4.99 lookup 225');
          // Our own rule is heard of under the same key; what comes after theirs is heard of after it.
          const last = { ...spec, to: prefix('172.24.4.97/32') };
          ip('rule add pref 32000 to 172.24.4.97 lookup 225');
          await until('heard', () => changed.includes(keyOf(last)));
          assertSettled(target, spec);
          await apply(target, 'remove', spec);
          assert.equal(observed(target, spec), undefined);
          assert.doesNotMatch(ip('rule'), /172\.24\.4\.99/);
        },
        { bgpDriver },
      );
    }),
};

await runCases(cases);
