/** Which provider networks are exposed by which method, and what becomes of the addresses on them. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unwrap } from '../../../src/base/result.ts';
import type { Concept } from '../../../src/fabric/concepts.ts';
import { parseDhcpSubnets } from '../../../src/inventory/dhcp-options.ts';
import { MutableInventory } from '../../../src/inventory/inventory.ts';
import { bgpMode, everythingUp } from '../../../src/modes/bgp/index.ts';
import type { ExposingMethod, LocalOvnSettings } from '../../../src/modes/bgp/settings.ts';
import type { IfName } from '../../../src/net/if-name.ts';
import { formatIp, parseIp } from '../../../src/net/ip.ts';
import { parseAsn } from '../../../src/net/numbers.ts';
import { parsePrefix } from '../../../src/net/prefix.ts';
import { type Cloud, localOvn } from '../../sim/cloud.ts';
import { workingCloud } from '../../sim/cloud-events.ts';
import { CloudFeed, everything } from '../../sim/cloud-feed.ts';
import { seededRandom } from '../../sim/random.ts';

const key = (name: string): string => `neutron_bgpvpn:${name}`;
const l3 = { [key('type')]: 'l3', [key('vni')]: '1001' };
const l2 = { [key('type')]: 'l2', [key('vni')]: '1002' };

/** The working cloud, its flat network and its VLAN 100 annotated, with a virtual machine on each. */
function cloudOf(
  flat: Readonly<Record<string, string>>,
  vlan: Readonly<Record<string, string>>,
  more: Partial<Cloud> = {},
): Cloud {
  const [first, second] = workingCloud.providers;
  assert.ok(first && second);
  const machine = {
    network: 0,
    type: '',
    chassis: 'here',
    cidrs: undefined,
    generation: 0,
  } as const;
  return {
    ...workingCloud,
    providers: [
      { ...first, annotation: flat },
      { ...second, annotation: vlan },
    ],
    machines: [
      { ...machine, provider: 0, mac: 'M 172.24.4.60' },
      { ...machine, provider: 1, mac: 'M 172.24.4.61' },
    ],
    ...more,
  };
}

/** A node that has heard of all of the cloud. */
function nodeOf(method: ExposingMethod, cloud: Cloud, ofLocalOvn: Partial<LocalOvnSettings> = {}) {
  const asn = unwrap(parseAsn(64_999));
  const mode = bgpMode({
    method,
    asn,
    routerId: undefined,
    answerRouter: 'auto',
    choice: everythingUp,
    tenants: undefined,
    localOvn: { ...localOvn, ...ofLocalOvn },
  });
  const inventory = new MutableInventory();
  for (const update of new CloudFeed().updates(cloud, everything, seededRandom(1))) {
    inventory.apply(update);
  }
  return { mode, inventory };
}

/** What is planned, scope by scope, each concept in a few words. */
function linesOf(
  method: ExposingMethod,
  cloud: Cloud,
  ofLocalOvn: Partial<LocalOvnSettings> = {},
): readonly string[] {
  const { mode, inventory } = nodeOf(method, cloud, ofLocalOvn);
  return [...mode.scopes(inventory)].sort().flatMap((scope) => {
    const { concepts, conditions } = mode.plan(scope, inventory);
    return [
      ...concepts.map((concept) => `${scope}: ${wordsOf(concept)}`),
      ...conditions.map(({ severity, message }) => `${scope}: ${severity}: ${message}`),
    ];
  });
}

function wordsOf(concept: Concept): string {
  if (concept.concept === 'provider') return `in the underlay by ${concept.at.device}`;
  if (concept.concept === 'exposed') return `${formatIp(concept.ip)} in the underlay`;
  if (concept.concept === 'leg-host') return `${formatIp(concept.ip)} in VRF ${concept.at.vni}`;
  if (concept.concept === 'local-router') {
    const uplinks = concept.uplinks.map(
      ({ bridge, peers }) => `${bridge} to ${peers.map(formatIp).join(' and ')}`,
    );
    return `router by ${uplinks.join(', ')}`;
  }
  if (concept.concept === 'local-network') {
    return `VLAN ${concept.at.vlan} by ${concept.at.localPatchPort}, beside ${concept.others.join(' ')}`;
  }
  if (concept.concept === 'local-host') return `${formatIp(concept.ip)} by OVN`;
  if (concept.concept === 'vrf') {
    return `VRF ${concept.vni} AS ${concept.asn} in ${concept.importTargets?.join(' ')}`;
  }
  if (concept.concept === 'leg') {
    const ips = [...concept.gateways, ...concept.anchors].map(formatIp).join(' ');
    return `VLAN ${concept.at.vlan} in VRF ${concept.at.vni}, ${ips}, MTU ${concept.mtu}`;
  }
  if (concept.concept === 'segment') {
    const { at, mtu, rd = 'derived', importTargets, exportTargets } = concept;
    const segment = `VLAN ${at.vlan} in VNI ${at.vni}, MTU ${mtu}`;
    if (rd === 'derived' && importTargets.length + exportTargets.length === 0) return segment;
    return `${segment}, RD ${rd}, from ${importTargets.join(' ')}, to ${exportTargets.join(' ')}`;
  }
  return concept.concept;
}

const node = 'node: underlay';
const flatInUnderlay = [
  'gateway cr-lrp-b2: 172.24.4.16 in the underlay',
  'gateway cr-lrp-b2: 2001:db8:f::16 in the underlay',
  'network provnet-0: in the underlay by br-ex',
  'port 38: 172.24.4.60 in the underlay',
];
const vlanInVrf = [
  'gateway cr-lrp-71: 172.24.4.17 in VRF 1001',
  'network provnet-1: VRF 1001 AS 64999 in ',
  'network provnet-1: VLAN 100 in VRF 1001, 169.254.100.100, MTU 1500',
  'port d6: 172.24.4.61 in VRF 1001',
];
const router = 'node: router by br-up to 10.0.1.0 and 2001:db8:ff::';
const byOvn = [
  'gateway cr-lrp-b2: 172.24.4.16 by OVN',
  'gateway cr-lrp-b2: 2001:db8:f::16 by OVN',
  'gateway cr-lrp-71: 172.24.4.17 by OVN',
  'network provnet-0: VLAN undefined by patch-own-0-localnet-to-br-bgp, beside eth1',
  'network provnet-1: VLAN 100 by patch-own-0.100-localnet-to-br-bgp, beside eth1',
  'port 38: 172.24.4.60 by OVN',
  'port d6: 172.24.4.61 by OVN',
];
const onlyProviderBridge = { 'br-ex': { exists: true, hasUplink: true } };
const notByOvn = (why: string) =>
  ['provnet-0', 'provnet-1'].map(
    (name) => `network ${name}: error: cannot route the provider network of ${name}: ${why}`,
  );
const loop =
  "network provnet-0: warning: cannot see to it that the segment of provnet-0 has no loop: it leaves this node by the uplink of br-ex as well as by the fabric; extend it on one of the nodes that share this uplink's VLAN, and on no other";
const flatAsSegment = ['network provnet-0: VLAN undefined in VNI 1002, MTU 1450', loop];

test('with the method ovn an address that the fabric does not send to OVN is told, and not exposed', () => {
  const lines = linesOf('ovn', cloudOf({}, {}), {
    prefixes: [unwrap(parsePrefix('172.24.4.32/27'))],
  });
  assert.ok(lines.includes('port 38: 172.24.4.60 by OVN'));
  assert.ok(
    lines.includes(
      'gateway cr-lrp-b2: error: cannot expose 172.24.4.16: it is in none of local_ovn.prefixes, and packets for it would not go to OVN; add its network there',
    ),
  );
});

test('with the method ovn a mapping whose name is none for a switch is told, and nothing made of it', () => {
  const { mode, inventory } = nodeOf('ovn', cloudOf({}, {}));
  const { ovs } = inventory;
  const bgp = ovs.localOvns.get(localOvn.chassis) ?? assert.fail();
  const name = 'own" || 1';
  const bridgeMappings = new Map([...bgp.bridgeMappings, [name, 'br-ex2' as IfName] as const]);
  const localOvns = new Map([[localOvn.chassis, { ...bgp, bridgeMappings }]]);
  inventory.apply({ of: 'ovs', value: { ...ovs, localOvns } });
  const { concepts, conditions } = mode.plan('node', inventory);
  assert.deepEqual(
    conditions.map(({ message }) => message),
    [
      `cannot route by an OVN of this node: '${name}' of ovn-bridge-mappings-bgp is no name for a switch; use letters, digits, '.', '_' and '-'`,
    ],
  );
  assert.deepEqual(concepts.map(wordsOf), ['underlay', router.replace('node: ', '')]);
});

test('with the method ovn a peer that no bridge leads to is told', () => {
  const lines = linesOf('ovn', cloudOf({}, {}), { peers: [unwrap(parseIp('10.9.9.9'))] });
  assert.ok(
    lines.includes(
      'node: error: cannot route by an OVN of this node: local_ovn.peers has 10.9.9.9, and no bridge of ovn-bridge-mappings-bgp has an address in its network; add that address to the bridge that leads there',
    ),
  );
});

describe('a provider network is exposed by the method', () => {
  const cases: Readonly<Record<string, readonly [ExposingMethod, Cloud, readonly string[]]>> = {
    'dynamic: in a VRF, and in the underlay without annotation': [
      'dynamic',
      cloudOf({}, l3),
      [node, ...flatInUnderlay, ...vlanInVrf],
    ],
    'dynamic: in a VRF, and as a segment': [
      'dynamic',
      cloudOf(l2, l3),
      [node, ...flatAsSegment, ...vlanInVrf],
    ],
    'underlay: whatever the annotation': [
      'underlay',
      cloudOf(l2, l3),
      [
        node,
        ...flatInUnderlay,
        'gateway cr-lrp-71: 172.24.4.17 in the underlay',
        'network provnet-1: in the underlay by br-ex.100',
        'port d6: 172.24.4.61 in the underlay',
      ],
    ],
    'ovn: whatever the annotation': ['ovn', cloudOf(l2, l3), [node, router, ...byOvn]],
    'ovn: without an address on the bridge of the fabric': [
      'ovn',
      cloudOf({}, {}, { vtep: undefined }),
      [
        "node: error: cannot route by an OVN of this node: bridge br-up of ovn-bridge-mappings-bgp has no address, which its router and the BGP session need; add one with 'ip address add ADDRESS/LENGTH dev br-up'",
        'node: error: cannot announce anything: there is no BGP router id; set bgp.router_id, or bgp router-id in FRR, or give the loopback device an IPv4 /32 address',
        'node: router by ',
        ...notByOvn(
          'no bridge of ovn-bridge-mappings-bgp leads to the fabric; map one that has a port and an address there',
        ),
      ],
    ],
    'ovn: without that bridge': [
      'ovn',
      cloudOf({}, {}, { bridges: onlyProviderBridge }),
      [
        'node: underlay',
        "node: error: cannot route by an OVN of this node: bridge br-up of ovn-bridge-mappings-bgp does not exist; create it with 'ovs-vsctl add-br br-up'",
        'node: router by ',
        ...notByOvn(
          'no bridge of ovn-bridge-mappings-bgp leads to the fabric; map one that has a port and an address there',
        ),
      ],
    ],
    'vrf: nothing without annotation': ['vrf', cloudOf({}, l3), vlanInVrf],
    'l2vni: nothing without annotation': ['l2vni', cloudOf(l2, {}), flatAsSegment],
  };
  for (const [what, [method, cloud, expected]] of Object.entries(cases)) {
    test(what, () => {
      assert.deepEqual([...linesOf(method, cloud)].sort(), [...expected].sort());
    });
  }
});

test('the VRF has the AS and the targets of the annotation, and its leg the gateways', () => {
  const lines = linesOf(
    'vrf',
    cloudOf(
      {},
      {
        ...l3,
        [key('as')]: '65001',
        [key('rt')]: "['65000:1']",
        'selvedge:gateways': '172.24.4.1/24',
      },
    ),
  );
  assert.ok(lines.includes('network provnet-1: VRF 1001 AS 65001 in 65000:1'));
  assert.ok(lines.includes('network provnet-1: VLAN 100 in VRF 1001, 172.24.4.1, MTU 1500'));
});

test('a segment has the targets of the annotation, and that of its AS where it names none', () => {
  const told = (ids: Readonly<Record<string, string>>): string | undefined =>
    linesOf('l2vni', cloudOf({ ...l2, ...ids }, {})).find((line) => line.includes(' in VNI '));
  const segment = 'network provnet-0: VLAN undefined in VNI 1002, MTU 1450';
  assert.equal(
    told({ [key('rt')]: "['65000:1']", [key('rd')]: "['65000:7']", [key('as')]: '65001' }),
    `${segment}, RD 65000:7, from 65000:1, to 65000:1`,
  );
  assert.equal(
    told({ [key('it')]: "['65000:1']", [key('as')]: '65001' }),
    `${segment}, RD derived, from 65000:1, to 65001:1002`,
  );
  assert.equal(told({ [key('as')]: '4200000001' }), `${segment}, RD derived, from , to 59905:1002`);
  // That is derived anyway.
  assert.equal(told({ [key('as')]: '64999' }), segment);
});

test('DHCP options that come with the switch concern its leg, which has its gateway from them', () => {
  const { mode, inventory } = nodeOf('vrf', cloudOf({}, l3));
  const scope = 'network provnet-1';
  const datapath = inventory.port('provnet-1')?.datapath ?? '';
  const rows = [
    { cidr: '172.24.4.0/24', options: { router: '172.24.4.1' } },
    { cidr: '2001:db8:4::/64', options: { dns_server: 'nobody' } },
  ].map(({ cidr, options }, index) => {
    return {
      uuid: `d${index}`,
      cidr,
      options: new Map(Object.entries(options)),
      external_ids: new Map(),
    };
  });
  const value = {
    datapath,
    name: 'neutron-1',
    externalIds: new Map(),
    subnets: parseDhcpSubnets(rows),
  };
  const change = inventory.apply({ of: 'switch', datapath, value });
  assert.ok([...mode.touched(change, inventory)].includes(scope));
  const { concepts, conditions } = mode.plan(scope, inventory);
  const leg = concepts.find((concept) => concept.concept === 'leg');
  assert.deepEqual(leg?.gateways.map(formatIp), ['172.24.4.1']);
  assert.equal(leg?.advertisement?.managed, true);
  assert.deepEqual(
    leg?.because.flatMap(({ object, fact }) =>
      object.startsWith('DHCP') ? `${object} ${fact}` : [],
    ),
    [
      'DHCP_Options d0 cidr=172.24.4.0/24 options:router=172.24.4.1',
      'DHCP_Options d1 cidr=2001:db8:4::/64',
    ],
  );
  assert.deepEqual(
    conditions.map(({ message }) => message),
    [
      "cannot tell all of the subnets of provnet-1: DHCP_Options d1 options:dns_server: 'nobody' is no address of IPv6; correct it",
    ],
  );
});

test('two networks on one VLAN of a bridge are told of, whatever becomes of them', () => {
  const cloud = cloudOf(l2, l3);
  const [first, second] = cloud.providers;
  const providers = [{ ...first!, tag: 100 }, second];
  const lines = linesOf('dynamic', { ...cloud, providers });
  for (const scope of ['network provnet-0', 'network provnet-1']) {
    assert.ok(lines.some((line) => line.startsWith(`${scope}: warning: cannot tell the networks`)));
  }
});

test('a floating IP is in the VRF of the network it is on', () => {
  const [gateway, ...others] = workingCloud.gateways;
  assert.ok(gateway);
  const nat = ['fa:16:3e:00:04:00 172.24.4.100 is_chassis_resident("12")'];
  const [flat, vlan] = cloudOf(l3, {}).machines;
  const tenant = { ...flat!, provider: undefined, mac: 'M 10.0.0.200' };
  const more = { gateways: [{ ...gateway, nat }, ...others], machines: [flat, vlan, tenant] };
  assert.ok(
    linesOf('dynamic', cloudOf(l3, {}, more)).includes('port 12: 172.24.4.100 in VRF 1001'),
  );
});

describe('what cannot be is told, and nothing of that network is exposed elsewhere', () => {
  const cases: readonly (readonly [string, ExposingMethod, Cloud, string])[] = [
    [
      'targets that are no list',
      'dynamic',
      cloudOf({}, { ...l3, [key('rt')]: '65000:1' }),
      `network provnet-1: error: cannot route the provider network of provnet-1: Port_Binding provnet-1 external_ids:neutron_bgpvpn:rt: '65000:1' is not a list such as ["65000:1"]; correct it`,
    ],
    [
      'gateways that are none',
      'vrf',
      cloudOf({}, { ...l3, 'selvedge:gateways': 'x' }),
      "network provnet-1: error: cannot route the provider network of provnet-1: Port_Binding provnet-1 external_ids:selvedge:gateways: 'x' is not an IP prefix; correct it",
    ],
    [
      'another method than the annotation says',
      'vrf',
      cloudOf({}, l2),
      'network provnet-1: error: cannot route the provider network of provnet-1: Port_Binding provnet-1 says neutron_bgpvpn:type=l2, and bgp.exposing is "vrf"; make that "l2vni" or "dynamic"',
    ],
    [
      'no VTEP',
      'vrf',
      cloudOf({}, l3, { vtep: undefined }),
      'network provnet-1: error: cannot route the provider network of provnet-1: this node has no VTEP address; set evpn.local_ip, or give the loopback device a /32 address',
    ],
  ];
  for (const [what, method, cloud, expected] of cases) {
    test(what, () => {
      const lines = linesOf(method, cloud);
      assert.ok(lines.includes(expected), lines.join('\n'));
      assert.ok(!lines.some((line) => /cr-lrp-71|port d6/.test(line)), lines.join('\n'));
    });
  }
});
