/** Real ovsdb-servers for the tests: each in a directory of its own, stopped by its own pid. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Endpoint } from '../../../../src/net/endpoint.ts';

export const southboundSchema = '/usr/share/ovn/ovn-sb.ovsschema';

export interface OvsdbServer {
  readonly directory: string;
  readonly endpoint: Endpoint;
  /** Kills it as a crash would, and waits until it is gone. */
  kill(): Promise<void>;
  /** The same database, at the same place, once more. */
  start(): Promise<void>;
  /** `ovs-appctl` to it. */
  control(...words: string[]): string;
  pause(): void;
  resume(): void;
  /** Ends it and removes all traces. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly schema?: string;
  /** An `ovsdb-tool` call that makes the database file, instead of the default. */
  readonly create?: (file: string) => readonly string[];
  /** Further arguments, given the directory. */
  readonly args?: (directory: string) => readonly string[];
}

/** Waits for a condition, with a deadline: nothing here sleeps for a fixed time. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  deadline = 60_000,
): Promise<void> {
  const end = Date.now() + deadline;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${deadline} ms: ${what}`);
    await sleep(20);
  }
}

export async function startServer(options: ServerOptions = {}): Promise<OvsdbServer> {
  const directory = mkdtempSync(join(tmpdir(), 'selvedge-ovsdb-'));
  const file = join(directory, 'db');
  const socket = join(directory, 'sock');
  const create = options.create?.(file) ?? ['create', file, options.schema ?? southboundSchema];
  execFileSync('ovsdb-tool', create, { stdio: 'pipe' });
  const server = new Server(directory, file, socket, options.args?.(directory) ?? []);
  await server.start();
  return server;
}

class Server implements OvsdbServer {
  readonly directory: string;
  readonly endpoint: Endpoint;
  readonly #file: string;
  readonly #socket: string;
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;

  constructor(directory: string, file: string, socket: string, args: readonly string[]) {
    this.directory = directory;
    this.endpoint = { kind: 'unix', path: socket };
    this.#file = file;
    this.#socket = socket;
    this.#args = args;
  }

  async start(): Promise<void> {
    rmSync(this.#socket, { force: true });
    const args = [`--remote=punix:${this.#socket}`, `--unixctl=${join(this.directory, 'ctl')}`];
    const child = spawn('ovsdb-server', [...args, ...this.#args, this.#file], {
      stdio: 'ignore',
      env: { ...process.env, OVS_RUNDIR: this.directory, OVS_LOGDIR: this.directory },
    });
    this.#child = child;
    await until('ovsdb-server listens', () => {
      if (child.exitCode !== null) throw new Error(`ovsdb-server exited with ${child.exitCode}`);
      return existsSync(this.#socket);
    });
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  control(...words: string[]): string {
    const target = join(this.directory, 'ctl');
    return execFileSync('ovs-appctl', ['-t', target, ...words], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
  }

  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
