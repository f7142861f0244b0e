/** A speaker of ours with a MAC-VRF `red` (VNI 100) and an IP-VRF `blue` (VNI 5000), in a process of its own. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Late, until } from './until.ts';

export interface TablesSettings {
  readonly as: number;
  readonly routerId: string;
  readonly address: string;
  /** Its only neighbour, of the same AS. */
  readonly peer: string;
  /** It calls; else it waits to be called. */
  readonly connects: boolean;
  /** The hosts of `red` are routed in `blue`. */
  readonly isRouted?: boolean;
}

export type TablesOrder =
  | {
      readonly do: 'mac';
      readonly is: boolean;
      readonly mac: string;
      readonly ip?: string;
      readonly sticky?: boolean;
    }
  | { readonly do: 'imet' }
  | {
      readonly do: 'prefix';
      readonly is: boolean;
      readonly prefix: string;
      readonly gateway?: string;
    }
  | { readonly do: 'clear'; readonly mac: string }
  | { readonly do: 'used' };

/** What is not there is left out; so is the sequence 0. */
export interface UsedPath {
  readonly source: string;
  readonly nextHop: string;
  readonly sequence?: number;
  readonly sticky?: boolean;
  readonly label?: number;
  readonly l3Label?: number;
  readonly routerMac?: string;
}

export interface Used {
  readonly red: Readonly<Record<string, UsedPath>>;
  readonly blue: Readonly<Record<string, UsedPath>>;
  readonly reports: readonly string[];
}

export class TablesSpeaker {
  readonly #child;
  readonly #lines;

  /** `netns`: where it runs; left out: in the network of this machine. */
  constructor(t: TestContext, settings: TablesSettings, netns?: string) {
    const script = fileURLToPath(new URL('tables-speaker.ts', import.meta.url));
    const argv = [process.execPath, script, JSON.stringify(settings)];
    const place = netns === undefined ? [] : ['ip', 'netns', 'exec', netns];
    const [file = '', ...words] = [...place, ...argv];
    this.#child = spawn(file, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
    const { pid } = this.#child;
    const exited = new Promise((resolve) => this.#child.on('exit', resolve));
    t.after(async () => {
      this.#child.stdin.end();
      const killed = setTimeout(() => {
        if (pid !== undefined) process.kill(pid, 'SIGKILL');
      }, 10_000);
      await exited;
      clearTimeout(killed);
    });
  }

  async order(order: TablesOrder): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify(order)}\n`);
    const { value } = await this.#lines.next();
    return JSON.parse(typeof value === 'string' ? value : 'null');
  }

  async used(): Promise<Used> {
    const used = await this.order({ do: 'used' });
    return used as Used;
  }

  /** Waits until `red` or `blue` use just this. */
  async expect(table: 'red' | 'blue', expected: Used['red']): Promise<void> {
    let seen: Used['red'] = {};
    const isSo = async (): Promise<boolean> => {
      seen = (await this.used())[table];
      return equal(seen, expected);
    };
    try {
      await until(`${table} has what is expected`, isSo);
    } catch (cause) {
      if (!(cause instanceof Late)) throw cause;
      assert.deepEqual(seen, expected, `${table}, in the end`);
    }
  }
}

function equal(a: unknown, b: unknown): boolean {
  try {
    assert.deepEqual(a, b);
    return true;
  } catch {
    return false;
  }
}
