/** The guest that stays: `up`, `exec`, `shell`, `down`. One at a time per user. */

import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GuestConnection } from '../guest/client.ts';
import { cacheRoot, guestProject } from '../guest/paths.ts';
import type { RunSettings } from './arguments.ts';
import { connectTo, scriptCommand, startGuest, terminalSink } from './run-script.ts';

const runDir = join(cacheRoot, 'up');
const answerLimitMs = 5000;

/** Boots a guest that outlives us and runs the settings' script there, which brings the fabric up. */
export async function upGuest(settings: RunSettings, say: (text: string) => void): Promise<number> {
  if (residentPid() !== undefined) {
    say("lab: a guest is up already: 'node lab/main.ts down' stops it");
    return 1;
  }
  await rm(runDir, { recursive: true, force: true });
  await mkdir(runDir, { recursive: true });
  const guest = await startGuest(settings, runDir, true, say);
  await writeFile(join(runDir, 'out'), resolve(settings.out));
  const connection = await connectTo(guest, runDir);
  const code = await connection.run(scriptCommand(settings), terminalSink);
  connection.close();
  return code ?? 1;
}

/** Runs a command in a node of the resident guest; `terminal` joins our terminal to it. */
export async function execInGuest(
  node: string,
  argv: readonly string[],
  terminal: boolean,
): Promise<number> {
  if (residentPid() === undefined)
    throw new Error("no guest is up: start one with 'node lab/main.ts up'");
  const connection = await GuestConnection.open(runDir, AbortSignal.timeout(answerLimitMs));
  const command = node === 'guest' ? argv : ['lab/guest/enter', node, ...argv];
  if (terminal) joinTerminal(connection);
  const env: Record<string, string> = terminal ? { TERM: process.env['TERM'] ?? 'dumb' } : {};
  try {
    const options = { argv: command, env, cwd: guestProject, terminal };
    return (await connection.run(options, terminalSink)) ?? 1;
  } finally {
    connection.close();
    if (terminal && process.stdin.isTTY) process.stdin.setRawMode(false);
    process.stdin.pause();
  }
}

function joinTerminal(connection: GuestConnection): void {
  if (process.stdin.isTTY) process.stdin.setRawMode(true);
  process.stdin.on('data', (data: Buffer) =>
    connection.send({ op: 'input', data: data.toString('base64') }),
  );
  process.stdin.on('end', () => connection.send({ op: 'inputEnd' }));
}

export async function downGuest(): Promise<number> {
  const pid = residentPid();
  if (pid !== undefined) process.kill(pid, 'SIGTERM');
  const pauseMs = 100;
  while (residentPid() !== undefined) await sleep(pauseMs);
  await rm(runDir, { recursive: true, force: true });
  return 0;
}

/** The pid of the resident guest's QEMU, when it runs and is QEMU indeed. */
function residentPid(): number | undefined {
  const path = join(runDir, 'pid');
  if (!existsSync(path)) return undefined;
  const pid = Number(readFileSync(path, 'utf8'));
  const comm = `/proc/${pid}/comm`;
  return existsSync(comm) && readFileSync(comm, 'utf8').startsWith('qemu') ? pid : undefined;
}
