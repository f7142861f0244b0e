/** Which tenant networks are exposed at the node that has the gateway, with which filters, and what is said of the others. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unwrap } from '../../../src/base/result.ts';
import type { Concept } from '../../../src/fabric/concepts.ts';
import {
  type BgpOptions,
  bgpMode,
  everythingUp,
  type TenantSettings,
} from '../../../src/modes/bgp/index.ts';
import { formatIp } from '../../../src/net/ip.ts';
import { formatMac } from '../../../src/net/mac.ts';
import { parseAsn } from '../../../src/net/numbers.ts';
import { formatPrefix } from '../../../src/net/prefix.ts';
import type { Cloud, InterfacePort } from '../../sim/cloud.ts';
import { workingCloud } from '../../sim/cloud-events.ts';
import { plansOf, withGateway } from '../evpn/cloud.ts';

const every: TenantSettings = {
  families: 'all',
  advertise: 'host',
  addressScopes: new Set(),
  snat: 'exposed',
};

/** Two routers, each with a network of its own: those of the working cloud have the same subnet. */
const cloud: Cloud = withInterfaces({}, { mac: 'M 10.1.0.1/16' });

function withInterfaces(first: Partial<InterfacePort>, second: Partial<InterfacePort>): Cloud {
  const [one, other] = workingCloud.interfaces;
  return {
    ...workingCloud,
    interfaces: [
      { ...one!, ...first },
      { ...other!, ...second },
    ],
  };
}

/** The first network is another. */
function withNetwork(patch: Partial<InterfacePort>): Cloud {
  return withInterfaces(patch, { mac: 'M 10.1.0.1/16' });
}

const machine = workingCloud.machines[0]!;

/** What is exposed of tenants, in lines, and all conditions. */
function linesOf(
  of: Cloud,
  tenants: Partial<TenantSettings> = {},
  more: Partial<BgpOptions> = {},
): readonly string[] {
  const mode = bgpMode({
    method: 'underlay',
    choice: everythingUp,
    asn: unwrap(parseAsn(64_999)),
    routerId: undefined,
    answerRouter: 'auto',
    tenants: { ...every, ...tenants },
    ...more,
  });
  return [...plansOf(of, mode)]
    .flatMap(([scope, { concepts, conditions }]) => [
      ...concepts.flatMap(lineOf).map((line) => `${scope}: ${line}`),
      ...conditions.map(({ message }) => `${scope}: ${message}`),
    ])
    .sort();
}

function lineOf(concept: Concept): readonly string[] {
  if (concept.concept === 'tenant-host') return [formatIp(concept.ip)];
  if (concept.concept === 'leg-tenant') {
    return [`${formatIp(concept.ip)} in VRF ${concept.within.at.vni}`];
  }
  if (concept.concept === 'leg-subnet') {
    const { destination, via, at, mac, announced } = concept;
    const known = mac === undefined ? '' : ` at ${formatMac(mac)}`;
    const how = announced ? ', announced' : '';
    return [`${formatPrefix(destination)} via ${formatIp(via)}${known} in VRF ${at.vni}${how}`];
  }
  if (concept.concept !== 'tenant-subnet') return [];
  const { destination, via, at, announced } = concept;
  const how = announced ? ', announced' : '';
  return [`${formatPrefix(destination)} via ${formatIp(via)} on ${at.device}${how}`];
}

const flat = [
  'subnets c4: 10.0.0.0/24 via 172.24.4.16 on br-ex',
  'subnets c4: 2001:db8:1::/64 via 2001:db8:f::16 on br-ex',
];
const tagged = 'subnets 0a: 10.1.0.0/16 via 172.24.4.17 on br-ex.100';
const sameNetwork = 'subnets 0a: 10.0.0.0/24 via 172.24.4.17 on br-ex.100';
const hosts = ['port 38: 10.0.0.200', 'port 38: 2001:db8:1::10'];

describe('networks behind a gateway that is here', () => {
  const cases: Readonly<Record<string, readonly [Cloud, Partial<TenantSettings>, string[]]>> = {
    'address by address; one outside of every subnet is not announced': [
      cloud,
      {},
      [...hosts, ...flat, tagged],
    ],
    'with ports of other nodes': [
      { ...cloud, machines: [{ ...machine, chassis: 'there' }] },
      {},
      [...hosts, ...flat, tagged],
    ],
    'without ports of no node': [
      { ...cloud, machines: [{ ...machine, chassis: undefined }] },
      {},
      [...flat, tagged],
    ],
    'the address of a load balancer, whose port is bound nowhere': [
      {
        ...cloud,
        machines: [
          {
            ...machine,
            chassis: undefined,
            mac: '',
            cidrs: '10.0.0.20/24',
            portName: 'ovn-lb-vip-1',
            up: false,
          },
        ],
      },
      {},
      ['port 38: 10.0.0.20', ...flat, tagged],
    ],
    'as subnets': [
      cloud,
      { advertise: 'subnet' },
      [...flat, tagged].map((line) => `${line}, announced`),
    ],
    'with several prefixes of a family, each once': [
      withNetwork({ mac: 'M 10.0.0.1/24 10.0.0.2/24 10.9.0.1/24 fe80::1/64' }),
      {},
      ['port 38: 10.0.0.200', flat[0]!, 'subnets c4: 10.9.0.0/24 via 172.24.4.16 on br-ex', tagged],
    ],
    'only with global IPv6 addresses': [
      withNetwork({ mac: 'M 10.0.0.1/24 2400:cb00:1::1/64 2001:db8:1::1/64' }),
      { families: 'global-ipv6' },
      ['subnets c4: 2400:cb00:1::/64 via 2001:db8:f::16 on br-ex'],
    ],
    'not while that is elsewhere, though it may move here': [
      { ...cloud, gateways: withGateway(0, { chassis: 'there' }).gateways },
      {},
      [tagged],
    ],
    'not when they are detached': [
      { ...cloud, interfaces: [undefined, cloud.interfaces[1]] },
      {},
      [tagged],
    ],
    'not when the network of the gateway does not leave this node': [
      { ...cloud, mappings: { 'physnet-b': 'br-ex' } },
      {},
      [
        tagged,
        "gateway cr-lrp-b2: cannot expose 172.24.4.16 2001:db8:f::16 of port cr-lrp-b2: physical network 'physnet-a' of provnet-0 is not in ovn-bridge-mappings of this node; map it in external_ids:ovn-bridge-mappings of Open_vSwitch, or keep it back by external_ids:selvedge:expose=false",
      ],
    ],
    'once, when several routers lead to the same network': [
      withInterfaces({}, { network: 0 }),
      {},
      // Of two interfaces the first by name, which has no IPv6.
      ['port 38: 10.0.0.200', 'port 38: 2001:db8:1::10', flat[1]!, sameNetwork],
    ],
  };
  for (const [what, [of, settings, lines]] of Object.entries(cases)) {
    test(what, () => assert.deepEqual(linesOf(of, settings), [...lines].sort()));
  }
});

describe('networks behind a gateway on a network in a VRF', () => {
  const annotation = { 'neutron_bgpvpn:type': 'l3', 'neutron_bgpvpn:vni': '1001' };
  const annotated = (of: Cloud, ...at: readonly number[]): Cloud => ({
    ...of,
    providers: of.providers.map((each, index) =>
      each !== undefined && at.includes(index) ? { ...each, annotation } : each,
    ),
  });
  const inVrf = [
    'subnets c4: 10.0.0.0/24 via 172.24.4.16 at fa:16:3e:00:00:10 in VRF 1001',
    'subnets c4: 2001:db8:1::/64 via fe80::f816:3eff:fe00:10 at fa:16:3e:00:00:10 in VRF 1001',
  ];
  const hostsInVrf = hosts.map((line) => `${line} in VRF 1001`);
  const dynamic = { method: 'dynamic' } as const;

  test('are there too, and those of others in the underlay', () => {
    const lines = linesOf(annotated(cloud, 0), {}, dynamic);
    assert.deepEqual(lines, [...hostsInVrf, ...inVrf, tagged].sort());
  });

  test('with the method vrf only those', () => {
    const lines = linesOf(annotated(cloud, 0), {}, { method: 'vrf' });
    assert.deepEqual(lines, [...hostsInVrf, ...inVrf].sort());
  });

  test('as subnets', () => {
    const lines = linesOf(annotated(cloud, 0), { advertise: 'subnet' }, { method: 'vrf' });
    assert.deepEqual(lines, inVrf.map((line) => `${line}, announced`).sort());
  });

  test('may overlap those that are not in that VRF, and not those that are', () => {
    const overlaps = (of: Cloud): readonly string[] =>
      linesOf(of, {}, dynamic).filter((line) => line.includes('overlaps'));
    assert.equal(overlaps(workingCloud).length, 1);
    assert.deepEqual(overlaps(annotated(workingCloud, 0)), []);
    assert.deepEqual(overlaps(annotated(workingCloud, 0, 1)), [
      'subnets c4: cannot expose the network of c4: 10.0.0.0/24 overlaps a subnet of 0a, and both would be in VRF 1001; renumber one, or leave one out by bgp.address_scopes',
    ]);
  });

  test('behind two routers, one of them in the underlay: in both', () => {
    const both = annotated(withInterfaces({}, { network: 0 }), 0);
    assert.deepEqual(
      linesOf(both, {}, dynamic).filter((line) => line.includes('10.0.0.')),
      ['port 38: 10.0.0.200', 'port 38: 10.0.0.200 in VRF 1001', sameNetwork, inVrf[0]!].sort(),
    );
  });

  test('by the filters of tenants', () => {
    const scopes = { v4: 'green' };
    const of = annotated({ ...withNetwork({ scopes }), machines: [{ ...machine, scopes }] }, 0);
    const lines = linesOf(of, { addressScopes: new Set(['green']) }, { method: 'vrf' });
    assert.deepEqual(lines, [hostsInVrf[0], inVrf[0]]);
  });

  test('not on a segment', () => {
    const segment = { ...annotation, 'neutron_bgpvpn:type': 'l2' };
    const [first, ...others] = cloud.providers;
    const of = { ...cloud, providers: [{ ...first!, annotation: segment }, ...others] };
    const lines = linesOf(of, {}, dynamic).filter((line) => !line.startsWith('network'));
    assert.deepEqual(lines, [tagged]);
  });
});

describe('address scopes, each family by its own', () => {
  const scopes = { v4: 'green', v6: 'blue' };
  const inScopes = { ...withNetwork({ scopes }), machines: [{ ...machine, scopes }] };
  const only = (...names: string[]) => ({ addressScopes: new Set(names) });
  const cases: Readonly<Record<string, readonly [Cloud, string[], string[]]>> = {
    'that of IPv4': [inScopes, ['green'], [hosts[0]!, flat[0]!]],
    'both, one of them nowhere': [inScopes, ['blue', 'red'], [hosts[1]!, flat[1]!]],
    'of the port too': [
      { ...inScopes, machines: [{ ...machine, scopes: { v4: 'green' } }] },
      ['green', 'blue'],
      [hosts[0]!, ...flat],
    ],
    'none is not one of them': [cloud, ['green'], []],
  };
  for (const [what, [of, names, lines]] of Object.entries(cases)) {
    test(what, () => assert.deepEqual(linesOf(of, only(...names)), [...lines].sort()));
  }
});

describe('networks behind SNAT', () => {
  const translated: Cloud = { ...cloud, snat: [['10.0.0.0/25'], undefined] };

  test('are exposed unless they shall be left out', () => {
    assert.deepEqual(linesOf(translated), [...hosts, ...flat, tagged].sort());
  });

  test('are left out by family, and those of a router that nobody has told of', () => {
    assert.deepEqual(linesOf(translated, { snat: 'left-out' }), [hosts[1], flat[1]]);
  });

  test('are told to be exposed when OVN does not say which they are', () => {
    const [first, ...others] = linesOf({ ...cloud, snat: [] }, { snat: 'untold' });
    assert.match(first!, /^node: cannot leave out tenant networks behind SNAT: /);
    assert.deepEqual(others, [...hosts, ...flat, tagged].sort());
  });
});

describe('what cannot be exposed is told, and nothing else disturbed', () => {
  test('overlapping subnets of two routers: the first by name has it', () => {
    const overlap =
      'subnets c4: cannot expose the network of c4: 10.0.0.0/24 overlaps a subnet of 0a, and both would be in the underlay; renumber one, or leave one out by bgp.address_scopes';
    const lines = linesOf(workingCloud);
    assert.ok(lines.includes(overlap), lines.join('\n'));
    // Neither subnet nor host of the other is announced in its name.
    assert.deepEqual(
      lines.filter((line) => line.includes('10.0.0.')),
      [
        'port d6: 10.0.0.200',
        overlap,
        'subnets 0a: 10.0.0.0/24 via 172.24.4.17 on br-ex.100',
      ].sort(),
    );
  });

  test('a gateway without an address of the family', () => {
    const noSixth = { ...cloud, gateways: withGateway(0, { mac: 'M 172.24.4.H/24' }).gateways };
    assert.deepEqual(
      linesOf(noSixth).filter((line) => line.includes('cannot')),
      [
        'subnets c4: cannot expose the network of c4: 2001:db8:1::/64 has no next hop: the gateway cr-lrp-b2 has no IPv6 address; give it one',
      ],
    );
  });

  test('an address of a router port that cannot be read', () => {
    assert.match(
      linesOf(withNetwork({ mac: 'M 10.0.0.1/33' })).join('\n'),
      /subnets c4: cannot expose the network of c4: Port_Binding lrp-c4 mac: .*; correct it/,
    );
  });
});
