/** `node lab/main.ts COMMAND`: builds the guest, runs scripts in a fresh one, or keeps one up to work in. See README.md. */

import { isCommandLineError, parseCommandLine } from './cli/arguments.ts';
import { runCommand } from './cli/commands.ts';

const parsed = parseCommandLine(process.argv.slice(2));
if (isCommandLineError(parsed)) {
  process.stderr.write(`${parsed.message}\n`);
  process.exitCode = 2;
} else {
  process.exitCode = await runCommand(parsed).catch((error: unknown) => {
    process.stderr.write(`lab: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  });
}
