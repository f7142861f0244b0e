/** The guest that stays: `up`, `again`, `exec`, `shell`, `down`. One at a time per user. */

import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, GuestConnection } from '../guest/client.ts';
import { cacheRoot, guestProject } from '../guest/paths.ts';
import { buildProjectImages } from '../guest/project-image.ts';
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

/**
 * Takes the sources as they are now into the resident guest and runs a script there. The new image is mounted over the
 * old one; what runs already keeps the old.
 */
export async function runAgain(
  settings: RunSettings,
  say: (text: string) => void,
): Promise<number> {
  requireResident();
  const out = await readFile(join(runDir, 'out'), 'utf8');
  const name = `project-${Date.now()}.squashfs`;
  const work = await mkdtemp(join(tmpdir(), 'lab-'));
  try {
    const images = await buildProjectImages(work, say);
    await copyFile(images.project, join(out, name));
  } finally {
    await rm(work, { recursive: true });
  }
  const mounted = await execInGuest('guest', ['bash', 'lab/guest/remount', name], false);
  await rm(join(out, name));
  if (mounted !== 0) return mounted;
  const command = scriptCommand(settings);
  return runResident({ ...command, env: { ...command.env, LAB_FABRIC: 'up' } }, false);
}

/** Runs a command in a node of the resident guest; `terminal` joins our terminal to it. */
export async function execInGuest(
  node: string,
  argv: readonly string[],
  terminal: boolean,
): Promise<number> {
  const command = node === 'guest' ? argv : ['lab/guest/enter', node, ...argv];
  return runResident({ argv: command, cwd: guestProject }, terminal);
}

async function runResident(command: Command, terminal: boolean): Promise<number> {
  requireResident();
  const connection = await GuestConnection.open(runDir, AbortSignal.timeout(answerLimitMs));
  if (terminal) joinTerminal(connection);
  const env = terminal ? { TERM: process.env['TERM'] ?? 'dumb' } : (command.env ?? {});
  try {
    return (await connection.run({ ...command, env, terminal }, terminalSink)) ?? 1;
  } finally {
    connection.close();
    if (terminal && process.stdin.isTTY) process.stdin.setRawMode(false);
    process.stdin.pause();
  }
}

function requireResident(): void {
  if (residentPid() !== undefined) return;
  throw new Error("no guest is up: start one with 'node lab/main.ts up'");
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
