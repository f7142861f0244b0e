/** The Northbound source on a real ovsdb-server: which rows it asks for, what it tells of them, and what disturbs it. */

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { equalData } from '../../src/base/equal.ts';
import { silentLog } from '../../src/base/ports.ts';
import {
  named,
  openDatabase,
  type Operation,
  systemClock,
  type WriteRow,
} from '../../src/protocols/ovsdb/index.ts';
import { formatIp } from '../../src/net/ip.ts';
import type { Endpoint } from '../../src/net/endpoint.ts';
import { openNorthboundSource } from '../../src/sources/ovn-nb/index.ts';
import { type Accept, startRelay } from '../protocols/ovsdb/support/relay.ts';
import { type OvsdbServer, startServer, until } from '../protocols/ovsdb/support/server.ts';
import { northboundSchema } from './support/ovn.ts';
import { Reader } from './support/reader.ts';

const ports = { clock: systemClock, random: Math.random, log: silentLog };

/** Those of OVN 23.09 and later have this column. */
function schemaWithStatus(directory: string): string {
  const path = join(directory, 'ovn-nb.ovsschema');
  const column = { type: { key: 'string', value: 'string', min: 0, max: 'unlimited' } };
  const schema = JSON.parse(readFileSync(northboundSchema, 'utf8')) as {
    tables: { Logical_Router_Port: { columns: Record<string, unknown> } };
  };
  schema.tables.Logical_Router_Port.columns['status'] = column;
  writeFileSync(path, JSON.stringify(schema));
  return path;
}

const directory = mkdtempSync(join(tmpdir(), 'selvedge-nb-'));
after(() => rmSync(directory, { recursive: true }));

describe('OVN_Northbound', () => {
  let server: OvsdbServer;
  let database: ReturnType<typeof openDatabase>;
  let reader: Reader;

  const open = (endpoint = server.endpoint): Reader =>
    new Reader((events) => {
      const own = { systemId: 'c1', hostname: 'host1', inactivityProbe: 0 };
      const options = { endpoints: [endpoint], tls: undefined };
      const southbound = { endpoints: [], tls: undefined };
      return openNorthboundSource({ ...ports, ...options, ...own, southbound }, events);
    });
  const write = async (...operations: readonly Operation[]): Promise<void> => {
    const result = await database.transact(operations);
    assert.ok(result.ok, JSON.stringify(result));
  };
  const use = async (schema: string): Promise<void> => {
    server = await startServer({ schema });
    const endpoints = [server.endpoint];
    database = openDatabase({ ...ports, endpoints, database: 'OVN_Northbound', tables: {} });
    await until('the server is there', () => database.state.name === 'synced');
    reader = open();
  };
  const close = async (): Promise<void> => {
    await reader.source.close();
    await database.close();
    await server.stop();
  };
  const names = (): readonly string[] =>
    [...reader.inventory.ports()].map(({ name }) => name).sort();

  describe('that says where gateways are', () => {
    let schema: string;
    before(() => (schema = schemaWithStatus(directory)));
    beforeEach(() => use(schema));
    afterEach(close);

    test('is read as far as it concerns this node', async () => {
      await write(
        ...switchWith('provider', localnet('provnet'), vm('own', 'host1'), vm('other', 'host2')),
        ...switchWith('tenant', vm('near', 'host1'), vm('far', 'host2'), routerSide('r1-tenant')),
        ...switchWith('elsewhere', vm('there', 'host2'), routerSide('r2-elsewhere')),
        ...routerWith('r1', routerPort('r1-tenant')),
        ...routerWith('r2', routerPort('r2-elsewhere')),
      );
      await until('all is read', () => reader.isSynced && names().includes('lrp-r1-tenant'));
      // Of a tenant network on which this node has a port all others come with the router's.
      assert.deepEqual(names(), ['far', 'lrp-r1-tenant', 'near', 'own', 'provnet', 'r1-tenant']);
      assert.equal(reader.inventory.port('near')?.chassis, 'c1');
      assert.equal(reader.inventory.port('far')?.chassis, 'host2');
      assert.deepEqual(wantedPorts(), ['own']);
    });

    /** Ports of which something is exposed here. */
    const wantedPorts = (): readonly string[] =>
      Object.keys(reader.wanted).flatMap((each) => (each.startsWith('port ') ? each.slice(5) : []));

    test('is found again by the switch that a localnet port does not name', async () => {
      await write(...switchWith('provider', localnet('provnet'), vm('own', 'host1')));
      await until('the VM is exposed', () => wantedPorts().length === 1);
      const provnet = reader.inventory.port('provnet');
      assert.equal(provnet?.datapath, reader.inventory.port('own')?.datapath);
      assert.equal(provnet?.datapath, 'Logical_Switch provider');
    });

    test('tells the external_ids of switches, as they change', async () => {
      const ids = (type: string) => new Map([['neutron_bgpvpn:type', type]]);
      const told = () => reader.inventory.logicalSwitch('Logical_Switch provider')?.externalIds;
      await write(...switchWith('provider', localnet('provnet')));
      await until('the switch is known', () => told()?.size === 0);
      await write(set('Logical_Switch', 'provider', { external_ids: ids('l3') }));
      await until('it is annotated', () => told()?.get('neutron_bgpvpn:type') === 'l3');
      await write({ op: 'delete', table: 'Logical_Switch', where: [['name', '==', 'provider']] });
      await until('it is gone', () => told() === undefined);
    });

    test('tells the DHCP options of networks in a VRF, by the ports here that refer to them', async () => {
      const v4: WriteRow = {
        cidr: '172.24.4.0/24',
        options: new Map([['router', '172.24.4.1']]),
      };
      const v6: WriteRow = {
        cidr: '2001:db8:4::/64',
        options: new Map([['dns_server', '{2001:db8::53, 2001:db8::54}']]),
      };
      const rows = { v4, v6, ofPort: { ...v4, external_ids: new Map([['port_id', 'own']]) } };
      const referring = (port: Port, as: string): Port => {
        return {
          ...port,
          row: { ...port.row, dhcpv4_options: named(as), dhcpv6_options: named('v6') },
        };
      };
      await write(
        ...Object.entries(rows).map(([as, row]): Operation => {
          return { op: 'insert', table: 'DHCP_Options', as, row };
        }),
        ...switchWith(
          'provider',
          localnet('provnet'),
          referring(vm('own', 'host1'), 'ofPort'),
          referring(vm('next', 'host1'), 'v4'),
        ),
      );
      const told = () => reader.inventory.logicalSwitch('Logical_Switch provider')?.subnets ?? [];
      const text = (): string => reader.wanted['network provnet']?.join('\n') ?? '';
      await until('the ports are known', () => reader.isSynced && wantedPorts().length === 2);
      assert.deepEqual(told(), [], 'nobody has asked for them');
      const ids = { type: 'l3', vni: '500' };
      const external_ids = new Map(
        Object.entries(ids).map(([key, value]) => [`neutron_bgpvpn:${key}`, value]),
      );
      await write(set('Logical_Switch', 'provider', { external_ids }));
      await until('both subnets are known', () => told().length === 2);
      await until('they are planned', () =>
        /2001:db8::53|42540766411282592856903984951653826643n/.test(text()),
      );
      assert.match(text(), /address vp500\.0 172\.24\.4\.1\/32/);
      assert.match(text(), /frr advertisement vp500\.0/);
      const isStateless = (): boolean => told().some((subnet) => subnet.isStateless);
      const options = new Map([['dhcpv6_stateless', 'true']]);
      await write({
        op: 'update',
        table: 'DHCP_Options',
        where: [['cidr', '==', '2001:db8:4::/64']],
        row: { options },
      });
      await until('it is followed', isStateless);
      await write(set('Logical_Switch_Port', 'own', { dhcpv6_options: [] }));
      await write(set('Logical_Switch_Port', 'next', { dhcpv6_options: [] }));
      await until('nobody refers to it', () => told().length === 1);
      await until('it is advertised no more', () => !text().includes('frr advertisement'));
    });

    test('tells a gateway that moves, what it translates, and of both families', async () => {
      await write(
        ...switchWith('provider', localnet('provnet'), routerSide('gw')),
        ...switchWith('tenant', vm('near', 'host1'), vm('far', 'host2'), routerSide('r1-tenant')),
        ...gatewayRouter('r1'),
      );
      const gateway = (): string => String(reader.wanted['gateway cr-lrp-gw'] ?? '');
      const near = (): string => String(reader.wanted['port near'] ?? '');
      await until('the floating IPs of the port here', () => near().includes('2001:db8:4::50/128'));
      assert.equal(gateway(), '');
      await write(set('Logical_Router_Port', 'lrp-gw', { status: hosting('c1') }));
      await until('the gateway is here', () => gateway().includes('172.24.4.5/32'));
      assert.match(gateway(), /172\.24\.4\.51\/32/);
      assert.doesNotMatch(gateway(), /172\.24\.4\.50\/32/);
      const { snat } = reader.inventory.logicalRouter('Logical_Router r1') ?? {};
      assert.deepEqual(snat?.length, 1);
      const hidden = new Map([
        ['neutron:router_name', 'r1'],
        ['selvedge:expose', 'false'],
      ]);
      await write({
        op: 'update',
        table: 'NAT',
        where: [['external_ip', '==', '172.24.4.51']],
        row: { external_ids: hidden },
      });
      await until('one is not to be exposed', () => !gateway().includes('172.24.4.51/32'));
      assert.match(gateway(), /172\.24\.4\.5\/32/);
      await write(set('Logical_Router_Port', 'lrp-gw', { status: hosting('c2') }));
      await until('the gateway is gone', () => gateway() === '');
    });

    test('of several gateways tells each what is translated there, and no other', async () => {
      const external_ids = new Map([['neutron:router_name', 'r1']]);
      const here = (name: string, network: string, mac: string): Port => {
        const chassis = {
          gateway_chassis: [named(`chassis_${name.slice(3)}`)],
          status: hosting('c1'),
        };
        return routerPort(name, { mac, networks: [network], ...chassis });
      };
      const tagged = localnet('provnet-b');
      const ofVm = { external_mac: 'fa:16:3e:00:02:50', logical_port: 'near' };
      const rows: Readonly<Record<string, WriteRow>> = {
        a: { external_ip: '172.24.4.60', gateway_port: named('r10') },
        b: { external_ip: '172.24.5.60', gateway_port: named('r11') },
        vm: { external_ip: '172.24.4.61', gateway_port: named('r10'), ...ofVm },
        inNetwork: { external_ip: '172.24.5.62' },
        outside: { external_ip: '203.0.113.9' },
      };
      const on = [
        here('gw-a', '172.24.4.5/24', 'fa:16:3e:00:01:0a'),
        here('gw-b', '172.24.5.5/24', 'fa:16:3e:00:01:0b'),
        routerPort('r1-tenant'),
      ];
      await write(
        ...['gw-a', 'gw-b'].map((name): Operation => {
          const row = { name, chassis_name: 'c1', priority: 1 };
          return { op: 'insert', table: 'Gateway_Chassis', as: `chassis_${name.slice(3)}`, row };
        }),
        ...switchWith('provider', localnet('provnet'), routerSide('gw-a')),
        ...switchWith('other', { ...tagged, row: { ...tagged.row, tag: 5 } }, routerSide('gw-b')),
        ...switchWith('tenant', vm('near', 'host1'), routerSide('r1-tenant')),
        ...routerPorts('r1', on),
        ...Object.entries(rows).map(([as, more]): Operation => {
          const row = { type: 'dnat_and_snat', logical_ip: '10.1.0.9', external_ids, ...more };
          return { op: 'insert', table: 'NAT', as, row };
        }),
        insertRouter('r1', on.length, Object.keys(rows)),
      );
      const at = (name: string): readonly string[] =>
        [...(reader.inventory.port(name)?.nat.residents() ?? [])]
          .flatMap((resident) =>
            (reader.inventory.port(name)?.nat.at(resident) ?? []).flatMap(({ prefixes }) =>
              prefixes.map((prefix) => `${formatIp(prefix.ip)} at ${resident}`),
            ),
          )
          .sort();
      const all = {
        'gw-a': ['172.24.4.60 at cr-lrp-gw-a', '172.24.4.61 at near'],
        'gw-b': ['172.24.5.60 at cr-lrp-gw-b', '172.24.5.62 at cr-lrp-gw-b'],
      };
      const told = () => ({ 'gw-a': at('gw-a'), 'gw-b': at('gw-b') });
      await until('all are told', () => equalData(told(), all));
      const wanted = (name: string): string => String(reader.wanted[`gateway cr-lrp-${name}`]);
      assert.match(wanted('gw-a'), /172\.24\.4\.60\/32/);
      assert.doesNotMatch(wanted('gw-a'), /172\.24\.5\./);
      assert.match(wanted('gw-b'), /172\.24\.5\.60\/32/);
      // The other gateway goes, and with it the reference to it: what is left applies at the only one.
      await write(set('Logical_Router_Port', 'lrp-gw-b', { gateway_chassis: [] }), {
        op: 'update',
        table: 'NAT',
        where: [['external_ip', '==', '172.24.5.60']],
        row: { gateway_port: [] },
      });
      const left = ['172.24.4.60', '172.24.5.60', '172.24.5.62', '203.0.113.9'];
      const alone = [...left.map((ip) => `${ip} at cr-lrp-gw-a`), '172.24.4.61 at near'].sort();
      await until('the other is the only one', () =>
        equalData(told(), { 'gw-a': alone, 'gw-b': [] }),
      );
    });

    test('follows a floating IP to the gateway and back by its row, whatever NB_Global says', async () => {
      await write(
        { op: 'insert', table: 'NB_Global', row: { external_ids: isDistributed('True') } },
        ...switchWith('provider', localnet('provnet'), routerSide('gw')),
        ...switchWith('tenant', vm('near', 'host1'), vm('far', 'host2'), routerSide('r1-tenant')),
        ...gatewayRouter('r1'),
        set('Logical_Router_Port', 'lrp-gw', { status: hosting('c1') }),
      );
      const answeredAt = (): readonly string[] =>
        ['gateway cr-lrp-gw', 'port near'].filter((scope) =>
          reader.wanted[scope]?.some((each) => each.includes('172.24.4.50/32')),
        );
      const isAt = (scope: string) => (): boolean => equalData(answeredAt(), [scope]);
      await until('it is at its port', isAt('port near'));
      const { heard } = reader;
      await write({
        op: 'update',
        table: 'NB_Global',
        where: [],
        row: { external_ids: isDistributed('False') },
      });
      const rewrite = (row: WriteRow): Promise<void> => {
        const where = [['external_ip', '==', '172.24.4.50']] as const;
        return write({ op: 'update', table: 'NAT', where, row });
      };
      await rewrite({ external_mac: [] });
      await until('it is at the gateway', isAt('gateway cr-lrp-gw'));
      assert.equal(reader.heard, heard + 1, 'of the row alone, and not of the option');
      await rewrite({ external_mac: 'fa:16:3e:00:02:50' });
      await until('it is at its port again', isAt('port near'));
    });

    test('tells load balancers of the routers whose gateways are here', async () => {
      await write(
        ...switchWith('provider', localnet('provnet'), routerSide('gw')),
        ...switchWith('tenant', routerSide('r1-tenant')),
        ...gatewayRouter('r1'),
        set('Logical_Router_Port', 'lrp-gw', { status: hosting('c1') }),
      );
      const wanted = (): string => JSON.stringify(reader.wanted);
      await until('the gateway is here', () => wanted().includes('172.24.4.5/32'));
      const vips = new Map([['[2001:db8:4::20]:80', 'fd00::9:80']]);
      const row = { name: 'lb', vips };
      await write(
        { op: 'insert', table: 'Load_Balancer', as: 'lb', row },
        set('Logical_Router', 'r1', { load_balancer: [named('lb')] }),
      );
      await until('its address is exposed', () => wanted().includes('2001:db8:4::20/128'));
      await write(set('Logical_Router', 'r1', { load_balancer: [] }), {
        op: 'delete',
        table: 'Load_Balancer',
        where: [['name', '==', 'lb']],
      });
      await until('it is gone', () => !wanted().includes('2001:db8:4::20/128'));
    });

    test('keeps what it told while the server is away, and tells what was missed', async () => {
      await write(...switchWith('provider', localnet('provnet'), vm('own', 'host1')));
      await until('the VM is exposed', () => wantedPorts().length === 1);
      await server.kill();
      await until('it is noticed', () => reader.source.state.state === 'down');
      assert.deepEqual(wantedPorts(), ['own']);
      await server.start();
      await until('the writer is back', () => database.state.name === 'synced');
      await write(set('Logical_Switch_Port', 'own', { up: false }));
      await until('it is known', () => reader.isSynced && wantedPorts().length === 0);
    });

    test('is not heard of when only NB_Global changes', async () => {
      let sent = 0;
      const count = (octets: Buffer) => {
        sent += octets.length;
      };
      const relay = await startRelay(() => counting(server.endpoint, count));
      await write({ op: 'insert', table: 'NB_Global', row: { name: 'ovn' } });
      await write(...switchWith('provider', localnet('provnet'), vm('own', 'host1')));
      const behind = open(relay.endpoint);
      await until('all is read', () => behind.isSynced && behind.wanted['port own'] !== undefined);
      const soFar = sent;
      for (let at = 0; at < 1000; at += 100) {
        await Promise.all(Array.from({ length: 100 }, (_, index) => write(sign(at + index))));
      }
      assert.equal(sent, soFar);
      await write(set('Logical_Switch_Port', 'own', { up: false }));
      await until('the next change is heard', () => behind.wanted['port own'] === undefined);
      assert.ok(sent > soFar);
      await behind.source.close();
      await relay.stop();
    });
  });

  describe('that is too old to say where gateways are', () => {
    beforeEach(() => use(northboundSchema));
    afterEach(close);

    test('and no Southbound database to ask, is told by the version that would', async () => {
      await write(...switchWith('provider', localnet('provnet'), vm('own', 'host1')));
      await until('the VM is exposed', () => reader.wanted['port own'] !== undefined);
      const { state } = reader.source;
      assert.equal(state.state, 'connecting');
      assert.match(
        'reason' in state ? state.reason : '',
        /status, .* before OVN 23\.09; upgrade OVN, or set/,
      );
    });
  });
});

function isDistributed(text: string): ReadonlyMap<string, string> {
  return new Map([['neutron:fip-distributed', text]]);
}

/** Neutron's sign of life. */
function sign(at: number): Operation {
  const row = { external_ids: new Map([['neutron:liveness_check_at', String(at)]]) };
  return { op: 'update', table: 'NB_Global', where: [], row };
}

/** Relays to a server, and shows what that sends. */
function counting(server: Endpoint, count: (octets: Buffer) => void): Accept {
  if (server.kind !== 'unix') throw new RangeError('tests relay to Unix sockets');
  return (client) => {
    const upstream = connect(server.path);
    upstream.on('error', () => client.destroy()).on('data', count);
    upstream.pipe(client).pipe(upstream);
  };
}

interface Port {
  readonly name: string;
  readonly row: WriteRow;
}

function vm(name: string, host: string): Port {
  const number = 10 + (Buffer.from(name).reduce((sum, octet) => sum + octet, 0) % 200);
  const addresses = [`fa:16:3e:00:00:${number.toString(16).padStart(2, '0')} 172.24.4.${number}`];
  return { name, row: { addresses, up: true, options: new Map([['requested-chassis', host]]) } };
}

function localnet(name: string): Port {
  const options = new Map([['network_name', 'physnet1']]);
  return { name, row: { type: 'localnet', addresses: ['unknown'], options } };
}

function routerSide(name: string): Port {
  const options = new Map([['router-port', `lrp-${name}`]]);
  return { name, row: { type: 'router', addresses: ['router'], up: true, options } };
}

/** As Neutron writes it: every port but the localnet ones names its switch. */
function switchWith(name: string, ...on: readonly Port[]): readonly Operation[] {
  const inserts = on.map((port, index): Operation => {
    const ids = port.row['type'] === 'localnet' ? [] : [['neutron:network_name', name] as const];
    const row = { ...port.row, name: port.name, external_ids: new Map(ids) };
    return { op: 'insert', table: 'Logical_Switch_Port', as: `${name}${index}`, row };
  });
  const ids = on.map((_, index) => named(`${name}${index}`));
  return [...inserts, { op: 'insert', table: 'Logical_Switch', row: { name, ports: ids } }];
}

function routerPort(name: string, more: WriteRow = {}): Port {
  const networks = ['10.1.0.1/24'];
  return { name: `lrp-${name}`, row: { mac: 'fa:16:3e:00:01:01', networks, ...more } };
}

function routerWith(name: string, ...on: readonly Port[]): readonly Operation[] {
  return [...routerPorts(name, on), insertRouter(name, on.length, [])];
}

function routerPorts(router: string, on: readonly Port[]): readonly Operation[] {
  return on.map((port, index) => {
    const ids = new Map([['neutron:router_name', router]]);
    const row = { ...port.row, name: port.name, external_ids: ids };
    return { op: 'insert', table: 'Logical_Router_Port', as: `${router}${index}`, row };
  });
}

function insertRouter(name: string, count: number, nat: readonly string[]): Operation {
  const on = Array.from({ length: count }, (_, index) => named(`${name}${index}`));
  return { op: 'insert', table: 'Logical_Router', row: { name, ports: on, nat: nat.map(named) } };
}

/** With a gateway, an interface, SNAT, floating IPs of both families of a port here, and one at the gateway. */
function gatewayRouter(name: string): readonly Operation[] {
  const chassis = { name: 'gw_c1', chassis_name: 'c1', priority: 1 };
  const networks = ['172.24.4.5/24', '2001:db8:4::5/64'];
  const gateway = routerPort('gw', { networks, gateway_chassis: [named('chassis')] });
  const on = [gateway, routerPort('r1-tenant')];
  const external_ids = new Map([['neutron:router_name', name]]);
  const floating = { type: 'dnat_and_snat', external_ids };
  const mac = 'fa:16:3e:00:02:50';
  const nats: readonly WriteRow[] = [
    { type: 'snat', external_ip: '172.24.4.5', logical_ip: '10.1.0.0/24' },
    {
      ...floating,
      external_ip: '172.24.4.50',
      logical_ip: '10.1.0.9',
      external_mac: mac,
      logical_port: 'near',
    },
    {
      ...floating,
      external_ip: '2001:db8:4::50',
      logical_ip: 'fd00::9',
      external_mac: mac,
      logical_port: 'near',
    },
    { ...floating, external_ip: '172.24.4.51', logical_ip: '10.1.0.8', logical_port: 'far' },
  ];
  return [
    { op: 'insert', table: 'Gateway_Chassis', as: 'chassis', row: chassis },
    ...routerPorts(name, on),
    ...nats.map(
      (row, index): Operation => ({ op: 'insert', table: 'NAT', as: `nat${index}`, row }),
    ),
    insertRouter(
      name,
      on.length,
      nats.map((_, index) => `nat${index}`),
    ),
  ];
}

function set(table: string, name: string, row: WriteRow): Operation {
  return { op: 'update', table, where: [['name', '==', name]], row };
}

function hosting(chassis: string): ReadonlyMap<string, string> {
  return new Map([['hosting-chassis', chassis]]);
}
