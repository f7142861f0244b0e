/** Where Debian packages come from, and the keys that sign a release. Effects: apt-get, the network. */

import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOk } from '../process.ts';

/** The mirror this machine's own apt uses. */
export async function readMirror(): Promise<string> {
  const configured = process.env['LAB_MIRROR'];
  if (configured !== undefined) return configured;
  const policy = await runOk(['apt-cache', 'policy', 'base-files']);
  const mirror = /^ +[0-9]+ (https?:\S+)/m.exec(policy)?.[1];
  if (mirror !== undefined) return mirror;
  throw new Error(
    "cannot find a Debian mirror in 'apt-cache policy base-files': run apt-get update",
  );
}

/**
 * A newer release is signed by keys that this machine's keyring may lack, so the release's own keyring package comes
 * first; apt still checks the packages that follow against it. sid's Release file may have expired on a mirror.
 */
export async function fetchKeyring(release: string, mirror: string, work: string): Promise<string> {
  await mkdir(join(work, 'lists/partial'), { recursive: true });
  await writeFile(join(work, 'sources.list'), `deb [trusted=yes] ${mirror} ${release} main\n`);
  const options = [
    `Dir::Etc::sourcelist=${join(work, 'sources.list')}`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::Lists=${join(work, 'lists')}`,
    'Acquire::Check-Valid-Until=false',
  ].flatMap((option) => ['-o', option]);
  await runOk(['apt-get', ...options, 'update', '-qq']);
  await runOk(['apt-get', ...options, 'download', '-qq', 'debian-archive-keyring'], { cwd: work });
  const deb = (await readdir(work)).find((name) => name.endsWith('.deb'));
  if (deb === undefined) throw new Error('apt-get downloaded no debian-archive-keyring');
  await runOk(['dpkg-deb', '-x', join(work, deb), join(work, 'keyring')]);
  return join(work, 'keyring/usr/share/keyrings');
}
