/** An agent on a node: started, stopped, killed, and watched through its log. Knows no agent's own command line. */

import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { outDir } from './out.ts';
import type { FabricNode } from './node.ts';
import { waitFor } from './wait.ts';

export interface AgentSettings {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Appended to at each start. Default: `agents/NODE.log` in the directory shared with the host. */
  readonly logFile?: string;
}

export class AgentProcess {
  readonly node: FabricNode;
  readonly logFile: string;
  readonly #settings: AgentSettings;
  #child: ChildProcess | undefined;
  #isDetached = false;
  #ended: Promise<number> = Promise.resolve(0);

  constructor(node: FabricNode, settings: AgentSettings) {
    this.node = node;
    this.#settings = settings;
    this.logFile = settings.logFile ?? join(outDir, 'agents', `${node.name}.log`);
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(): Promise<void> {
    if (this.#child !== undefined) throw new Error(`the agent of ${this.node.name} runs already`);
    await mkdir(dirname(this.logFile), { recursive: true });
    const child = this.node.spawn(this.#settings.argv, this.logFile, this.#settings.env);
    this.#child = child;
    if (this.#isDetached) child.unref();
    this.#ended = new Promise((resolve) => {
      child.once('exit', (code) => {
        this.#child = undefined;
        resolve(code ?? -1);
      });
      child.once('error', () => resolve(-1));
    });
  }

  /** From now on it does not keep us from ending: what runs the scenarios ends when nothing is left to wait for. */
  detach(): void {
    this.#isDetached = true;
    this.#child?.unref();
  }

  /** SIGTERM, and waits; its exit status, -1 when a signal ended it. */
  async stop(): Promise<number> {
    this.#child?.ref();
    this.#child?.kill('SIGTERM');
    return this.#ended;
  }

  /** SIGKILL: no chance to tidy up. */
  async kill(): Promise<void> {
    this.#child?.ref();
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  /** What it has logged so far, from all its starts. */
  log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8') : '';
  }

  /** Waits for a line that is not there yet. Costs the node nothing, other than to ask it. */
  async says(pattern: RegExp, seconds?: number): Promise<void> {
    const before = this.log().length;
    await waitFor(
      `${this.node.name} to say ${pattern}`,
      async () => pattern.test(this.log().slice(before)),
      seconds,
    );
  }

  /** Resident memory in MiB and processor time in seconds, from /proc. Needs no process. */
  usage(): { readonly rssMiB: number; readonly cpuSeconds: number } {
    const dir = `/proc/${this.pid ?? 0}`;
    const kib = Number(/VmRSS:\s+([0-9]+)/.exec(readFileSync(`${dir}/status`, 'utf8'))?.[1] ?? 0);
    // The command's name may hold spaces, so count from the closing bracket: utime and stime are fields 14 and 15.
    const fields = readFileSync(`${dir}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const ticksPerSecond = 100;
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { rssMiB: kib / 1024, cpuSeconds: ticks / ticksPerSecond };
  }
}
