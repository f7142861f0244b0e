/** Which load balancers the Southbound source delivers, on a real ovsdb-server: of OVN 23.03, and as OVN has it since 23.09. */

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { silentLog } from '../../src/base/ports.ts';
import type { CloudSource, InventoryUpdate, PortInterest } from '../../src/inventory/source.ts';
import { formatIp } from '../../src/net/ip.ts';
import {
  named,
  openDatabase,
  type Operation,
  parseUuid,
  systemClock,
  type Uuid,
} from '../../src/protocols/ovsdb/index.ts';
import { openSouthboundSource } from '../../src/sources/ovn-sb/index.ts';
import {
  type OvsdbServer,
  southboundSchema,
  startServer,
  until,
} from '../protocols/ovsdb/support/server.ts';

const ports = { clock: systemClock, random: Math.random, log: silentLog };

/** The schema of this machine's OVN, with the columns that newer ones have. */
function writeNewerSchema(directory: string): string {
  const schema = JSON.parse(readFileSync(southboundSchema, 'utf8')) as {
    readonly tables: { readonly Load_Balancer: { readonly columns: Record<string, unknown> } };
  };
  const { columns } = schema.tables.Load_Balancer;
  columns['ls_datapath_group'] = columns['datapath_group'];
  columns['lr_datapath_group'] = columns['datapath_group'];
  const path = join(directory, 'newer.ovsschema');
  writeFileSync(path, JSON.stringify(schema));
  return path;
}

const datapaths = { router: uuid(1), other: uuid(2), tenant: uuid(3), foreign: uuid(4) };
type Name = keyof typeof datapaths;
const interest: PortInterest = {
  ownChassis: true,
  ownGroups: false,
  types: new Set(),
  datapaths: new Set(),
  names: new Set(),
  balanced: {
    routers: new Set([datapaths.router]),
    switches: new Set([datapaths.tenant]),
    portNames: new Set(['ovn-lb-vip-front']),
  },
};

describe('load balancers', () => {
  const directory = mkdtempSync(join(tmpdir(), 'selvedge-balancers-'));
  after(() => rmSync(directory, { recursive: true }));

  for (const [what, schema, column, own, foreign] of [
    ['by their switches, in OVN 23.03', southboundSchema, 'datapath_group', 'tenant', 'foreign'],
    ['by their routers, in newer ones', undefined, 'lr_datapath_group', 'router', 'other'],
  ] as const) {
    describe(what, () => {
      let server: OvsdbServer;
      let database: ReturnType<typeof openDatabase>;
      let source: CloudSource;
      let updates: InventoryUpdate[] = [];

      const write = async (...operations: readonly Operation[]): Promise<void> => {
        const result = await database.transact(operations);
        assert.ok(result.ok, JSON.stringify(result));
      };
      /** Waits until so much has been heard, and says it. */
      const heard = async (count: number): Promise<readonly string[]> => {
        await until(`${count} updates`, () => updates.length >= count);
        const lines = updates.map(formatUpdate);
        updates = [];
        return lines;
      };
      /** As ovn-northd does it: each set of datapaths is a row of Logical_DP_Group of its own. */
      const group = (as: string, ...members: readonly Name[]): Operation => ({
        op: 'insert',
        table: 'Logical_DP_Group',
        as,
        row: { datapaths: members.map((name) => datapaths[name]) },
      });
      const balancer = (name: string, vip: string, as: string): Operation => ({
        op: 'insert',
        table: 'Load_Balancer',
        row: { name, vips: new Map([[vip, '']]), [column]: [named(as)] },
      });

      before(async () => {
        server = await startServer({ schema: schema ?? writeNewerSchema(directory) });
        const tables = {};
        const where = { endpoints: [server.endpoint], database: 'OVN_Southbound', tables };
        database = openDatabase({ ...ports, ...where });
        await until('the server is there', () => database.state.name === 'synced');
        const row = { name: 'here', encaps: [named('encap')] };
        await write(
          {
            op: 'insert',
            table: 'Encap',
            as: 'encap',
            row: { type: 'geneve', ip: '192.0.2.1', chassis_name: 'here' },
          },
          { op: 'insert', table: 'Chassis', row },
          ...Object.values(datapaths).map(
            (id, at): Operation => ({
              op: 'insert',
              table: 'Datapath_Binding',
              uuid: id,
              row: { tunnel_key: at + 1 },
            }),
          ),
        );
        source = openSouthboundSource(
          {
            ...ports,
            endpoints: [server.endpoint],
            tls: undefined,
            inactivityProbe: 0,
            systemId: 'here',
            memory: { recall: () => undefined, remember: () => {} },
          },
          {
            updated: (more) => void updates.push(...more.filter(({ of }) => of !== 'chassis')),
            stateChanged: () => {},
          },
        );
        source.setInterest(interest);
        await until('it is read', () => source.state.state === 'synced');
      });

      after(async () => {
        await Promise.all([source.close(), database.close()]);
        await server.stop();
      });

      test('only those of the datapaths of interest come', async () => {
        await write(
          group('theirs', foreign),
          group('ours', own, foreign),
          balancer('theirs', '10.9.9.9:80', 'theirs'),
          balancer('front', '[2001:db8::20]:80', 'ours'),
        );
        assert.deepEqual(await heard(1), ['front 2001:db8::20']);
      });

      test('one that comes into another group of ours stays throughout', async () => {
        await write(group('more', own), {
          op: 'update',
          table: 'Load_Balancer',
          where: [['name', '==', 'front']],
          row: { [column]: [named('more')], vips: new Map([['10.0.0.21:80', '']]) },
        });
        assert.deepEqual(await heard(1), ['front 10.0.0.21']);
      });

      test('the port of its address comes by its name in Neutron', async () => {
        const ids = new Map([
          ['neutron:port_name', 'ovn-lb-vip-front'],
          ['neutron:cidrs', '10.0.0.21/24'],
        ]);
        const row = { logical_port: 'vip', tunnel_key: 1, datapath: datapaths.foreign };
        await write(
          { op: 'insert', table: 'Port_Binding', row: { ...row, external_ids: ids } },
          {
            op: 'insert',
            table: 'Port_Binding',
            row: { ...row, logical_port: 'another', tunnel_key: 2 },
          },
        );
        assert.deepEqual(await heard(1), ['port vip']);
      });

      test('a Chassis that gives signs of life costs nothing', async () => {
        for (let at = 0; at < 200; at += 1) {
          await write({
            op: 'update',
            table: 'Chassis',
            where: [['name', '==', 'here']],
            row: { external_ids: new Map([['alive', String(at)]]), nb_cfg: at },
          });
        }
        // What is heard next is the first that is.
        await write({ op: 'delete', table: 'Load_Balancer', where: [['name', '==', 'front']] });
        assert.deepEqual(await heard(1), ['front is gone']);
      });
    });
  }
});

function formatUpdate(update: InventoryUpdate): string {
  if (update.of === 'port') return `port ${update.after?.name ?? 'is gone'}`;
  if (update.of !== 'balancer') return update.of;
  const { before: gone, after: come } = update;
  return come === undefined
    ? `${gone?.name ?? ''} is gone`
    : `${come.name} ${come.vips.map(formatIp).join(' ')}`;
}

function uuid(number: number): Uuid {
  const text = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  const parsed = parseUuid(text);
  assert.ok(parsed.ok);
  return parsed.value;
}
