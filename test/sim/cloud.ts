/**
 * A small model of an OVN cloud, and the rows of Port_Binding and Open_vSwitch that Neutron and ovn-northd would make
 * of it. It knows the conventions (a router port and its switch port are peers, a chassisredirect port stands for a
 * distributed one) and nothing of what Selvedge does with them.
 */

import { unwrap } from '../../src/base/result.ts';
import { emptyHost, type Host } from '../../src/inventory/host.ts';
import { parseDhcpSubnets } from '../../src/inventory/dhcp-options.ts';
import type { LogicalRouter, LogicalSwitch } from '../../src/inventory/logical.ts';
import type { LocalOvn, LocalOvs } from '../../src/inventory/local-ovs.ts';
import { type LoadBalancer, parseLoadBalancer } from '../../src/inventory/load-balancer.ts';
import type { PortBindingRow } from '../../src/inventory/row.ts';
import type { IfName } from '../../src/net/if-name.ts';
import { parseMac } from '../../src/net/mac.ts';
import { isLinkLocal, parseIp } from '../../src/net/ip.ts';
import { parsePrefix, type Prefix, prefixesOverlap } from '../../src/net/prefix.ts';

export type ChassisName = 'here' | 'there';

/** What `neutron_bgpvpn:vni` and `neutron_bgpvpn:as` say, well formed or not. */
export interface Annotation {
  readonly vni?: string;
  readonly as?: string;
}

/** A provider network; without a physical network it has no localnet port. */
export interface Provider {
  readonly physicalNetwork: string | undefined;
  readonly tag: number | undefined;
  /** external_ids of its localnet port. */
  readonly annotation?: Readonly<Record<string, string>>;
  /** `selvedge:expose` of the localnet port. */
  readonly expose?: string | undefined;
  /** external_ids of its Logical_Switch; nothing where OVN_Northbound is not read. */
  readonly switchIds?: Readonly<Record<string, string>> | undefined;
  /** The rows of DHCP_Options that its virtual machines refer to. */
  readonly dhcp?: readonly DhcpRow[] | undefined;
}

/** A row of DHCP_Options, for the subnet or for a port that has options of its own. */
export interface DhcpRow {
  readonly cidr: string;
  readonly options: Readonly<Record<string, string>>;
  readonly isOfPort?: boolean;
}

/** A router port on a provider network, with the chassisredirect port that says where it is. */
export interface GatewayPort {
  readonly router: number;
  readonly provider: number;
  readonly chassis: ChassisName | undefined;
  /** Whether this node is a member of its HA_Chassis_Group. */
  readonly mayMoveHere: boolean;
  /** Column `mac` as it stands in the row, but for what must be unique (see `unique`). */
  readonly mac: string;
  readonly annotation: Annotation;
  /** Column `nat_addresses` of the switch side, well formed or not. */
  readonly nat?: readonly string[];
  /** `selvedge:expose` of the switch side. */
  readonly expose?: string | undefined;
  readonly scopes?: Scopes;
  /** Another one makes another row under the same name. */
  readonly generation: number;
}

/** A router port on a tenant network. */
export interface InterfacePort {
  readonly router: number;
  readonly network: number;
  readonly mac: string;
  readonly annotation: Annotation;
  readonly scopes?: Scopes;
  readonly generation: number;
}

/** What `neutron:subnet_pool_addr_scope4` and `6` say. */
export interface Scopes {
  readonly v4?: string;
  readonly v6?: string;
}

/** A port of a virtual machine, or something else on a network. */
export interface MachinePort {
  /** The tenant network it is on, unless it is on a provider network. */
  readonly network: number;
  readonly provider?: number | undefined;
  readonly type: '' | 'virtual' | 'localport';
  readonly chassis: ChassisName | undefined;
  readonly mac: string;
  readonly cidrs: string | undefined;
  readonly up?: boolean | undefined;
  /** The second chassis that has it. */
  readonly movingTo?: ChassisName | undefined;
  /** Whether it has been heard there. */
  readonly isHeardThere?: boolean;
  /** `selvedge:expose` of external_ids. */
  readonly expose?: string | undefined;
  /** Of a virtual port: the machine that has its address. */
  readonly parent?: number | undefined;
  /** The machines one of which has it. */
  readonly parents?: readonly number[] | undefined;
  /** `neutron:port_name`. */
  readonly portName?: string | undefined;
  readonly scopes?: Scopes;
  readonly generation: number;
}

/** A load balancer on routers and tenant networks, by their numbers. */
export interface Balancer {
  readonly name: string;
  /** Keys of column `vips`. */
  readonly vips: readonly string[];
  readonly routers: readonly number[];
  readonly networks: readonly number[];
}

export interface Bridge {
  readonly exists: boolean;
  readonly hasUplink: boolean;
}

type Slots<T> = readonly (T | undefined)[];

export interface Cloud {
  readonly providers: Slots<Provider>;
  readonly gateways: Slots<GatewayPort>;
  readonly interfaces: Slots<InterfacePort>;
  readonly machines: Slots<MachinePort>;
  readonly balancers?: Slots<Balancer>;
  /** external_ids of the Logical_Switches of tenant networks, where OVN_Northbound is read. */
  readonly tenants?: Slots<Readonly<Record<string, string>>>;
  /** Whether OVN says only which switches have a load balancer, as before 23.09. */
  readonly isOldOvn?: boolean;
  /** What leaves a router with another source address; of one that is absent OVN_Northbound tells nothing. */
  readonly snat: Slots<readonly string[]>;
  /** Physical network to bridge. */
  readonly mappings: Readonly<Record<string, string>>;
  readonly bridges: Readonly<Record<string, Bridge>>;
  /** Whether this node has a Chassis row. */
  readonly isRegistered: boolean;
  /** Whether its `ovn-cms-options` offer it for gateways. */
  readonly isGateway?: boolean;
  /** `selvedge:expose` of the node's own Open_vSwitch. */
  readonly ovsExposes?: boolean;
  /** `selvedge:expose` of the Chassis row's external_ids. */
  readonly nodeExposes?: boolean | undefined;
  readonly vtep: string | undefined;
  readonly underlayMtu: number | undefined;
}

export const emptyCloud: Cloud = {
  providers: [],
  gateways: [],
  interfaces: [],
  machines: [],
  snat: [[], []],
  mappings: {},
  bridges: {},
  isRegistered: true,
  vtep: '192.0.2.1',
  underlayMtu: 1500,
};

/** Names whose order has nothing to do with what they name, as it is with UUIDs. */
const gatewayNames = ['b2', '71', 'e9'];
const interfaceNames = ['c4', '0a', '93', 'f7', '5d'];
const machineNames = ['38', 'd6', '12', 'aa', '6f', '84', '2b', 'fe'];

export function rowsOf(cloud: Cloud): readonly PortBindingRow[] {
  return [
    ...cloud.providers.flatMap((each, index) => providerRows(each, index)),
    ...cloud.gateways.flatMap((each, index) => gatewayRows(each, index)),
    ...withoutOverlap(cloud.interfaces).flatMap((each, index) => interfaceRows(each, index)),
    ...cloud.machines.flatMap((each, index) => machineRows(each, index)),
  ];
}

/** Neutron refuses a subnet that overlaps another one of the same router. */
function withoutOverlap(interfaces: Slots<InterfacePort>): Slots<InterfacePort> {
  const taken = new Map<number, Prefix[]>();
  return interfaces.map((port) => {
    if (port === undefined) return undefined;
    const subnets = port.mac.split(' ').flatMap((word) => {
      const prefix = parsePrefix(word);
      return prefix.ok && !isLinkLocal(prefix.value.ip) ? [prefix.value] : [];
    });
    const others = taken.get(port.router) ?? [];
    if (subnets.some((subnet) => others.some((other) => prefixesOverlap(subnet, other)))) {
      return undefined;
    }
    taken.set(port.router, [...others, ...subnets]);
    return port;
  });
}

/** Addresses are unique where they must be: `M` stands for the MAC address of a port, `H` for its host number. */
function unique(mac: string, block: number, index: number): string {
  const number = (16 + index).toString(16);
  return mac.replaceAll('M', `fa:16:3e:00:0${block}:${number}`).replaceAll('H', `${16 + index}`);
}

function rowOf(
  row: Pick<PortBindingRow, 'uuid' | 'logical_port' | 'type' | 'datapath'> &
    Partial<PortBindingRow>,
): PortBindingRow {
  return {
    chassis: undefined,
    ha_chassis_group: undefined,
    mac: [],
    nat_addresses: [],
    options: new Map(),
    external_ids: new Map(),
    tag: undefined,
    ...row,
  };
}

function providerRows(provider: Provider | undefined, index: number): readonly PortBindingRow[] {
  if (provider?.physicalNetwork === undefined) return [];
  const name = `provnet-${index}`;
  return [
    rowOf({
      uuid: `row-${name}`,
      logical_port: name,
      type: 'localnet',
      datapath: `provider-${index}`,
      mac: ['unknown'],
      options: new Map([['network_name', provider.physicalNetwork]]),
      external_ids: idsOf({ 'selvedge:expose': provider.expose, ...provider.annotation }),
      tag: provider.tag,
    }),
  ];
}

function gatewayRows(gateway: GatewayPort | undefined, index: number): readonly PortBindingRow[] {
  if (gateway === undefined) return [];
  const name = gatewayNames[index] ?? `gateway-${index}`;
  const router = `router-${gateway.router}`;
  const { generation } = gateway;
  const mac = unique(gateway.mac, 0, index);
  const redirect = rowOf({
    uuid: `row-cr-lrp-${name}-${generation}`,
    logical_port: `cr-lrp-${name}`,
    type: 'chassisredirect',
    datapath: router,
    chassis: gateway.chassis,
    ha_chassis_group: groupOf(index),
    mac: [mac],
    options: new Map([['distributed-port', `lrp-${name}`]]),
  });
  const switchSide = switchSideOf(name, `provider-${gateway.provider}`, generation, gateway);
  const { external_ids } = switchSide;
  const ids = [...external_ids, ...idsOf({ 'selvedge:expose': gateway.expose })];
  const nat_addresses = gateway.nat ?? [];
  const natted = { ...switchSide, nat_addresses, external_ids: new Map(ids) };
  return [redirect, routerSideOf(name, router, mac, generation), natted];
}

function groupOf(gateway: number): string {
  return `group-${gateway}`;
}

/** The HA_Chassis_Groups that this node is a member of. */
export function groupsOf(cloud: Cloud): ReadonlySet<string> {
  return new Set(
    cloud.gateways.flatMap((gateway, index) =>
      cloud.isRegistered && gateway?.mayMoveHere === true ? [groupOf(index)] : [],
    ),
  );
}

function interfaceRows(port: InterfacePort | undefined, index: number): readonly PortBindingRow[] {
  if (port === undefined) return [];
  const name = interfaceNames[index] ?? `interface-${index}`;
  return [
    routerSideOf(name, `router-${port.router}`, unique(port.mac, 1, index), port.generation),
    switchSideOf(name, `tenant-${port.network}`, port.generation, port),
  ];
}

function routerSideOf(
  name: string,
  datapath: string,
  mac: string,
  generation: number,
): PortBindingRow {
  return rowOf({
    uuid: `row-lrp-${name}-${generation}`,
    logical_port: `lrp-${name}`,
    type: 'patch',
    datapath,
    mac: [mac],
    options: new Map([['peer', name]]),
  });
}

function switchSideOf(
  name: string,
  datapath: string,
  generation: number,
  { annotation, scopes }: { readonly annotation: Annotation; readonly scopes?: Scopes },
): PortBindingRow {
  return rowOf({
    uuid: `row-${name}-${generation}`,
    logical_port: name,
    type: 'patch',
    datapath,
    mac: ['router'],
    options: new Map([['peer', `lrp-${name}`]]),
    external_ids: new Map([
      ['neutron:device_owner', 'network:router_interface'],
      ...(annotation.vni === undefined
        ? []
        : [['neutron_bgpvpn:vni', annotation.vni] as [string, string]]),
      ...(annotation.as === undefined
        ? []
        : [['neutron_bgpvpn:as', annotation.as] as [string, string]]),
      ...scopeIds(scopes),
    ]),
  });
}

function scopeIds(scopes: Scopes = {}): readonly [string, string][] {
  return [
    ['neutron:subnet_pool_addr_scope4', scopes.v4 ?? ''],
    ['neutron:subnet_pool_addr_scope6', scopes.v6 ?? ''],
  ];
}

function machineRows(machine: MachinePort | undefined, index: number): readonly PortBindingRow[] {
  if (machine === undefined) return [];
  const name = machineNames[index] ?? `machine-${index}`;
  return [
    rowOf({
      uuid: `row-${name}-${machine.generation}`,
      logical_port: name,
      type: machine.type,
      datapath:
        machine.provider === undefined
          ? `tenant-${machine.network}`
          : `provider-${machine.provider}`,
      chassis: machine.chassis,
      mac: [unique(machine.mac, 2, index)],
      external_ids: idsOf({
        'neutron:cidrs': machine.cidrs,
        'neutron:port_name': machine.portName,
        'selvedge:expose': machine.expose,
        'neutron:subnet_pool_addr_scope4': machine.scopes?.v4,
        'neutron:subnet_pool_addr_scope6': machine.scopes?.v6,
      }),
      up: machine.up,
      additional_chassis: machine.movingTo === undefined ? [] : [machine.movingTo],
      options: idsOf({
        'additional-chassis-activated': machine.isHeardThere === true ? 'it' : undefined,
        'virtual-parents': machine.parents?.map((each) => machineNames[each]).join(),
      }),
      virtual_parent: machine.parent === undefined ? undefined : machineNames[machine.parent],
    }),
  ];
}

/** Those that have a value. */
function idsOf(ids: Readonly<Record<string, string | undefined>>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(ids).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

export function balancersOf(cloud: Cloud): readonly LoadBalancer[] {
  return (cloud.balancers ?? []).flatMap((balancer, index) => {
    if (balancer === undefined) return [];
    const { name, vips, routers, networks } = balancer;
    return [
      parseLoadBalancer({
        uuid: `balancer-${index}`,
        name,
        vips: new Map(vips.map((vip) => [vip, ''])),
        routers: cloud.isOldOvn === true ? undefined : routers.map((each) => `router-${each}`),
        switches: networks.map((each) => `tenant-${each}`),
      }),
    ];
  });
}

export function ovsOf(cloud: Cloud): LocalOvs {
  const existing = Object.entries(cloud.bridges).filter(([, bridge]) => bridge.exists);
  return {
    systemId: 'here',
    hostname: undefined,
    ovnRemote: [],
    ovnNbRemote: [],
    bridgeMappings: new Map(
      Object.entries(cloud.mappings).map(([network, bridge]) => [network, bridge as IfName]),
    ),
    integrationBridge: 'br-int',
    isGateway: cloud.isGateway ?? false,
    exposes: cloud.ovsExposes,
    localOvns: new Map([[localOvn.chassis, localOvnOf(cloud)]]),
    bridges: new Map(
      existing.map(([name, { hasUplink }]) => [
        name as IfName,
        { name: name as IfName, uplinks: hasUplink ? ['eth1'] : [] },
      ]),
    ),
    issues: [],
  };
}

/** What the method `ovn` is told, where that is the method. */
export const localOvn = {
  chassis: 'bgp',
  externalNics: [],
  peers: ['10.0.1.0', '2001:db8:ff::'].map((peer) => unwrap(parseIp(peer))),
  prefixes: ['172.24.0.0/16', '2001:db8:f::/48'].map((prefix) => unwrap(parsePrefix(prefix))),
  bfd: true,
};

/** The OVN that the node has for itself: on the bridges of the other, and on one that leads to the fabric. */
function localOvnOf(cloud: Cloud): LocalOvn {
  const bridges = new Set(Object.values(cloud.mappings));
  const own = [...bridges].map((bridge, index) => [`own-${index}`, bridge as IfName] as const);
  return {
    bridgeMappings: new Map([...own, ['fabric', fabricBridge as IfName]]),
    integrationBridge: 'br-bgp',
  };
}

const fabricBridge = 'br-up';

export function hostOf(cloud: Cloud): Host {
  const vtep = cloud.vtep === undefined ? undefined : parseIp(cloud.vtep);
  const own = vtep?.ok === true ? vtep.value : undefined;
  // Without an address in the underlay there is none on the bridge that leads there either.
  const addresses = ['10.0.1.1/31', '2001:db8:ff::1/127'].map((text) => unwrap(parsePrefix(text)));
  const face = { mac: unwrap(parseMac('02:00:00:00:00:01')), addresses };
  const faces = new Map(own === undefined ? [] : [[fabricBridge, face] as const]);
  return { ...emptyHost, vtep: own, underlayMtu: cloud.underlayMtu, faces };
}

/** The routers as OVN_Northbound has them. */
export function routersOf(cloud: Cloud): readonly LogicalRouter[] {
  return cloud.snat.flatMap((sources, index) => {
    if (sources === undefined) return [];
    const snat = sources.map((text) => unwrap(parsePrefix(text)));
    return [{ datapath: `router-${index}`, name: `neutron-router-${index}`, snat }];
  });
}

/** The switches as OVN_Northbound has them, with the DHCP options that ports on this node refer to. */
export function switchesOf(cloud: Cloud): readonly LogicalSwitch[] {
  return [
    ...cloud.providers.flatMap((provider, index) => {
      const dhcp = hasMachineHere(cloud, index) ? provider?.dhcp : [];
      return switchOf(`provider-${index}`, provider?.switchIds, dhcp);
    }),
    ...(cloud.tenants ?? []).flatMap((ids, index) => switchOf(`tenant-${index}`, ids)),
  ];
}

function hasMachineHere(cloud: Cloud, provider: number): boolean {
  const isOn = (machine: MachinePort | undefined): boolean =>
    machine?.provider === provider && machine.type !== 'localport' && machine.chassis === 'here';
  return cloud.isRegistered && cloud.machines.some(isOn);
}

function switchOf(
  datapath: string,
  ids: Readonly<Record<string, string>> | undefined,
  dhcp: readonly DhcpRow[] = [],
): readonly LogicalSwitch[] {
  if (ids === undefined) return [];
  const rows = dhcp.map(({ cidr, options, isOfPort }, index) => {
    const external_ids = idsOf({ port_id: isOfPort === true ? 'it' : undefined });
    return { uuid: `dhcp-${datapath}-${index}`, cidr, options: idsOf(options), external_ids };
  });
  const subnets = parseDhcpSubnets(rows);
  return [{ datapath, name: `neutron-${datapath}`, externalIds: idsOf(ids), subnets }];
}

export function chassisOf(cloud: Cloud): string | undefined {
  return cloud.isRegistered ? 'here' : undefined;
}

/** The ports of bridges that are not ours, by bridge: patches of both OVNs, and uplinks. */
export function portsOfBridges(cloud: Cloud): ReadonlyMap<string, readonly string[]> {
  const local = [...localOvnOf(cloud).bridgeMappings];
  const patches = cloud.providers.flatMap((provider, index) => {
    const bridge = cloud.mappings[provider?.physicalNetwork ?? ''];
    if (bridge === undefined) return [];
    const [network = ''] = local.find(([, mapped]) => mapped === bridge) ?? [];
    const name = provider?.tag === undefined ? network : `${network}.${provider.tag}`;
    return [
      { bridge, port: `patch-provnet-${index}-to-br-int` },
      { bridge, port: `patch-${name}-localnet-to-br-bgp` },
    ];
  });
  const uplinks = Object.entries(cloud.bridges).flatMap(([bridge, { hasUplink }]) =>
    hasUplink ? [{ bridge, port: 'eth1' }] : [],
  );
  const toFabric = { bridge: fabricBridge, port: 'patch-fabric-localnet-to-br-bgp' };
  const existing = [...patches, ...uplinks, toFabric].filter(
    ({ bridge }) => cloud.bridges[bridge]?.exists === true,
  );
  const byBridge = Map.groupBy(existing, ({ bridge }) => bridge);
  return new Map([...byBridge].map(([bridge, found]) => [bridge, found.map(({ port }) => port)]));
}
