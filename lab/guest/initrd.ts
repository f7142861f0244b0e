/** Makes the guest's initrd: static busybox, `initrd-init` and the modules that reach the root image. No tools needed. */

import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync, zstdDecompressSync } from 'node:zlib';
import { runOk } from '../process.ts';
import type { GuestFiles } from './paths.ts';

interface Entry {
  readonly path: string;
  readonly mode: number;
  readonly data: Buffer;
}

const directoryMode = 0o040755;
const programMode = 0o100755;
const none = Buffer.alloc(0);

/** Uses up what the root's build copied out beside the kernel: `busybox` and `modules/`. */
export async function buildInitrd(files: GuestFiles): Promise<void> {
  const modules = join(files.dir, 'modules');
  const entries: Entry[] = ['bin', 'dev', 'proc', 'sys', 'modules', 'lower', 'upper', 'root'].map(
    (path) => ({ path, mode: directoryMode, data: none }),
  );
  const program = async (path: string, from: string) =>
    entries.push({ path, mode: programMode, data: await readFile(from) });
  await program('init', join(import.meta.dirname, 'initrd-init'));
  await program('bin/busybox', join(files.dir, 'busybox'));
  const order = await readModuleOrder(modules);
  for (const name of await readdir(modules)) {
    if (!name.includes('.ko')) continue;
    const data = await readModule(join(modules, name));
    entries.push({ path: `modules/${plainName(name)}`, mode: programMode, data });
  }
  const list = Buffer.from(order.map((name) => `${plainName(name)}\n`).join(''));
  entries.push({ path: 'modules/order', mode: programMode, data: list });
  await writeFile(files.initrd, gzipSync(formatCpio(entries), { level: 1 }));
  await rm(modules, { recursive: true });
  await rm(join(files.dir, 'busybox'));
}

/** Each module once, after those it needs. */
async function readModuleOrder(modules: string): Promise<readonly string[]> {
  const text = await readFile(join(modules, 'order'), 'utf8');
  return [...new Set(text.split('\n').map((line) => line.trim()))].filter((line) => line !== '');
}

function plainName(module: string): string {
  return module.replace(/\.(xz|zst)$/, '');
}

/** Debian 12 ships plain modules, 13 xz; busybox's insmod wants them plain. */
async function readModule(path: string): Promise<Buffer> {
  if (path.endsWith('.zst')) return zstdDecompressSync(await readFile(path));
  if (path.endsWith('.xz')) await runOk(['xz', '-d', '-k', path]);
  return readFile(plainName(path));
}

/** The "newc" archive of cpio, as Documentation/driver-api/early-userspace/buffer-format.rst of the kernel has it. */
function formatCpio(entries: readonly Entry[]): Buffer {
  const parts = entries.map((entry, index) => formatEntry(entry, index + 1));
  return Buffer.concat([...parts, formatEntry({ path: 'TRAILER!!!', mode: 0, data: none }, 0)]);
}

function formatEntry(entry: Entry, inode: number): Buffer {
  const name = Buffer.from(`${entry.path}\0`);
  const links = 1;
  const fields = [inode, entry.mode, 0, 0, links, 0, entry.data.length, 0, 0, 0, 0, name.length, 0];
  const header = Buffer.from(
    `070701${fields.map((n) => n.toString(16).padStart(8, '0')).join('')}`,
  );
  return Buffer.concat([padToFour(Buffer.concat([header, name])), padToFour(entry.data)]);
}

function padToFour(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]);
}
