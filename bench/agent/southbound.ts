/**
 * Ports of virtual machines as rows of Port_Binding, written into the Southbound database as northd and ovn-controller
 * would have them, which must not run meanwhile. Every port has one IPv4 address of 10.1.0.0/16.
 */

import { unwrap } from '../../src/base/result.ts';
import {
  type Database,
  type Operation,
  one,
  openDatabase,
  systemClock,
  table,
  type Uuid,
} from '../../src/protocols/ovsdb/index.ts';
import { type Act, readyTransaction } from './transaction.ts';

const tables = {
  Chassis: table({ columns: { name: one('string') }, index: { name: 'name' } }),
  Port_Binding: table({
    columns: { logical_port: one('string'), datapath: one('uuid') },
    // Only what was there before: our own rows would cost time that counts as the agent's.
    where: [['type', '==', 'patch']],
    index: { name: 'logical_port' },
  }),
};

/** Above those that northd has given out. */
const firstTunnelKey = 1000;
/** Rows in one transaction when it is not the transaction that is measured. */
const portion = 1000;

export class Southbound {
  readonly #database: Database<typeof tables>;
  /** Of the server's socket. */
  readonly #path: string;
  readonly #datapath: Uuid;
  readonly #chassis: Uuid;
  readonly #rows: Uuid[] = [];

  private constructor(
    database: Database<typeof tables>,
    path: string,
    of: { readonly datapath: Uuid; readonly chassis: Uuid },
  ) {
    this.#database = database;
    this.#path = path;
    this.#datapath = of.datapath;
    this.#chassis = of.chassis;
  }

  /** `networkPort` is a port of the tenant's network that leads to its router. */
  static async open(path: string, networkPort: string, chassisName: string): Promise<Southbound> {
    const endpoint = { kind: 'unix', path } as const;
    const database = openDatabase({
      endpoints: [endpoint],
      database: 'OVN_Southbound',
      tables,
      clock: systemClock,
      random: Math.random,
    });
    unwrap(await database.whenSynced());
    const port = database.table('Port_Binding').find('name', networkPort);
    const chassis = database.table('Chassis').find('name', chassisName);
    if (port === undefined || chassis === undefined) throw new Error('OVN is not as it should be');
    return new Southbound(database, path, {
      datapath: port.datapath,
      chassis: chassis._uuid,
    });
  }

  get count(): number {
    return this.#rows.length;
  }

  /** Makes ports until there are so many; the first `bound` of them are bound. */
  async fill(count: number, bound: number): Promise<void> {
    for (let at = this.count; at < count; at += portion) {
      const numbers = range(at, Math.min(count, at + portion));
      const results = await this.#commit(numbers.map((n) => this.#insertion(n)));
      for (const { uuid } of results) if (uuid !== undefined) this.#rows.push(uuid);
    }
    for (let at = 0; at < bound; at += portion) {
      const bind = await this.binding(range(at, Math.min(bound, at + portion)));
      await bind()();
    }
  }

  #insertion(number: number): Operation {
    const ip = ipOf(number);
    const mac = `fa:16:3f:${hex(number >> 16)}:${hex((number >> 8) & 255)}:${hex(number & 255)}`;
    return {
      op: 'insert',
      table: 'Port_Binding',
      row: {
        logical_port: nameOf(number),
        datapath: this.#datapath,
        tunnel_key: firstTunnelKey + number,
        mac: [`${mac} ${ip}`],
        external_ids: new Map([
          ['neutron:cidrs', `${ip}/16`],
          ['neutron:device_owner', 'compute:nova'],
          ['neutron:port_name', `vm-${number}`],
          ['neutron:revision_number', '4'],
        ]),
      },
    };
  }

  /** Ready to be sent: one transaction, as ovn-controller writes it. */
  binding(numbers: readonly number[]): Promise<Act> {
    return this.#updating(numbers, { chassis: ['uuid', this.#chassis], up: true });
  }

  unbinding(numbers: readonly number[]): Promise<Act> {
    return this.#updating(numbers, { chassis: ['set', []], up: false });
  }

  #updating(numbers: readonly number[], row: unknown): Promise<Act> {
    const operations = numbers.map((number) => {
      const uuid = this.#rows[number];
      if (uuid === undefined) throw new Error(`there is no port ${number}`);
      const where = [['_uuid', '==', ['uuid', uuid]]];
      return { op: 'update', table: 'Port_Binding', where, row };
    });
    return readyTransaction(this.#path, ['OVN_Southbound', ...operations]);
  }

  clear(): Promise<void> {
    return this.trim(0);
  }

  /** Deletes all ports but so many. */
  async trim(count: number): Promise<void> {
    for (let at = count; at < this.count; at += portion) {
      const rows = this.#rows.slice(at, at + portion);
      await this.#commit(
        rows.map((uuid) => ({
          op: 'delete',
          table: 'Port_Binding',
          where: [['_uuid', '==', uuid]],
        })),
      );
    }
    this.#rows.length = Math.min(this.count, count);
  }

  async #commit(operations: readonly Operation[]) {
    const committed = await this.#database.transact(operations);
    if (!committed.ok) throw new Error(`refused: ${JSON.stringify(committed.error)}`);
    return committed.value.results ?? [];
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}

function nameOf(number: number): string {
  return `bench-${String(number).padStart(6, '0')}`;
}

/** Address number 0 is 10.1.1.0, clear of the router's. */
export function ipOf(number: number): string {
  const host = 256 + number;
  return `10.1.${host >> 8}.${host & 255}`;
}

export function range(from: number, to: number): readonly number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
}

function hex(octet: number): string {
  return octet.toString(16).padStart(2, '0');
}
