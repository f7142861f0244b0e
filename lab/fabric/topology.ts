/**
 * The lab's fabric: a spine that is route reflector and external EVPN router, hosts behind it, two hypervisors with
 * FRR, Open vSwitch and ovn-controller, and OVN's databases. No agent, no OVN content. `lab/README.md` has the picture.
 */

import { runOk } from '../process.ts';
import {
  bridgeMappings,
  centralIp,
  externalGateway,
  externalTenants,
  type HypervisorName,
  hypervisorNames,
  loopback,
  plainGateway,
  plainHost,
  underlayMtu,
  uplink,
} from './addresses.ts';
import { formatHypervisorConfig, formatSpineConfig } from './frr-config.ts';
import { startFrr } from './frr.ts';
import { addNamespaces, Namespace } from './namespace.ts';
import { addNodes, FabricNode, prepareNodes } from './node.ts';
import { startCentral, startHypervisor } from './ovs.ts';
import { waitFor } from './wait.ts';

export interface Fabric {
  readonly spine: FabricNode;
  readonly central: FabricNode;
  readonly c1: FabricNode;
  readonly c2: FabricNode;
  readonly hypervisors: readonly FabricNode[];
  /** Host in the spine's default table. */
  readonly hx: Namespace;
  /** Host behind VNI 500 of the external router. */
  readonly he: Namespace;
  /** Host behind VNI 600, with the same addresses as `he`. */
  readonly he2: Namespace;
}

const hostNames = [plainHost.name, ...externalTenants.map(({ host }) => host)];

/** The fabric's parts by name; they need not be up. */
export function nameFabric(): Fabric {
  const c1 = new FabricNode('c1');
  const c2 = new FabricNode('c2');
  return {
    spine: new FabricNode('spine'),
    central: new FabricNode('central'),
    c1,
    c2,
    hypervisors: [c1, c2],
    hx: new Namespace('hx'),
    he: new Namespace('he'),
    he2: new Namespace('he2'),
  };
}

/** Brings everything up and waits until BGP, EVPN and OVN have settled. `say` hears of each step. */
export async function bringUpFabric(say: (step: string) => void): Promise<Fabric> {
  const fabric = nameFabric();
  say('starting');
  await loadModules();
  await prepareNodes();
  await addNodes(['spine', 'central', ...hypervisorNames]);
  say('nodes are there');
  await addNamespaces(hostNames);
  await addManagement();
  for (const [index, name] of hypervisorNames.entries()) await addUplink(name, index + 1);
  await addPlainHost(fabric);
  for (const tenant of externalTenants) await addExternalTenant(fabric.spine, tenant);
  say('namespaces and links are up');
  await startCentral(fabric.central);
  say('OVN databases are up');
  for (const [index, node] of fabric.hypervisors.entries()) {
    const encapIp = loopback(index + 1).v4;
    await startHypervisor(node, { encapIp, centralIp, bridgeMappings });
  }
  say('Open vSwitch and ovn-controller are up');
  await startFrr(fabric.spine, formatSpineConfig());
  for (const [index, node] of fabric.hypervisors.entries()) {
    await startFrr(node, formatHypervisorConfig(node.name, index + 1));
  }
  say('FRR is up');
  await waitForFabric(fabric);
  say('BGP and OVN have settled');
  return fabric;
}

/** What must hold before a scenario starts. */
export async function waitForFabric(fabric: Fabric): Promise<void> {
  for (const node of fabric.hypervisors) {
    for (const family of ['-4', '-6']) {
      await waitFor(`the default route of ${node.name} (${family})`, async () => {
        const routes = await node.ipJson(family, 'route', 'show', 'default', 'proto', 'bgp');
        return routes.length > 0;
      });
    }
  }
  await waitFor('both chassis in the Southbound database', async () => {
    const names = await fabric.central.ok([
      'ovn-sbctl',
      '--bare',
      '--columns=name',
      'list',
      'chassis',
    ]);
    return hypervisorNames.every((name) => names.split('\n').includes(name));
  });
  await waitFor('c1 to reach the loopback of c2', () => fabric.c1.pings(loopback(2).v4, 1));
}

const modules = ['vrf', 'dummy', 'openvswitch', 'vport-geneve', 'vxlan', 'bridge', '8021q', 'veth'];

async function loadModules(): Promise<void> {
  await runOk(['modprobe', '-a', ...modules]);
  // Node has no way to reach a kernel setting but its file.
  await runOk(['sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv4.conf.all.rp_filter=0']);
}

async function ipBatch(lines: readonly string[]): Promise<void> {
  await runOk(['ip', '-batch', '-'], { input: `${lines.join('\n')}\n` });
}

async function addManagement(): Promise<void> {
  const members = ['central', ...hypervisorNames];
  await ipBatch([
    'link add mgmt type bridge',
    'link set mgmt up',
    ...members.flatMap((name) => [
      `link add m-${name} type veth peer name mgmt0 netns ${name}`,
      `link set m-${name} master mgmt up`,
    ]),
  ]);
  for (const [index, name] of members.entries()) {
    const address = centralIp.replace(/0$/, String(index));
    await new Namespace(name).ip(`addr add ${address}/24 dev mgmt0`, 'link set mgmt0 up');
  }
}

async function addUplink(name: HypervisorName, index: number): Promise<void> {
  const { spine4, node4, spine6, node6 } = uplink(index);
  await ipBatch([`link add to-${name} netns spine type veth peer name up0 netns ${name}`]);
  await new Namespace('spine').ip(
    `link set to-${name} mtu ${underlayMtu} up`,
    `addr add ${spine4}/31 dev to-${name}`,
    `addr add ${spine6}/127 dev to-${name} nodad`,
  );
  const own = loopback(index);
  await new Namespace(name).ip(
    `link set up0 mtu ${underlayMtu} up`,
    `addr add ${node4}/31 dev up0`,
    `addr add ${node6}/127 dev up0 nodad`,
    `addr add ${own.v4}/32 dev lo`,
    `addr add ${own.v6}/128 dev lo nodad`,
  );
}

async function addPlainHost(fabric: Fabric): Promise<void> {
  const own = loopback(0);
  await ipBatch(['link add to-hx netns spine type veth peer name eth0 netns hx']);
  await fabric.spine.ip(
    `addr add ${own.v4}/32 dev lo`,
    `addr add ${own.v6}/128 dev lo nodad`,
    'link set to-hx up',
    `addr add ${plainGateway.v4}/24 dev to-hx`,
    `addr add ${plainGateway.v6}/64 dev to-hx nodad`,
  );
  await addressHost(fabric.hx, plainHost, plainGateway);
}

/** Symmetric IRB with an L3VNI only: a VRF, a bridge for the router MAC, a VXLAN device, a leg to the host. */
async function addExternalTenant(
  spine: FabricNode,
  { vni, host, v4, v6 }: (typeof externalTenants)[number],
): Promise<void> {
  await ipBatch([`link add to-${host} netns spine type veth peer name eth0 netns ${host}`]);
  await spine.ip(
    `link add vrf-${vni} type vrf table ${vni}`,
    `link set vrf-${vni} up`,
    `link add br-${vni} type bridge`,
    `link set br-${vni} master vrf-${vni} addrgenmode none`,
    `link set br-${vni} up mtu ${underlayMtu - 50}`,
    `link add vxlan-${vni} type vxlan id ${vni} dstport 4789 local ${loopback(0).v4} nolearning`,
    `link set vxlan-${vni} master br-${vni} addrgenmode none`,
    `link set vxlan-${vni} up mtu ${underlayMtu - 50}`,
    `link set to-${host} master vrf-${vni} up`,
    `addr add ${externalGateway.v4}/24 dev to-${host}`,
    `addr add ${externalGateway.v6}/64 dev to-${host} nodad`,
  );
  await addressHost(new Namespace(host), { v4, v6 }, externalGateway);
}

async function addressHost(
  host: Namespace,
  own: { readonly v4: string; readonly v6: string },
  gateway: { readonly v4: string; readonly v6: string },
): Promise<void> {
  await host.ip(
    'link set eth0 up',
    `addr add ${own.v4}/24 dev eth0`,
    `addr add ${own.v6}/64 dev eth0 nodad`,
    `route add default via ${gateway.v4}`,
    `route add ::/0 via ${gateway.v6}`,
  );
}
