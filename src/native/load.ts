/** Loads what was compiled from native/, for this machine and this Node. What it offers is for those to say who use it. */

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** `what` it is wanted for. Throws when it was not built for this machine, with the remedy. */
export function loadNative(what: string): unknown {
  const require = createRequire(import.meta.url);
  try {
    // `imports` of package.json: the same place from src/, from dist/, and from a file into which all was put together.
    return require('#native');
  } catch (cause) {
    // Only the first line: what follows is the stack of modules.
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    const native = join(dirname(require.resolve('#manifest')), 'native');
    throw new Error(
      `cannot load the addon for ${what}: ${reason}; build it for this machine with 'make -C ${native}' (needs a C compiler and the headers of Node)`,
      { cause },
    );
  }
}
