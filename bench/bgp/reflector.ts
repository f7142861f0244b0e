/** The route reflector that is measured: a daemon of the interop tests, or a command that listens where it is told. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NeighborConfig } from '../../test/interop/harness/router.ts';
import { Program } from '../../test/interop/harness/program.ts';
import type { Software } from '../../test/interop/harness/software.ts';
import { longestStall, type Stall, stallMeter } from './stall.ts';

export interface Where {
  readonly address: string;
  readonly port: number;
  readonly as: number;
  /** Addresses of those who will call, all of them clients. */
  readonly clients: readonly string[];
}

export interface Reflector {
  readonly pid: number;
  /** False once it has ended by itself. */
  readonly isRunning: boolean;
  /** The longest stall of its event loop since it was last asked; absent of one that does not tell. */
  readonly stall?: () => Promise<Stall>;
  stop(): Promise<void>;
}

export interface Subject {
  readonly name: string;
  readonly skip: string | false;
  start(where: Where): Promise<Reflector>;
}

export function subjectOf(software: Software): Subject {
  return {
    name: software.name,
    skip: software.skip,
    start: async ({ address, port, as, clients }) => {
      const neighbors = clients.map(
        (client): NeighborConfig => ({
          address: client,
          as,
          families: ['evpn'],
          client: true,
          passive: true,
          holdTime: 180,
        }),
      );
      const peer = software.create({ as, routerId: '192.0.2.254', address, port, neighbors });
      await peer.start();
      return peer;
    },
  };
}

const project = join(import.meta.dirname, '../..');
const logDirectory = join(project, 'out/bench');

/** What users run is compiled: from its sources Node would hold the compiler too. */
let isBuilt = false;
function build(): void {
  if (isBuilt) return;
  for (const script of ['build', 'native']) {
    const { status } = spawnSync('npm', ['run', '--silent', script], {
      cwd: project,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (status !== 0) throw new Error(`'npm run ${script}' failed: see above`);
  }
  isBuilt = true;
}

/** Our own, as docs/bgp.md configures it. */
export const selvedge: Subject = {
  name: 'Selvedge',
  skip: false,
  start: async (where) => startSelvedge(where, false),
};

/** The same with a meter in it: a subject of its own, so that the other is as it runs everywhere. */
export const selvedgeWithMeter: Subject = {
  name: 'Selvedge, metered',
  skip: false,
  start: async (where) => startSelvedge(where, true),
};

function startSelvedge(where: Where, isMetered: boolean): Reflector {
  build();
  const directory = mkdtempSync(join(tmpdir(), 'selvedge-bench-'));
  const file = join(directory, 'bgp.toml');
  const told = join(directory, 'stall.json');
  writeFileSync(file, configurationOf(where, join(directory, 'bgp.sock')));
  mkdirSync(logDirectory, { recursive: true });
  const argv = [
    process.execPath,
    ...(isMetered ? stallMeter(told) : []),
    join(project, 'dist/cli/main.js'),
    'bgp',
    '--config',
    file,
  ];
  const program = new Program(argv, { log: join(logDirectory, 'bgp-selvedge.log') });
  if (!isMetered) return program;
  return {
    pid: program.pid,
    get isRunning() {
      return program.isRunning;
    },
    stall: () => longestStall(program.pid, told),
    stop: () => program.stop(),
  };
}

function configurationOf({ address, port, as, clients }: Where, socket: string): string {
  const peers = clients.map((client) => `[[peer]]\naddress = "${client}"\ngroup = "clients"\n`);
  return `[global]
as = ${as}
router_id = "192.0.2.254"
families = ["l2vpn-evpn"]
socket = "${socket}"
[[listen]]
address = "${address}"
port = ${port}
[group.clients]
as = "internal"
client = true
passive = true
hold_time = 180
${peers.join('')}`;
}

/** `{address}`, `{port}`, `{as}` and `{clients}`, with commas, are filled in. */
export function subjectOfCommand(name: string, argv: readonly string[]): Subject {
  return {
    name,
    skip: false,
    start: async ({ address, port, as, clients }) => {
      const values: Readonly<Record<string, string>> = {
        address,
        port: String(port),
        as: String(as),
        clients: clients.join(','),
      };
      const filled = argv.map((word) =>
        word.replace(/\{(\w+)\}/g, (all, key) => values[key] ?? all),
      );
      mkdirSync(logDirectory, { recursive: true });
      return new Program(filled, { log: join(logDirectory, `bgp-${name}.log`) });
    },
  };
}
