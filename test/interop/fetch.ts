/**
 * Fetches the BGP daemons that the tests and benches talk to: the packages of other Debian releases with all they
 * depend on, extracted into root directories and never installed. Does nothing when they are there.
 *
 *   node test/interop/fetch.ts [bookworm] [trixie] [sid]
 *
 * Ends with status 1 when one could not be had; the tests that need it are then skipped and say so.
 */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fetchKeyring, readMirror } from '../../lab/guest/mirror.ts';
import { run, runOk } from '../../lab/process.ts';
import { fetchMrtReaders } from './harness/mrt-readers.ts';
import {
  isComplete,
  type PackageName,
  packagesOf,
  type ReleaseName,
  recipeOf,
  releaseNames,
  rootOf,
  rootsDirectory,
  stampOf,
  versionsOf,
} from './harness/releases.ts';

const passwd = `root:x:0:0:root:/root:/bin/sh
frr:x:990:990::/nonexistent:/usr/sbin/nologin
nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin
`;
const group = `root:x:0:
frr:x:990:
frrvty:x:991:frr
nogroup:x:65534:
`;
const versionCommands: Readonly<Record<PackageName, readonly string[]>> = {
  frr: ['/usr/lib/frr/bgpd', '--version'],
  gobgpd: ['/usr/bin/gobgpd', '--version'],
  bird3: ['/usr/sbin/bird', '--version'],
  exabgp: ['/usr/bin/python3', '-c', 'import importlib.metadata as m; print(m.version("exabgp"))'],
};

/** Built under another name and moved when it is complete, so an interrupted one is never taken for whole. */
async function fetchRoot(release: ReleaseName): Promise<void> {
  const begun = Date.now();
  const seconds = (): string => `${Math.round((Date.now() - begun) / 1000)} s`;
  await removeLeftovers(release);
  const part = `${rootOf(release)}.part-${process.pid}`;
  const work = await mkdtemp(join(tmpdir(), 'peer-root-'));
  console.log(`peers: fetching ${packagesOf[release].join(', ')} of Debian ${release} (once)`);
  try {
    await runOk(['chmod', '755', work]); // apt's own user reads the keyring
    const mirror = await readMirror();
    const keyring = await fetchKeyring(release, mirror, work);
    await extract([...extractCommand(release, keyring), part, mirror], (line) =>
      console.log(`peers: ${release}: ${line} (${seconds()})`),
    );
    await complete(part);
    const versions = await readVersions(release, part);
    await writeFile(versionsOf(part), JSON.stringify(versions));
    await writeFile(stampOf(part), recipeOf(release));
    await rm(rootOf(release), { recursive: true, force: true });
    await rename(part, rootOf(release));
    const all = Object.entries(versions).map((each) => each.join(' '));
    console.log(`peers: ${release} has ${all.join(', ')} in ${rootOf(release)} (${seconds()})`);
  } finally {
    await rm(part, { recursive: true, force: true });
    await rm(work, { recursive: true, force: true });
  }
}

/** Parts of fetches whose process is gone. */
async function removeLeftovers(release: ReleaseName): Promise<void> {
  await mkdir(rootsDirectory, { recursive: true });
  for (const name of await readdir(rootsDirectory)) {
    const pid = new RegExp(`^${release}\\.part-([0-9]+)$`).exec(name)?.[1];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    await rm(join(rootsDirectory, name), { recursive: true, force: true });
  }
}

/** `extract`: no package's scripts are run. What they would have made of the root, `complete` makes. */
function extractCommand(release: ReleaseName, keyring: string): readonly string[] {
  return [
    // What it mounts is gone with it, and it is gone with us.
    'unshare',
    '--mount',
    'setpriv',
    '--pdeathsig=TERM',
    'mmdebstrap',
    '--variant=extract',
    `--keyring=${keyring}`,
    '--aptopt=Acquire::Check-Valid-Until "false"',
    '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr',
    ...['man', 'doc', 'locale', 'info'].map((d) => `--dpkgopt=path-exclude=/usr/share/${d}/*`),
    `--include=${packagesOf[release].join(',')}`,
    release,
  ];
}

/** mmdebstrap says on its standard error what it is at, in lines with an `I:`. */
async function extract(argv: readonly string[], say: (line: string) => void): Promise<void> {
  const [file = '', ...args] = argv;
  const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const last: string[] = [];
  const status = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  for await (const line of createInterface({ input: child.stderr })) {
    if (/^I: (downloading|extracting)/.test(line)) say(line.slice(3));
    else if (last.push(line) > 8) last.shift();
  }
  if ((await status) !== 0) throw new Error(`mmdebstrap: ${last.join('; ')}`);
}

/** The users that FRR runs as, the directories that daemons expect, and the places for those of each test. */
async function complete(root: string): Promise<void> {
  await writeFile(join(root, 'etc/passwd'), passwd);
  await writeFile(join(root, 'etc/group'), group);
  await writeFile(join(root, 'etc/hosts'), '127.0.0.1 localhost\n');
  for (const directory of ['run/frr', 'run/peer', 'var/tmp', 'proc']) {
    await mkdir(join(root, directory), { recursive: true });
  }
  if (!existsSync(join(root, 'var/run'))) await symlink('/run', join(root, 'var/run'));
}

/** Asks the programs themselves, which shows that they run. */
async function readVersions(release: ReleaseName, root: string): Promise<Record<string, string>> {
  const versions: Record<string, string> = {};
  for (const name of packagesOf[release]) {
    const { stdout, stderr } = await run(['chroot', root, ...versionCommands[name]]);
    const version = /[0-9]+(\.[0-9]+)+/.exec(stdout + stderr)?.[0];
    if (version === undefined) throw new Error(`${name} does not run: ${stdout}${stderr}`);
    versions[name] = version;
  }
  return versions;
}

const asked = process.argv.slice(2);
for (const release of releaseNames) {
  if (asked.length > 0 && !asked.includes(release)) continue;
  if (isComplete(release)) continue;
  try {
    await fetchRoot(release);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    console.log(`peers: cannot fetch ${release}: ${reason}`);
    process.exitCode = 1;
  }
}
try {
  await fetchMrtReaders();
} catch (cause) {
  const reason = cause instanceof Error ? cause.message : String(cause);
  console.log(`peers: cannot fetch what reads MRT: ${reason}`);
  process.exitCode = 1;
}
