/** How soon V8 optimises what runs often, on threads of its own. */

import { setFlagsFromString } from 'node:v8';

/**
 * V8's own thresholds: how many times a function has run before Maglev, and then TurboFan, compiles it. What its help says
 * of TurboFan (3,000) is not what is so; a test holds these against the V8 that runs it.
 */
const usual = { maglev: 400, turbofan: 10_000 } as const;
const late = { maglev: 4000, turbofan: 100_000 } as const;

/**
 * Until the function that it returns is called, ten times as late. A start runs much code a few hundred times, and then
 * never again: on a node with one processor to spare a quarter of it went to optimising that.
 *
 * V8 takes compiled code from a cache if it was put there under the same flags, and no others; so this is for after all is
 * loaded, and undone before a cache is written.
 */
export function optimiseLate(): () => void {
  set(late);
  return () => set(usual);
}

function set({ maglev, turbofan }: { readonly [K in keyof typeof usual]: number }): void {
  setFlagsFromString(`--invocation-count-for-maglev=${maglev}`);
  setFlagsFromString(`--invocation-count-for-turbofan=${turbofan}`);
}
