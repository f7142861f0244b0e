/** What the driver ovn_stretched_l2_bgp_driver announces: the subnets of tenants, with their router as next hop. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unwrap } from '../../../src/base/result.ts';
import { lower } from '../../../src/fabric/lower.ts';
import { type Choice, everythingUp } from '../../../src/modes/bgp/index.ts';
import { stretchedMode } from '../../../src/modes/bgp/stretched.ts';
import type { Mode } from '../../../src/modes/mode.ts';
import { parseAsn } from '../../../src/net/numbers.ts';
import { parsePrefix } from '../../../src/net/prefix.ts';
import type { Spec } from '../../../src/resources/index.ts';
import { kindOf, kinds } from '../../resources/specs.ts';
import type { Cloud } from '../../sim/cloud.ts';
import { workingCloud } from '../../sim/cloud-events.ts';
import { plansOf, withGateway, withInterface } from '../evpn/cloud.ts';
import { bgpSettings as settings } from '../../fabric/settings.ts';

function modeOf(scopes: readonly string[], choice: Partial<Choice> = {}): Mode {
  return stretchedMode({
    asn: unwrap(parseAsn(64_999)),
    routerId: undefined,
    choice: { ...everythingUp, ...choice },
    addressScopes: new Set(scopes),
  });
}

/** The routes that a cloud makes, as commands, each once. */
function routesOf(cloud: Cloud, ...scopes: readonly string[]): readonly string[] {
  return routesWith(cloud, modeOf(scopes));
}

function routesWith(cloud: Cloud, mode: Mode): readonly string[] {
  const lines = [...plansOf(cloud, mode)].flatMap(([, { concepts }]) =>
    concepts
      .flatMap((concept) => lower(concept, kinds, settings))
      .filter(({ spec }) => spec.kind === 'route')
      .map(({ spec }) => kindOf(spec as Spec).print('create', spec as Spec)),
  );
  return [...new Set(lines)].sort();
}

const first = [
  'ip route replace 10.0.0.0/24 via 172.24.4.16 dev bgp-nic table 10',
  'ip route replace 172.24.4.0/24 dev bgp-nic table 10',
  'ip route replace 2001:db8:1::/64 via 2001:db8:f::16 dev bgp-nic table 10',
  'ip route replace 2001:db8:f::/64 dev bgp-nic table 10',
];
const firstOfIpv4 = first.slice(0, 2);
/** Without the second router's, which has the same subnet. */
const one: Cloud = { ...workingCloud, interfaces: workingCloud.interfaces.slice(0, 1) };
const gatewayOf = (cloud: Cloud, patch: Parameters<typeof withGateway>[1]): Cloud => ({
  ...cloud,
  gateways: withGateway(0, patch).gateways,
});

describe('the subnets of a tenant', () => {
  test('are announced with the address of their router, family by family', () => {
    assert.deepEqual(routesOf(one), first);
  });

  test('are so on every node, wherever the gateway is', () => {
    assert.deepEqual(routesOf(gatewayOf(one, { chassis: 'there' })), first);
    assert.deepEqual(routesOf(gatewayOf(one, { chassis: undefined })), first);
  });

  test('are not when their router has no address of the family', () => {
    const cloud = gatewayOf(one, { mac: 'M 172.24.4.H/24' });
    assert.deepEqual(routesOf(cloud), firstOfIpv4);
  });

  test('are not when the router leads to no provider network', () => {
    const providers = [{ physicalNetwork: undefined, tag: undefined }];
    assert.deepEqual(routesOf({ ...one, providers }), []);
  });

  test('are asked for by the scope of their addresses, which must be that of the gateway', () => {
    const scoped = { v4: 'blue', v6: 'blue' };
    const interfaces = withInterface(0, { scopes: scoped }).interfaces.slice(0, 1);
    const inside = { ...one, interfaces };
    assert.deepEqual(routesOf(inside), first);
    assert.deepEqual(routesOf(inside, 'blue'), []);
    const both = gatewayOf(inside, { scopes: { v4: 'blue', v6: 'red' } });
    assert.deepEqual(routesOf(both, 'blue'), firstOfIpv4);
    assert.deepEqual(routesOf(both, 'red'), []);
  });
});

describe('what is kept back', () => {
  const annotated: Cloud = {
    ...one,
    providers: [{ ...one.providers[0]!, expose: 'false' }, one.providers[1]],
  };
  const both = (why: string) =>
    ['10.0.0.0/24', '2001:db8:1::/64'].map(
      (subnet) => `note subnets c4: ${subnet} of the network of c4 is not exposed: ${why}`,
    );
  const cases: Readonly<
    Record<string, readonly [Cloud, Partial<Choice>, readonly string[], readonly string[]]>
  > = {
    'nothing, where nothing is said': [one, {}, first, []],
    'by external_ids of the network': [
      annotated,
      {},
      [],
      both('external_ids:selvedge:expose=false of Port_Binding provnet-0'),
    ],
    'by external_ids of the gateway': [
      gatewayOf(one, { expose: 'false' }),
      {},
      [],
      both('external_ids:selvedge:expose=false of Port_Binding b2'),
    ],
    'by external_ids of the Chassis': [
      { ...one, nodeExposes: false },
      {},
      [],
      [
        'note node: what is behind routers is not exposed: external_ids:selvedge:expose=false of Chassis here',
      ],
    ],
    'by the role of the node': [
      one,
      { nodes: 'gateways' },
      [],
      [
        'note node: what is behind routers is not exposed: bgp.nodes = "gateways", and ovn-cms-options of this node have no enable-chassis-as-gw',
      ],
    ],
    'not on another node than the role is of': [
      { ...one, isGateway: true },
      { nodes: 'gateways' },
      first,
      [],
    ],
    'not where the Chassis takes part': [
      { ...one, nodeExposes: true },
      { nodes: 'gateways' },
      first,
      [],
    ],
    'by the name of a physical network': [
      one,
      { networks: new Set(['physnet-a']) },
      [],
      both("'physnet-a' is in bgp.exclude_networks"),
    ],
    'by the name of a port of the router': [
      one,
      { ports: new Set(['lrp-c4']) },
      [],
      both("'lrp-c4' is in bgp.exclude_ports"),
    ],
    'by a prefix around a subnet': [
      one,
      { prefixes: [unwrap(parsePrefix('10.0.0.0/8')), unwrap(parsePrefix('2001:db8:1::/65'))] },
      first.slice(2),
      [both('10.0.0.0/8 is in bgp.exclude_prefixes')[0]!],
    ],
    'by a prefix around the network of the next hop, which would be announced too': [
      one,
      { prefixes: [unwrap(parsePrefix('172.24.4.0/24'))] },
      first.slice(2),
      [both('172.24.4.0/24 is in bgp.exclude_prefixes')[0]!],
    ],
  };
  for (const [how, [cloud, choice, routes, told]] of Object.entries(cases)) {
    test(how, () => {
      const mode = modeOf([], choice);
      assert.deepEqual(routesWith(cloud, mode), routes);
      const conditions = [...plansOf(cloud, mode).values()].flatMap((plan) => plan.conditions);
      assert.deepEqual(
        conditions.map(({ scope, severity, message }) => `${severity} ${scope}: ${message}`),
        told,
      );
    });
  }
});
