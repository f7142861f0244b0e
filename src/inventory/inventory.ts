/**
 * The cloud as this node sees it: typed, indexed, and nothing more. Sources write into it and learn nothing from it;
 * modes read it. Every look-up follows an index, so its cost does not depend on how much else there is.
 */

import { assertNever } from '../base/assert-never.ts';
import type { Prefix } from '../net/prefix.ts';
import { type FrrInstance, noFrrInstance } from './frr-instance.ts';
import { emptyHost, type Host } from './host.ts';
import { Index, Tally } from './indexes.ts';
import { emptyLocalOvs, type LocalOvs } from './local-ovs.ts';
import { isVipPort, type LoadBalancer, vipPortName } from './load-balancer.ts';
import type { LogicalRouter, LogicalSwitch } from './logical.ts';
import { NatTable } from './nat.ts';
import type { PortBinding } from './port-binding.ts';
import type { InventoryUpdate } from './source.ts';
import { SubnetIndex } from './subnets.ts';

/** One thing that became another; `undefined` is absence. */
export type InventoryChange =
  | {
      readonly of: 'port';
      readonly before: PortBinding | undefined;
      readonly after: PortBinding | undefined;
    }
  | {
      readonly of: 'balancer';
      readonly before: LoadBalancer | undefined;
      readonly after: LoadBalancer | undefined;
    }
  | { readonly of: 'membership'; readonly group: string }
  | { readonly of: 'switch' | 'router'; readonly datapath: string }
  | { readonly of: 'ovs' | 'host' | 'frr' | 'chassis' };

/** What modes may ask. */
export interface Inventory {
  readonly ovs: LocalOvs;
  readonly host: Host;
  readonly frr: FrrInstance;
  /** UUID of this node's own Chassis row. */
  readonly chassis: string | undefined;
  /** What `external_ids:selvedge:expose` of that row says of this node as a whole, if anything. */
  readonly chassisExposes: boolean | undefined;
  /** Whether this node's chassis is a member of the HA_Chassis_Group. */
  isMemberOf(group: string): boolean;
  portsOfGroup(group: string): Iterable<PortBinding>;
  port(name: string): PortBinding | undefined;
  ports(): Iterable<PortBinding>;
  portsOn(datapath: string): Iterable<PortBinding>;
  /** Ports of these types on a datapath: `chassisredirect`, `patch`, `localnet`; not the many of virtual machines. */
  portsOfType(datapath: string, type: string): Iterable<PortBinding>;
  /** Localnet ports of this physical network and VLAN; flat ones without. */
  localnetsOf(physicalNetwork: string, tag: number | undefined): Iterable<PortBinding>;
  /** Patch ports that carry this VNI. */
  portsOfVni(vni: number): Iterable<PortBinding>;
  /** Gateways that are bound to this Chassis. */
  gatewaysOfChassis(chassis: string): Iterable<PortBinding>;
  /** Datapaths with ports that are bound to this Chassis and may carry a virtual machine, however many there are. */
  networksOfChassis(chassis: string): Iterable<string>;
  /** Virtual ports whose address this port has, or may have. */
  portsOfParent(name: string): Iterable<PortBinding>;
  /** Ports with addresses in `nat_addresses` that are answered where this logical port is. */
  portsWithNatAt(resident: string): Iterable<PortBinding>;
  balancer(uuid: string): LoadBalancer | undefined;
  balancers(): Iterable<LoadBalancer>;
  /** Load balancers that this router or switch has. */
  balancersOn(datapath: string): Iterable<LoadBalancer>;
  /** Load balancers whose address is that of a port of this name in Neutron. */
  balancersOfVip(portName: string): Iterable<LoadBalancer>;
  /** Ports of this name in Neutron that have nothing but the address of a load balancer. */
  vipPorts(portName: string): Iterable<PortBinding>;
  /** The switch or the router that a datapath is, where OVN_Northbound is read. */
  logicalSwitch(datapath: string): LogicalSwitch | undefined;
  logicalRouter(datapath: string): LogicalRouter | undefined;
  /** Patch ports with a subnet that overlaps this one: ports of routers. */
  portsOverlapping(subnet: Prefix): Iterable<PortBinding>;
  /**
   * What follows from all but the ports of virtual machines, worked out once until any of that changes; `what` names one
   * derivation. Virtual machines come and go all the time, and what each of them is offered is the same.
   */
  derived<T>(what: string, derive: () => T): T;
}

export class MutableInventory implements Inventory {
  #ovs: LocalOvs = emptyLocalOvs;
  #host: Host = emptyHost;
  #frr: FrrInstance = noFrrInstance;
  #chassis: string | undefined;
  #chassisExposes: boolean | undefined;
  readonly #groups = new Set<string>();
  readonly #ports = new Map<string, PortBinding>();
  readonly #byDatapath = new Index<PortBinding>();
  readonly #byType = new Index<PortBinding>();
  readonly #byNetwork = new Index<PortBinding>();
  readonly #byVni = new Index<PortBinding>();
  readonly #byGroup = new Index<PortBinding>();
  /** Their names: a port that becomes another has most of its entries still. */
  readonly #byResident = new Index<string>();
  readonly #gateways = new Index<PortBinding>();
  readonly #networks = new Tally();
  readonly #byParent = new Index<PortBinding>();
  readonly #byVip = new Index<PortBinding>();
  readonly #balancers = new Map<string, LoadBalancer>();
  readonly #balancersOn = new Index<LoadBalancer>();
  readonly #balancersOfVip = new Index<LoadBalancer>();
  readonly #switches = new Map<string, LogicalSwitch>();
  readonly #routers = new Map<string, LogicalRouter>();
  readonly #bySubnet = new SubnetIndex();
  readonly #derived = new Map<string, unknown>();

  get ovs(): LocalOvs {
    return this.#ovs;
  }

  get host(): Host {
    return this.#host;
  }

  get frr(): FrrInstance {
    return this.#frr;
  }

  get chassis(): string | undefined {
    return this.#chassis;
  }

  get chassisExposes(): boolean | undefined {
    return this.#chassisExposes;
  }

  isMemberOf(group: string): boolean {
    return this.#groups.has(group);
  }

  portsOfGroup(group: string): Iterable<PortBinding> {
    return this.#byGroup.get(group);
  }

  port(name: string): PortBinding | undefined {
    return this.#ports.get(name);
  }

  ports(): Iterable<PortBinding> {
    return this.#ports.values();
  }

  portsOn(datapath: string): Iterable<PortBinding> {
    return this.#byDatapath.get(datapath);
  }

  portsOfType(datapath: string, type: string): Iterable<PortBinding> {
    return this.#byType.get(`${datapath} ${type}`);
  }

  localnetsOf(physicalNetwork: string, tag: number | undefined): Iterable<PortBinding> {
    return this.#byNetwork.get(`${tag ?? ''} ${physicalNetwork}`);
  }

  portsOfVni(vni: number): Iterable<PortBinding> {
    return this.#byVni.get(String(vni));
  }

  gatewaysOfChassis(chassis: string): Iterable<PortBinding> {
    return this.#gateways.get(chassis);
  }

  networksOfChassis(chassis: string): Iterable<string> {
    return this.#networks.get(chassis);
  }

  portsOfParent(name: string): Iterable<PortBinding> {
    return this.#byParent.get(name);
  }

  portsWithNatAt(resident: string): Iterable<PortBinding> {
    return [...this.#byResident.get(resident)].flatMap((name) => this.#ports.get(name) ?? []);
  }

  balancer(uuid: string): LoadBalancer | undefined {
    return this.#balancers.get(uuid);
  }

  balancers(): Iterable<LoadBalancer> {
    return this.#balancers.values();
  }

  balancersOn(datapath: string): Iterable<LoadBalancer> {
    return this.#balancersOn.get(datapath);
  }

  balancersOfVip(portName: string): Iterable<LoadBalancer> {
    return this.#balancersOfVip.get(portName);
  }

  vipPorts(portName: string): Iterable<PortBinding> {
    return this.#byVip.get(portName);
  }

  logicalSwitch(datapath: string): LogicalSwitch | undefined {
    return this.#switches.get(datapath);
  }

  logicalRouter(datapath: string): LogicalRouter | undefined {
    return this.#routers.get(datapath);
  }

  portsOverlapping(subnet: Prefix): Iterable<PortBinding> {
    return this.#bySubnet.overlapping(subnet);
  }

  derived<T>(what: string, derive: () => T): T {
    // One name, one derivation, one type: what is found under the name is what this same `derive` gave before.
    if (this.#derived.has(what)) return this.#derived.get(what) as T;
    const found = derive();
    this.#derived.set(what, found);
    return found;
  }

  /** Takes in what a source saw; returns what that changed here. */
  apply(update: InventoryUpdate): InventoryChange {
    const change = this.#take(update);
    if (!isOfHost(change)) this.#derived.clear();
    return change;
  }

  #take(update: InventoryUpdate): InventoryChange {
    switch (update.of) {
      case 'port':
        return this.#replacePort(update.before, update.after);
      case 'balancer':
        return this.#replaceBalancer(update.before, update.after);
      case 'switch':
        return replaceDatapath(this.#switches, update);
      case 'router':
        return replaceDatapath(this.#routers, update);
      case 'ovs':
        this.#ovs = update.value;
        return { of: 'ovs' };
      case 'host':
        this.#host = update.value;
        return { of: 'host' };
      case 'frr':
        this.#frr = update.value;
        return { of: 'frr' };
      case 'chassis':
        this.#chassis = update.value;
        this.#chassisExposes = update.exposes;
        return { of: 'chassis' };
      case 'membership':
        if (update.value) this.#groups.add(update.group);
        else this.#groups.delete(update.group);
        return { of: 'membership', group: update.group };
      default:
        return assertNever(update);
    }
  }

  /**
   * Rows of one transaction come in any order: a row that takes over a name may be here before the one that had it
   * goes. It replaces that one at once, and the late removal then changes nothing.
   */
  #replacePort(gone: PortBinding | undefined, after: PortBinding | undefined): InventoryChange {
    const known = this.#ports.get(after?.name ?? gone?.name ?? '');
    if (after === undefined && known?.uuid !== gone?.uuid) {
      return { of: 'port', before: undefined, after: undefined };
    }
    if (known !== undefined) this.#remove(known);
    if (after !== undefined) this.#add(after);
    this.#indexNat(known, after);
    return { of: 'port', before: known, after };
  }

  #replaceBalancer(
    gone: LoadBalancer | undefined,
    after: LoadBalancer | undefined,
  ): InventoryChange {
    const before = this.#balancers.get(after?.uuid ?? gone?.uuid ?? '');
    if (before !== undefined) {
      this.#balancers.delete(before.uuid);
      indexBalancer(before, this.#balancersOn, this.#balancersOfVip, 'remove');
    }
    if (after !== undefined) {
      this.#balancers.set(after.uuid, after);
      indexBalancer(after, this.#balancersOn, this.#balancersOfVip, 'add');
    }
    return { of: 'balancer', before, after };
  }

  #add(port: PortBinding): void {
    this.#ports.set(port.name, port);
    this.#index(port, (index, key) => index.add(key, port));
    if (isBoundHost(port)) this.#networks.add(port.chassis, port.datapath);
    for (const subnet of subnetsOfPatch(port)) this.#bySubnet.add(subnet, port);
  }

  #remove(port: PortBinding): void {
    this.#ports.delete(port.name);
    this.#index(port, (index, key) => index.remove(key, port));
    if (isBoundHost(port)) this.#networks.remove(port.chassis, port.datapath);
    for (const subnet of subnetsOfPatch(port)) this.#bySubnet.remove(subnet, port);
  }

  #indexNat(before: PortBinding | undefined, after: PortBinding | undefined): void {
    const name = after?.name ?? before?.name ?? '';
    const nat = after?.nat ?? NatTable.none;
    for (const resident of nat.changedFrom(before?.nat ?? NatTable.none)) {
      if (nat.names(resident)) this.#byResident.add(resident, name);
      else this.#byResident.remove(resident, name);
    }
  }

  #index(port: PortBinding, each: (index: Index<PortBinding>, key: string) => void): void {
    each(this.#byDatapath, port.datapath);
    each(this.#byType, `${port.datapath} ${port.type}`);
    if (port.type === 'localnet')
      each(this.#byNetwork, `${port.tag ?? ''} ${port.physicalNetwork ?? ''}`);
    if (port.haChassisGroup !== undefined) each(this.#byGroup, port.haChassisGroup);
    if (isHostPort(port) && isVipPort(port)) each(this.#byVip, port.portName ?? '');
    for (const parent of port.virtualParents) each(this.#byParent, parent);
    if (port.chassis !== undefined && port.type === 'chassisredirect')
      each(this.#gateways, port.chassis);
    if (port.bgpvpn?.ok === true && !isHostPort(port))
      each(this.#byVni, String(port.bgpvpn.value.vni));
  }
}

function subnetsOfPatch(port: PortBinding): readonly Prefix[] {
  if (port.type !== 'patch') return [];
  return port.addresses.flatMap(({ prefixes }) => prefixes);
}

/** A port that may carry a virtual machine, or an address that moves between some. */
export function isHostPort(port: PortBinding): boolean {
  return port.type === '' || port.type === 'virtual';
}

function isBoundHost(port: PortBinding): port is PortBinding & { readonly chassis: string } {
  return port.chassis !== undefined && isHostPort(port);
}

function replaceDatapath<O extends 'switch' | 'router', T>(
  known: Map<string, T>,
  { of, datapath, value }: { readonly of: O; readonly datapath: string; readonly value: T },
): { readonly of: O; readonly datapath: string } {
  if (value === undefined) known.delete(datapath);
  else known.set(datapath, value);
  return { of, datapath };
}

function indexBalancer(
  balancer: LoadBalancer,
  byDatapath: Index<LoadBalancer>,
  byVip: Index<LoadBalancer>,
  verb: 'add' | 'remove',
): void {
  for (const datapath of new Set([...(balancer.routers ?? []), ...balancer.switches])) {
    byDatapath[verb](datapath, balancer);
  }
  const vip = vipPortName(balancer);
  if (vip !== undefined) byVip[verb](vip, balancer);
}

/** Whether nothing follows from it for others: it is of one virtual machine, or one load balancer. */
function isOfHost(change: InventoryChange): boolean {
  if (change.of === 'balancer') return true;
  if (change.of !== 'port') return false;
  const { before, after } = change;
  return (before === undefined || isHostPort(before)) && (after === undefined || isHostPort(after));
}
