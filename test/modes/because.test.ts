/** Reasons name the database that they come from. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoadBalancer } from '../../src/inventory/load-balancer.ts';
import type { PortBinding } from '../../src/inventory/port-binding.ts';
import { becauseBalanced, becauseScoped } from '../../src/modes/because.ts';
import { unwrap } from '../../src/base/result.ts';
import { parseIp } from '../../src/net/ip.ts';

test('load balancers and address scopes are told of in the words of the database that is read', () => {
  const front = { name: 'front' } as LoadBalancer;
  const vip = unwrap(parseIp('172.24.4.20'));
  const port = { name: 'p', addressScopes: { 4: 's' } } as unknown as PortBinding;
  const southbound = [becauseBalanced(front, vip, port), becauseScoped(port, 4)];
  const scope = 'external_ids:neutron:subnet_pool_addr_scope4=s';
  assert.deepEqual(southbound, [
    { source: 'OVN_Southbound', object: 'Load_Balancer front', fact: 'vips 172.24.4.20' },
    { source: 'OVN_Southbound', object: 'Port_Binding p', fact: scope },
  ]);
  const switchPort = { ...port, northbound: 'Logical_Switch_Port p' };
  const northbound = [becauseBalanced(front, vip, switchPort), becauseScoped(switchPort, 4)];
  assert.deepEqual(northbound, [
    { source: 'OVN_Northbound', object: 'Load_Balancer front', fact: 'vips 172.24.4.20' },
    { source: 'OVN_Northbound', object: 'Logical_Switch_Port p', fact: scope },
  ]);
});
