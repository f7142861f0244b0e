/** What mode bgp makes of a cloud that contradicts itself: one thing is told of, all else goes on. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lower } from '../../../src/fabric/lower.ts';
import { Claims } from '../../../src/reconcile/claims.ts';
import { makeKinds } from '../../../src/resources/index.ts';
import { settings } from '../../fabric/settings.ts';
import type { Cloud, MachinePort } from '../../sim/cloud.ts';
import { workingCloud } from '../../sim/cloud-events.ts';
import { withGateway } from '../evpn/cloud.ts';
import { inventoryOf, linesOf, plansOf } from './lines.ts';

const kinds = makeKinds({ removal: 0 });
const machine: MachinePort = {
  network: 0,
  provider: 0,
  type: '',
  chassis: 'here',
  mac: 'M 172.24.4.60',
  cidrs: undefined,
  generation: 0,
};

function claimsOf(cloud: Cloud): Claims {
  const claims = new Claims();
  for (const { scope, concepts } of plansOf(cloud, inventoryOf(cloud))) {
    claims.set(
      scope,
      concepts.flatMap((concept) => lower(concept, kinds, settings)),
    );
  }
  return claims;
}

test('of two ports with one address the first by name has it, and that is told', () => {
  const claims = claimsOf({ ...workingCloud, gateways: [], machines: [machine, machine] });
  assert.deepEqual(
    claims.conflicts().map(({ scope, message }) => `${scope}: ${message}`),
    [
      'port d6: cannot set up neighbour br-ex 172.24.4.60: port 38 wants it otherwise; make the two agree',
    ],
  );
});

test('an address that is that of a load balancer and a floating IP as well is one', () => {
  const cloud: Cloud = {
    ...withGateway(0, {
      nat: ['fa:16:3e:00:00:10 172.24.4.20 is_chassis_resident("cr-lrp-b2")'],
    }),
    balancers: [{ name: 'front', vips: ['172.24.4.20:80'], routers: [0], networks: [] }],
  };
  const claims = claimsOf(cloud);
  assert.deepEqual(claims.conflicts(), []);
  const owners = [...claims.keys()]
    .filter((key) => key.includes('172.24.4.20/32'))
    .map((key) => claims.scopesOf(key));
  assert.ok(owners.length > 0);
  for (const each of owners) assert.deepEqual(each, ['balancer balancer-0', 'gateway cr-lrp-b2']);
});

test('a floating IP of a network that is not mapped here is nothing of this node', () => {
  const nat = ['fa:16:3e:04:00:00 172.24.4.100 is_chassis_resident("38")'];
  const cloud = { ...withGateway(0, { nat }), mappings: { 'physnet-b': 'br-ex2' } };
  const lines = linesOf(cloud);
  assert.equal(lines.filter((line) => line.includes('172.24.4.100')).length, 0);
  assert.ok(lines.some((line) => line.startsWith('gateway cr-lrp-71: 172.24.4.17 ')));
});

test('a mapping that changes at run time takes all that is exposed to the other bridge', () => {
  const cloud: Cloud = { ...workingCloud, machines: [machine] };
  const inventory = inventoryOf(cloud);
  const lineOf = () => linesOf(cloud, inventory).find((line) => line.startsWith('port 38: '));
  assert.equal(lineOf(), 'port 38: 172.24.4.60 fa:16:3e:00:02:10 on br-ex');
  const mappings = { 'physnet-a': 'br-ex2', 'physnet-b': 'br-ex' };
  const moved = inventoryOf({ ...cloud, mappings });
  inventory.apply({ of: 'ovs', value: moved.ovs });
  assert.equal(lineOf(), 'port 38: 172.24.4.60 fa:16:3e:00:02:10 on br-ex2');
});
