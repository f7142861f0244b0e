/** The loop: messages from a seed, mutated, checked, counted. Stops at the first that breaks a rule, and says which. */

import fc from 'fast-check';
import { unwrap } from '../../src/base/result.ts';
import { encodeMessage, type WireSession } from '../../src/protocols/bgp/index.ts';
import { anyMessage, sessions } from '../../test/protocols/bgp/values.ts';
import { checkMessage, type Outcome } from './check.ts';
import { Chance, Mutator } from './mutate.ts';

export interface FuzzOptions {
  readonly seed: number;
  /** How many messages; as many as there is time for, where left out. */
  readonly count?: number;
  readonly seconds?: number;
  /** Called about every second. */
  readonly progress?: (so: Progress) => void;
}

export interface Progress {
  readonly messages: number;
  readonly seconds: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
}

export interface Breach {
  readonly message: string;
  readonly hex: string;
  /** Its index in the `sessions` of test/protocols/bgp/values.ts. */
  readonly session: number;
}

const corpusSize = 300;
/** Every so many are printed and written again as well, which takes ten times as long. */
const wholeEvery = 8;
const progressEvery = 20_000;

/** Valid messages of each session. */
function corpusOf(session: WireSession, seed: number): readonly Uint8Array[] {
  return fc
    .sample(anyMessage(session), { numRuns: corpusSize, seed })
    .map((message) => unwrap(encodeMessage(message, session)));
}

export function fuzz(options: FuzzOptions): { progress: Progress; breach?: Breach } {
  const { seed, count = Infinity, seconds = Infinity } = options;
  const corpora = sessions.map((session, i) => corpusOf(session, seed + i));
  const chance = new Chance(seed);
  const mutator = new Mutator(chance);
  const outcomes: Record<Outcome, number> = { accept: 0, withdraw: 0, refuse: 0 };
  const started = performance.now();
  const now = (messages: number): Progress => ({
    messages,
    seconds: (performance.now() - started) / 1000,
    outcomes,
  });
  for (let messages = 0; ; messages += 1) {
    if (messages % progressEvery === 0 && messages > 0) {
      options.progress?.(now(messages));
      if (now(messages).seconds >= seconds) return { progress: now(messages) };
    }
    if (messages >= count) return { progress: now(messages) };
    const index = chance.below(sessions.length);
    const corpus = corpora[index] ?? [];
    const octets = mutator.mutate(pick(corpus, chance), pick(corpus, chance));
    const session = sessions[index];
    if (session === undefined) throw new Error('no such session');
    try {
      outcomes[checkMessage(octets, session, messages % wholeEvery === 0)] += 1;
    } catch (error) {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const hex = Buffer.from(octets).toString('hex');
      return { progress: now(messages), breach: { message, hex, session: index } };
    }
  }
}

function pick(corpus: readonly Uint8Array[], chance: Chance): Uint8Array {
  return corpus[chance.below(corpus.length)] ?? new Uint8Array(19);
}
