/** Runs a TypeScript file in a fresh guest, or directly where the kernel can, and gives back its exit status. */

import { existsSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bootGuest, type Guest, stopGuest } from '../guest/boot.ts';
import { buildGuest } from '../guest/build.ts';
import { type Command, GuestConnection, type Sink } from '../guest/client.ts';
import { guestOut, guestProject, projectRoot } from '../guest/paths.ts';
import { buildProjectImages } from '../guest/project-image.ts';
import type { RunSettings } from './arguments.ts';
import { choosePlace } from './direct.ts';
import { runDirect } from './run-direct.ts';

type Say = (text: string) => void;

const bootLimitMs = 120_000;
const mostBoots = 3;
const powerOffGraceMs = 10_000;
const timeLimitStatus = 124;
const guestDiedStatus = 125;
const interruptedStatus = 130;

/** Our own output. */
export const terminalSink: Sink = {
  write: (to, data) => void (to === 'stdout' ? process.stdout : process.stderr).write(data),
};

export async function runScript(settings: RunSettings, say: Say): Promise<number> {
  const place = await choosePlace();
  say(`lab: ${place.reason}`);
  if (place.kind === 'direct') return runDirect(settings, say);
  const runDir = await mkdtemp(join(tmpdir(), 'lab-'));
  const removeAtExit = () => rmSync(runDir, { recursive: true, force: true });
  process.once('exit', removeAtExit);
  process.once('SIGINT', () => process.exit(interruptedStatus));
  process.once('SIGTERM', () => process.exit(interruptedStatus));
  for (let boots = 1; ; boots += 1) {
    const guest = await startGuest(settings, runDir, false, say);
    try {
      const connection = await connectTo(guest, runDir);
      if (boots >= mostBoots || (await keepsTime(connection))) {
        return await runIn(settings, guest, connection, runDir, say);
      }
      connection.close();
    } finally {
      await stopGuest(guest, 0);
    }
    say('lab: the clock of the guest goes wrong; it is started anew');
  }
}

/**
 * Whether a second there is a second: Linux measures its clock at boot, and takes a wrong measure where the processor was
 * somebody else's meanwhile. Six times as fast has been seen, and then nothing holds that has to do with time.
 */
async function keepsTime(connection: GuestConnection): Promise<boolean> {
  const uptime = async (): Promise<number> => {
    let text = '';
    const sink: Sink = { write: (_, data) => void (text += data.toString()) };
    await connection.run({ argv: ['cat', '/proc/uptime'] }, sink);
    return Number.parseFloat(text) * 1000;
  };
  const [before, begun] = [await uptime(), performance.now()];
  await sleep(1000);
  const [after, ended] = [await uptime(), performance.now()];
  const rate = (after - before) / (ended - begun);
  return rate > 0.6 && rate < 1.6;
}

/** Builds what is missing and boots. */
export async function startGuest(
  settings: RunSettings,
  runDir: string,
  detached: boolean,
  say: Say,
): Promise<Guest> {
  const files = await buildGuest(settings.release, say);
  const images = await buildProjectImages(runDir, say);
  const outDir = resolve(settings.out);
  await mkdir(outDir, { recursive: true });
  const { memoryMiB } = settings;
  return bootGuest({ files, images, runDir, outDir, memoryMiB, detached });
}

async function runIn(
  settings: RunSettings,
  guest: Guest,
  connection: GuestConnection,
  dir: string,
  say: Say,
): Promise<number> {
  const limit = setTimeout(() => {
    say(`lab: time limit of ${settings.timeLimitSeconds} s`);
    timedOut = true;
    process.kill(guest.pid, 'SIGKILL');
  }, settings.timeLimitSeconds * 1000);
  let timedOut = false;
  const code = await connection.run(scriptCommand(settings), terminalSink);
  clearTimeout(limit);
  if (code !== undefined) {
    connection.send({ op: 'powerOff' });
    await Promise.race([guest.ended, new Promise((r) => setTimeout(r, powerOffGraceMs).unref())]);
  }
  connection.close();
  if (timedOut) return timeLimitStatus;
  if (code === undefined) say(`lab: the guest died: ${await readTail(join(dir, 'console'))}`);
  return code ?? guestDiedStatus;
}

/** Waits for the guest's command server; says what the console says when it does not come. */
export async function connectTo(guest: Guest, dir: string): Promise<GuestConnection> {
  const died = new AbortController();
  void guest.ended.then(() => died.abort());
  const signal = AbortSignal.any([died.signal, AbortSignal.timeout(bootLimitMs)]);
  try {
    return await GuestConnection.open(dir, signal);
  } catch (cause) {
    const said = `${await readTail(join(dir, 'qemu.log'))}\n${await readTail(join(dir, 'console'))}`;
    throw new Error(`cannot boot the guest: ${said}`, { cause });
  }
}

/** The script as the guest sees it, with the environment that the lab's own settings need. */
export function scriptCommand(settings: RunSettings): Command {
  const path = relative(projectRoot, resolve(settings.script)).replace(/\.ts$/, '.js');
  if (path.startsWith('..'))
    throw new Error(`cannot run ${settings.script}: it is not in this tree`);
  const env = { ...labEnvironment(), LAB_OUT: guestOut, LAB_PROJECT: guestProject };
  return { argv: ['node', path, ...settings.argv], env, cwd: guestProject };
}

/** Settings of the person that scripts in the guest may look at. */
export function labEnvironment(): Readonly<Record<string, string>> {
  const wanted = /^(LAB_|SELVEDGE_|KEEP$|BENCH_|FC_)/;
  const entries = Object.entries(process.env).flatMap(([name, value]) =>
    value !== undefined && wanted.test(name) ? [[name, value] as const] : [],
  );
  return Object.fromEntries(entries);
}

async function readTail(path: string): Promise<string> {
  if (!existsSync(path)) return '';
  return (await readFile(path, 'utf8')).trim().split('\n').slice(-20).join('\n');
}
