/**
 * BGP route reflectors side by side: how fast l2vpn evpn routes pass through FRR, GoBGP, BIRD and whatever is given as
 * a command, with all clients on this machine's loopback. bench/README.md says what is measured.
 *
 *   node bench/bgp.ts [--routes 100000,500000] [--rounds 5] [--only FRR,BIRD] [--pack 100] [--sinks 1] [--probes 200] [--hold 180]
 *                     [-- COMMAND {address} {port} {as} {clients}]
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bird3, frr8, frr10, frrNew, gobgp4 } from '../test/interop/harness/software.ts';
import { calibrate } from './agent/machine.ts';
import { measureRound } from './bgp/measure.ts';
import {
  selvedge,
  selvedgeWithMeter,
  type Subject,
  subjectOf,
  subjectOfCommand,
} from './bgp/reflector.ts';
import { formatResults, type Result } from './bgp/table.ts';

const split = process.argv.indexOf('--');
const command = split === -1 ? [] : process.argv.slice(split + 1);
const { values } = parseArgs({
  args: process.argv.slice(2, split === -1 ? undefined : split),
  options: {
    routes: { type: 'string', default: '100000,500000' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    pack: { type: 'string', default: '100' },
    sinks: { type: 'string', default: '1' },
    probes: { type: 'string', default: '200' },
    hold: { type: 'string', default: '180' },
  },
});

const subjects: readonly Subject[] = [
  selvedge,
  selvedgeWithMeter,
  ...[frr8, frr10, frrNew, gobgp4, bird3].map(subjectOf),
  ...(command.length === 0 ? [] : [subjectOfCommand('command', command)]),
].filter(({ name }) => values.only.split(',').some((word) => name.includes(word)));

const before = calibrate();
const results: Result[] = [];
for (const routes of values.routes.split(',').map(Number)) {
  for (const subject of subjects) {
    if (subject.skip !== false) {
      console.error(`${subject.name} is left out: ${subject.skip}`);
      continue;
    }
    const load = {
      routes,
      pack: Number(values.pack),
      sinks: Number(values.sinks),
      probes: Number(values.probes),
      hold: Number(values.hold),
    };
    const rounds = [];
    for (let n = 1; n <= Number(values.rounds); n += 1) {
      rounds.push(await measureRound(subject, load));
      console.error(
        `${routes} routes, ${subject.name}, round ${n}: ${JSON.stringify(rounds.at(-1))}`,
      );
    }
    results.push({ name: subject.name, load, rounds });
  }
}
const report = { node: process.version, calibration: [before, calibrate()], results };
const out = join(import.meta.dirname, '../out/bench');
mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'bgp.json'), JSON.stringify(report, undefined, 1));
for (const routes of new Set(results.map(({ load }) => load.routes))) {
  console.log(`\n${routes} routes, best of ${values.rounds}\n`);
  console.log(formatResults(results.filter(({ load }) => load.routes === routes)));
}
const loops = report.calibration.map(({ loop }) => loop);
console.log(`\ncalibration: a loop in Node took ${loops.join(' ms before and ')} ms after`);
console.log(JSON.stringify(report));
