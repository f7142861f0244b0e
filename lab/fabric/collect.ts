/** Dumps the state of every node into one folder of text files: what one looks at after a scenario has failed. */

import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FabricNode } from './node.ts';
import { outDir, projectDir } from './out.ts';
import type { Fabric } from './topology.ts';

/** File name -> command; each node's files lie in a folder of its name. */
const everywhere: Readonly<Record<string, string>> = {
  'ip-link.txt': 'ip -d link',
  'ip-addr.txt': 'ip addr',
  'ip-rule.txt': 'ip rule; ip -6 rule',
  'ip-route.txt': 'ip -d route show table all',
  'ip-6-route.txt': 'ip -6 -d route show table all',
  'ip-neigh.txt': 'ip -d neigh; ip neigh show proxy; ip -6 neigh show proxy',
  'bridge-fdb.txt': 'bridge -d fdb',
  'bridge-vlan.txt': 'bridge vlan; bridge -d link',
  'sockets.txt': 'ss -tunap',
  'processes.txt': 'ps axo pid,ppid,stat,etime,time,rss,args',
};
const withFrr: Readonly<Record<string, string>> = {
  'frr-running.txt': "vtysh -c 'show running-config'",
  'frr-bgp.txt':
    "vtysh -c 'show bgp summary' -c 'show bgp vrf all ipv4' -c 'show bgp vrf all ipv6'",
  'frr-evpn.txt':
    "vtysh -c 'show bgp l2vpn evpn' -c 'show evpn vni detail' -c 'show evpn rmac vni all'",
  'frr-route.txt': "vtysh -c 'show ip route vrf all' -c 'show ipv6 route vrf all'",
};
const withOvs: Readonly<Record<string, string>> = {
  'ovs-show.txt': 'ovs-vsctl show; ovs-vsctl list Open_vSwitch; ovs-vsctl list Interface',
  'ovs-flows-br-ex.txt': 'ovs-ofctl dump-flows br-ex; ovs-ofctl show br-ex',
  'ovs-flows-br-int.txt': 'ovs-ofctl dump-flows br-int',
  'ovs-datapath.txt': 'ovs-appctl dpctl/dump-flows; ovs-appctl dpctl/show',
};
const withAgent: Readonly<Record<string, string>> = {
  'agent.txt': `node ${join(projectDir, 'dist/cli/main.js')} status`,
};
const withOvn: Readonly<Record<string, string>> = {
  'ovn-nb.txt': 'ovn-nbctl show; ovsdb-client dump unix:/run/ovn/ovnnb_db.sock',
  'ovn-sb.txt': 'ovn-sbctl show; ovn-sbctl list Port_Binding; ovn-sbctl list Chassis',
};

/** Collects into `dir`. A command that fails leaves its words there: collecting never fails. */
export async function collectState(fabric: Fabric, dir: string): Promise<void> {
  await collectNode(fabric.central, dir, { ...everywhere, ...withOvn });
  await collectNode(fabric.spine, dir, { ...everywhere, ...withFrr });
  for (const node of fabric.hypervisors) {
    await collectNode(node, dir, { ...everywhere, ...withFrr, ...withOvs, ...withAgent });
  }
}

const briefly = [
  `timeout 20 node ${join(projectDir, 'dist/cli/main.js')} status`,
  "vtysh -c 'show evpn vni' -c 'show bgp summary' | grep -v '^$'",
  'ip -br link show type vrf; ip -br link show type vxlan',
];

/** What a failed run says of the hypervisors: for whoever has nothing but its output. */
export async function summarize(fabric: Fabric): Promise<string> {
  const parts: string[] = [];
  for (const node of fabric.hypervisors) {
    const input = briefly.map((command) => `{ ${command}; } 2>&1 | tail -n 25`).join('\n');
    // Whatever is wrong with a node must not hide why the scenario failed.
    const { stdout } = await node
      .exec(['bash', '-s'], { input, timeoutMs: 60_000 })
      .catch((error: unknown) => ({ stdout: `it cannot be asked: ${String(error)}` }));
    const log = await readFile(join(outDir, 'agents', `${node.name}.log`), 'utf8').catch(() => '');
    parts.push(`== ${node.name}`, stdout.trimEnd(), ...log.trimEnd().split('\n').slice(-15));
  }
  return parts.join('\n');
}

async function collectNode(
  node: FabricNode,
  dir: string,
  commands: Readonly<Record<string, string>>,
): Promise<void> {
  const to = join(dir, node.name);
  await mkdir(to, { recursive: true });
  // One shell for all: a process costs 20 ms in the guest.
  const lines = Object.entries(commands).map(([file, text]) => `{ ${text}; } > ${to}/${file} 2>&1`);
  const output = await node.exec(['bash', '-s'], { input: lines.join('\n'), timeoutMs: 60_000 });
  if (output.stderr !== '') await writeFile(join(to, 'collect-errors.txt'), output.stderr);
  await cp(join(node.dir, 'var/log'), join(to, 'log'), { recursive: true }).catch(() => {});
}
