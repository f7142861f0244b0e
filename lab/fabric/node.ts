/**
 * A machine of the fabric: a network namespace with its own /run, /etc, /var and host name, so that daemons and agents
 * with fixed paths run unmodified, once a node. Files of a node lie under `/run/lab/nodes/NAME` for everyone to read.
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOk } from '../process.ts';
import { addNamespaces, Namespace } from './namespace.ts';

/** `lab/guest/enter` knows these too. */
const state = '/run/lab';

export class FabricNode extends Namespace {
  /** The node's files as seen from outside: `run/`, `etc/` and `var/` (of the latter two what differs from the root). */
  readonly dir: string;

  constructor(name: string) {
    super(name);
    this.dir = join(state, 'nodes', name);
  }

  protected override get entry(): readonly string[] {
    const { name } = this;
    const net = `--net=/run/netns/${name}`;
    return ['nsenter', net, `--mount=${state}/mount/${name}`, `--uts=${state}/uts/${name}`, '--'];
  }

  /** Writes a file of the node from outside, without a process there. */
  async writeFile(path: string, text: string): Promise<void> {
    await writeFile(join(this.dir, path), text);
  }

  /** Runs `vtysh -c` commands; what it prints. */
  vtysh(...commands: readonly string[]): Promise<string> {
    return this.ok(['vtysh', ...commands.flatMap((command) => ['-c', command])]);
  }

  /** A `show ... json` command's answer. */
  async vtyshJson<T = Record<string, unknown>>(command: string): Promise<T> {
    return JSON.parse(await this.vtysh(command)) as T;
  }

  ovsVsctl(...words: readonly string[]): Promise<string> {
    return this.ok(['ovs-vsctl', ...words]);
  }
}

/** Prepares the place where nodes live. Once per boot. */
export async function prepareNodes(): Promise<void> {
  await mkdir(`${state}/mount`, { recursive: true });
  await mkdir(`${state}/uts`, { recursive: true });
  // Namespaces can be bound only to files on a private mount.
  for (const kind of ['mount', 'uts']) {
    await runOk(['mount', '--bind', `${state}/${kind}`, `${state}/${kind}`]);
    await runOk(['mount', '--make-private', `${state}/${kind}`]);
  }
}

export async function addNodes(names: readonly string[]): Promise<readonly FabricNode[]> {
  await addNamespaces(names);
  const nodes = names.map((name) => new FabricNode(name));
  for (const node of nodes) await addMachine(node);
  return nodes;
}

const runDirectories = ['frr', 'openvswitch', 'ovn', 'lock', 'netns'];
const writableTrees = ['etc', 'var'];

async function addMachine({ name, dir }: FabricNode): Promise<void> {
  for (const part of runDirectories) await mkdir(join(dir, 'run', part), { recursive: true });
  const overlays: string[] = [];
  for (const tree of writableTrees) {
    await mkdir(join(dir, tree), { recursive: true });
    await mkdir(join(dir, `${tree}.work`), { recursive: true });
    const options = `lowerdir=/${tree},upperdir=${join(dir, tree)},workdir=${join(dir, `${tree}.work`)}`;
    overlays.push(`overlay /${tree} overlay ${options} 0 0`);
  }
  // /run last: the overlays' directories lie under the outer one.
  const table = ['sys /sys sysfs defaults 0 0', ...overlays, `${dir}/run /run none bind 0 0`];
  await writeFile(join(dir, 'fstab'), `${table.join('\n')}\n`);
  await writeFile(`${state}/mount/${name}`, '');
  await writeFile(`${state}/uts/${name}`, '');
  const enter = ['nsenter', `--net=/run/netns/${name}`];
  const unshare = ['unshare', `--mount=${state}/mount/${name}`, `--uts=${state}/uts/${name}`];
  await runOk([...enter, ...unshare, '--propagation', 'slave', 'bash', '-eu', '-s'], {
    input: machineScript(name, dir),
  });
}

/** Everything builtin but two programs: a fork costs 40 ms in the guest. */
function machineScript(name: string, dir: string): string {
  const settings = {
    'net/ipv4/ip_forward': 1,
    'net/ipv6/conf/all/forwarding': 1,
    'net/ipv4/conf/all/rp_filter': 0,
    'net/ipv4/conf/default/rp_filter': 0,
    'net/ipv4/tcp_l3mdev_accept': 1,
    'net/ipv4/udp_l3mdev_accept': 1,
  };
  return [
    `hostname ${name}`,
    `mount -a -T ${dir}/fstab`,
    ...Object.entries(settings).map(([path, value]) => `echo ${value} > /proc/sys/${path}`),
  ].join('\n');
}
