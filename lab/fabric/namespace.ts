/** A network namespace by name: a host or VM of the fabric. Runs programs in it; `FabricNode` adds a machine around one. */

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { type Output, type RunOptions, run, runOk } from '../process.ts';

export class Namespace {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** The words that put a command into this place. */
  protected get entry(): readonly string[] {
    return ['nsenter', `--net=/run/netns/${this.name}`, '--'];
  }

  /** Runs a command here to its end, whatever its exit status. */
  exec(argv: readonly string[], options: RunOptions = {}): Promise<Output> {
    return run([...this.entry, ...argv], options);
  }

  /** Runs a command here that must succeed; its standard output. */
  ok(argv: readonly string[], options: RunOptions = {}): Promise<string> {
    return runOk([...this.entry, ...argv], options);
  }

  /** Runs a bash script here: one process instead of one for each line that is a builtin. */
  script(text: string): Promise<string> {
    return this.ok(['bash', '-eu', '-s'], { input: text });
  }

  /** `ip` commands, all by one process; the first that fails ends it. */
  async ip(...lines: readonly string[]): Promise<void> {
    await runOk(['ip', '-n', this.name, '-batch', '-'], { input: `${lines.join('\n')}\n` });
  }

  /** What `ip -json WORDS` prints, parsed. */
  async ipJson<T = Record<string, unknown>>(...words: readonly string[]): Promise<readonly T[]> {
    const text = await runOk(['ip', '-n', this.name, '-json', ...words]);
    return text.trim() === '' ? [] : (JSON.parse(text) as readonly T[]);
  }

  /** Starts a program here that goes on; its output is appended to `logFile`. The child is the program itself. */
  spawn(
    argv: readonly string[],
    logFile: string,
    env: Readonly<Record<string, string>> = {},
  ): ChildProcess {
    const log = openSync(logFile, 'a');
    const [file = '', ...args] = [...this.entry, ...argv];
    const child = spawn(file, args, {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...env },
    });
    closeSync(log);
    return child;
  }

  /** Whether `to` answers at least one of a few pings. */
  async pings(to: string, count = 3): Promise<boolean> {
    const words = ['ping', '-n', '-q', '-i', '0.2', '-c', String(count), '-W', '1', to];
    return (await this.exec(words)).code === 0;
  }
}

/** Creates namespaces with their loopback up, by two processes however many they are. */
export async function addNamespaces(names: readonly string[]): Promise<void> {
  const lines = (line: (name: string) => string) => ({ input: names.map(line).join('\n') });
  await runOk(
    ['ip', '-batch', '-'],
    lines((name) => `netns add ${name}`),
  );
  // `-n` cannot change within a batch: enter each by name from here.
  for (const name of names) await runOk(['ip', '-n', name, 'link', 'set', 'lo', 'up']);
}

export async function deleteNamespaces(names: readonly string[]): Promise<void> {
  await runOk(['ip', '-force', '-batch', '-'], {
    input: names.map((name) => `netns del ${name}`).join('\n'),
  });
}
