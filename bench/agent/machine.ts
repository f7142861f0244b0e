/** How fast this machine is, and what runs on it; the CPU time and memory of processes, from /proc. */

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { frrPids } from '../../lab/fabric/frr.ts';
import type { FabricNode } from '../../lab/fabric/node.ts';
import { type Calibration, type Idle, round } from './figures.ts';

const loopTurns = 5_000_000;

/** The best of a few turns: what the machine can do when nothing disturbs it. */
export function calibrate(): Calibration {
  return {
    loop: best(() => {
      let sum = 0;
      for (let i = 0; i < loopTurns; i += 1) sum = (sum + i * 7) & 0xffffff;
      return sum;
    }),
    fork20: best(() => spawnSync('bash', ['-c', 'for i in {1..20}; do /bin/true; done'])),
    node: best(() => spawnSync(process.execPath, ['-e', '0'])),
  };
}

function best(work: () => unknown): number {
  const times = [1, 2, 3, 4, 5].map(() => {
    const begun = performance.now();
    work();
    return performance.now() - begun;
  });
  return round(Math.min(...times));
}

export function versions(): Readonly<Record<string, string>> {
  const commands = {
    ovn: 'ovn-controller --version',
    ovs: 'ovs-vswitchd --version',
    frr: '/usr/lib/frr/zebra --version',
  };
  const found = Object.entries(commands).map(([name, command]) => {
    const { stdout } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
    return [name, /\d+(\.\d+)+/.exec(stdout)?.[0] ?? 'unknown'] as const;
  });
  return { node: process.versions.node, ...Object.fromEntries(found) };
}

const ticksPerSecond = 100;

/**
 * The guest has one processor: what the bench makes of an answer must not hold up what it measures. From here on it runs
 * only when nobody else wants to.
 */
export function giveWay(): void {
  spawnSync('chrt', ['--idle', '--pid', '0', String(process.pid)], { stdio: 'inherit' });
}

/** Before the command of who is measured: it would inherit how the bench is scheduled. */
export const asUsual: readonly string[] = ['chrt', '--other', '0'];

/** What an agent and FRR of its node cost while nothing happens. The first of the processes is the agent itself. */
export async function idleOf(
  node: FabricNode,
  [agent = 0, ...others]: readonly number[],
  seconds: number,
): Promise<Idle> {
  const frr = [...frrPids(node).values()];
  const cpu = (pids: readonly number[]) => pids.reduce((sum, pid) => sum + cpuOf(pid), 0);
  const begun = performance.now();
  const before = { agent: cpu([agent, ...others]), frr: cpu(frr) };
  await sleep(seconds * 1000);
  const minutes = (performance.now() - begun) / 60_000;
  return {
    seconds,
    cpuSecondsPerMinute: round((cpu([agent, ...others]) - before.agent) / minutes, 2),
    frrCpuSecondsPerMinute: round((cpu(frr) - before.frr) / minutes, 2),
    agentRssMiB: round(rssMiBOf(agent)),
    childrenRssMiB: round(others.reduce((sum, pid) => sum + rssMiBOf(pid), 0)),
  };
}

/** CPU seconds of a process and of its children that have ended. */
export function cpuOf(pid: number): number {
  // The command's name may hold spaces: count from its closing bracket; utime to cstime are fields 14 to 17.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, each) => sum + Number(each), 0);
  return ticks / ticksPerSecond;
}

export function rssMiBOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+([0-9]+)/.exec(status)?.[1] ?? 0) / 1024;
}

export function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
      .split(' ')
      .filter((each) => each !== '')
      .map(Number),
  );
}
