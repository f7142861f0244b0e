/** What the driver ovn_stretched_l2_bgp_driver announces: the subnets of tenants, with their router as next hop. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unwrap } from '../../../src/base/result.ts';
import { lower } from '../../../src/fabric/lower.ts';
import { stretchedMode } from '../../../src/modes/bgp/stretched.ts';
import { parseAsn } from '../../../src/net/numbers.ts';
import type { Spec } from '../../../src/resources/index.ts';
import { kindOf, kinds } from '../../resources/specs.ts';
import type { Cloud } from '../../sim/cloud.ts';
import { workingCloud } from '../../sim/cloud-events.ts';
import { plansOf, withGateway, withInterface } from '../evpn/cloud.ts';
import { bgpSettings as settings } from '../../fabric/settings.ts';

/** The routes that a cloud makes, as commands, each once. */
function routesOf(cloud: Cloud, ...scopes: readonly string[]): readonly string[] {
  const asn = unwrap(parseAsn(64_999));
  const mode = stretchedMode({ asn, routerId: undefined, addressScopes: new Set(scopes) });
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
