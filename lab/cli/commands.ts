/** What the lab's commands do. Every one ends with an exit status. */

import { assertNever } from '../../src/base/assert-never.ts';
import { buildGuest } from '../guest/build.ts';
import type { CommandLine } from './arguments.ts';
import { downGuest, execInGuest, runAgain, upGuest } from './resident.ts';
import { runScript } from './run-script.ts';

export async function runCommand(line: CommandLine): Promise<number> {
  switch (line.command) {
    case 'build':
      await buildGuest(line.release, say);
      return 0;
    case 'run':
      return runScript(line.run, say);
    case 'up':
      return upGuest(line.run, say);
    case 'again':
      return runAgain(line.run, say);
    case 'exec':
      return execInGuest(line.node, line.argv, false);
    case 'shell':
      return execInGuest(line.node, line.argv, true);
    case 'down':
      return downGuest();
    default:
      return assertNever(line);
  }
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
