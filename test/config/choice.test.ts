/** What of [bgp] says which things are exposed: as it is read, and what is wrong with what is not. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIssue } from '../../src/base/issue.ts';
import { unwrap } from '../../src/base/result.ts';
import { parseToml } from '../../src/config/index.ts';
import { formatPrefix } from '../../src/net/prefix.ts';

test('lists of what is not exposed', () => {
  const { bgp } = unwrap(
    parseToml(`
      mode = "bgp"
      [bgp]
      nodes = "computes"
      bridges = ["br-ex"]
      exclude_networks = ["physnet9"]
      exclude_ports = ["secret", "secret"]
      exclude_prefixes = ["172.24.4.0/28", "2001:db8::1"]
      expose_when = "bound"
    `),
  );
  assert.equal(bgp.nodes, 'computes');
  assert.deepEqual(bgp.bridges, ['br-ex']);
  assert.deepEqual(bgp.excludeNetworks, ['physnet9']);
  assert.deepEqual(bgp.excludePorts, ['secret']);
  assert.deepEqual(bgp.excludePrefixes.map(formatPrefix), ['172.24.4.0/28', '2001:db8::1/128']);
  assert.equal(bgp.exposeWhen, 'bound');
});

test('what cannot be is told, all at once', () => {
  const read = parseToml(`
    [bgp]
    nodes = "some"
    bridges = ["a name that is too long"]
    exclude_ports = [""]
    exclude_prefixes = ["172.24.4.0/33"]
  `);
  assert.ok(!read.ok);
  assert.deepEqual(read.error.map(formatIssue), [
    "bgp.nodes: 'some' is none of all, gateways, computes",
    "bgp.bridges[0]: 'a name that is too long' is not an interface name",
    'bgp.exclude_ports[0]: a name is not empty',
    "bgp.exclude_prefixes[0]: '172.24.4.0/33' has no prefix length of 0 to 32",
  ]);
});

test('what the driver of stretched networks could not do is refused', () => {
  const read = parseToml(`
    mode = "bgp"
    [bgp]
    driver = "ovn_stretched_l2_bgp_driver"
    exposing = "vrf"
    tenant_networks = true
    tenant_global_ipv6 = true
    tenant_snat_disabled = true
    nodes = "computes"
    bridges = ["br-ex"]
    exclude_networks = ["physnet9"]
    expose_when = "bound"
  `);
  assert.ok(!read.ok);
  const driver = 'has no effect with the driver ovn_stretched_l2_bgp_driver';
  assert.deepEqual(read.error.map(formatIssue), [
    `bgp.exposing: ${driver}: it announces in the underlay; leave it out`,
    `bgp.bridges: ${driver}: it does not matter to it which bridge a network is on; leave it out`,
    `bgp.expose_when: ${driver}: it exposes no ports of VMs; leave it out`,
    `bgp.tenant_global_ipv6: ${driver}: it announces subnets of both families; leave it out`,
    `bgp.tenant_snat_disabled: ${driver}: it announces subnets behind SNAT too; leave it out`,
  ]);
});
