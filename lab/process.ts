/** Runs other programs and gives back what they said. Arguments never pass through a shell. Used on the host and in the guest. */

import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

export interface Output {
  /** Exit status; 128 + signal number when a signal ended it, as shells count. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  /** A file to read from instead. */
  readonly inputFile?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** After this many milliseconds the program is killed and the run fails. */
  readonly timeoutMs?: number;
  /** What the program prints goes straight to our own output instead of being kept. */
  readonly inherit?: boolean;
}

const killedBase = 128;
const sigkill = 9;

/** Runs a program to its end, whatever its exit status. Rejects only when it cannot be started. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Output> {
  const [file, ...args] = argv;
  if (file === undefined) throw new Error('cannot run an empty command line');
  const inputFile = options.inputFile === undefined ? undefined : openSync(options.inputFile, 'r');
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env === undefined ? process.env : { ...process.env, ...options.env },
    stdio: [
      inputFile ?? (options.input === undefined ? 'ignore' : 'pipe'),
      options.inherit ? 'inherit' : 'pipe',
      options.inherit ? 'inherit' : 'pipe',
    ],
    timeout: options.timeoutMs,
    killSignal: 'SIGKILL',
  });
  if (inputFile !== undefined) closeSync(inputFile);
  const out: Buffer[] = [];
  const error: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => error.push(chunk));
  // A program may exit before it has read all its input: that is its own business.
  child.stdin?.on('error', () => {});
  child.stdin?.end(options.input);
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) =>
      resolve(signal === null ? (status ?? 0) : killedBase + sigkill),
    );
  });
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(error).toString() };
}

/** Runs a program that must succeed; its standard output. */
export async function runOk(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const output = await run(argv, options);
  if (output.code === 0) return output.stdout;
  const said = (output.stderr + output.stdout).trim().split('\n').slice(-8).join('\n');
  throw new Error(`'${argv.join(' ').slice(0, 300)}' exited with ${output.code}: ${said}`);
}
