/**
 * A real BGP daemon as the tests see it, whichever it is: configured in one vocabulary, told to announce and withdraw,
 * asked what it sees. The daemons differ in `peers/`; what each of them cannot do is in README.md.
 */

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { argvIn, type Place } from './place.ts';
import { Program } from './program.ts';
import type { Family, LearnedRoute, Route } from './routes.ts';
import { until } from './until.ts';

/** What daemons listen on where nothing else is asked for. */
export const bgpPort = 1790;

/** Seconds, where nothing else is asked for. */
export const defaultHoldTime = 90;

export interface NeighborConfig {
  /** An address, or for a session between link-local addresses the interface as `%to-b`. */
  readonly address: string;
  readonly port?: number;
  readonly as: number;
  readonly families: readonly Family[];
  /** It waits to be called. */
  readonly passive?: boolean;
  /** It is a client of this route reflector. */
  readonly client?: boolean;
  /** TCP-MD5, RFC 2385. */
  readonly password?: string;
  /** GTSM, RFC 5082: at most so many hops away. */
  readonly ttlSecurity?: number;
  /** Seconds; `defaultHoldTime`. */
  readonly holdTime?: number;
  /** Of each family; one more ends the session. */
  readonly maxPrefix?: number;
  /** RFC 7911, for every family. */
  readonly addPath?: 'send' | 'receive' | 'both';
}

export interface PeerConfig {
  readonly as: number;
  readonly routerId: string;
  /** Where it listens and from where it calls; in a namespace it may be left out. */
  readonly address?: string;
  readonly port?: number;
  readonly neighbors: readonly NeighborConfig[];
  /** Seconds it may take to come back, RFC 4724; not announced when absent. */
  readonly gracefulRestart?: number;
  /** The network namespace it runs in. FRR then has its zebra. */
  readonly netns?: string;
}

export type SessionState =
  | 'Idle'
  | 'Connect'
  | 'Active'
  | 'OpenSent'
  | 'OpenConfirm'
  | 'Established';

export type Capability =
  | `multiprotocol ${Family}`
  | `add-path ${Family}`
  | 'route-refresh'
  | 'enhanced-refresh'
  | 'extended-message'
  | 'extended-next-hop'
  | '4-octet-as'
  | 'graceful-restart'
  | 'long-lived-graceful-restart'
  | 'role'
  | 'hostname'
  | 'software-version';

/** A session as the daemon tells it. */
export interface Session {
  readonly state: SessionState;
  /** What the neighbour announced in its OPEN; empty while there is none. In ascending order. */
  readonly capabilities: readonly Capability[];
  /** Of the neighbour, while established. */
  readonly routerId?: string;
  /** The same while the session lives, in whatever words and of at most a second's precision. */
  readonly upSince?: string;
  /** Negotiated, in seconds. */
  readonly holdTime?: number;
  /** What the neighbour announced with RFC 4724; `isRestarting` is the R bit. */
  readonly gracefulRestart?: { readonly time: number; readonly isRestarting: boolean };
  /** How often the neighbour has asked for a refresh; BIRD does not tell. */
  readonly refreshes?: number;
}

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

export abstract class Peer {
  readonly name: string;
  readonly config: PeerConfig;
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
    this.name = name;
    this.config = config;
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

  /** What it knows of the session with this neighbour. */
  abstract session(neighbor: string): Promise<Session>;
  /** What it has learned from its neighbours, best or not, in the order of `keyOf`. */
  abstract routes(family: Family): Promise<readonly LearnedRoute[]>;
  /** Originates routes; a next hop that is its own address may be set by itself. */
  abstract announce(...routes: readonly Route[]): Promise<void>;
  abstract withdraw(...routes: readonly Route[]): Promise<void>;
  /** Asks the neighbour to send its routes again: RFC 2918. */
  abstract refresh(neighbor: string, family: Family): Promise<void>;
  /** Ends the session with a NOTIFICATION; it comes up again by itself. */
  abstract reset(neighbor: string): Promise<void>;
  /** Why it cannot originate this route; undefined when it can. */
  abstract cannotAnnounce(route: Route): string | undefined;
  /** What it shows of a route that it holds: the whole, where it neither loses nor hides something. */
  sees(route: Route): Route {
    return route;
  }
  /** What its neighbours get of a route that it passes on, but for what RFC 4456 adds. */
  passesOn(route: Route): Route {
    return route;
  }

  get address(): string {
    return this.config.address ?? '';
  }

  get port(): number {
    return this.config.port ?? bgpPort;
  }

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

  async established(neighbor: string): Promise<void> {
    const isUp = async () => (await this.session(neighbor)).state === 'Established';
    await until(`${this.name} has a session with ${neighbor}`, isUp);
  }

  readLog(): string {
    return readFileSync(this.log, 'utf8').split('\n').slice(-40).join('\n');
  }

  /** A file in its directory; the path is the one that the daemon sees. */
  protected write(name: string, text: string): string {
    writeFileSync(join(this.place.directory, name), text);
    return `${this.place.at}/${name}`;
  }

  /** What a program of its root prints, run beside it. */
  protected async run(path: string, ...args: readonly string[]): Promise<string> {
    const [file = '', ...rest] = argvIn(this.place, path, ...args);
    const { stdout } = await promisify(execFile)(file, rest, { maxBuffer: 1 << 30 });
    return stdout;
  }
}
