/**
 * A real BGP daemon as the tests see it, whichever it is: a router that is started from the root of its release, killed
 * and ended. The daemons differ in `peers/`; what each of them cannot do is in README.md.
 */

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { argvIn, type Place } from './place.ts';
import { Program } from './program.ts';
import { type PeerConfig, Router } from './router.ts';
import { until } from './until.ts';

/** How one program of a daemon is started; `path` is inside the root. */
export interface Command {
  readonly path: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Which daemon a peer is, and the root directory of its release. */
export interface Origin {
  readonly name: string;
  readonly version: string;
  readonly root: string;
}

/** Where a daemon's own directory is for itself. */
export const peerDirectory = '/run/peer';

/** Kept after the run, for whoever asks why a test failed. */
const logDirectory = join(import.meta.dirname, '../../../out/interop');

export abstract class Peer extends Router {
  /** What its programs said, all runs of this peer one after the other. */
  readonly log: string;
  protected readonly place: Place;
  /** Whether it is started after a kill and was to come back gracefully: then it announces that it restarts. */
  protected isRecovering = false;
  #programs: readonly Program[] = [];

  /** Takes a directory; nothing runs before `start`. */
  constructor(
    { name, root }: Origin,
    config: PeerConfig,
    mount: Pick<Place, 'at' | 'hidden'> = { at: peerDirectory },
  ) {
    super(name, config);
    const directory = mkdtempSync(join(tmpdir(), 'selvedge-peer-'));
    this.place = {
      root,
      directory,
      ...mount,
      ...(config.netns === undefined ? {} : { netns: config.netns }),
    };
    mkdirSync(logDirectory, { recursive: true });
    this.log = join(
      logDirectory,
      `${directory.split('-').at(-1)}-${name.replaceAll(' ', '-')}.log`,
    );
  }

  /** What is to run, the speaker last; writes the files that it reads. */
  protected abstract commands(): readonly Command[];
  /** Whether it answers questions. */
  protected abstract isReady(): Promise<boolean>;
  /** Lets go of what was open to the speaker, which is about to end. */
  protected async release(): Promise<void> {}

  /** The process of the speaker. */
  get pid(): number {
    return this.#programs.at(-1)?.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#programs.at(-1)?.isRunning ?? false;
  }

  /** Starts it and waits until it answers. */
  async start(): Promise<void> {
    const commands = this.commands();
    // After a kill, what stands beside the speaker still runs.
    const standing = this.#programs.filter((program) => program.isRunning);
    const started = commands.slice(standing.length).map((each) => this.#run(each));
    this.#programs = [...standing, ...started];
    await until(`${this.name} answers`, async () => {
      if (!this.isRunning) throw new Error(`${this.name} ended at its start:\n${this.readLog()}`);
      return this.isReady();
    });
  }

  #run(command: Command): Program {
    const argv = argvIn(this.place, command.path, ...command.args);
    const { env } = command;
    return new Program(argv, { log: this.log, ...(env === undefined ? {} : { env }) });
  }

  /** Ends the speaker without a word, as a crash would; what stands beside it goes on. */
  async kill(): Promise<void> {
    await this.release();
    await this.#programs.at(-1)?.stop('SIGKILL');
    this.isRecovering = this.config.gracefulRestart !== undefined;
  }

  /** Ends all of it and forgets its directory; the log stays. */
  async stop(): Promise<void> {
    await this.release();
    for (const program of this.#programs.toReversed()) await program.stop();
    rmSync(this.place.directory, { recursive: true, force: true });
  }

  readLog(): string {
    return readFileSync(this.log, 'utf8').split('\n').slice(-40).join('\n');
  }

  /** A file in its directory; the path is the one that the daemon sees. */
  protected write(name: string, content: string | Uint8Array): string {
    writeFileSync(join(this.place.directory, name), content);
    return `${this.place.at}/${name}`;
  }

  /** What a program of its root prints, run beside it. */
  protected async run(path: string, ...args: readonly string[]): Promise<string> {
    const [file = '', ...rest] = argvIn(this.place, path, ...args);
    const { stdout } = await promisify(execFile)(file, rest, { maxBuffer: 1 << 30 });
    return stdout;
  }
}
