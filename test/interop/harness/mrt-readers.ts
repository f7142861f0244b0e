/**
 * bgpdump and OpenBGPD's bgpctl, readers of MRT that are independent of us: packages of this machine's own Debian, extracted,
 * never installed.
 */

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runOk } from '../../../lab/process.ts';
import { rootsDirectory } from './releases.ts';

interface Reader {
  readonly package: string;
  readonly path: string;
  /** Why it cannot be run, in the words of a skipped test. */
  readonly skip: string | false;
}

function readerOf(name: string, program: string): Reader {
  const path = join(rootsDirectory, name, program);
  const skip = existsSync(path) ? false : `no ${name}; node test/interop/fetch.ts`;
  return { package: name, path, skip };
}

export const bgpdump = readerOf('bgpdump', 'usr/bin/bgpdump');
export const bgpctl = readerOf('openbgpd', 'usr/sbin/bgpctl');

/** Does nothing when they are there. */
export async function fetchMrtReaders(): Promise<void> {
  for (const each of [bgpdump, bgpctl]) await fetchReader(each);
}

async function fetchReader({ package: name, path }: Reader): Promise<void> {
  if (existsSync(path)) return;
  const directory = join(rootsDirectory, name);
  const work = await mkdtemp(join(tmpdir(), `${name}-`));
  try {
    await runOk(['sh', '-c', 'cd "$1" && apt-get download -q "$2"', 'sh', work, name]);
    const [file] = (await readdir(work)).filter((each) => each.endsWith('.deb'));
    if (file === undefined) throw new Error('apt-get has downloaded nothing');
    await runOk(['dpkg-deb', '--extract', join(work, file), join(work, 'root')]);
    await mkdir(rootsDirectory, { recursive: true });
    await rm(directory, { recursive: true, force: true });
    // Across file systems there is no renaming, so it is copied to where it will be first.
    const part = `${directory}.part-${process.pid}`;
    await runOk(['cp', '-r', join(work, 'root'), part]);
    await rename(part, directory);
    console.log(`peers: ${name} is in ${directory}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
