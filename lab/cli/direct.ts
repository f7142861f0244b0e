/** Decides where the fabric runs, guest or this machine, and says why. `LAB=direct` asks for this machine, `LAB=guest` forbids it. */

import { run } from '../process.ts';

export interface Place {
  readonly kind: 'direct' | 'guest';
  readonly reason: string;
}

/** What the fabric creates, each with the `ip` words that try it. */
const kernelFeatures: readonly (readonly [string, readonly string[]])[] = [
  ['vrf', ['type', 'vrf', 'table', '77']],
  ['dummy', ['type', 'dummy']],
  ['vxlan', ['type', 'vxlan', 'id', '77', 'dstport', '4789']],
  ['geneve', ['type', 'geneve', 'id', '77', 'remote', '192.0.2.1']],
  ['bridge VLAN filtering', ['type', 'bridge', 'vlan_filtering', '1']],
];

const programs = ['ovs-vswitchd', 'ovn-northd', 'ovn-controller', '/usr/lib/frr/bgpd', 'tcpdump'];

export async function choosePlace(): Promise<Place> {
  if (process.env['LAB'] !== 'direct') {
    return { kind: 'guest', reason: 'running in a QEMU guest (LAB=direct would use this kernel)' };
  }
  const missing = [...(await findMissingFeatures()), ...(await findMissingPrograms())];
  if (missing.length === 0) {
    return {
      kind: 'direct',
      reason: 'LAB=direct, and this machine has all that is needed: no guest',
    };
  }
  const reason = `LAB=direct, but this machine lacks ${missing.join(', ')}: running in a QEMU guest`;
  return { kind: 'guest', reason };
}

/** Tries each kind of device in a network namespace of its own that is gone afterwards. */
async function findMissingFeatures(): Promise<readonly string[]> {
  if (process.getuid?.() !== 0) return ['root'];
  const missing: string[] = [];
  for (const [name, words] of kernelFeatures) {
    const output = await run(['unshare', '--net', 'ip', 'link', 'add', 'probe', ...words]);
    if (output.code !== 0) missing.push(`${name} in the kernel`);
  }
  const openvswitch = await run(['modprobe', 'openvswitch']).catch(() => ({ code: 1 }));
  return openvswitch.code === 0 ? missing : [...missing, 'openvswitch in the kernel'];
}

async function findMissingPrograms(): Promise<readonly string[]> {
  const found = await Promise.all(
    programs.map(async (name) => (await run(['sh', '-c', 'command -v "$0"', name])).code === 0),
  );
  return programs.filter((_, index) => !found[index]);
}
