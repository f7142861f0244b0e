/** What the node's own Open_vSwitch says, read from its rows. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIssue } from '../../src/base/issue.ts';
import { formatEndpoint } from '../../src/net/endpoint.ts';
import { readLocalOvs } from '../../src/sources/ovs/local-ovs.ts';

const port = (name: string, type: string, isOurs = false) => ({ name, types: [type], isOurs });

test('ports that lead out of the node are the uplinks of a bridge, and no others', () => {
  const ports = [
    port('br-ex', 'internal'),
    port('eth1', ''),
    port('bond0', 'system'),
    port('patch-provnet-1-to-br-int', 'patch'),
    port('ve-ovs-500', '', true),
    port('veth-ovs-500', ''),
  ];
  const { bridges } = readLocalOvs(new Map(), [{ name: 'br-ex', ports }]);
  assert.deepEqual(bridges.get('br-ex'), { name: 'br-ex', uplinks: ['eth1', 'bond0'] });
});

test('who the node is to OVN, where that is, and how provider networks leave it', () => {
  const ids = new Map([
    ['system-id', 'c1'],
    ['hostname', 'c1.example.org'],
    ['ovn-remote', 'tcp:192.0.2.1:6642,tcp:192.0.2.2:6642'],
    ['ovn-nb-remote', 'tcp:192.0.2.1:6641'],
    ['ovn-bridge-mappings', 'physnet1:br-ex,physnet2,physnet3:br-data'],
    ['ovn-bridge', 'br-cloud'],
    ['ovn-cms-options', 'availability-zones=a,enable-chassis-as-gw'],
  ]);
  const read = readLocalOvs(ids, []);
  const { systemId, hostname, integrationBridge, isGateway } = read;
  assert.deepEqual([systemId, hostname], ['c1', 'c1.example.org']);
  assert.deepEqual([integrationBridge, isGateway], ['br-cloud', true]);
  assert.equal(read.ovnRemote.map(formatEndpoint).join(), ids.get('ovn-remote'));
  assert.equal(read.ovnNbRemote.map(formatEndpoint).join(), ids.get('ovn-nb-remote'));
  assert.deepEqual([...read.bridgeMappings.keys()], ['physnet1', 'physnet3']);
  assert.deepEqual(read.issues.map(formatIssue), [
    "external_ids:ovn-bridge-mappings: 'physnet2' is not NETWORK:BRIDGE",
  ]);
});

test('whether the node takes part is said in one of two words', () => {
  const exposes = (text: string) => readLocalOvs(new Map([['selvedge:expose', text]]), []).exposes;
  assert.deepEqual(['true', 'false', 'no'].map(exposes), [true, false, undefined]);
  assert.equal(readLocalOvs(new Map(), []).exposes, undefined);
});

test('an ovn-controller with a name has the keys that end with it', () => {
  const ids = new Map([
    ['ovn-bridge-mappings', 'physnet1:br-ex'],
    ['ovn-bridge-mappings-bgp', 'public:br-ex, fabric:br-up'],
    ['ovn-bridge-bgp', 'br-bgp'],
    ['ovn-bridge-mappings-other', 'a:br-a,nonsense'],
  ]);
  const { bridgeMappings, localOvns, issues } = readLocalOvs(ids, []);
  assert.deepEqual([...bridgeMappings], [['physnet1', 'br-ex']]);
  const bgp = localOvns.get('bgp');
  assert.equal(bgp?.integrationBridge, 'br-bgp');
  assert.deepEqual(
    [...(bgp?.bridgeMappings ?? [])],
    [
      ['public', 'br-ex'],
      ['fabric', 'br-up'],
    ],
  );
  assert.equal(localOvns.get('other')?.integrationBridge, 'br-int');
  assert.deepEqual(issues.map(formatIssue), [
    "external_ids:ovn-bridge-mappings-other: 'nonsense' is not NETWORK:BRIDGE",
  ]);
});
