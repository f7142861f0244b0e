/** One transaction on the Northbound database by `ovn-nbctl`, the quoting its column syntax needs, and what came of it. */

import { createHash } from 'node:crypto';
import type { FabricNode } from '../node.ts';

export type NbCommand = readonly string[];
export type ExternalIds = Readonly<Record<string, string>>;

const hvTimeoutSeconds = 60;

/** Where commands of OVN run. */
export type Central = Pick<FabricNode, 'ok'>;

export class Northbound {
  readonly #central: Central;

  constructor(central: Central) {
    this.#central = central;
  }

  /** Commits all commands at once, or none; what they print. */
  commit(...commands: readonly NbCommand[]): Promise<string> {
    if (commands.length === 0) return Promise.resolve('');
    const words = commands.flatMap((command) => ['--', ...command]);
    return this.#central.ok(['ovn-nbctl', `--timeout=${hvTimeoutSeconds}`, ...words]);
  }

  /** Waits until every hypervisor has installed what was committed so far. */
  sync(): Promise<void> {
    return this.#sync('hv');
  }

  /** Waits until the Southbound database has what was committed so far, and no more. */
  syncSouthbound(): Promise<void> {
    return this.#sync('sb');
  }

  /** The port by which a virtual one is bound, as the Southbound database has it; empty without. */
  async virtualParent(portId: string): Promise<string> {
    const columns = ['--bare', '--columns=virtual_parent'];
    const where = ['find', 'port_binding', `logical_port=${portId}`];
    return (await this.#central.ok(['ovn-sbctl', ...columns, ...where])).trim();
  }

  async #sync(wait: 'hv' | 'sb'): Promise<void> {
    await this.#central.ok([
      'ovn-nbctl',
      `--wait=${wait}`,
      `--timeout=${hvTimeoutSeconds}`,
      'sync',
    ]);
  }
}

/** `set TABLE RECORD external_ids:...`, with Neutron's colons escaped. */
export function setIds(table: string, record: string, ids: ExternalIds): NbCommand {
  return [
    'set',
    table,
    record,
    ...Object.entries(ids).map(([k, v]) => columnKey('external_ids', k, v)),
  ];
}

export function setOptions(table: string, record: string, options: ExternalIds): NbCommand {
  return [
    'set',
    table,
    record,
    ...Object.entries(options).map(([k, v]) => columnKey('options', k, v)),
  ];
}

/** `COLUMN:KEY=VALUE`, as `set` and `create` take it. */
export function columnKey(name: string, key: string, value: string): string {
  return `${name}:${key.replaceAll(':', '\\:')}="${value}"`;
}

/** A UUID that depends on its words alone: the same scenario has the same names in every run. */
export function uuidOf(...words: readonly string[]): string {
  const hex = createHash('sha256').update(words.join('\0')).digest('hex');
  const cut = [0, 8, 12, 16, 20, 32];
  const groups = cut.slice(1).map((end, index) => hex.slice(cut[index], end));
  return groups.map((group, index) => (index === 2 ? `4${group.slice(1)}` : group)).join('-');
}

/** A MAC address in Neutron's range that depends on its words alone. */
export function macOf(...words: readonly string[]): string {
  const hex = createHash('sha256').update(words.join('\0')).digest('hex');
  return ['fa', '16', '3e', hex.slice(0, 2), hex.slice(2, 4), hex.slice(4, 6)].join(':');
}
