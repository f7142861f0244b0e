/** `node lab/main.ts COMMAND`: builds the guest, runs scripts in a fresh one, or keeps one up to work in. See README.md. */

import { isCommandLineError, parseCommandLine } from './cli/arguments.ts';
import { runCommand } from './cli/commands.ts';

// The lab strips types with a function of Node that still calls itself experimental: once known, that is no news.
process.removeAllListeners('warning');
process.on('warning', (warning) => {
  if (warning.name !== 'ExperimentalWarning') process.stderr.write(`${warning.message}\n`);
});

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
