/**
 * A real OVN without hypervisors: both databases and ovn-northd, written to as Neutron does it. What ovn-controller would
 * write, `settle` does: ports are bound where they are asked for.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { silentLog } from '../../../src/base/ports.ts';
import type { Endpoint } from '../../../src/net/endpoint.ts';
import {
  formatEndpoint,
  map,
  named,
  one,
  openDatabase,
  type Operation,
  optional,
  systemClock,
  table,
  type Uuid,
} from '../../../src/protocols/ovsdb/index.ts';
import { Northbound } from '../../../lab/fabric/cloud/northbound.ts';
import { type OvsdbServer, startServer, until } from '../../protocols/ovsdb/support/server.ts';

export const northboundSchema = '/usr/share/ovn/ovn-nb.ovsschema';
const ports = { clock: systemClock, random: Math.random, log: silentLog };

const southboundTables = {
  Chassis: table({ columns: { name: one('string') }, index: { name: 'name' } }),
  Port_Binding: table({
    columns: {
      logical_port: one('string'),
      type: one('string'),
      chassis: optional('uuid'),
      options: map('string', 'string'),
    },
  }),
  SB_Global: table({ columns: { nb_cfg: one('integer') } }),
};

export class Ovn {
  readonly northbound: Northbound;
  readonly #nb: OvsdbServer;
  readonly #sb: OvsdbServer;
  readonly #northd: ChildProcess;
  readonly #database: ReturnType<typeof openDatabase<typeof southboundTables>>;
  /** The chassis that has a gateway, by the name of its chassisredirect port. */
  readonly gateways = new Map<string, string>();
  #turn = 0;

  private constructor(nb: OvsdbServer, sb: OvsdbServer, northd: ChildProcess) {
    this.#nb = nb;
    this.#sb = sb;
    this.#northd = northd;
    this.northbound = new Northbound({ ok: async (words) => this.#run(words) });
    this.#database = openDatabase({
      ...ports,
      endpoints: [sb.endpoint],
      database: 'OVN_Southbound',
      tables: southboundTables,
    });
  }

  /** With a Chassis of each of these names, which are those of their hosts as well. */
  static async start(chassis: readonly string[], schema = northboundSchema): Promise<Ovn> {
    const [nb, sb] = await Promise.all([startServer({ schema }), startServer()]);
    const args = [
      `--ovnnb-db=${formatEndpoint(nb.endpoint)}`,
      `--ovnsb-db=${formatEndpoint(sb.endpoint)}`,
      `--unixctl=${join(nb.directory, 'northd.ctl')}`,
    ];
    const env = { ...process.env, OVN_RUNDIR: nb.directory, OVN_LOGDIR: nb.directory };
    const northd = spawn('ovn-northd', args, { stdio: 'ignore', env });
    const ovn = new Ovn(nb, sb, northd);
    await ovn.northbound.commit(['init']);
    await until('the Southbound database is there', () => ovn.#database.state.name === 'synced');
    await ovn.write(chassis.flatMap(register));
    return ovn;
  }

  get endpoints(): { readonly northbound: Endpoint; readonly southbound: Endpoint } {
    return { northbound: this.#nb.endpoint, southbound: this.#sb.endpoint };
  }

  get servers(): { readonly northbound: OvsdbServer; readonly southbound: OvsdbServer } {
    return { northbound: this.#nb, southbound: this.#sb };
  }

  /** Waits until ovn-northd has heard all, and binds what is to be bound. */
  async settle(): Promise<void> {
    await this.#northdHeard();
    const chassis = this.#database.table('Chassis');
    const updates: Operation[] = [];
    for (const row of this.#database.table('Port_Binding')) {
      const [wanted] = (row.options.get('requested-chassis') ?? '').split(',');
      const isRedirect = row.type === 'chassisredirect';
      if (!isRedirect && row.type !== '') continue;
      const name = isRedirect ? this.gateways.get(row.logical_port) : wanted;
      const at = chassis.find('name', name ?? '')?._uuid;
      if (row.chassis !== at) updates.push(bind(row._uuid, at));
    }
    if (updates.length > 0) await this.write(updates);
    await this.#northdHeard();
  }

  async #northdHeard(): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    await this.northbound.commit(['set', 'nb_global', '.', `nb_cfg=${turn}`]);
    await until('ovn-northd has heard it', () => {
      const [global] = [...this.#database.table('SB_Global')];
      return global?.nb_cfg === turn;
    });
  }

  /** Writes into the Southbound database. */
  async write(operations: readonly Operation[]): Promise<void> {
    const outcome = await this.#database.transact(operations);
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.error));
  }

  #run(words: readonly string[]): string {
    const [file = '', ...args] = words;
    const env = { ...process.env, OVN_NB_DB: formatEndpoint(this.#nb.endpoint) };
    return execFileSync(file, args, { encoding: 'utf8', env, stdio: 'pipe' });
  }

  async stop(): Promise<void> {
    this.#northd.kill('SIGKILL');
    await this.#database.close();
    await Promise.all([this.#nb.stop(), this.#sb.stop()]);
  }
}

function register(name: string, index: number): readonly Operation[] {
  const row = { type: 'geneve', ip: `192.0.2.${index + 1}`, chassis_name: name };
  return [
    { op: 'insert', table: 'Encap', as: `encap${index}`, row },
    {
      op: 'insert',
      table: 'Chassis',
      row: { name, hostname: name, encaps: [named(`encap${index}`)] },
    },
  ];
}

function bind(port: Uuid, chassis: Uuid | undefined): Operation {
  const row = { chassis, up: chassis !== undefined };
  return { op: 'update', table: 'Port_Binding', where: [['_uuid', '==', port]], row };
}
