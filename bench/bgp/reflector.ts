/** The route reflector that is measured: a daemon of the interop tests, or a command that listens where it is told. */

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NeighborConfig } from '../../test/interop/harness/peer.ts';
import { Program } from '../../test/interop/harness/program.ts';
import type { Software } from '../../test/interop/harness/software.ts';

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

/** Our own, from its sources, as docs/bgp.md configures it. */
export const selvedge: Subject = {
  name: 'Selvedge',
  skip: false,
  start: async ({ address, port, as, clients }) => {
    const directory = mkdtempSync(join(tmpdir(), 'selvedge-bench-'));
    const file = join(directory, 'bgp.toml');
    const peers = clients.map((client) => `[[peer]]\naddress = "${client}"\ngroup = "clients"\n`);
    writeFileSync(
      file,
      `[global]
as = ${as}
router_id = "192.0.2.254"
families = ["l2vpn-evpn"]
socket = "${join(directory, 'bgp.sock')}"
[[listen]]
address = "${address}"
port = ${port}
[group.clients]
as = "internal"
client = true
passive = true
hold_time = 180
${peers.join('')}`,
    );
    mkdirSync(logDirectory, { recursive: true });
    const argv = ['node', join(project, 'src/cli/main.ts'), 'bgp', '--config', file];
    return new Program(argv, { log: join(logDirectory, 'bgp-selvedge.log') });
  },
};

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
