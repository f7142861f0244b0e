/** The agent under test on the nodes of the fabric: how it is started, what it is asked, when it has settled. */

import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { StatusView } from '../../src/api/contract/control.ts';
import { AgentProcess } from './agent.ts';
import type { FabricNode } from './node.ts';
import { projectDir } from './out.ts';
import { waitFor } from './wait.ts';

const program = ['node', join(projectDir, 'dist/cli/main.js')];

/** As systemd gives it, but for each node its own. */
const cache = '/run/selvedge/cache';
/** Compiled code is kept from one command to the next, too: on an emulated processor a second of each. */
const env = { CACHE_DIRECTORY: cache };

/** A configuration of the lab: defaults, but for a grace that no scenario wants to sit out. */
const configuration = [
  '[frr]',
  'removal_grace = 1',
  '[log]',
  'level = "info"',
  'format = "human"',
  '',
];

export interface SelvedgeSettings {
  /** Words behind `selvedge agent`. */
  readonly words?: readonly string[];
  /** What it does; evpn by default. */
  readonly mode?: 'evpn' | 'bgp';
  /** Lines of the section `[bgp]`. */
  readonly bgp?: readonly string[];
  /** Lines of the section `[ovn]`. */
  readonly ovn?: readonly string[];
  /** Lines of the section `[local_ovn]`. */
  readonly localOvn?: readonly string[];
}

export class SelvedgeAgent extends AgentProcess {
  readonly #mode: 'evpn' | 'bgp';
  readonly #sections: readonly string[];

  constructor(
    node: FabricNode,
    { words = [], mode = 'evpn', bgp = [], ovn = [], localOvn = [] }: SelvedgeSettings = {},
  ) {
    super(node, { argv: [...program, 'agent', ...words], env });
    this.#mode = mode;
    this.#sections = ['[bgp]', ...bgp, '[ovn]', ...ovn, '[local_ovn]', ...localOvn];
  }

  /** Writes the configuration of the lab where the program looks for one. */
  async configure(): Promise<void> {
    const lines = [`mode = "${this.#mode}"`, ...this.#sections, ...configuration];
    await this.node.script(
      `mkdir -p /etc/selvedge ${cache}\nprintf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')} > /etc/selvedge/selvedge.toml`,
    );
  }

  override async start(): Promise<void> {
    await this.configure();
    await super.start();
  }

  /** Runs another command of the program on the agent's node. */
  cli(...words: readonly string[]): Promise<string> {
    return this.node.ok([...program, ...words], { env });
  }

  /** What `plan` prints; it exits with 2 when there is something to do. */
  async plan(...words: readonly string[]): Promise<string> {
    return (await this.node.exec([...program, 'plan', ...words], { env })).stdout;
  }

  /** As a running agent tells it, by its socket: no second program is started. */
  status(): Promise<StatusView | undefined> {
    const socketPath = join(this.node.dir, 'run/selvedge/agent.sock');
    return new Promise((resolve) => {
      const asked = request({ socketPath, path: '/status' }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve(JSON.parse(text) as StatusView));
      });
      asked.on('error', () => resolve(undefined));
      asked.end();
    });
  }

  async settles(seconds = 120): Promise<void> {
    await waitFor(
      `the agent of ${this.node.name} to settle`,
      async () => (await this.status())?.settled === true,
      seconds,
    );
  }

  /** Settled, and with nothing to do for two seconds: who puts right what is right, again and again, is settled in between. */
  async rests(): Promise<void> {
    await waitFor(`the agent of ${this.node.name} to rest`, async () => {
      const before = await this.status();
      await sleep(2000);
      const after = await this.status();
      return after?.settled === true && after.operations === before?.operations;
    });
  }
}
