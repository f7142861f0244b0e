/** The loop: messages from a seed, mutated, checked, counted. Stops at the first that breaks a rule, and says which. */

import fc from 'fast-check';
import { unwrap } from '../../src/base/result.ts';
import { encodeMessage } from '../../src/protocols/bgp/index.ts';
import { anyMessage, sessions } from '../../test/protocols/bgp/values.ts';
import { checkMessage, type Depth, type Outcome } from './check.ts';
import { directed } from './directed.ts';
import { Chance, Mutator } from './mutate.ts';
import { type Ends, everySession } from './sessions.ts';

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
  /** Its index in `everySession`. */
  readonly session: number;
}

const corpusSize = 300;
/** Octets of a message that costs as much as many others and says no more: of such a few will do. */
const long = 1000;
/** Every so many are printed and written again as well, which takes ten times as long; the laws take ten times that. */
const valuesEvery = 8;
const lawsEvery = 128;
const progressEvery = 20_000;

/** Valid messages of each session of the generators, and those that are written by hand. */
function corpora(seed: number): readonly (readonly Uint8Array[])[] {
  return sessions.map((session, i) => {
    const messages = fc.sample(anyMessage(session), { numRuns: corpusSize, seed: seed + i });
    const all = messages.map((message) => unwrap(encodeMessage(message, session)));
    return [...all.filter(({ length }, at) => length < long || at % 10 === 0), ...directed];
  });
}

export function fuzz(options: FuzzOptions): { progress: Progress; breach?: Breach } {
  const { seed, count = Infinity, seconds = Infinity } = options;
  const outcomes: Record<Outcome, number> = { accept: 0, withdraw: 0, refuse: 0 };
  const started = performance.now();
  let messages = 0;
  const now = (): Progress => ({
    messages,
    seconds: (performance.now() - started) / 1000,
    outcomes,
  });
  for (const { octets, session, depth } of inputs(seed)) {
    if (messages >= count) break;
    if (messages % progressEvery === 0 && messages > 0) {
      options.progress?.(now());
      if (now().seconds >= seconds) break;
    }
    const breach = breachOf(octets, session, depth, outcomes);
    if (breach !== undefined) return { progress: now(), breach };
    messages += 1;
  }
  return { progress: now() };
}

interface Input {
  readonly octets: Uint8Array;
  /** Its index in `everySession`. */
  readonly session: number;
  readonly depth: Depth;
}

/** First what is written by hand, as it stands and under every session; then mutations without end. */
function* inputs(seed: number): Generator<Input> {
  for (const octets of directed) {
    for (const session of everySession.keys()) yield { octets, session, depth: 'laws' };
  }
  const chance = new Chance(seed);
  const mutator = new Mutator(chance);
  const all = corpora(seed);
  for (let i = 0; ; i += 1) {
    const session = chance.below(everySession.length);
    // A session of the generators has messages of its own; under the others any may come.
    const corpus = all[session < all.length ? session : chance.below(all.length)] ?? [];
    const octets = mutator.mutate(pick(corpus, chance), pick(corpus, chance));
    yield { octets, session, depth: depthOf(i) };
  }
}

function depthOf(index: number): Depth {
  if (index % lawsEvery === 0) return 'laws';
  return index % valuesEvery === 0 ? 'values' : 'octets';
}

function breachOf(
  octets: Uint8Array,
  session: number,
  depth: Depth,
  outcomes: Record<Outcome, number>,
): Breach | undefined {
  try {
    outcomes[checkMessage(octets, endsOf(session), depth)] += 1;
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { message, hex: Buffer.from(octets).toString('hex'), session };
  }
}

/** The session of an index; throws where there is none. */
export function endsOf(index: number): Ends {
  const ends = everySession[index];
  if (ends === undefined) throw new Error(`no session ${index}`);
  return ends;
}

function pick(corpus: readonly Uint8Array[], chance: Chance): Uint8Array {
  return corpus[chance.below(corpus.length)] ?? new Uint8Array(19);
}
