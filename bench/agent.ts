/**
 * The whole agent on the kernel, Open vSwitch, OVN and FRR of the lab: how long from a row of the Southbound database to
 * the route at the spine, alone and in bursts, with few ports and with many; how long it takes to start; what it costs
 * when nothing happens. Each number of ports in a guest of its own. Prints a table; leaves `out/bench/agent.json`.
 *
 *   node bench/agent.ts
 *   BENCH_PORTS=0,200 BENCH_BURSTS=200 node bench/agent.ts       a short one; bench/README.md has all settings
 *   BENCH_MODE=bgp node bench/agent.ts                           provider networks and floating IPs, by default evpn
 *   BENCH_CLOUD=1000,100000 BENCH_PORTS=100 node bench/agent.ts  in clouds of so many ports
 */

import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { formatReport, type Report, reportName } from './agent/figures.ts';

const root = resolve(import.meta.dirname, '..');
const out = join(root, 'out', 'bench');
const counts = (process.env['BENCH_PORTS'] ?? '0,200,1000,10000').split(',');
const mode = process.env['BENCH_MODE'] ?? 'evpn';
/** 0: no other ports than those. */
const clouds = (process.env['BENCH_CLOUD'] ?? '0').split(',');
const timeLimitSeconds = 3600;

/** What the guest has measured with so many ports. */
function measure(ports: string, cloud: string): Report {
  const path = join(out, reportName(mode, ports, cloud));
  rmSync(path, { force: true });
  const words = ['run', '--timeout', String(timeLimitSeconds), '--out', out, 'bench/agent/main.ts'];
  const { status } = spawnSync(process.execPath, ['lab/main.ts', ...words], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, BENCH_MODE: mode, BENCH_PORTS: ports, BENCH_CLOUD: cloud },
  });
  if (status !== 0)
    throw new Error(
      `the run with ${ports} ports in a cloud of ${cloud} ended with status ${status}`,
    );
  return JSON.parse(readFileSync(path, 'utf8')) as Report;
}

const [load = 0] = loadavg();
const reports = counts.flatMap((ports) => clouds.map((cloud) => measure(ports, cloud)));
const [first] = reports;
if (first === undefined) throw new Error('BENCH_PORTS names no number');
const report: Report = {
  ...first,
  calibration: reports.flatMap(({ calibration }) => calibration),
  results: reports.flatMap(({ results }) => results),
  predecessor: reports.flatMap(({ predecessor }) => predecessor),
};
const host = { cpu: cpus()[0]?.model ?? '', cores: cpus().length, loadBefore: load };
writeFileSync(join(out, 'agent.json'), `${JSON.stringify({ host, ...report }, null, 2)}\n`);
process.stdout.write(`\n${JSON.stringify({ bench: 'agent', host, ...report })}\n`);
process.stdout.write(`\n${formatReport(report)}\n`);
