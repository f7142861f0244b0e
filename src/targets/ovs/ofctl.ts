/**
 * ovs-ofctl(8), the one program we run: dumps and changes flows of a bridge by our cookie, and watches them. A bundle
 * is atomic. No shell; flows go in by standard input.
 */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

import { err, ok, type Result } from '../../base/result.ts';
import { cookieFilter } from '../../resources/flow.ts';

const program = 'ovs-ofctl';

/** Milliseconds; a bridge whose switch does not answer must not hold up the others. */
const patience = 10_000;

export function dumpFlows(bridge: string, cookie: number): Promise<Result<string, string>> {
  const filter = `cookie=${cookieFilter(cookie)}`;
  return run(['--no-stats', '--no-names', 'dump-flows', bridge, filter], '');
}

/** Changes in one atomic bundle: lines such as `add …` and `delete_strict …`. */
export async function changeFlows(
  bridge: string,
  lines: readonly string[],
): Promise<Result<void, string>> {
  const result = await run(['--bundle', 'add-flow', bridge, '-'], `${lines.join('\n')}\n`);
  return result.ok ? ok(undefined) : result;
}

function run(args: readonly string[], input: string): Promise<Result<string, string>> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: patience });
    let output = '';
    let complaint = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
    child.on('error', (cause) => resolve(err(`cannot run ${program}: ${cause.message}`)));
    child.on('close', (status) => {
      resolve(
        status === 0 ? ok(output) : err(complaint.trim() || `${program} gave status ${status}`),
      );
    });
    // The program may end before it has read its input; `close` says what came of it.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

/** Tells when flows of a bridge change, by us or by others, and when the switch is gone. */
export class FlowWatch {
  readonly #child: ChildProcessByStdio<null, null, Readable>;
  readonly #ended: Promise<void>;

  constructor(bridge: string, changed: () => void) {
    this.#child = spawn(program, ['monitor', bridge, 'watch:!initial,!own', '--no-names'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    // What it hears goes to standard error, line by line.
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('event=')) changed();
    });
    this.#ended = new Promise((resolve) => {
      this.#child.on('error', () => resolve());
      this.#child.on('close', () => resolve());
    });
  }

  /** Resolves when nothing more will come. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  close(): void {
    this.#child.kill();
  }
}
