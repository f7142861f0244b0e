/** Open vSwitch, ovn-controller and OVN's central daemons of a node, and how to stop and restart each. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FabricNode } from './node.ts';
import { waitFor } from './wait.ts';

const schemas = '/usr/share';
export const nbPort = 6641;
export const sbPort = 6642;

export interface HypervisorSettings {
  /** The address of its tunnels. */
  readonly encapIp: string;
  /** Where OVN's databases listen. */
  readonly centralIp: string;
  /** Physical network -> bridge. */
  readonly bridgeMappings: Readonly<Record<string, string>>;
}

const ovsdbServer = [
  'ovsdb-server /etc/openvswitch/conf.db --remote=punix:/run/openvswitch/db.sock',
  '--remote=ptcp:6640:127.0.0.1 --pidfile --detach --no-chdir',
  '--log-file=/var/log/openvswitch/ovsdb-server.log -vconsole:off',
].join(' ');
const vswitchd = [
  'ovs-vswitchd unix:/run/openvswitch/db.sock --pidfile --detach --no-chdir',
  '--log-file=/var/log/openvswitch/ovs-vswitchd.log -vconsole:off',
].join(' ');
const controller = [
  'ovn-controller unix:/run/openvswitch/db.sock --pidfile --detach --no-chdir',
  '--log-file=/var/log/ovn/ovn-controller.log -vconsole:off',
].join(' ');

const northd = [
  'ovn-northd --pidfile --detach --no-chdir --log-file=/var/log/ovn/ovn-northd.log -vconsole:off',
  '--ovnnb-db=unix:/run/ovn/ovnnb_db.sock --ovnsb-db=unix:/run/ovn/ovnsb_db.sock',
].join(' ');

/** Starts a hypervisor's Open vSwitch, configured before its daemon first looks, and its ovn-controller. */
export async function startHypervisor(
  node: FabricNode,
  settings: HypervisorSettings,
): Promise<void> {
  const mappings = Object.entries(settings.bridgeMappings);
  const ids = {
    'system-id': node.name,
    hostname: node.name,
    'ovn-remote': `tcp:${settings.centralIp}:${sbPort}`,
    'ovn-nb-remote': `tcp:${settings.centralIp}:${nbPort}`,
    'ovn-encap-type': 'geneve',
    'ovn-encap-ip': settings.encapIp,
    'ovn-bridge-mappings': mappings.map(([physnet, bridge]) => `${physnet}:${bridge}`).join(','),
    'ovn-cms-options': 'enable-chassis-as-gw',
    'ovn-monitor-all': 'true',
    // Else the kernel takes the point-to-point address as tunnel source, which the other side does not expect.
    'ovn-set-local-ip': 'true',
  };
  const set = Object.entries(ids).map(([key, value]) => `external_ids:${key}=${value}`);
  const bridges = [...new Set(mappings.map(([, bridge]) => bridge))];
  await node.script(
    [
      'mkdir -p /etc/openvswitch /var/log/openvswitch /var/log/ovn /var/lib/openvswitch',
      `ovsdb-tool create /etc/openvswitch/conf.db ${schemas}/openvswitch/vswitch.ovsschema`,
      ovsdbServer,
      'ovs-vsctl --no-wait init',
      `ovs-vsctl --no-wait set Open_vSwitch . ${set.join(' ')} ` +
        '-- --may-exist add-br br-int -- set bridge br-int fail-mode=secure ' +
        bridges.map((bridge) => `-- --may-exist add-br ${bridge}`).join(' '),
      vswitchd,
      ...bridges.map((bridge) => `ip link set ${bridge} up`),
      controller,
    ].join('\n'),
  );
}

/** Starts the Northbound and Southbound databases and northd. */
export async function startCentral(node: FabricNode): Promise<void> {
  await node.script(centralScript().join('\n'));
}

/** The lines of bash that do so. */
export function centralScript(): readonly string[] {
  return [
    'mkdir -p /var/lib/ovn /var/log/ovn',
    ...(['nb', 'sb'] as const).flatMap((database) => [
      `ovsdb-tool create /var/lib/ovn/ovn${database}.db ${schemas}/ovn/ovn-${database}.ovsschema`,
      databaseServer(database),
    ]),
    'ovn-nbctl init',
    // All nodes share one processor, and an emulated one: who is late for some seconds is not away. ovn-nb(5), NB_Global.
    'ovn-nbctl set NB_Global . options:bfd-mult=30',
    'ovn-sbctl init',
    northd,
  ];
}

function databaseServer(database: 'nb' | 'sb'): string {
  const port = database === 'nb' ? nbPort : sbPort;
  return [
    `ovsdb-server /var/lib/ovn/ovn${database}.db --remote=punix:/run/ovn/ovn${database}_db.sock`,
    `--remote=ptcp:${port}:0.0.0.0 --unixctl=/run/ovn/ovn${database}_db.ctl`,
    `--pidfile=/run/ovn/ovn${database}_db.pid --detach --no-chdir`,
    `--log-file=/var/log/ovn/ovsdb-server-${database}.log -vconsole:off`,
  ].join(' ');
}

/** The flows and tunnels stay in the kernel while the daemon is away, as with the service manager's restart. */
export async function restartVswitchd(node: FabricNode): Promise<void> {
  await end(node, 'run/openvswitch/ovs-vswitchd.pid', 'SIGTERM');
  await node.script(vswitchd);
  // As `ovs-ctl restart` ends: OVN 26.03 leaves this set on gateways, and a switch that starts with it waits for ever.
  await node.ovsVsctl(
    '--if-exists',
    'remove',
    'Open_vSwitch',
    '.',
    'other_config',
    'flow-restore-wait',
  );
}

export async function restartOvsdb(node: FabricNode): Promise<void> {
  await end(node, 'run/openvswitch/ovsdb-server.pid', 'SIGTERM');
  await node.script(ovsdbServer);
}

export async function restartDatabase(central: FabricNode, database: 'nb' | 'sb'): Promise<void> {
  await stopDatabase(central, database);
  await startDatabase(central, database);
}

export async function stopDatabase(central: FabricNode, database: 'nb' | 'sb'): Promise<void> {
  await end(central, `run/ovn/ovn${database}_db.pid`, 'SIGTERM');
}

export async function startDatabase(central: FabricNode, database: 'nb' | 'sb'): Promise<void> {
  await central.script(databaseServer(database));
}

/** Without it what is in the Southbound database stays as it is. */
export async function stopNorthd(central: FabricNode): Promise<void> {
  await end(central, 'run/ovn/ovn-northd.pid', 'SIGTERM');
}

export async function startNorthd(central: FabricNode): Promise<void> {
  await central.script(northd);
}

/** `restart` keeps chassis row and flows; without it the node leaves the cloud. */
export async function stopController(node: FabricNode, restart: boolean): Promise<void> {
  const words = restart ? ['exit', '--restart'] : ['exit'];
  const pid = readPid(node, 'run/ovn/ovn-controller.pid');
  await node.ok(['ovn-appctl', '-t', 'ovn-controller', ...words]);
  await waitFor('ovn-controller to end', async () => !existsSync(`/proc/${pid}`));
}

export async function startController(node: FabricNode): Promise<void> {
  await node.script(controller);
}

/** Ends a daemon, if there is one. */
export async function endDaemon(node: FabricNode, pidFile: string): Promise<void> {
  if (existsSync(join(node.dir, pidFile))) await end(node, pidFile, 'SIGTERM');
}

/** Ends the process of a pid file with a signal and waits until it is gone. */
async function end(node: FabricNode, pidFile: string, signal: NodeJS.Signals): Promise<void> {
  const pid = readPid(node, pidFile);
  process.kill(pid, signal);
  await waitFor(`${pidFile} of ${node.name} to end`, async () => !existsSync(`/proc/${pid}`));
}

function readPid(node: FabricNode, pidFile: string): number {
  return Number(readFileSync(join(node.dir, pidFile), 'utf8'));
}
