/** The lab's command line, as values. Parses; runs nothing. */

import { parseArgs } from 'node:util';
import { defaultRelease, parseRelease, type Release } from '../guest/release.ts';

export type CommandLine =
  | { readonly command: 'build'; readonly release: Release }
  | { readonly command: 'run'; readonly run: RunSettings }
  | { readonly command: 'up'; readonly run: RunSettings }
  | { readonly command: 'again'; readonly run: RunSettings }
  | { readonly command: 'exec' | 'shell'; readonly node: string; readonly argv: readonly string[] }
  | { readonly command: 'down' };

export interface RunSettings {
  readonly release: Release;
  /** `/out` in the guest. */
  readonly out: string;
  readonly script: string;
  readonly argv: readonly string[];
  readonly timeLimitSeconds: number;
  readonly memoryMiB: number;
}

export interface CommandLineError {
  readonly message: string;
}

const usage = `usage: node lab/main.ts COMMAND
  build [--release R]                               make the guest (bookworm, trixie or sid)
  run   [--release R] [--out DIR] [--timeout S] [--memory MIB] SCRIPT.ts [ARGUMENT...]
                                                    run a script in a fresh guest
  up    [--release R] [--out DIR] [SCRIPT.ts ARGUMENT...]
                                                    keep a guest with the fabric; runs the script there first
  again SCRIPT.ts [ARGUMENT...]                     run a script there, with the sources as they are now
  exec  NODE COMMAND...                             run a command in a node of that guest (c1, c2, spine, hx, guest...)
  shell [NODE]                                      a shell there
  down                                              stop that guest`;

export function isCommandLineError(
  value: CommandLine | CommandLineError,
): value is CommandLineError {
  return 'message' in value;
}

export function parseCommandLine(words: readonly string[]): CommandLine | CommandLineError {
  const [command = '', ...rest] = words;
  switch (command) {
    case 'build':
      return { command, release: parseRun(rest).release };
    case 'run':
    case 'again': {
      const settings = parseRun(rest);
      return settings.script === '' ? { message: usage } : { command, run: settings };
    }
    case 'up': {
      const settings = parseRun(rest);
      return { command, run: { ...settings, script: settings.script || 'lab/fabric/main.ts' } };
    }
    case 'exec': {
      const [node, ...argv] = rest;
      return node === undefined || argv.length === 0 ? { message: usage } : { command, node, argv };
    }
    case 'shell':
      return { command, node: rest[0] ?? 'guest', argv: ['bash'] };
    case 'down':
      return { command };
    default:
      return { message: usage };
  }
}

const defaultTimeLimitSeconds = 1800;
const defaultMemoryMiB = 4096;

/** Options end at the first word that is none: what follows the script belongs to the script. */
function parseRun(words: readonly string[]): RunSettings {
  const { values, positionals } = parseArgs({
    args: words.slice(0, scriptIndex(words)),
    allowPositionals: true,
    options: {
      release: { type: 'string', default: process.env['LAB_RELEASE'] ?? defaultRelease },
      out: { type: 'string', default: 'lab-out' },
      timeout: { type: 'string', default: String(defaultTimeLimitSeconds) },
      memory: { type: 'string', default: process.env['LAB_MEMORY'] ?? String(defaultMemoryMiB) },
    },
  });
  const [script = '', ...argv] = [...positionals, ...words.slice(scriptIndex(words))];
  return {
    release: parseRelease(values.release),
    out: values.out,
    script,
    argv,
    timeLimitSeconds: Number(values.timeout),
    memoryMiB: Number(values.memory),
  };
}

function scriptIndex(words: readonly string[]): number {
  let index = 0;
  while (words[index]?.startsWith('--')) index += words[index]?.includes('=') ? 1 : 2;
  return index;
}
