/** The agent on c1 as the bench starts, asks and stops it. Its log goes to memory: the host's file system is slow. */

import { closeSync, openSync, readFileSync, readSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import type { StatusView } from '../../src/api/contract/control.ts';
import { AgentProcess } from '../../lab/fabric/agent.ts';
import type { FabricNode } from '../../lab/fabric/node.ts';
import { projectDir } from '../../lab/fabric/out.ts';
import { waitFor } from '../../lab/fabric/wait.ts';
import type { Idle } from './figures.ts';
import { asUsual, childrenOf, idleOf } from './machine.ts';

const patienceSeconds = 1200;
const program = join(projectDir, 'dist/cli/main.js');
const settledText = 'the node is as it should be';

export class NodeUnderTest {
  readonly #node: FabricNode;
  readonly #process: AgentProcess;
  #begun = 0;
  readonly #logFile = '/run/lab/bench-agent.log';

  constructor(node: FabricNode) {
    this.#node = node;
    const words = process.env['BENCH_NODE_OPTIONS']?.split(' ') ?? [];
    const argv = [...asUsual, 'node', ...words, program, 'agent'];
    // What systemd makes of the unit.
    const env = { CACHE_DIRECTORY: '/var/cache/selvedge' };
    this.#process = new AgentProcess(node, { argv, env, logFile: this.#logFile });
  }

  /** Defaults, but for the mode and the form of the log. */
  async prepare(mode: string): Promise<void> {
    await this.#node.script(
      `mkdir -p /etc/selvedge /run/selvedge /var/cache/selvedge
      printf 'mode = "${mode}"\\n[log]\\nformat = "json"\\n' > /etc/selvedge/selvedge.toml`,
    );
  }

  /** Milliseconds from the start of the process to its word that all is as it should be. */
  async start(): Promise<number> {
    rmSync(this.#logFile, { force: true });
    const begun = Date.now();
    this.#begun = begun;
    await this.#process.start();
    const line = await waitFor(
      'the agent to settle',
      async () => readTail(this.#logFile).find((each) => each.includes(settledText)),
      patienceSeconds,
    );
    // The moment is the agent's own, so that how often we look does not matter.
    const { time } = JSON.parse(line) as { readonly time: number };
    return time - begun;
  }

  /** What it said, but for its operations, with milliseconds since it was started. */
  story(): string {
    const lines = readFileSync(this.#logFile, 'utf8').trim().split('\n');
    const told = lines.map(
      (line) => JSON.parse(line) as { time: number; msg: string; verb?: string },
    );
    return told
      .filter(({ verb }) => verb === undefined)
      .map(({ time, msg }) => `\n${String(time - this.#begun).padStart(8)} ${msg}`)
      .join('');
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }

  /** Milliseconds until the agent has read and compared everything, with nothing to do. */
  async resync(): Promise<number> {
    const before = await this.operations();
    const begun = performance.now();
    await this.#ask('POST', '/resync');
    const took = performance.now() - begun;
    if ((await this.operations()) !== before) throw new Error('there was something to do');
    return took;
  }

  /** Ends, and takes away all that it has set up. */
  async drain(): Promise<void> {
    await this.stop();
    await this.#node.ok(['node', program, 'drain']);
  }

  /** What it has done since it started, once nothing is under way: notices come before the outcome is noted. */
  async operations(): Promise<number> {
    const status = await waitFor('the agent to settle', async () => {
      const { settled, operations } = JSON.parse(await this.#ask('GET', '/status')) as StatusView;
      return settled ? { operations } : undefined;
    });
    return status.operations;
  }

  idle(seconds: number): Promise<Idle> {
    const agent = this.#process.pid ?? 0;
    return idleOf(this.#node, [agent, ...childrenOf(agent)], seconds);
  }

  #ask(method: string, path: string): Promise<string> {
    const socketPath = join(this.#node.dir, 'run/selvedge/agent.sock');
    return new Promise((resolve, reject) => {
      const asked = request({ socketPath, method, path }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve(text));
      });
      asked.on('error', reject);
      asked.end();
    });
  }
}

const tailSize = 16_384;

/** The last lines of a file that may be long: reading all of it again and again would cost what is measured. */
function readTail(path: string): readonly string[] {
  const size = statSync(path).size;
  const buffer = Buffer.alloc(Math.min(size, tailSize));
  const file = openSync(path, 'r');
  readSync(file, buffer, 0, buffer.length, size - buffer.length);
  closeSync(file);
  return buffer.toString('utf8').split('\n');
}
