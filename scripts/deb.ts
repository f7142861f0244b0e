/**
 * Packs a Debian package that needs nothing from npm: the compiled program with its few packages, the addon, the Node that it
 * was tested with, both units and their user. Starts and enables nothing when it is installed. docs/installing.md uses it.
 *
 *   node scripts/deb.ts [--out out] [--compression xz]
 */

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const root = dirname(import.meta.dirname);
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, 'out') },
    /** As dpkg-deb(1) names them. */
    compression: { type: 'string', default: 'xz' },
  },
});
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly version: string;
  readonly description: string;
};
const architecture = run('dpkg', ['--print-architecture']).trim();
const home = 'usr/lib/selvedge';

run('npm', ['run', '--silent', 'build']);
run('npm', ['run', '--silent', 'native']);
const tree = mkdtempSync(join(tmpdir(), 'selvedge-deb-'));
try {
  layOut();
  writeControl();
  const file = join(resolve(values.out), `selvedge_${manifest.version}_${architecture}.deb`);
  mkdirSync(dirname(file), { recursive: true });
  run('dpkg-deb', ['--root-owner-group', `-Z${values.compression}`, '--build', tree, file]);
  console.log(relative(process.cwd(), file));
} finally {
  rmSync(tree, { recursive: true, force: true });
}

function layOut(): void {
  chmodSync(tree, 0o755);
  copy(join(root, 'package.json'), `${home}/package.json`);
  copy(join(root, 'LICENSE'), 'usr/share/doc/selvedge/copyright');
  cpSync(join(root, 'dist'), join(tree, home, 'dist'), {
    recursive: true,
    filter: (path) => !/\.(d\.ts|map)$/.test(path),
  });
  copy(join(root, 'build/selvedge_native.node'), `${home}/build/selvedge_native.node`);
  // Root itself is the first line.
  const packages = run('npm', ['ls', '--omit=dev', '--all', '--parseable']).trim().split('\n');
  for (const path of packages.slice(1)) copy(path, join(home, relative(root, path)));
  copy(process.execPath, `${home}/node`);
  const program = join(tree, home, 'dist/cli/main.js');
  const text = readFileSync(program, 'utf8');
  writeFileSync(program, text.replace(/^#!.*/, `#!/${home}/node`));
  chmodSync(program, 0o755);
  mkdirSync(join(tree, 'usr/bin'), { recursive: true });
  symlinkSync(`../lib/selvedge/dist/cli/main.js`, join(tree, 'usr/bin/selvedge'));
  for (const unit of ['selvedge.service', 'selvedge-bgp.service']) {
    copy(join(root, 'deploy', unit), `usr/lib/systemd/system/${unit}`);
  }
  copy(join(root, 'deploy/selvedge.sysusers'), 'usr/lib/sysusers.d/selvedge.conf');
}

function writeControl(): void {
  const control = `Package: selvedge
Version: ${manifest.version}
Architecture: ${architecture}
Maintainer: The Selvedge authors <selvedge@localhost>
Section: net
Priority: optional
Depends: libc6 (>= ${neededGlibc()}), libgcc-s1, libstdc++6
Recommends: frr, openvswitch-switch, ovn-host
Description: ${manifest.description}
`;
  mkdirSync(join(tree, 'DEBIAN'));
  writeFileSync(join(tree, 'DEBIAN/control'), control);
  // The user is made when systemd is there to make it; a container has none, and runs the program as it likes.
  const configured = `#!/bin/sh
set -e
if [ "$1" = configure ] && command -v systemd-sysusers >/dev/null; then
  systemd-sysusers selvedge.conf
  [ ! -d /run/systemd/system ] || systemctl daemon-reload
fi
`;
  writeFileSync(join(tree, 'DEBIAN/postinst'), configured, { mode: 0o755 });
}

/** The newest version of a symbol that the program or the addon asks of glibc. */
function neededGlibc(): string {
  const versions = [process.execPath, join(root, 'build/selvedge_native.node')].flatMap((path) => [
    ...readFileSync(path, 'latin1').matchAll(/GLIBC_2\.(\d+)(?=[\0.])/g),
  ]);
  return `2.${Math.max(...versions.map(([, minor]) => Number(minor)))}`;
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(join(tree, to)), { recursive: true });
  cpSync(from, join(tree, to), { recursive: true, dereference: true });
}

/** What it printed; ends this program when it fails. */
function run(command: string, argv: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, argv, {
    cwd: root,
    encoding: 'utf8',
  });
  if (status === 0) return stdout;
  console.error(`${command} ${argv.join(' ')}: ${error?.message ?? stderr}${stdout ?? ''}`);
  return process.exit(1);
}
