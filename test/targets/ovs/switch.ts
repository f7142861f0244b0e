/** A real ovs-vswitchd with its dummy datapath: everything of Open vSwitch but the kernel. For tests. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Endpoint } from '../../../src/net/endpoint.ts';

export interface Switch {
  readonly endpoint: Endpoint;
  vsctl(...words: readonly string[]): string;
  ofctl(...words: readonly string[]): string;
  /** Kills the switch and starts it anew, with the database as it was. */
  restart(): Promise<void>;
  /** Gives a frame to a dummy port, as hexadecimal octets. */
  receive(port: string, frame: string): void;
  stop(): Promise<void>;
  readonly directory: string;
}

export async function startSwitch(): Promise<Switch> {
  const directory = mkdtempSync(join(tmpdir(), 'selvedge-ovs-'));
  // ovs-ofctl, also as the target runs it, finds bridges below this.
  process.env['OVS_RUNDIR'] = directory;
  const env = {
    ...process.env,
    OVS_RUNDIR: directory,
    OVS_LOGDIR: directory,
    OVS_SYSCONFDIR: directory,
  };
  const must = (program: string, ...words: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8', env });
    if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${stderr}`);
    return stdout;
  };
  const socket = join(directory, 'db.sock');
  const start = (program: string, ...words: readonly string[]): ChildProcess =>
    spawn(program, [...words, '-vconsole:off', '--log-file', '--pidfile'], {
      env,
      stdio: 'ignore',
    });
  must(
    'ovsdb-tool',
    'create',
    join(directory, 'conf.db'),
    '/usr/share/openvswitch/vswitch.ovsschema',
  );
  const database = start('ovsdb-server', join(directory, 'conf.db'), `--remote=punix:${socket}`);
  await appears(socket);
  const vsctl = (...words: readonly string[]) => must('ovs-vsctl', `--db=unix:${socket}`, ...words);
  vsctl('--no-wait', 'init');
  const run = () =>
    start('ovs-vswitchd', `unix:${socket}`, '--enable-dummy=override', '--disable-system');
  let daemon = run();
  await appears(join(directory, 'ovs-vswitchd.pid'));
  return {
    directory,
    endpoint: { kind: 'unix', path: socket },
    vsctl,
    ofctl: (...words) => must('ovs-ofctl', ...words),
    receive: (port, frame) => {
      const pid = readFileSync(join(directory, 'ovs-vswitchd.pid'), 'utf8').trim();
      const control = join(directory, `ovs-vswitchd.${pid}.ctl`);
      must('ovs-appctl', '-t', control, 'netdev-dummy/receive', port, frame);
    },
    restart: async () => {
      const ended = new Promise((resolve) => daemon.once('exit', resolve));
      daemon.kill('SIGKILL');
      await ended;
      daemon = run();
    },
    stop: async () => {
      for (const child of [daemon, database]) {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill();
        await ended;
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function appears(path: string): Promise<void> {
  await until(() => existsSync(path), `${path} to appear`);
}

/** Polls until the condition holds; throws what it waited for when it never does. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
