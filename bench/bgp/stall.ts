/**
 * How long the event loop of a Node process stood still: a meter that is put into the process beside its own modules, and
 * the question for what it has seen. Only for Selvedge; of daemons in C nobody can ask that.
 */

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds. */
export interface Stall {
  /** From one turn to another, whoever had the processor meanwhile. */
  readonly wall: number;
  /** Of it, what the loop itself has worked. */
  readonly cpu: number;
}

/** Arguments of Node for a process that notes its stalls, and writes the longest to `file` when it gets SIGUSR2. */
export function stallMeter(file: string): readonly string[] {
  const script = `
    import { writeFileSync, renameSync } from 'node:fs';
    let wall = performance.now();
    let cpu = process.threadCpuUsage();
    let longest = { wall: 0, cpu: 0 };
    setInterval(() => {
      const now = performance.now();
      const used = process.threadCpuUsage();
      const worked = (used.user - cpu.user + used.system - cpu.system) / 1000;
      longest = { wall: Math.max(longest.wall, now - wall), cpu: Math.max(longest.cpu, worked) };
      wall = now;
      cpu = used;
    }, 1).unref();
    process.on('SIGUSR2', () => {
      writeFileSync(${JSON.stringify(`${file}.part`)}, JSON.stringify(longest));
      renameSync(${JSON.stringify(`${file}.part`)}, ${JSON.stringify(file)});
      longest = { wall: 0, cpu: 0 };
    });`;
  return ['--import', `data:text/javascript,${encodeURIComponent(script)}`];
}

const patience = 60_000;

/** The longest stall since it was last asked. */
export async function longestStall(pid: number, file: string): Promise<Stall> {
  rmSync(file, { force: true });
  process.kill(pid, 'SIGUSR2');
  const deadline = performance.now() + patience;
  while (!existsSync(file)) {
    if (performance.now() > deadline) throw new Error(`process ${pid} does not tell its stalls`);
    await sleep(10);
  }
  return JSON.parse(readFileSync(file, 'utf8'));
}
