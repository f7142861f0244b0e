/**
 * Ports of virtual machines as rows of Port_Binding, written into the Southbound database as northd and ovn-controller
 * would have them, which must not run meanwhile. Every port has one IPv4 address of 10.1.0.0/16.
 */

import { unwrap } from '../../src/base/result.ts';
import { Session } from '../../src/protocols/ovsdb/io/session.ts';
import { openSocket } from '../../src/protocols/ovsdb/io/socket.ts';
import { defaultSlicerLimits } from '../../src/protocols/ovsdb/wire/slicer.ts';
import {
  type Database,
  type Operation,
  one,
  openDatabase,
  systemClock,
  table,
  type Uuid,
} from '../../src/protocols/ovsdb/index.ts';

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
  /** For what is measured: a client that does nothing but send. */
  readonly #session: Session;
  readonly #datapath: Uuid;
  readonly #chassis: Uuid;
  readonly #rows: Uuid[] = [];

  private constructor(
    database: Database<typeof tables>,
    session: Session,
    of: { readonly datapath: Uuid; readonly chassis: Uuid },
  ) {
    this.#database = database;
    this.#session = session;
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
    const signal = new AbortController().signal;
    const socket = unwrap(await openSocket(endpoint, { tls: undefined, signal }));
    const settings = { clock: systemClock, probeInterval: 0, limits: defaultSlicerLimits };
    const session = new Session(socket, settings);
    return new Southbound(database, session, {
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
      await this.binding(range(at, Math.min(bound, at + portion)))();
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

  /** Ready to be sent: one transaction, as ovn-controller writes it. Resolves with the server's answer. */
  binding(numbers: readonly number[]): () => Promise<void> {
    return this.#updating(numbers, { chassis: ['uuid', this.#chassis], up: true });
  }

  unbinding(numbers: readonly number[]): () => Promise<void> {
    return this.#updating(numbers, { chassis: ['set', []], up: false });
  }

  #updating(numbers: readonly number[], row: unknown): () => Promise<void> {
    const operations = numbers.map((number) => {
      const uuid = this.#rows[number];
      if (uuid === undefined) throw new Error(`there is no port ${number}`);
      const where = [['_uuid', '==', ['uuid', uuid]]];
      return { op: 'update', table: 'Port_Binding', where, row };
    });
    const params = ['OVN_Southbound', ...operations];
    return async () => {
      const { result } = unwrap(await this.#session.request('transact', params));
      const refusals = Array.isArray(result) ? result.slice(operations.length) : [result];
      if (refusals.length > 0) throw new Error(`refused: ${JSON.stringify(refusals)}`);
    };
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
    this.#session.end({ code: 'closed', message: 'the bench is over' });
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
