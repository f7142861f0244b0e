/** `selvedge doctor`: what this node needs, whether it has it, and what to do where it has not. Changes nothing. */

import { accessSync, constants, existsSync, readFileSync } from 'node:fs';

import { Agent } from '../agent/agent.ts';
import { openLog } from '../agent/log.ts';
import type { Config } from '../config/index.ts';
import { NetlinkSocket, route, RTPROT } from '../protocols/netlink/index.ts';
import { systemClock } from '../protocols/ovsdb/index.ts';
import { capabilityRemedy, mayAlterNetwork } from './capability.ts';
import { formatTable, paint, print } from './output.ts';

interface Finding {
  readonly what: string;
  readonly verdict: 'ok' | 'warning' | 'missing';
  /** What was found, or what to do. */
  readonly remark: string;
}

/** Milliseconds to read sources and targets. */
const patience = 10_000;

/** Returns the exit status: 0 when nothing is missing. */
export async function runDoctor(config: Config, isJson: boolean): Promise<number> {
  const findings = [
    ...findKernelModules(),
    findCapability(),
    ...findSysctls(),
    findProgram('ovs-ofctl', 'install openvswitch-switch'),
    findVty(config.frr.vtyDirectory),
    ...(await findParts(config)),
  ];
  if (isJson) print(JSON.stringify(findings, null, 2));
  else
    print(
      formatTable(
        ['', 'WHAT', 'REMARK'],
        findings.map(({ what, verdict, remark }) => [verdict, what, remark]),
      ),
    );
  const missing = findings.filter(({ verdict }) => verdict === 'missing').length;
  if (!isJson)
    print(
      missing === 0 ? paint('green', 'Nothing is missing.') : paint('red', `${missing} missing.`),
    );
  return missing === 0 ? 0 : 1;
}

function findKernelModules(): readonly Finding[] {
  const release = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim();
  const builtin = readOr(`/lib/modules/${release}/modules.builtin`);
  const available = readOr(`/lib/modules/${release}/modules.dep`);
  return ['vrf', 'vxlan', 'bridge', 'dummy', 'veth'].map((name): Finding => {
    const what = `kernel module ${name}`;
    if (existsSync(`/sys/module/${name}`)) return { what, verdict: 'ok', remark: 'loaded' };
    const file = `/${name}.ko`;
    if (builtin.includes(file)) return { what, verdict: 'ok', remark: 'built in' };
    if (available.includes(file))
      return { what, verdict: 'ok', remark: 'loaded by the kernel when needed' };
    const remark = `install the package that has it (linux-modules-extra on Ubuntu), then 'modprobe ${name}'`;
    return { what, verdict: 'warning', remark };
  });
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function findCapability(): Finding {
  const what = 'capability CAP_NET_ADMIN';
  return mayAlterNetwork()
    ? { what, verdict: 'ok', remark: 'effective' }
    : { what, verdict: 'missing', remark: capabilityRemedy };
}

function findSysctls(): readonly Finding[] {
  const wanted = [
    ['net/ipv6/conf/all/forwarding', '1', 'IPv6 is only forwarded when all/forwarding is on'],
    [
      'net/ipv4/conf/all/rp_filter',
      '0',
      'the stricter of all and of the device counts; ours are 0',
    ],
  ] as const;
  return wanted.map(([path, value, reason]): Finding => {
    const found = readOr(`/proc/sys/${path}`).trim();
    const what = `sysctl ${path.replaceAll('/', '.')}`;
    if (found === value) return { what, verdict: 'ok', remark: found };
    const remark = `${found}, but ${reason}; 'sysctl -w ${path.replaceAll('/', '.')}=${value}'`;
    return { what, verdict: 'warning', remark };
  });
}

function findProgram(name: string, remedy: string): Finding {
  const path = (process.env['PATH'] ?? '').split(':').find((each) => existsSync(`${each}/${name}`));
  return path === undefined
    ? { what: name, verdict: 'missing', remark: `not on PATH; ${remedy}` }
    : { what: name, verdict: 'ok', remark: `${path}/${name}` };
}

function findVty(directory: string): Finding {
  const what = `FRR vty in ${directory}`;
  const sockets = ['zebra', 'bgpd'].map((name) => `${directory}/${name}.vty`);
  const absent = sockets.filter((path) => !existsSync(path));
  if (absent.length > 0) {
    return { what, verdict: 'missing', remark: `no ${absent.join(', ')}; start FRR with bgpd=yes` };
  }
  try {
    for (const path of sockets) accessSync(path, constants.W_OK);
    return { what, verdict: 'ok', remark: 'zebra, bgpd' };
  } catch {
    return { what, verdict: 'missing', remark: 'not permitted; add the user to the group frrvty' };
  }
}

async function findParts(config: Config): Promise<readonly Finding[]> {
  const log = openLog({ level: 'error', format: 'human', file: undefined });
  const agent = new Agent({ config, clock: systemClock, random: Math.random, log });
  await agent.rehearse(patience);
  const findings = agent.parts().map(({ name, state, reason }): Finding => {
    const isWell = state === 'synced' || state === 'ready';
    return { what: name, verdict: isWell ? 'ok' : 'missing', remark: reason ?? state };
  });
  const routing = await findDynamicRouting(agent.ovnExchangesRoutes);
  await agent.close();
  return [...findings, ...routing];
}

/** OVN may be a second hand in the kernel's VRFs: what is its, and that it stays so. */
async function findDynamicRouting(exchanges: boolean | undefined): Promise<readonly Finding[]> {
  const what = 'dynamic routing of OVN';
  if (exchanges === undefined) return [];
  if (!exchanges) return [{ what, verdict: 'ok', remark: 'not in this OVN (25.03 brings it)' }];
  const tables = await tablesOfOvn();
  const found =
    tables.length === 0
      ? 'it has no routes here now'
      : `it has routes (protocol 84) in table ${tables.join(', ')}: no VNI of ours may have that number`;
  const remark = `this OVN can exchange routes with VRFs of the kernel by itself; ${found}; its routes and devices are never touched`;
  return [{ what, verdict: 'ok', remark }];
}

async function tablesOfOvn(): Promise<readonly number[]> {
  const socket = NetlinkSocket.open();
  if (!socket.ok) return [];
  using open = socket.value;
  const routes = await open.dump(route, { protocol: RTPROT.ovn });
  if (!routes.ok) return [];
  return [...new Set(routes.value.map(({ table }) => Number(table)))].sort((a, b) => a - b);
}
