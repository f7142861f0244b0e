/**
 * A bgpd of FRR for tests that run in a network namespace of their own: no zebra, a configuration of its own, ended by pid.
 * Sessions need neither routes nor interfaces from zebra.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { unwrap } from '../../../../src/base/result.ts';
import { openVty, type VtySession, vtyPath } from '../../../../src/protocols/vty/index.ts';
import { type FrrRoot, realClock } from '../../vty/frr-daemons.ts';

const deadline = 60_000;

export class Bgpd {
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly #vty: VtySession;

  private constructor(child: ChildProcess, directory: string, vty: VtySession) {
    this.#child = child;
    this.#directory = directory;
    this.#vty = vty;
  }

  /** Serves BGP on this address; resolves when it answers. */
  static async start(root: FrrRoot, address: string, config: readonly string[]): Promise<Bgpd> {
    const directory = mkdtempSync(join(tmpdir(), 'selvedge-bgpd-'));
    writeFileSync(join(directory, 'bgpd.conf'), `${config.join('\n')}\n`);
    chownSync(directory, ...frrIds(root));
    mkdirSync(join(root.path, 'run/frr'), { recursive: true });
    const bgpd = '/usr/lib/frr/bgpd -Z -n -A 127.0.0.1 -P 0 -f /run/frr/bgpd.conf'.split(' ');
    const place = ['-m', 'sh', '-c', bindAndRun, root.path, directory];
    const child = spawn('unshare', [...place, ...bgpd, '-l', address], { stdio: 'ignore' });
    const until = Date.now() + deadline;
    for (;;) {
      const vty = await openVty({ path: vtyPath(directory, 'bgpd'), clock: realClock });
      if (vty.ok || Date.now() > until) return new Bgpd(child, directory, unwrap(vty));
      await realClock.sleep(20);
    }
  }

  async configure(...lines: readonly string[]): Promise<void> {
    unwrap(await this.#vty.configure(lines));
  }

  /** What `show bgp neighbors … json` tells of this neighbour. */
  async neighbor(address: string): Promise<Readonly<Record<string, unknown>>> {
    const { text } = unwrap(await this.#vty.run(`show bgp neighbors ${address} json`));
    const all = JSON.parse(text) as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    return all[address] ?? {};
  }

  /** The same, once it is as wanted. */
  async neighborWhen(
    address: string,
    isWanted: (told: Readonly<Record<string, unknown>>) => boolean,
  ): Promise<Readonly<Record<string, unknown>>> {
    const until = Date.now() + deadline;
    for (;;) {
      const told = await this.neighbor(address);
      if (isWanted(told)) return told;
      if (Date.now() > until) throw new Error(`bgpd still says ${JSON.stringify(told)}`);
      await realClock.sleep(50);
    }
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#vty.close();
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#child.kill(signal);
      await exited;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** Every exec replaces the one before, so the pid is the daemon's; the mounts are its own. */
const bindAndRun = `dir=$1; shift
mount --bind "$dir" "$0/run/frr" && mount -t tmpfs tmpfs "$0/etc/frr" && exec chroot "$0" "$@"`;

function frrIds(root: FrrRoot): [number, number] {
  const passwd = readFileSync(join(root.path, 'etc/passwd'), 'utf8');
  const line = passwd.split('\n').find((one) => one.startsWith('frr:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  return [Number(uid), Number(gid)];
}
