/** The process `selvedge bgp` itself: started with a file, asked at its socket, told to read its file again, killed. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type {
  BgpNeighborView,
  BgpPeerView,
  BgpRouteView,
  BgpSummaryView,
} from '../../../src/api/contract/bgp.ts';
import { call, linesOf, open } from '../../../src/cli/call.ts';
import { Program } from './program.ts';
import { until } from './until.ts';

const main = join(import.meta.dirname, '../../../src/cli/main.ts');

export class SelvedgeProcess {
  readonly #directory = mkdtempSync(join(tmpdir(), 'selvedge-bgp-'));
  readonly #file = join(this.#directory, 'bgp.toml');
  readonly #socket = join(this.#directory, 'bgp.sock');
  readonly #log = join(this.#directory, 'log');
  readonly #netns: string | undefined;
  #program: Program | undefined;

  /** `config`: the file, but for the socket, which is the first line of its `[global]`. */
  constructor(config: string, netns?: string) {
    this.#netns = netns;
    this.configure(config);
  }

  /** Runs until the test is over, and answers when this resolves. */
  static async start(
    t: Pick<TestContext, 'after' | 'diagnostic'>,
    config: string,
    netns?: string,
  ): Promise<SelvedgeProcess> {
    const process = new SelvedgeProcess(config, netns);
    t.after(async () => {
      await process.stop();
      // In Node 24, and not in its types.
      if (!('passed' in t && t.passed === true)) t.diagnostic(process.log());
      process.forget();
    });
    await process.start();
    return process;
  }

  /** `options`: of the command line, beside the file. */
  async start(...options: readonly string[]): Promise<void> {
    const inside = this.#netns === undefined ? [] : ['ip', 'netns', 'exec', this.#netns];
    const argv = [...inside, process.execPath, main, 'bgp', '--config', this.#file, ...options];
    this.#program = new Program(argv, { log: this.#log });
    await until('selvedge bgp answers', async () => {
      if (!this.isRunning) throw new Error(`it ended at its start:\n${this.log()}`);
      return (await call(this.#socket, 'GET', '/summary?q=')).ok;
    });
  }

  get isRunning(): boolean {
    return this.#program?.isRunning ?? false;
  }

  get pid(): number {
    return this.#program?.pid ?? 0;
  }

  /** Writes the file, without telling anybody. */
  configure(config: string): void {
    const socket = `[global]\nsocket = "${this.#socket}"`;
    writeFileSync(this.#file, config.replace('[global]', socket));
  }

  /** Lets it read its file again. */
  reload(): void {
    process.kill(this.pid, 'SIGHUP');
  }

  /** Without a word, as a crash. */
  async kill(): Promise<void> {
    await this.#program?.stop('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
  }

  forget(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** All that it has said, of all its runs; its file is `FILE` there. */
  log(): string {
    return readFileSync(this.#log, 'utf8').replaceAll(this.#file, 'FILE');
  }

  /** Waits until a line of the log has these words. */
  async says(words: string): Promise<void> {
    const isSaid = () => this.log().includes(words);
    await until(`the log has '${words}'`, isSaid).catch((cause: unknown) => {
      throw new Error(this.log(), { cause });
    });
  }

  async summary(): Promise<BgpSummaryView> {
    const answer = await call(this.#socket, 'GET', '/summary?q=');
    if (!answer.ok) throw new Error(answer.error.message);
    return answer.value as BgpSummaryView;
  }

  async peer(name: string): Promise<BgpPeerView | undefined> {
    return (await this.summary()).peers.find((peer) => peer.name === name);
  }

  async neighbor(name: string): Promise<BgpNeighborView | undefined> {
    const [found] = await this.#list<BgpNeighborView>(`/neighbors?peer=${name}`);
    return found;
  }

  /** What it holds of a family, `ipv6-unicast`. */
  async routes(family: string): Promise<readonly BgpRouteView[]> {
    return this.#list<BgpRouteView>(`/rib?family=${family}`);
  }

  async #list<T>(path: string): Promise<readonly T[]> {
    const answer = await open(this.#socket, 'GET', path);
    if (!answer.ok) throw new Error(answer.error.message);
    const found: T[] = [];
    for await (const line of linesOf(answer.value)) found.push(JSON.parse(line) as T);
    return found;
  }

  async established(name: string): Promise<void> {
    const isUp = async () => {
      if (!this.isRunning) throw new Error(`it has ended:\n${this.log()}`);
      // On a busy machine it may be late with an answer.
      return (await this.peer(name).catch(() => undefined))?.state === 'Established';
    };
    await until(`the process has a session with ${name}`, isUp);
  }
}
