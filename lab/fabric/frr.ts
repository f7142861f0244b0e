/** FRR of a node: daemons started as the distribution's own script would, minus its watchdog. */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FabricNode } from './node.ts';
import { waitFor } from './wait.ts';

const daemons = '/usr/lib/frr';

/** Whether the FRR of this release is of that major version. */
export function isFrr(major: number): boolean {
  const { stdout } = spawnSync(`${daemons}/zebra`, ['--version'], { encoding: 'utf8' });
  return stdout.startsWith(`zebra version ${major}.`);
}

/**
 * Why the spine may lose its way to a hypervisor here: when a route of type 5 changes in place, zebra 8.4 notes its next hop
 * for the new one, then forgets it for the old one, which is the same note, and the router's MAC goes with the last.
 */
export function frrForgetsRouterMac(): string | undefined {
  return isFrr(8)
    ? "zebra 8.4 forgets a VTEP's router MAC when a route of type 5 changes"
    : undefined;
}

/** Starts FRR with this configuration. */
export async function startFrr(node: FabricNode, configuration: string): Promise<void> {
  for (const part of ['etc/frr', 'var/log/frr', 'var/lib/frr']) {
    await mkdir(join(node.dir, part), { recursive: true });
  }
  await node.writeFile('etc/frr/frr.conf', configuration);
  await node.writeFile('etc/frr/vtysh.conf', 'service integrated-vtysh-config\n');
  await node.writeFile('etc/frr/daemons', 'bgpd=yes\n');
  await node.ok(['chown', '-R', 'frr:frr', '/etc/frr', '/run/frr', '/var/log/frr', '/var/lib/frr']);
  await startDaemons(node);
}

/** mgmtd exists from FRR 9 on and must be first: zebra and staticd take their configuration from it. */
async function startDaemons(node: FabricNode): Promise<void> {
  const mgmtd = existsSync(`${daemons}/mgmtd`) ? ['mgmtd -d'] : [];
  const commands = [...mgmtd, 'zebra -d -s 90000000', 'staticd -d', 'bgpd -d'];
  const lines = [
    'cd /',
    // A daemon keeps the output it was started with: not our pipe, or we would wait for its end.
    ...commands.map((command) => `${daemons}/${command} > /var/log/frr/start.log 2>&1`),
    'vtysh -b > /var/log/frr/vtysh-b.log 2>&1 || { cat /var/log/frr/vtysh-b.log >&2; exit 1; }',
  ];
  await node.script(lines.join('\n'));
}

/** The pids of the node's FRR daemons, by name. */
export function frrPids(node: FabricNode): ReadonlyMap<string, number> {
  const dir = join(node.dir, 'run/frr');
  const files = readdirSync(dir).filter((name) => name.endsWith('.pid'));
  return new Map(
    files.map((name) => [name.slice(0, -4), Number(readFileSync(join(dir, name), 'utf8'))]),
  );
}

/** Ends all of FRR, politely as the service manager would or at once, and leaves it down. */
export async function stopFrr(node: FabricNode, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  const pids = [...frrPids(node).values()].filter((pid) => existsSync(`/proc/${pid}`));
  for (const pid of pids) process.kill(pid, signal);
  await waitFor(`FRR of ${node.name} to end`, async () =>
    pids.every((pid) => !existsSync(`/proc/${pid}`)),
  );
  await node.script('rm -f /run/frr/*.vty /run/frr/*.pid /run/frr/*.api /run/frr/*.sock');
}

/** FRR anew, with what its configuration file holds: what was only in its memory is gone. */
export async function restartFrr(node: FabricNode, signal?: NodeJS.Signals): Promise<void> {
  await stopFrr(node, signal);
  await startDaemons(node);
}
