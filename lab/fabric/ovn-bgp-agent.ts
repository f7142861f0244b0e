/**
 * The agent that Selvedge replaces, as Debian packages it: whether the guest has it, the configuration it is given, its
 * start and its end. Asserts nothing. It runs as root where its unit has the user neutron: that user has no sudo here.
 * Debian has the names of routing tables in /usr/share, and its BGP driver breaks off without a file of them in /etc.
 */

import { existsSync } from 'node:fs';
import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentProcess } from './agent.ts';
import type { FabricNode } from './node.ts';
import { outDir } from './out.ts';
import { waitFor } from './wait.ts';

const program = '/usr/bin/ovn-bgp-agent';
/** What the package's unit gives it, and the directory beside it for what a deployment adds. */
const configFile = '/etc/ovn-bgp-agent/bgp-agent.conf';
const configDir = '/etc/ovn-bgp-agent/bgp-agent.conf.d';

/** Where it notes the tables of provider bridges. */
export const tables = '/etc/iproute2/rt_tables';

/** The words that tell both agents where the configuration lies. */
export const predecessorConfiguration: readonly string[] = [
  '--config-file',
  configFile,
  '--config-dir',
  configDir,
];

export function hasOvnBgpAgent(): boolean {
  return existsSync(program);
}

/** Four Python processes of 9 to 14 s on a quiet machine; five minutes have been seen on a busy one. */
const patience = 1200;

export type Driver = 'ovn_evpn_driver' | 'ovn_bgp_driver' | 'nb_ovn_bgp_driver';

export interface OvnBgpAgentSettings {
  /** The EVPN driver unless it is another. */
  readonly driver?: Driver;
  /** Whether tenant networks behind a gateway of the node are exposed; false unless given. */
  readonly exposesTenants?: boolean;
  /** Of the EVPN driver. */
  readonly vtep?: string;
  /** Seconds between two of its runs over everything; its default is 300. */
  readonly reconcileInterval?: number;
  /** As for `AgentProcess`. */
  readonly logFile?: string;
  /** What runs it, as `chrt` with its words. */
  readonly by?: readonly string[];
}

export class OvnBgpAgent extends AgentProcess {
  readonly #driver: Driver;
  readonly #exposesTenants: boolean;
  readonly #vtep: string | undefined;
  readonly #reconcileInterval: number;

  constructor(node: FabricNode, settings: OvnBgpAgentSettings) {
    super(node, {
      argv: [...(settings.by ?? []), program, ...predecessorConfiguration],
      // Without the first Python looks through every installed package at each start; without the second it reads a
      // resolver of names, of which there are none. Each costs a second of each of its processes.
      env: { SETUPTOOLS_USE_DISTUTILS: 'stdlib', EVENTLET_NO_GREENDNS: 'yes' },
      logFile: settings.logFile ?? join(outDir, 'agents', `${node.name}-ovn-bgp-agent.log`),
    });
    this.#driver = settings.driver ?? 'ovn_evpn_driver';
    this.#exposesTenants = settings.exposesTenants ?? false;
    this.#vtep = settings.vtep;
    this.#reconcileInterval = settings.reconcileInterval ?? 5;
  }

  /** Writes its configuration where the package has it, with that driver from now on. */
  async configure(driver = this.#driver): Promise<void> {
    const main = [
      '[DEFAULT]',
      // It says at level debug only when a run over everything is over: by the lock that it takes.
      'default_log_levels = oslo_concurrency.lockutils=DEBUG',
      `driver = ${driver}`,
      `reconcile_interval = ${this.#reconcileInterval}`,
      'ovsdb_connection = unix:/run/openvswitch/db.sock',
      'bgp_AS = 64999',
      `expose_tenant_networks = ${this.#exposesTenants ? 'True' : 'False'}`,
      '[agent]',
      // In place of sudo: it is root already.
      'root_helper = env',
      '',
    ];
    const vtep = this.#vtep === undefined ? [] : [`evpn_local_ip = ${this.#vtep}`];
    const added = ['[DEFAULT]', ...vtep, ''];
    await this.node.script(
      [
        `mkdir -p ${configDir} /etc/iproute2`,
        `test -e ${tables} || cp /usr/share/iproute2/rt_tables ${tables}`,
        `printf '%s\\n' ${quoted(main)} > ${configFile}`,
        `printf '%s\\n' ${quoted(added)} > ${configDir}/10-node.conf`,
      ].join('\n'),
    );
  }

  /**
   * Starts it and waits until it has been over everything without an error. 4.0.0 fails at each IPv6 address that it
   * adds and leaves off there (it deletes the address's local route without saying of which family it is); the address
   * stays, so that its next run comes one further.
   */
  override async start(): Promise<void> {
    const before = runs(this.log());
    await this.launch();
    // The end of a run is in the log a moment before its failure is: so it is looked for twice.
    let wasDone = false;
    await waitFor(
      `ovn-bgp-agent of ${this.node.name} to have been over everything`,
      async () => {
        const { ended, failed } = runs(this.log());
        const isDone = ended - before.ended > failed - before.failed;
        const isSure = isDone && wasDone;
        wasDone = isDone;
        return isSure;
      },
      patience,
    );
  }

  /** Starts it, and waits for nothing. */
  launch(): Promise<void> {
    return super.start();
  }

  /** SIGTERM, and the end of its privileged helpers, which otherwise may outlive it. */
  override async stop(): Promise<number> {
    const code = await super.stop();
    for (const pid of await this.#helpers()) {
      try {
        process.kill(pid, 'SIGTERM');
      } catch {
        // It has ended by itself in the meantime.
      }
    }
    return code;
  }

  /** All its processes. */
  async pids(): Promise<readonly number[]> {
    return [...(this.pid === undefined ? [] : [this.pid]), ...(await this.#helpers())];
  }

  /** `privsep-helper` processes in the node's network namespace. */
  async #helpers(): Promise<readonly number[]> {
    const own = await this.node.ok(['readlink', '/proc/self/ns/net']);
    const pids = (await this.node.ok(['pgrep', '-f', 'privsep-helper']).catch(() => ''))
      .split('\n')
      .flatMap((text) => (text === '' ? [] : [Number(text)]));
    const here = await Promise.all(pids.map((pid) => isHelperIn(pid, own.trim())));
    return pids.filter((_, index) => here[index]);
  }
}

async function isHelperIn(pid: number, netns: string): Promise<boolean> {
  try {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    return command.includes('privsep') && (await readlink(`/proc/${pid}/ns/net`)) === netns;
  } catch {
    return false;
  }
}

/** How many runs over everything a log tells of, and how many of these broke off. */
export function runs(log: string): { readonly ended: number; readonly failed: number } {
  return {
    ended: log.match(/Lock "(?:evpn|bgp|nbbgp)" .*released.*\.sync" ::/g)?.length ?? 0,
    failed: log.match(/Unexpected exception while running the sync:/g)?.length ?? 0,
  };
}

function quoted(lines: readonly string[]): string {
  return lines.map((line) => `'${line}'`).join(' ');
}
