/**
 * Load balancers written as Octavia's OVN provider writes them, as a real ovn-northd passes them on: what a node with the
 * gateway exposes of them, and that one deleted with everything leaves nothing.
 */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { LoadBalancer } from '../../lab/fabric/cloud/load-balancer.ts';
import { Network } from '../../lab/fabric/cloud/network.ts';
import { macOf, uuidOf } from '../../lab/fabric/cloud/northbound.ts';
import { Router } from '../../lab/fabric/cloud/router.ts';
import { Vm } from '../../lab/fabric/cloud/vm.ts';
import { FabricNode } from '../../lab/fabric/node.ts';
import { silentLog } from '../../src/base/ports.ts';
import { systemClock } from '../../src/protocols/ovsdb/index.ts';
import { openSouthboundSource } from '../../src/sources/ovn-sb/index.ts';
import { until } from '../protocols/ovsdb/support/server.ts';
import { Ovn } from './support/ovn.ts';
import { Reader } from './support/reader.ts';

const ports = { clock: systemClock, random: Math.random, log: silentLog };
const [c1, c2] = [new FabricNode('c1'), new FabricNode('c2')];
const patience = 120_000;
const vips = ['172.24.4.20', '2001:db8:4::20'];

describe('load balancers of Octavia', () => {
  let ovn: Ovn;
  let reader: Reader;
  let outside: Network;
  let tenant: Network;
  let router: Router;
  let member: Vm;

  /** The addresses that load balancers have announced here. */
  const announced = (): readonly string[] =>
    Object.entries(reader.wanted)
      .filter(([scope]) => scope.startsWith('balancer '))
      .flatMap(([, wanted]) => wanted)
      .flatMap((text) => /^address bgp-nic ([^/]+)\//.exec(text)?.[1] ?? [])
      .sort();
  const announces = async (what: string, ...expected: readonly string[]): Promise<void> => {
    await ovn.settle();
    const holds = (): boolean =>
      reader.isSynced && announced().join() === [...expected].sort().join();
    await until(what, holds, patience).catch(() => assert.deepEqual(announced(), expected));
  };

  before(async () => {
    ovn = await Ovn.start(['c1', 'c2']);
    const { northbound } = ovn;
    const subnets = ['172.24.4.0/24', '2001:db8:4::/64'];
    outside = new Network('public', { subnets, physnet: 'physnet1' }, northbound, new Set());
    const inner = { subnets: ['10.1.0.0/24', 'fd00:1::/64'] };
    tenant = new Network('tenant', inner, northbound, new Set());
    const place = { gateway: outside, host: 5, on: [c1, c2] };
    router = new Router('r1', place, northbound);
    const settings = {
      name: 'member',
      portId: uuidOf('port', 'member'),
      mac: macOf('vm', 'member'),
      switchName: tenant.switch,
      addresses: tenant.addresses(11),
      gateways: [],
      mtu: 1442,
    };
    member = new Vm(settings, c2, northbound);
    await northbound.commit(
      ...outside.createCommands(),
      ...tenant.createCommands(),
      ...router.createCommands(),
      ...member.createCommands(),
    );
    await router.attach(tenant);
    ovn.gateways.set(`cr-lrp-${router.gatewayPort}`, 'c1');
    reader = new Reader((events) => {
      const options = { endpoints: [ovn.endpoints.southbound], tls: undefined, inactivityProbe: 0 };
      const memory = { recall: () => undefined, remember: () => {} };
      return openSouthboundSource({ ...ports, ...options, systemId: 'c1', memory }, events);
    });
  });

  after(async () => {
    await reader?.source.close();
    await ovn?.stop();
  });

  const create = async (name: string, on: Network, addresses: readonly string[]) => {
    const switches = [tenant];
    const settings = { vips: addresses, port: 80, members: [member], router, on, switches };
    const balancer = new LoadBalancer(name, settings, ovn.northbound);
    await balancer.create();
    return balancer;
  };

  test('are exposed by their addresses of the provider network, where the gateway is', async () => {
    await create('front', outside, vips);
    await create('inner', tenant, ['10.1.0.20']);
    await announces('the addresses', ...vips);
    ovn.gateways.set(`cr-lrp-${router.gatewayPort}`, 'c2');
    await announces('nothing, once the gateway has moved');
    ovn.gateways.set(`cr-lrp-${router.gatewayPort}`, 'c1');
    await announces('the addresses again', ...vips);
  });

  test('are kept back by the port of their address', async () => {
    const key = 'external_ids:selvedge\\:expose';
    const port = new LoadBalancer('front', optionsOf(), ovn.northbound).portId;
    await ovn.northbound.commit(['set', 'logical_switch_port', port, `${key}=false`]);
    await announces('nothing');
    const name = '"selvedge:expose"';
    await ovn.northbound.commit(['remove', 'logical_switch_port', port, 'external_ids', name]);
    await announces('the addresses', ...vips);
  });

  test('leave nothing when they are deleted with everything, and their router and network', async () => {
    const more = await create('more', outside, ['172.24.4.21']);
    await announces('three addresses', ...vips, '172.24.4.21');
    await more.delete();
    await announces('two addresses', ...vips);
    await ovn.northbound.commit(
      ...router.deleteCommands(),
      ['ls-del', tenant.switch],
      ['ls-del', outside.switch],
    );
    await announces('nothing');
  });

  function optionsOf() {
    return { vips, port: 80, members: [member], router, on: outside };
  }
});
