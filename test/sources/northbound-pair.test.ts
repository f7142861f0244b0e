/**
 * The same OVN read by its Northbound and by its Southbound database: both sources lead to the same plans, after any
 * history, and to those of a start just then. ovn-northd is a real one.
 */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { equalData } from '../../src/base/equal.ts';
import { silentLog } from '../../src/base/ports.ts';
import { systemClock } from '../../src/protocols/ovsdb/index.ts';
import { openNorthboundSource } from '../../src/sources/ovn-nb/index.ts';
import { openSouthboundSource } from '../../src/sources/ovn-sb/index.ts';
import { Network } from '../../lab/fabric/cloud/network.ts';
import { columnKey, macOf, uuidOf } from '../../lab/fabric/cloud/northbound.ts';
import { Router } from '../../lab/fabric/cloud/router.ts';
import { Vm } from '../../lab/fabric/cloud/vm.ts';
import { FabricNode } from '../../lab/fabric/node.ts';
import { until } from '../protocols/ovsdb/support/server.ts';
import { seededRandom } from '../sim/random.ts';
import { Ovn } from './support/ovn.ts';
import { Reader } from './support/reader.ts';

const ports = { clock: systemClock, random: Math.random, log: silentLog };
const names = ['c1', 'c2'] as const;
const [c1, c2] = [new FabricNode('c1'), new FabricNode('c2')];
const patience = 60_000;

class Cloud {
  readonly ovn: Ovn;
  readonly networks = new Map<string, Network>();
  readonly routers = new Map<string, Router>();
  readonly vms = new Map<string, Vm>();
  readonly fips = new Map<string, { readonly router: Router; readonly vm: Vm }>();

  constructor(ovn: Ovn) {
    this.ovn = ovn;
  }

  async network(name: string, settings: ConstructorParameters<typeof Network>[1]) {
    const network = new Network(name, settings, this.ovn.northbound, new Set());
    await this.ovn.northbound.commit(...network.createCommands());
    this.networks.set(name, network);
    return network;
  }

  async router(name: string, gateway: Network, host: number) {
    const router = new Router(
      name,
      { gateway, host, on: [c1, c2], snat: true },
      this.ovn.northbound,
    );
    await this.ovn.northbound.commit(...router.createCommands());
    this.routers.set(name, router);
    this.moveGateway(router, 'c1');
    return router;
  }

  moveGateway(router: Router, to: string): void {
    this.ovn.gateways.set(`cr-lrp-${router.gatewayPort}`, to);
  }

  async vm(name: string, network: Network, host: number, on: FabricNode) {
    const settings = {
      name,
      portId: uuidOf('port', name),
      mac: macOf('vm', name),
      switchName: network.switch,
      addresses: network.addresses(host),
      gateways: [],
      mtu: 1442,
    };
    const vm = new Vm(settings, on, this.ovn.northbound);
    await this.ovn.northbound.commit(...vm.createCommands());
    this.vms.set(name, vm);
    return vm;
  }

  /** What Neutron writes of the place of a port, one step of a migration after the other. */
  async request(vm: Vm, chassis: string, hostId: string): Promise<void> {
    const { portId } = vm.settings;
    await this.ovn.northbound.commit(
      ['set', 'logical_switch_port', portId, `options:requested-chassis="${chassis}"`],
      ['set', 'logical_switch_port', portId, `external_ids:neutron\\:host_id="${hostId}"`],
    );
  }

  async deleteVm(name: string): Promise<void> {
    const vm = this.vms.get(name);
    if (vm === undefined) return;
    await this.ovn.northbound.commit(['lsp-del', vm.settings.portId]);
    this.vms.delete(name);
  }
}

describe('OVN read by its Northbound database', () => {
  let ovn: Ovn;
  let cloud: Cloud;
  let nb: Reader;
  let sb: Reader;

  const openNorthbound = (node: string = 'c1') =>
    new Reader((events) => {
      const { northbound, southbound } = ovn.endpoints;
      const options = { endpoints: [northbound], tls: undefined, inactivityProbe: 0 };
      const below = { endpoints: [southbound], tls: undefined };
      const own = { systemId: node, hostname: node };
      return openNorthboundSource({ ...ports, ...options, southbound: below, ...own }, events);
    }, node);
  const openSouthbound = (node: string = 'c1') =>
    new Reader((events) => {
      const options = { endpoints: [ovn.endpoints.southbound], tls: undefined, inactivityProbe: 0 };
      const memory = { recall: () => undefined, remember: () => {} };
      return openSouthboundSource({ ...ports, ...options, systemId: node, memory }, events);
    }, node);
  /** The scopes of which one reader wants something else than the other. */
  const differences = (a: Reader, b: Reader): readonly string[] => {
    const [one, other] = [a.wanted, b.wanted];
    const scopes = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...scopes].filter((scope) => !equalData(one[scope], other[scope])).sort();
  };
  const agree = async (what: string, a: Reader, b: Reader): Promise<void> => {
    await ovn.settle();
    try {
      await until(what, () => a.isSynced && b.isSynced && differences(a, b).length === 0, patience);
    } catch {
      const states = [a.source.state, b.source.state];
      const scopes = differences(a, b);
      const pick = (reader: Reader) => scopes.map((scope) => [scope, reader.wanted[scope]]);
      assert.deepEqual({ what, states, wanted: pick(a) }, { what, states, wanted: pick(b) });
    }
  };
  const scopes = (): readonly string[] => Object.keys(nb.wanted).filter((each) => each !== 'node');

  before(async () => {
    ovn = await Ovn.start(names);
    cloud = new Cloud(ovn);
    nb = openNorthbound();
    sb = openSouthbound();
  });
  after(async () => {
    await Promise.all([nb?.source.close(), sb?.source.close()]);
    await ovn?.stop();
  });

  test('shows provider networks, and VMs where they are', async () => {
    const subnets = ['172.24.4.0/24', '2001:db8:4::/64'];
    const flat = await cloud.network('flat', { subnets, physnet: 'physnet1' });
    const other = ['172.24.5.0/24', '2001:db8:5::/64'];
    const vlan = await cloud.network('vlan', { subnets: other, physnet: 'physnet1', vlan: 101 });
    await cloud.network('unmapped', { subnets: ['172.24.6.0/24'], physnet: 'physnet9' });
    await cloud.vm('near', flat, 11, c1);
    await cloud.vm('tagged', vlan, 12, c1);
    await cloud.vm('far', flat, 13, c2);
    await agree('VMs', nb, sb);
    assert.equal(scopes().filter((each) => each.startsWith('port ')).length, 2);
    assert.equal(scopes().filter((each) => each.startsWith('network ')).length, 2);
  });

  test('shows gateways and the floating IPs of both kinds', async () => {
    const [flat] = cloud.networks.values();
    assert.ok(flat);
    const tenant = await cloud.network('tenant', { subnets: ['10.1.0.0/24', 'fd00:1::/64'] });
    const router = await cloud.router('r1', flat, 5);
    await router.attach(tenant);
    const here = await cloud.vm('here', tenant, 21, c1);
    const there = await cloud.vm('there', tenant, 22, c2);
    await router.addFloatingIp('172.24.4.50', here, true);
    await router.addFloatingIp('172.24.4.51', there, true);
    await router.addFloatingIp('172.24.4.52', there, false);
    await agree('floating IPs', nb, sb);
    const gateway = nb.wanted[`gateway cr-lrp-${router.gatewayPort}`];
    assert.ok(gateway?.some((each) => each.includes('172.24.4.52/32')));
    const wants = (vm: Vm, address: string): boolean | undefined =>
      nb.wanted[`port ${vm.settings.portId}`]?.some((each) => each.includes(address));
    assert.equal(wants(here, '172.24.4.50/32'), true);
    // Of a port elsewhere only what the gateway here leads to.
    assert.deepEqual([wants(there, '172.24.4.51/32'), wants(there, '10.1.0.22/32')], [false, true]);
  });

  test('follows a live migration by its steps, at each of which one of the two nodes has the VM', async (t) => {
    const vm = cloud.vms.get('near');
    assert.ok(vm);
    const scope = `port ${vm.settings.portId}`;
    const there = { nb: openNorthbound('c2'), sb: openSouthbound('c2') };
    t.after(() => Promise.all([there.nb.source.close(), there.sb.source.close()]));
    const byDatabase = [
      { c1: nb, c2: there.nb },
      { c1: sb, c2: there.sb },
    ];
    const wanting = () =>
      byDatabase.map((by) => names.filter((node) => by[node].wanted[scope] !== undefined));
    const steps = [
      ['it is here', 'c1', 'c1', 'c1'],
      ['it migrates', 'c1,c2', 'c1', 'c1'],
      ['it is there', 'c2', 'c2', 'c2'],
      ['it is about to come back', 'c2,c1', 'c2', 'c2'],
      ['it is back', 'c1', 'c1', 'c1'],
    ] as const;
    for (const [what, chassis, hostId, at] of steps) {
      await cloud.request(vm, chassis, hostId);
      await agree(`${what}, on c1`, nb, sb);
      await agree(`${what}, on c2`, there.nb, there.sb);
      // Each hears of it in its own time; then it is on one node and not on the other, whichever database says so.
      await until(
        `${what}: ${at} alone has it`,
        () => equalData(wanting(), [[at], [at]]),
        patience,
      );
    }
  });

  test('shows what each of several gateways of a router translates', async () => {
    const router = cloud.routers.get('r1');
    const [flat, vlan] = [cloud.networks.get('flat'), cloud.networks.get('vlan')];
    assert.ok(router && flat && vlan);
    const { logicalRouter, gatewayPort } = router;
    const attach = async (network: Network, host: number): Promise<string> => {
      const port = uuidOf('gateway', logicalRouter, network.name, String(host));
      const addresses = network.addresses(host);
      await ovn.northbound.commit(
        ['lrp-add', logicalRouter, `lrp-${port}`, macOf('gateway', port), ...addresses],
        ['lrp-set-gateway-chassis', `lrp-${port}`, 'c1'],
        ...network.routerPortCommands(router.id, port, true, addresses),
      );
      ovn.gateways.set(`cr-lrp-${port}`, 'c1');
      return port;
    };
    const tagged = await attach(vlan, 6);
    const beside = await attach(flat, 7);
    const gateways = [gatewayPort, tagged, beside];
    const translate = async (address: string, gateway?: string): Promise<void> => {
      const port = ['get', 'logical_router_port', `lrp-${gateway ?? ''}`, '_uuid'];
      const uuid = gateway === undefined ? '' : (await ovn.northbound.commit(port)).trim();
      const columns = [
        'type=dnat_and_snat',
        `external_ip="${address}"`,
        'logical_ip="10.1.0.21"',
        columnKey('external_ids', 'neutron:router_name', logicalRouter),
        ...(gateway === undefined ? [] : [`gateway_port=${uuid}`]),
      ];
      await ovn.northbound.commit(
        ['--id=@nat', 'create', 'nat', ...columns],
        ['add', 'logical_router', logicalRouter, 'nat', '@nat'],
      );
    };
    await translate('172.24.4.55', gatewayPort);
    await translate('172.24.5.55', tagged);
    // These name none: of one network there is one gateway; of the other two, which both tell it, and one has it.
    await translate('172.24.5.56');
    await translate('172.24.4.56');
    const at = (address: string): readonly string[] =>
      gateways.filter((port) =>
        nb.wanted[`gateway cr-lrp-${port}`]?.some((each) => each.includes(`${address}/32`)),
      );
    // What leaves the router has this address, that of one of two gateways on a network, which the other tells too.
    await ovn.northbound.commit([
      'lr-nat-add',
      logicalRouter,
      'snat',
      '172.24.4.7',
      '10.77.0.0/24',
    ]);
    await until('the last is told', () => at('172.24.4.56').length === 1, patience);
    await agree('three gateways', nb, sb);
    assert.deepEqual(['172.24.4.55', '172.24.5.55', '172.24.5.56'].map(at), [
      [gatewayPort],
      [tagged],
      [tagged],
    ]);
    assert.deepEqual(at('172.24.4.7'), [beside]);
    await ovn.northbound.commit(['lr-nat-del', logicalRouter, 'snat', '10.77.0.0/24']);
    for (const port of [tagged, beside]) {
      await ovn.northbound.commit(['lrp-del', `lrp-${port}`], ['lsp-del', port]);
      ovn.gateways.delete(`cr-lrp-${port}`);
    }
    for (const ip of ['172.24.4.55', '172.24.4.56', '172.24.5.55', '172.24.5.56']) {
      await ovn.northbound.commit(['lr-nat-del', logicalRouter, 'dnat_and_snat', ip]);
    }
    await agree('one gateway', nb, sb);
  });

  test('leads to the same plans after any history, and to those of a start just then', async (t) => {
    const seed = Number(process.env['SELVEDGE_SEED'] ?? Date.now() % 1_000_000);
    t.diagnostic(`SELVEDGE_SEED=${seed} repeats it`);
    const random = seededRandom(seed);
    const below = (count: number): number => Math.floor(random() * count);
    for (let step = 0; step < 24; step += 1) {
      await change(cloud, below, step);
      await agree(`step ${step} of ${seed}`, nb, sb);
    }
    const cold = openNorthbound();
    try {
      await agree(`a start after ${seed}`, cold, nb);
    } finally {
      await cold.source.close();
    }
  });
});

/** One of the things that happen to a cloud. */
async function change(cloud: Cloud, below: (count: number) => number, step: number): Promise<void> {
  const pick = <T>(of: Iterable<T>): T | undefined => {
    const all = [...of];
    return all[below(all.length)];
  };
  const node = [c1, c2][below(2)] ?? c1;
  const network = pick(cloud.networks.values());
  const router = pick(cloud.routers.values());
  const vm = pick(cloud.vms.entries());
  const provider = cloud.networks.get(['flat', 'vlan'][below(2)] ?? 'flat');
  switch (below(9)) {
    case 0:
      if (network) await cloud.vm(`vm${step}`, network, 30 + step, node);
      return;
    case 1:
      if (vm) await cloud.deleteVm(vm[0]);
      return;
    case 2:
    case 3:
      if (vm) await cloud.request(vm[1], node.name, node.name);
      return;
    case 4:
      if (router) cloud.moveGateway(router, node.name);
      return;
    case 5:
    case 6: {
      const [address, fip] = pick(cloud.fips) ?? [];
      if (address !== undefined && fip !== undefined && below(2) === 0) {
        await cloud.ovn.northbound.commit([
          'lr-nat-del',
          fip.router.logicalRouter,
          'dnat_and_snat',
          address,
        ]);
        cloud.fips.delete(address);
      } else if (router && vm) {
        const next = `172.24.4.${60 + step}`;
        await router.addFloatingIp(next, vm[1], below(2) === 0);
        cloud.fips.set(next, { router, vm: vm[1] });
      }
      return;
    }
    case 7: {
      if (!provider || cloud.routers.size > 2) return;
      await cloud.router(`r-${step}`, provider, 100 + step);
      return;
    }
    default: {
      const tenant = cloud.networks.get('tenant');
      if (!router || !tenant) return;
      if (router.interfacePorts(tenant).length > 0) await router.detach(tenant);
      else await router.attach(tenant);
    }
  }
}
