/**
 * A host for the agent as a program: a network namespace and a directory of its own, with real ovsdb-servers and FRR
 * that a test starts and stops, and the agent run there from its source. No Open vSwitch datapath, no VRFs: what
 * needs those is shown in the lab.
 */

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import type { StatusView } from '../../src/api/contract/control.ts';

const program = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
export const southboundSchema = '/usr/share/ovn/ovn-sb.ovsschema';
const switchSchema = '/usr/share/openvswitch/vswitch.ovsschema';

/** Why tests of this kind cannot run here. */
export function cannotHost(): string | false {
  if (process.getuid?.() !== 0) return 'needs root for a netns';
  if (!existsSync(southboundSchema)) return 'no OVN; apt-get install ovn-common';
  return existsSync(switchSchema) ? false : 'no Open vSwitch; apt-get install openvswitch-switch';
}

/** Resolves when it is so; the deadline is for a broken test only. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  seen: () => unknown = () => '',
): Promise<void> {
  for (const end = Date.now() + 60_000; !(await isSo()); await sleep(30)) {
    if (Date.now() > end) throw new Error(`it did not come to: ${what}; ${JSON.stringify(seen())}`);
  }
}

export class Host {
  readonly directory = mkdtempSync(join(tmpdir(), 'selvedge-host-'));
  readonly netns = this.directory.slice(this.directory.lastIndexOf('/') + 1);
  readonly #databases = new Map<string, ChildProcess>();
  readonly #ended: (() => Promise<unknown> | void)[] = [];

  constructor() {
    execFileSync('ip', ['netns', 'add', this.netns]);
    execFileSync('ip', ['-n', this.netns, 'link', 'set', 'lo', 'up']);
    mkdirSync(this.path('run'));
    mkdirSync(this.path('frr'));
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Writes a configuration that points at this host, with `more` behind it; returns its path. */
  configure(more = '', vty = this.path('frr'), mode: 'evpn' | 'bgp' = 'evpn'): string {
    const text = `mode = "${mode}"
[ovs]
database = "unix:${this.path('conf.sock')}"
[frr]
vty_directory = "${vty}"
[http]
socket = "${this.path('run/agent.sock')}"
listen = "off"
${more}`;
    writeFileSync(this.path('selvedge.toml'), text);
    return this.path('selvedge.toml');
  }

  /** `conf` is Open_vSwitch, `sb` OVN_Southbound; on the same socket and with the same rows as before, if there were any. */
  async startDatabase(
    name: 'conf' | 'sb',
    schema = name === 'conf' ? switchSchema : southboundSchema,
  ): Promise<void> {
    const file = this.path(`${name}.db`);
    if (!existsSync(file)) execFileSync('ovsdb-tool', ['create', file, schema]);
    const remote = `--remote=punix:${this.path(`${name}.sock`)}`;
    const control = `--unixctl=${this.path(`${name}.ctl`)}`;
    const child = spawn('ovsdb-server', [file, remote, control], { stdio: 'ignore' });
    this.#databases.set(name, child);
    await until(`${name} to listen`, () => existsSync(this.path(`${name}.sock`)));
  }

  async stopDatabase(name: 'conf' | 'sb'): Promise<void> {
    const child = this.#databases.get(name);
    this.#databases.delete(name);
    if (child === undefined) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill();
    await ended;
    rmSync(this.path(`${name}.sock`), { force: true });
  }

  vsctl(...words: readonly string[]): string {
    const database = `--db=unix:${this.path('conf.sock')}`;
    return execFileSync('ovs-vsctl', [database, '--no-wait', ...words], { encoding: 'utf8' });
  }

  /** As a deployment tool does: this node is `here`, and its OVN is on the socket of `sb`. */
  nameCloud(): void {
    const remote = `external_ids:ovn-remote=unix:${this.path('sb.sock')}`;
    this.vsctl('set', 'Open_vSwitch', '.', 'external_ids:system-id=here', remote);
  }

  /** As ovn-controller does. */
  addChassis(): void {
    const encap = ['create', 'Encap', 'type=geneve', 'ip=10.0.0.1', 'chassis_name=here'];
    this.sbctl('--id=@e', ...encap, '--', 'create', 'Chassis', 'name=here', 'encaps=@e');
  }

  sbctl(...words: readonly string[]): string {
    const database = `--db=unix:${this.path('sb.sock')}`;
    return execFileSync('ovn-sbctl', [database, ...words], { encoding: 'utf8' });
  }

  /** Runs a command of the program here to its end. */
  cli(words: readonly string[], before: readonly string[] = []): Ended {
    const argv = ['netns', 'exec', this.netns, ...before, process.execPath, program, ...words];
    const { status, stdout, stderr } = spawnSync('ip', argv, {
      encoding: 'utf8',
      env: environment,
    });
    return { status, stdout, stderr };
  }

  /** Starts the agent; `before` stands before the program, as `setpriv …` would. */
  agent(words: readonly string[] = [], before: readonly string[] = []): AgentUnderTest {
    const run = [process.execPath, program, 'agent', ...words];
    const argv = ['netns', 'exec', this.netns, ...before, ...run];
    const child = spawn('ip', argv, { stdio: ['ignore', 'ignore', 'pipe'], env: environment });
    const agent = new AgentUnderTest(child, this.path('run/agent.sock'));
    this.#ended.push(() => agent.stop());
    return agent;
  }

  async close(): Promise<void> {
    for (const end of this.#ended) await end();
    for (const name of ['conf', 'sb'] as const) await this.stopDatabase(name);
    execFileSync('ip', ['netns', 'del', this.netns]);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

const environment = { ...process.env, NO_COLOR: '1' };

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class AgentUnderTest {
  readonly #child: ChildProcess;
  readonly #socket: string;
  readonly #exit: Promise<number | null>;
  /** All that it said on standard error. */
  said = '';

  constructor(child: ChildProcess, socket: string) {
    this.#child = child;
    this.#socket = socket;
    this.#exit = new Promise((resolve) => child.once('exit', resolve));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.said += text));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Undefined while it does not answer. */
  status(): Promise<StatusView | undefined> {
    return new Promise((resolve) => {
      const asked = request({ socketPath: this.#socket, path: '/status' }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve(JSON.parse(text) as StatusView));
      });
      asked.on('error', () => resolve(undefined));
      asked.end();
    });
  }

  /** Waits until a part is in this state and says this of why. */
  async part(name: string, state: string, reason = /^/): Promise<void> {
    let parts: StatusView['parts'] = [];
    const find = () => parts.find((each) => each.name === name);
    await until(
      `${name} ${state}`,
      async () => {
        parts = (await this.status())?.parts ?? [];
        const found = find();
        return found?.state === state && reason.test(found.reason ?? '');
      },
      () => [parts, this.said],
    );
  }

  /** SIGTERM; its exit status. */
  async stop(): Promise<number | null> {
    if (this.isRunning) this.#child.kill();
    return this.#exit;
  }
}
