/**
 * An OVN of a hypervisor's own beside that of the cloud, as ovn-bgp-agent's method `ovn` wants it: databases, northd, and a
 * second ovn-controller with a name; the uplink to the fabric becomes a port of a bridge that has its addresses.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loopback, underlayMtu, uplink } from './addresses.ts';
import type { FabricNode } from './node.ts';
import { isOvnBefore } from './ovn-version.ts';
import { projectDir } from './out.ts';
import { centralScript, endDaemon } from './ovs.ts';
import { waitFor } from './wait.ts';

/** Where the uplink's addresses are while that lasts. */
export const uplinkBridge = 'br-up';
const chassis = 'bgp';
const controllerPidFile = `/run/ovn/ovn-controller-${chassis}.pid`;

/** Why a node cannot route by an OVN of its own here, if it cannot. */
export function localOvnLacks(): string | undefined {
  return isOvnBefore('23.06')
    ? 'OVN before 23.06 has no arp_proxy for networks, nor for IPv6, nor for a localnet port'
    : undefined;
}

/** As `docs/local-ovn.md` tells an operator to; `index` counts hypervisors from 1. */
export async function startLocalOvn(node: FabricNode, index: number): Promise<void> {
  const { node4, node6 } = uplink(index);
  const settings = {
    UPLINK: 'up0',
    MTU: underlayMtu,
    ADDRESS4: `${node4}/31`,
    ADDRESS6: `${node6}/127`,
    LOOPBACK: loopback(index).v4,
  };
  const assignments = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const page = readFileSync(join(projectDir, 'docs/local-ovn.md'), 'utf8');
  const [, commands] = /^```sh\n([^`]*)^```/m.exec(page) ?? [];
  if (commands === undefined) throw new Error('docs/local-ovn.md has no commands');
  await node.script([...centralScript(), ...assignments, commands].join('\n'));
  await renewSession(node);
}

/** Leaves the hypervisor as it was. */
export async function stopLocalOvn(node: FabricNode, index: number): Promise<void> {
  const { node4, node6 } = uplink(index);
  // What the page has made.
  const keys = ['remote', 'bridge', 'bridge-mappings', 'encap-type', 'encap-ip'];
  const pidFile = join(node.dir, controllerPidFile);
  if (existsSync(pidFile)) {
    const pid = readFileSync(pidFile, 'utf8').trim();
    // Its name by default: OVN 23.03 takes no other.
    await node.ok(['ovn-appctl', '-t', `/run/ovn/ovn-controller.${pid}.ctl`, 'exit']);
    await waitFor('the second ovn-controller to end', async () => !existsSync(`/proc/${pid}`));
  }
  for (const name of ['ovn-northd', 'ovnnb_db', 'ovnsb_db']) {
    await endDaemon(node, `run/ovn/${name}.pid`);
  }
  await node.script(
    [
      ...keys.map((key) => `ovs-vsctl remove Open_vSwitch . external_ids ovn-${key}-${chassis}`),
      `ovs-vsctl --if-exists del-br br-${chassis} -- --if-exists del-br ${uplinkBridge}`,
      'rm -f /var/lib/ovn/ovnnb.db /var/lib/ovn/ovnsb.db',
      `ip address replace ${node4}/31 dev up0`,
      `ip address replace ${node6}/127 dev up0 nodad`,
    ].join('\n'),
  );
  await renewSession(node);
}

/** FRR keeps the link-local next hop of the interface by which the session came about. */
async function renewSession(node: FabricNode): Promise<void> {
  await node.vtysh('clear bgp *');
  await waitFor('BGP to come back', () => node.pings(loopback(0).v6, 1));
}
