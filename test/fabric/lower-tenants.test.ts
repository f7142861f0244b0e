/** What a subnet behind a router of a provider network becomes on a node, and an address in it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  Concept,
  Exposed,
  ProviderNetwork,
  TenantSubnet,
  Underlay,
} from '../../src/fabric/concepts.ts';
import { lower } from '../../src/fabric/lower.ts';
import type { Asn, TableId, VlanId } from '../../src/net/numbers.ts';
import type { Spec } from '../../src/resources/index.ts';
import type { Resource } from '../../src/resources/resource.ts';
import { ip, ip4, kindOf, kinds, mac, name, prefix } from '../resources/specs.ts';
import { because, holder } from './concepts.ts';
import { settings } from './settings.ts';

const at = {
  bridge: name('br-ex'),
  device: name('br-ex.101'),
  vlan: 101 as VlanId,
  localnet: 'provnet-1',
  patchPort: 'patch-provnet-1-to-br-int',
  table: 225 as TableId,
};
const around: readonly [ProviderNetwork, Exposed, Exposed] = [
  { concept: 'provider', at, anchors: [ip('169.254.1.101')], answers: false, because },
  { concept: 'exposed', holder, at, ip: ip('172.24.4.5'), mac: mac('fa:16:3e:00:00:05'), because },
  {
    concept: 'exposed',
    holder,
    at,
    ip: ip('2001:db8:4::5'),
    mac: mac('fa:16:3e:00:00:05'),
    because,
  },
];

function underlay(hasSubnets: boolean): Underlay {
  const routerId = ip4('192.0.2.1');
  return { concept: 'underlay', asn: 64_999 as Asn, routerId, hasSubnets, because };
}

function subnet(destination: string, via: string, announced: boolean): TenantSubnet {
  const to = prefix(destination);
  return { concept: 'tenant-subnet', at, destination: to, via: ip(via), announced, because };
}

function lowerAll(concepts: readonly Concept[]): readonly Resource[] {
  return concepts.flatMap((concept) => lower(concept, kinds, settings));
}

/** The commands that a person would type for it. */
function printed(concepts: readonly Concept[]): readonly string[] {
  return lowerAll(concepts).map(({ spec }) => kindOf(spec as Spec).print('create', spec as Spec));
}

test('a subnet is reached through the router, and its addresses are announced', () => {
  const v4 = subnet('10.1.0.0/24', '172.24.4.5', false);
  const { because: _, ...within } = v4;
  assert.deepEqual(
    printed([v4, { concept: 'tenant-host', holder, ip: ip('10.1.0.11'), within, because }]),
    [
      'ip rule add pref 32000 to 10.1.0.0/24 lookup 225',
      'ip route replace 172.24.4.5/32 dev br-ex.101 table 225',
      'ip route replace 10.1.0.0/24 via 172.24.4.5 dev br-ex.101 table 225',
      'ip address replace 10.1.0.11/32 dev bgp-nic',
    ],
  );
});

test('a subnet that is announced itself is a route of the VRF, which FRR redistributes', () => {
  assert.deepEqual(printed([subnet('fd00:1::/64', '2001:db8:4::5', true)]), [
    'ip -6 rule add pref 32000 to fd00:1::/64 lookup 225',
    'ip route replace 2001:db8:4::5/128 dev br-ex.101 table 225',
    'ip route replace fd00:1::/64 via 2001:db8:4::5 dev br-ex.101 table 225',
    'ip route replace fd00:1::/64 dev bgp-nic table 10',
  ]);
  const lines = (hasSubnets: boolean) => printed([underlay(hasSubnets)]).join('\n');
  assert.match(lines(true), /redistribute connected.*redistribute kernel/);
  assert.doesNotMatch(lines(false), /redistribute kernel/);
});

test('what is announced needs the whole way, and all of it is there', () => {
  const v4 = subnet('10.1.0.0/24', '172.24.4.5', true);
  const v6 = subnet('fd00:1::/64', '2001:db8:4::5', true);
  const { because: _, ...within } = v6;
  const host = { concept: 'tenant-host', holder, ip: ip('fd00:1::11'), within, because } as const;
  const resources = lowerAll([underlay(true), ...around, v4, v6, host]);
  const keys = new Set(resources.map(({ key }) => key));
  for (const { key, needs } of resources) {
    // The provider's bridge is somebody else's.
    const missing = needs.filter((need) => !keys.has(need) && need !== 'link br-ex');
    assert.deepEqual(missing, [], key);
  }
  for (const key of ['route 10 10.1.0.0/24 0', 'address bgp-nic fd00:1::11/128']) {
    const needs = resources.find((each) => each.key === key)?.needs ?? [];
    const family = key.includes(':') ? 6 : 4;
    assert.ok(
      needs.some((need) => need.startsWith('lookup-rule ')),
      key,
    );
    assert.ok(
      needs.some((need) => need.startsWith('route 225 ')),
      key,
    );
    assert.ok(
      needs.some((need) => need.startsWith('flow br-ex ')),
      key,
    );
    const onLink = family === 4 ? 'route 225 172.24.4.5/32 0' : 'route 225 2001:db8:4::5/128 1024';
    const through = resources.find(
      ({ key: each }) => /^route 225 (10|fd00)/.test(each) && each.includes(':') === (family === 6),
    );
    assert.ok(through?.needs.includes(onLink as (typeof needs)[number]), key);
    const proxy = `net/ipv${family}/conf/br-ex.101/proxy_${family === 4 ? 'arp' : 'ndp'}`;
    assert.ok(needs.includes(`sysctl ${proxy}` as (typeof needs)[number]), key);
  }
});

test('what ovn-bgp-agent finds by its cookie has the one priority that it can read', () => {
  const [network] = around;
  const flows = lowerAll([{ ...network, answers: true }])
    .map(({ spec }) => spec as Spec)
    .filter((spec) => spec.kind === 'flow');
  const { flowCookie, flowPriority } = settings;
  assert.deepEqual(
    flows.map(({ cookie, priority }) => [cookie === flowCookie, priority === flowPriority]),
    [
      [true, true],
      [true, true],
      [false, false],
    ],
  );
});
