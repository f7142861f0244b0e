/** A daemon as a child process: what it says goes to a file, and it is ended by its process id. */

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

export interface ProgramOptions {
  /** Everything it prints is added to this file. */
  readonly log: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A daemon that does not end in this time when asked is a broken one. */
const patience = 60_000;

export class Program {
  readonly pid: number;
  /** Resolves when it has ended, with its status or the signal that ended it; never rejects. */
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly #child: ChildProcess;

  constructor(argv: readonly string[], options: ProgramOptions) {
    const [file = '', ...args] = argv;
    const log = openSync(options.log, 'a');
    this.#child = spawn(file, args, {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...options.env },
    });
    closeSync(log);
    this.ended = new Promise((resolve) => {
      this.#child.once('error', () => resolve(127));
      this.#child.once('exit', (code, signal) => resolve(signal ?? code ?? 0));
    });
    this.pid = this.#child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.pid > 0 && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Ends it and waits until it is gone; one that does not listen is killed, and that is an error. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (!this.isRunning) return;
    this.#child.kill(signal);
    let isDeaf = false;
    const timer = setTimeout(() => {
      isDeaf = true;
      this.#child.kill('SIGKILL');
    }, patience);
    await this.ended;
    clearTimeout(timer);
    if (isDeaf)
      throw new Error(`process ${this.pid} did not end within ${patience} ms of ${signal}`);
  }
}
