/** What goes over loopback while a test runs, as tcpdump writes it, and what tshark has to say of it. */

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bgpPort } from './router.ts';
import { until } from './until.ts';

function isThere(program: string): boolean {
  return spawnSync(program, ['--version']).status === 0;
}

/** Why nothing can be captured, in the words of a skipped test. */
export const noCapture =
  isThere('tcpdump') && isThere('tshark') ? false : 'tcpdump and tshark are not installed';

export class Capture {
  readonly #directory = mkdtempSync(join(tmpdir(), 'selvedge-capture-'));
  readonly #file = join(this.#directory, 'bgp.pcap');
  readonly #child;
  #errors = '';

  /** Of the sessions of these hosts, `127.1.2.0/24`. Begins when `isListening`. */
  constructor(net: string) {
    const filter = `net ${net} and tcp port ${bgpPort}`;
    const argv = ['-i', 'lo', '-U', '-B', '65536', '-w', this.#file, filter];
    this.#child = spawn('tcpdump', argv, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child.stderr.on('data', (chunk) => (this.#errors += String(chunk)));
  }

  async listening(): Promise<void> {
    await until('tcpdump listens', () => {
      if (this.#child.exitCode !== null) throw new Error(this.#errors);
      return this.#errors.includes('listening') && existsSync(this.#file);
    });
  }

  /** Ends it, with all that was captured. */
  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGINT');
    await ended;
  }

  /** Lines of fields, of the frames that a display filter of tshark lets through. */
  read(filter: string, ...fields: readonly string[]): readonly string[] {
    const as = ['-n', '-o', 'bgp.asn_len:4 octet', '-d', `tcp.port==${bgpPort},bgp`];
    const ask = [...as, '-r', this.#file, '-Y', filter];
    const out = ['-T', 'fields', ...fields.flatMap((field) => ['-e', field])];
    const { stdout, stderr, status } = spawnSync('tshark', [...ask, ...out], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    if (status !== 0) throw new Error(stderr);
    return stdout.split('\n').filter((line) => line !== '');
  }

  forget(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
