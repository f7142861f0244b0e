/**
 * Real FRR daemons for tests: one netns of their own, one temporary directory bound over their /var/run/frr, in the
 * foreground, ended by pid. The host's FRR, and with SELVEDGE_FRR_ROOTS=dir:dir also those of other releases' roots.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Clock } from '../../../src/base/ports.ts';
import { unwrap } from '../../../src/base/result.ts';
import { openVty, type VtySession, vtyPath } from '../../../src/protocols/vty/index.ts';
import { argvIn } from '../../interop/harness/place.ts';

export const realClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      const stop = (): void => {
        clearTimeout(timer);
        reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      signal?.addEventListener('abort', stop, { once: true });
    }),
};

/** Where an FRR is installed: `/`, or the root directory of another release. */
export interface FrrRoot {
  readonly path: string;
  /** `8.4.4`, or why it cannot be run here. */
  readonly version: string | undefined;
  readonly skip: string | false;
}

export function frrRoots(): readonly FrrRoot[] {
  const others = (process.env['SELVEDGE_FRR_ROOTS'] ?? '').split(':').filter((path) => path !== '');
  return ['/', ...others].map(readRoot);
}

function readRoot(path: string): FrrRoot {
  if (process.getuid?.() !== 0) return { path, version: undefined, skip: 'needs root for a netns' };
  if (!existsSync(join(path, 'usr/lib/frr/bgpd'))) {
    return { path, version: undefined, skip: `no FRR in ${path}; apt-get install frr` };
  }
  const banner = execFileSync('chroot', [path, '/usr/lib/frr/bgpd', '--version'], {
    encoding: 'utf8',
  });
  return { path, version: /version (\S+)/.exec(banner)?.[1] ?? 'unknown', skip: false };
}

/** Whether this FRR keeps the configuration of zebra in mgmtd. */
export function hasMgmtd(root: FrrRoot): boolean {
  return existsSync(join(root.path, 'usr/lib/frr/mgmtd'));
}

const deadline = 60_000;

export class FrrDaemons {
  readonly directory: string;
  readonly #root: FrrRoot;
  readonly #netns: string;
  readonly #running = new Map<string, ChildProcess>();

  private constructor(root: FrrRoot, netns: string, directory: string) {
    this.#root = root;
    this.#netns = netns;
    this.directory = directory;
  }

  /** Starts all that is needed for VRFs and BGP, and `others`, and waits until each answers. */
  static async start(root: FrrRoot, others: readonly string[] = []): Promise<FrrDaemons> {
    const directory = mkdtempSync(join(tmpdir(), 'selvedge-frr-'));
    const netns = directory.slice(directory.lastIndexOf('/') + 1);
    chownSync(directory, ...frrIds(root.path));
    mkdirSync(join(root.path, 'run/frr'), { recursive: true });
    execFileSync('ip', ['netns', 'add', netns]);
    execFileSync('ip', ['-n', netns, 'link', 'set', 'lo', 'up']);
    const daemons = new FrrDaemons(root, netns, directory);
    for (const name of [...(hasMgmtd(root) ? ['mgmtd'] : []), 'zebra', 'bgpd', ...others]) {
      await daemons.run(name);
    }
    return daemons;
  }

  /** The daemons that run. */
  get names(): readonly string[] {
    return [...this.#running.keys()];
  }

  /** Starts one daemon, which must not be running, and waits until it answers. */
  async run(name: string): Promise<void> {
    this.#spawn(name);
    (await this.open(name)).close();
  }

  /** As watchfrr does, a daemon that ends unasked is started again. */
  #spawn(name: string): void {
    const [file = '', ...rest] = this.#argv(`/usr/lib/frr/${name}`, daemonArguments(name));
    const child = spawn(file, rest, { stdio: 'ignore' });
    this.#running.set(name, child);
    child.once('exit', () => {
      if (this.#running.get(name) === child) this.#spawn(name);
    });
  }

  /**
   * Waits until mgmtd and zebra have found each other after one was restarted. Before, mgmtd takes everything and
   * tells nobody; and 10.7.1 may abort, when what zebra has to tell comes before it has subscribed.
   */
  async settleMgmtd(): Promise<void> {
    for (const until = Date.now() + deadline; ; await realClock.sleep(20)) {
      const session = await this.open('mgmtd');
      const shown = await session.run('show mgmt backend-adapter all');
      session.close();
      if (shown.ok && /Client:\s+zebra/.test(shown.value.text)) return;
      if (Date.now() > until) throw new Error('zebra does not come back to mgmtd');
    }
  }

  /** A session with a daemon; the daemon may still be starting. */
  async open(name: string): Promise<VtySession> {
    const until = Date.now() + deadline;
    for (;;) {
      const session = await openVty({ path: vtyPath(this.directory, name), clock: realClock });
      if (session.ok || Date.now() > until) return unwrap(session);
      await realClock.sleep(20);
    }
  }

  /** What a program of this FRR prints, run beside the daemons. */
  exec(program: string, ...rest: readonly string[]): string {
    const [file = '', ...words] = this.#argv(program, rest);
    return execFileSync(file, words, { encoding: 'utf8', stdio: 'pipe' });
  }

  /** `ip` in the namespace of the daemons. */
  ip(...rest: readonly string[]): void {
    execFileSync('ip', ['-n', this.#netns, ...rest]);
  }

  async kill(name: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#running.get(name);
    this.#running.delete(name);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await exited;
  }

  /** An empty /etc/frr keeps the configuration of this machine out: mgmtd reads zebra.conf and others, and knows no `-f`. */
  #argv(program: string, rest: readonly string[]): readonly string[] {
    const [root, directory, netns] = [this.#root.path, this.directory, this.#netns];
    return argvIn({ root, directory, at: '/run/frr', hidden: '/etc/frr', netns }, program, ...rest);
  }

  async stop(): Promise<void> {
    for (const name of [...this.#running.keys()].toReversed()) await this.kill(name);
    execFileSync('ip', ['netns', 'del', this.#netns]);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Port 0: neither telnet nor BGP is served. */
function daemonArguments(name: string): readonly string[] {
  return ['-A', '127.0.0.1', '-P', '0', ...(name === 'bgpd' ? ['-p', '0'] : [])];
}

/** The user and group that FRR of this root runs as. */
export function frrIds(root: string): [number, number] {
  const passwd = readFileSync(join(root, 'etc/passwd'), 'utf8');
  const [, , uid, gid] =
    passwd
      .split('\n')
      .find((line) => line.startsWith('frr:'))
      ?.split(':') ?? [];
  return [Number(uid), Number(gid)];
}
