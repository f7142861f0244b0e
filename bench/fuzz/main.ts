/**
 * Throws mutated messages at the BGP codec: all types, all kinds of session. Prints progress, and in the end how many a
 * second; fails with the octets of the first that breaks a rule (check.ts).
 *
 *     node bench/fuzz/main.ts [--count 10000000] [--seconds 60] [--seed 1]
 *     node bench/fuzz/main.ts --replay HEX --session 3
 */

import { parseArgs } from 'node:util';
import { sessions } from '../../test/protocols/bgp/values.ts';
import { checkMessage } from './check.ts';
import { fuzz, type Progress } from './fuzz.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string' },
    seconds: { type: 'string' },
    seed: { type: 'string' },
    replay: { type: 'string' },
    session: { type: 'string', default: '0' },
  },
});

if (values.replay === undefined) run();
else replay(values.replay, Number(values.session));

function run(): void {
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
  console.log(line(progress));
  if (breach === undefined) return;
  console.error(`BROKEN (seed ${seed}): ${breach.message}`);
  console.error(`node bench/fuzz/main.ts --session ${breach.session} --replay ${breach.hex}`);
  process.exitCode = 1;
}

function line({ messages, seconds, outcomes }: Progress): string {
  const rate = Math.round(messages / seconds).toLocaleString('en');
  const { accept, withdraw, refuse } = outcomes;
  return `${messages.toLocaleString('en')} messages, ${seconds.toFixed(1)} s, ${rate}/s: ${accept} accepted, ${withdraw} treated as withdrawn, ${refuse} refused`;
}

function replay(hex: string, index: number): void {
  const session = sessions[index];
  if (session === undefined) throw new Error(`no session ${index}`);
  console.log(checkMessage(new Uint8Array(Buffer.from(hex, 'hex')), session, true));
}
