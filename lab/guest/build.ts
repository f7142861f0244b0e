/**
 * Builds a guest from Debian packages: root image, kernel and initrd, kept in the cache. Idempotent: a complete build
 * of the same recipe is left alone; an interrupted one lies under another name and is never taken for complete.
 */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runOk } from '../process.ts';
import { buildInitrd } from './initrd.ts';
import { fetchKeyring, readMirror } from './mirror.ts';
import { cacheRoot, type GuestFiles, guestFiles, guestFilesIn } from './paths.ts';
import { commonPackages, type Release } from './release.ts';

/** Raise it when the steps below change what they make; the scripts beside this file count by themselves. */
const recipeVersion = 1;

/** Makes the release's guest unless it is there; says what it does through `say`. */
export async function buildGuest(
  release: Release,
  say: (line: string) => void,
): Promise<GuestFiles> {
  const files = guestFiles(release);
  const recipe = await formatRecipe(release);
  if (await isComplete(files, recipe)) return files;
  const started = Date.now();
  await removeLeftovers(release);
  const part = guestFilesIn(`${files.dir}.part-${process.pid}`);
  await mkdir(part.dir, { recursive: true });
  say(`lab: building the ${release.name} guest in ${files.dir} (a few minutes, once)`);
  await buildRoot(release, part);
  await buildInitrd(part);
  await writeFile(part.stamp, recipe);
  await rm(files.dir, { recursive: true, force: true });
  await rename(part.dir, files.dir);
  say(`lab: ${release.name} guest built in ${Math.round((Date.now() - started) / 1000)} s`);
  return files;
}

export async function isComplete(files: GuestFiles, recipe: string): Promise<boolean> {
  if (!existsSync(files.stamp)) return false;
  return (await readFile(files.stamp, 'utf8')) === recipe;
}

/** Everything the result depends on, but for the mirror's own progress. */
export async function formatRecipe(release: Release): Promise<string> {
  const scripts = createHash('sha256');
  for (const name of ['initrd-init', 'install-kernel']) {
    scripts.update(await readFile(join(import.meta.dirname, name)));
  }
  return JSON.stringify({
    recipeVersion,
    scripts: scripts.digest('hex'),
    packages: packagesOf(release),
  });
}

function packagesOf(release: Release): readonly string[] {
  return [...commonPackages, ...release.packages];
}

/** Parts of builds whose process is gone. */
async function removeLeftovers(release: Release): Promise<void> {
  await mkdir(cacheRoot, { recursive: true });
  for (const name of await readdir(cacheRoot)) {
    const pid = new RegExp(`^${release.name}\\.part-([0-9]+)$`).exec(name)?.[1];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    await rm(join(cacheRoot, name), { recursive: true, force: true });
  }
}

async function buildRoot(release: Release, files: GuestFiles): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'lab-root-'));
  await runOk(['chmod', '755', work]); // apt's own user reads the keyring
  try {
    const mirror = await readMirror();
    const keyring = await fetchKeyring(release.name, mirror, work);
    const tar = join(files.dir, 'root.tar');
    await runOk(bootstrapCommand(release, mirror, keyring, files, tar));
    await buildRootImage(tar, files.root);
    await rm(tar);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function bootstrapCommand(
  release: Release,
  mirror: string,
  keyring: string,
  files: GuestFiles,
  tar: string,
): readonly string[] {
  return [
    'mmdebstrap',
    '--quiet',
    `--keyring=${keyring}`,
    '--aptopt=Acquire::Check-Valid-Until "false"',
    '--variant=minbase',
    ...['man', 'doc', 'locale', 'info'].map((d) => `--dpkgopt=path-exclude=/usr/share/${d}/*`),
    `--include=${packagesOf(release).join(',')}`,
    `--customize-hook=${join(import.meta.dirname, 'install-kernel')}`,
    `--customize-hook=copy-out /boot/vmlinuz /boot/modules /usr/bin/busybox ${files.dir}`,
    release.name,
    tar,
    mirror,
  ];
}

/** Metadata uncompressed, data as lz4: nearly as quick to read as a raw image, at half its size. */
async function buildRootImage(tar: string, image: string): Promise<void> {
  const options = ['-comp', 'lz4', '-noI', '-noX', '-noF', '-quiet', '-no-progress'];
  await runOk(['sqfstar', ...options, image], { inputFile: tar });
}
