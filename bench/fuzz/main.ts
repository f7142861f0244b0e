/**
 * Throws mutated messages at the BGP codec: all types, all kinds of session. Prints progress, how many a second, and which
 * branches of the codec were taken; fails with the octets of the first message that breaks a rule (check.ts, laws.ts), and
 * when a branch was not taken (coverage.ts). `--json FILE` has the same for programs.
 *
 *     node bench/fuzz/main.ts [--count 10000000] [--seconds 60] [--seed 1] [--json FILE]
 *     node bench/fuzz/main.ts --replay HEX --session 3
 */

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Coverage, Counters, formatCoverage } from './coverage.ts';
import type { Breach, Progress } from './fuzz.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string' },
    seconds: { type: 'string' },
    seed: { type: 'string' },
    json: { type: 'string' },
    replay: { type: 'string' },
    session: { type: 'string', default: '0' },
  },
});

// The codec is loaded behind the counters, or they would not see into it.
const counters = new Counters();
if (values.replay === undefined) await counters.start();
const { endsOf, fuzz } = await import('./fuzz.ts');
const { checkMessage } = await import('./check.ts');

if (values.replay === undefined) await run();
else {
  const octets = new Uint8Array(Buffer.from(values.replay, 'hex'));
  console.log(checkMessage(octets, endsOf(Number(values.session)), 'laws'));
}

async function run(): Promise<void> {
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  const seconds = values.seconds === undefined ? {} : { seconds: Number(values.seconds) };
  const wanted = values.count ?? (values.seconds === undefined ? '10000000' : undefined);
  const count = wanted === undefined ? {} : { count: Number(wanted) };
  console.log(`seed ${seed}`);
  let told = 0;
  const { progress, breach } = fuzz({
    seed,
    ...seconds,
    ...count,
    progress: (so) => {
      if (so.seconds - told < 5) return;
      told = so.seconds;
      console.log(line(so));
    },
  });
  const coverage = await counters.take();
  console.log(`${line(progress)}\n\n${formatCoverage(coverage)}`);
  report(seed, progress, coverage, breach);
}

function report(seed: number, progress: Progress, coverage: Coverage, breach?: Breach): void {
  if (values.json !== undefined) {
    writeFileSync(values.json, `${JSON.stringify({ seed, ...progress, coverage, breach })}\n`);
  }
  if (breach !== undefined) {
    console.error(`BROKEN (seed ${seed}): ${breach.message}`);
    console.error(`node bench/fuzz/main.ts --session ${breach.session} --replay ${breach.hex}`);
  }
  if (breach !== undefined || coverage.missed.length > 0) process.exitCode = 1;
}

function line({ messages, seconds, outcomes }: Progress): string {
  const rate = Math.round(messages / seconds).toLocaleString('en');
  const { accept, withdraw, refuse } = outcomes;
  return `${messages.toLocaleString('en')} messages, ${seconds.toFixed(1)} s, ${rate}/s: ${accept} accepted, ${withdraw} treated as withdrawn, ${refuse} refused`;
}
