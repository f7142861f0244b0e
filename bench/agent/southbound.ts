/**
 * Ports of virtual machines as rows of Port_Binding, written into the Southbound database as northd and ovn-controller
 * would have them, which must not run meanwhile. Of every port one IPv4 address is exposed: its own, or a floating IP.
 */

import { unwrap } from '../../src/base/result.ts';
import {
  type Database,
  map,
  named,
  type Operation,
  one,
  openDatabase,
  systemClock,
  table,
  type Uuid,
} from '../../src/protocols/ovsdb/index.ts';
import { ipIn, natEntry, portions, portRow, range } from './rows.ts';
import { type Act, carryOut, readyTransaction } from './transaction.ts';

const tables = {
  Chassis: table({ columns: { name: one('string') }, index: { name: 'name' } }),
  Datapath_Binding: table({ columns: { external_ids: map('string', 'string') } }),
  Port_Binding: table({
    columns: { logical_port: one('string') },
    // Only what was there before: our own rows would cost time that counts as the agent's.
    where: [['type', '==', 'patch']],
    index: { name: 'logical_port' },
  }),
};

/** Rows in one transaction when it is not the transaction that is measured. */
const portion = 1000;
/** Where some have floating IPs, the last of so many ports has one. */
const floatingEvery = 5;
/** Datapaths of other nodes' ports: above those that northd has given out. */
const firstDatapathKey = 100_000;

/** Where the rows are, by the names of logical switches. */
export interface Places {
  /** The first two octets of what is exposed. */
  readonly addresses: string;
  readonly network: string;
  /** The network of those that have a floating IP, and the port of `network` that leads to its router. */
  readonly floating?: { readonly network: string; readonly gatewayPort: string };
  /** Whether `network` also has ports of other nodes, which this one has nothing to do with. */
  readonly isShared: boolean;
}

/** The same, by the UUIDs of rows. */
interface Rows {
  readonly network: Uuid;
  readonly floating: { readonly network: Uuid; readonly gatewayPort: Uuid } | undefined;
  readonly chassis: Uuid;
  readonly otherChassis: Uuid;
}

export class Southbound {
  readonly #database: Database<typeof tables>;
  /** Of the server's socket. */
  readonly #path: string;
  readonly #places: Places;
  readonly #at: Rows;
  readonly #ports: Uuid[] = [];
  /** Of other nodes; a datapath comes before its ports. */
  readonly #others: { readonly table: string; readonly uuid: Uuid }[] = [];

  private constructor(
    database: Database<typeof tables>,
    path: string,
    places: Places,
    [chassis, otherChassis]: readonly [string, string],
  ) {
    this.#database = database;
    this.#path = path;
    this.#places = places;
    const { network, floating } = places;
    this.#at = {
      network: this.#datapath(network),
      floating: floating && {
        network: this.#datapath(floating.network),
        gatewayPort: this.#named('Port_Binding', floating.gatewayPort),
      },
      chassis: this.#named('Chassis', chassis),
      otherChassis: this.#named('Chassis', otherChassis),
    };
  }

  /** Of the chassis the first is the one that is measured. */
  static async open(
    path: string,
    places: Places,
    chassis: readonly [string, string],
  ): Promise<Southbound> {
    const endpoint = { kind: 'unix', path } as const;
    const database = openDatabase({
      endpoints: [endpoint],
      database: 'OVN_Southbound',
      tables,
      clock: systemClock,
      random: Math.random,
    });
    unwrap(await database.whenSynced());
    return new Southbound(database, path, places, chassis);
  }

  #datapath(name: string): Uuid {
    const all = [...this.#database.table('Datapath_Binding')];
    return there(
      all.find(({ external_ids }) => external_ids.get('name') === name),
      name,
    );
  }

  #named(of: 'Chassis' | 'Port_Binding', name: string): Uuid {
    return there(this.#database.table(of).find('name', name), name);
  }

  get count(): number {
    return this.#ports.length;
  }

  /** What is exposed of a port. */
  ipOf(number: number): string {
    return ipIn(this.#places.addresses, number);
  }

  /** The first port from this number on with a floating IP; `undefined` where none has one. */
  floatingFrom(number: number): number | undefined {
    if (this.#at.floating === undefined) return undefined;
    return Math.floor(number / floatingEvery) * floatingEvery + floatingEvery - 1;
  }

  #isFloating(number: number): boolean {
    return this.floatingFrom(number) === number;
  }

  /** Makes ports until there are so many; the first `bound` of them are bound. */
  async fill(count: number, bound: number): Promise<void> {
    for (const numbers of portions(this.count, count, portion)) {
      const results = await this.#commit(numbers.map((n) => this.#insertion(n)));
      for (const { uuid } of results) if (uuid !== undefined) this.#ports.push(uuid);
      const floating = numbers.filter((each) => this.#isFloating(each));
      if (floating.length > 0) await carryOut(this.associating(floating));
    }
    for (const numbers of portions(0, bound, portion)) await carryOut(this.binding(numbers));
  }

  #insertion(number: number): Operation {
    const { network, floating } = this.#at;
    // What has a floating IP has an address of its own behind it.
    const ip = this.#isFloating(number) ? ipIn('10.1', number) : this.ipOf(number);
    const datapath = (this.#isFloating(number) ? floating?.network : undefined) ?? network;
    const row = { ...portRow('bench', number, ip), datapath };
    return { op: 'insert', table: 'Port_Binding', row };
  }

  /** Makes ports that are bound to the other node, until there are so many in all. */
  async surround(count: number): Promise<void> {
    let key = firstDatapathKey;
    for (const numbers of portions(this.count, count, portion)) {
      const operations = this.#surroundings(numbers, key++);
      const results = await this.#commit(operations);
      for (const [index, { uuid }] of results.entries()) {
        const of = operations[index];
        if (uuid !== undefined && of?.op === 'insert') {
          this.#others.push({ table: of.table, uuid });
        }
      }
    }
  }

  /** A network of their own, and where that makes a difference some of them on ours. */
  #surroundings(numbers: readonly number[], tunnelKey: number): readonly Operation[] {
    const { network, otherChassis: chassis } = this.#at;
    const ports = numbers.map((number): Operation => {
      const isHere = this.#places.isShared && number % 5 === 0;
      const ip = ipIn(`10.${8 + (number >> 14)}`, number & 0x3fff);
      const row = {
        ...portRow('other', number, ip),
        datapath: isHere ? network : named('other'),
        // A datapath has 15 bits of them; those of the network that all share are above ours.
        tunnel_key: isHere ? 2 ** 15 - 1 - number / 5 : 1 + (number % portion),
        chassis,
        up: true,
      };
      return { op: 'insert', table: 'Port_Binding', row };
    });
    const row = { tunnel_key: tunnelKey };
    return [{ op: 'insert', table: 'Datapath_Binding', as: 'other', row }, ...ports];
  }

  /** Ready to be sent: one transaction, as ovn-controller writes it. */
  binding(numbers: readonly number[]): Promise<Act> {
    return this.#updating(numbers, { chassis: ['uuid', this.#at.chassis], up: true });
  }

  unbinding(numbers: readonly number[]): Promise<Act> {
    return this.#updating(numbers, { chassis: ['set', []], up: false });
  }

  #updating(numbers: readonly number[], row: unknown): Promise<Act> {
    const operations = numbers.map((number) => {
      const uuid = this.#ports[number];
      if (uuid === undefined) throw new Error(`there is no port ${number}`);
      const where = [['_uuid', '==', ['uuid', uuid]]];
      return { op: 'update', table: 'Port_Binding', where, row };
    });
    return readyTransaction(this.#path, ['OVN_Southbound', ...operations]);
  }

  /** The same as northd writes it: their floating IPs are answered where these ports are. */
  associating(numbers: readonly number[]): Promise<Act> {
    return this.#translating(numbers, 'insert');
  }

  dissociating(numbers: readonly number[]): Promise<Act> {
    return this.#translating(numbers, 'delete');
  }

  #translating(numbers: readonly number[], mutator: 'insert' | 'delete'): Promise<Act> {
    const { floating } = this.#at;
    if (floating === undefined) throw new Error('nothing has a floating IP here');
    const entries = numbers.map((number) => {
      const { logical_port } = portRow('bench', number, '');
      return natEntry(logical_port, number, this.ipOf(number));
    });
    const where = [['_uuid', '==', ['uuid', floating.gatewayPort]]];
    const mutations = [['nat_addresses', mutator, ['set', entries]]];
    const operation = { op: 'mutate', table: 'Port_Binding', where, mutations };
    return readyTransaction(this.#path, ['OVN_Southbound', operation]);
  }

  async clear(): Promise<void> {
    await this.trim(0);
    // Ports before their datapaths.
    const others = this.#others.splice(0).toReversed();
    for (const some of portions(0, others.length, portion)) {
      await this.#commit(some.flatMap((index) => deletionsOf(others[index])));
    }
  }

  /** Deletes all ports but so many. */
  async trim(count: number): Promise<void> {
    const gone = range(count, this.count).filter((each) => this.#isFloating(each));
    if (gone.length > 0) await carryOut(this.dissociating(gone));
    for (const some of portions(count, this.count, portion)) {
      await this.#commit(
        some.flatMap((index) => {
          const uuid = this.#ports[index];
          return deletionsOf(uuid && { table: 'Port_Binding', uuid });
        }),
      );
    }
    this.#ports.length = Math.min(this.count, count);
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

function deletionsOf(
  row: { readonly table: string; readonly uuid: Uuid } | undefined,
): readonly Operation[] {
  if (row === undefined) return [];
  return [{ op: 'delete', table: row.table, where: [['_uuid', '==', row.uuid]] }];
}

function there(row: { readonly _uuid: Uuid } | undefined, what: string): Uuid {
  if (row === undefined) throw new Error(`OVN is not as it should be: there is no ${what}`);
  return row._uuid;
}
