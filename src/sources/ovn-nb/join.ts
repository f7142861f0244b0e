/**
 * Puts together what OVN_Northbound has in many tables: which switch a port is on, which router and which addresses are
 * behind it. Follows the changes: what one of them bears on is found by indexes, and only what then differs is told.
 */

import { equalData } from '../../base/equal.ts';
import { type LoadBalancer, parseLoadBalancer } from '../../inventory/load-balancer.ts';
import { parseDhcpSubnets } from '../../inventory/dhcp-options.ts';
import type { LogicalRouter, LogicalSwitch } from '../../inventory/logical.ts';
import { type PortBinding, parsePortBinding } from '../../inventory/port-binding.ts';
import type { PortBindingRow } from '../../inventory/row.ts';
import type { InventoryUpdate } from '../../inventory/source.ts';
import { formatPrefix, parsePrefix } from '../../net/prefix.ts';
import type { RowChange, Uuid } from '../../protocols/ovsdb/index.ts';
import { Counts } from './counts.ts';
import { datapathOf, namesOf } from './datapath.ts';
import { References } from './references.ts';
import {
  appliesAt,
  isGateway,
  natAddressesOf,
  type OwnNames,
  redirectName,
  routerPortRows,
  switchPortRow,
} from './rows.ts';
import type {
  Nat,
  NorthboundChanges,
  NorthboundTables,
  Router,
  RouterPort,
  SwitchPort,
} from './tables.ts';

/** A port as it was told, and of what it was made. */
interface Told {
  readonly row: PortBindingRow;
  readonly port: PortBinding;
}

export class Join {
  readonly #tables: NorthboundTables;
  readonly #own: OwnNames;
  /** By the UUID of the row that they were made of. */
  readonly #told = new Map<Uuid, readonly Told[]>();
  readonly #routers = new Map<string, LogicalRouter>();
  /** Switches of ports that do not say theirs; nothing for those that have none. */
  readonly #switches = new Map<Uuid, string | undefined>();
  readonly #ports = new Set<Uuid>();
  readonly #routerPorts = new Set<Uuid>();
  readonly #dirtyRouters = new Set<string>();
  readonly #dirtyBalancers = new Set<Uuid>();
  readonly #balancers = new Map<Uuid, LoadBalancer>();
  readonly #datapaths = new Counts();
  readonly #dhcp = new References();
  readonly #dirtySwitches = new Set<string>();
  readonly #logicalSwitches = new Map<string, LogicalSwitch>();
  readonly #unplaced = new Set<Uuid>();
  /** Gateways that are here, where OVN_Southbound has to be asked. */
  #bound: ReadonlySet<string> = new Set();

  constructor(tables: NorthboundTables, own: OwnNames) {
    this.#tables = tables;
    this.#own = own;
  }

  /** Names of the switches that ports are known of. */
  get switches(): readonly string[] {
    return namesOf('switch', this.#datapaths.keys());
  }

  /** Another number whenever these are others, or the routers, or the rows of `dhcpOf`. */
  get version(): number {
    return this.#datapaths.version + this.#dhcp.version;
  }

  /** Rows of DHCP_Options that known ports of a switch refer to. */
  dhcpOf(switchName: string): Iterable<Uuid> {
    return this.#dhcp.rowsOf(switchName);
  }

  /** Ports whose switch somebody has to ask for. */
  get unplaced(): ReadonlySet<Uuid> {
    return this.#unplaced;
  }

  /** What these changes make of what was told before. */
  take(changes: NorthboundChanges): readonly InventoryUpdate[] {
    for (const change of changes.of('Logical_Switch_Port')) this.#markSwitchPort(change);
    for (const change of changes.of('Logical_Router_Port')) this.#markRouterPort(change);
    for (const change of changes.of('Logical_Router')) this.#markRouter(change);
    for (const { uuid } of changes.of('NAT')) {
      const router = this.#tables.table('Logical_Router').find('nat', uuid);
      if (router !== undefined) this.#dirtyRouters.add(router.name);
    }
    for (const { uuid } of changes.of('Load_Balancer')) this.#dirtyBalancers.add(uuid);
    for (const change of changes.of('Logical_Switch')) {
      for (const { name } of versionsOf(change)) this.#dirtySwitches.add(name);
    }
    for (const { uuid } of changes.of('DHCP_Options')) {
      for (const name of this.#dhcp.switchesOf(uuid)) this.#dirtySwitches.add(name);
    }
    return this.#tell();
  }

  #tellSwitch(name: string): readonly InventoryUpdate[] {
    const row = this.#tables.table('Logical_Switch').find('name', name);
    const datapath = datapathOf('switch', name);
    const value = row && {
      datapath,
      name,
      externalIds: row.external_ids,
      subnets: this.#subnetsOf(name),
    };
    if (equalData(value, this.#logicalSwitches.get(name))) return [];
    if (value === undefined) this.#logicalSwitches.delete(name);
    else this.#logicalSwitches.set(name, value);
    return [{ of: 'switch', datapath, value }];
  }

  #subnetsOf(switchName: string): LogicalSwitch['subnets'] {
    const rows = [...this.#dhcp.rowsOf(switchName)].flatMap((uuid) => {
      const row = this.#tables.table('DHCP_Options').get(uuid);
      return row === undefined ? [] : [{ ...row, uuid }];
    });
    return parseDhcpSubnets(rows);
  }

  /** The switch that a port is on, as somebody found out. */
  place(port: Uuid, switchName: string | undefined): void {
    if (!this.#unplaced.delete(port)) return;
    this.#switches.set(port, switchName);
    this.#ports.add(port);
  }

  /** The chassisredirect ports that OVN_Southbound says are here. */
  bind(names: ReadonlySet<string>): void {
    for (const name of names.symmetricDifference(this.#bound)) {
      this.#markRouterPortNamed(name.replace(/^cr-/, ''));
    }
    this.#bound = names;
  }

  /** What has come to be known since, as updates. */
  flush(): readonly InventoryUpdate[] {
    return this.#tell();
  }

  #markSwitchPort(change: RowChange<SwitchPort>): void {
    this.#ports.add(change.uuid);
    if (change.kind === 'delete') {
      this.#switches.delete(change.uuid);
      this.#unplaced.delete(change.uuid);
    }
    // A router's port names its peer on the switch.
    for (const port of versionsOf(change)) {
      const routerPort = port.options.get('router-port');
      if (routerPort !== undefined) this.#markRouterPortNamed(routerPort);
    }
  }

  #markRouterPort(change: RowChange<RouterPort>): void {
    this.#routerPorts.add(change.uuid);
    for (const { name } of versionsOf(change)) this.#markPeersOf(name);
    // Which gateway an address is answered at depends on which there are.
    const router = this.#routerOf(change.uuid);
    if (router !== undefined) this.#dirtyRouters.add(router.name);
  }

  #markRouterPortNamed(name: string): void {
    const port = this.#tables.table('Logical_Router_Port').find('name', name);
    if (port !== undefined) this.#routerPorts.add(port._uuid);
  }

  #markPeersOf(routerPort: string): void {
    for (const peer of this.#tables.table('Logical_Switch_Port').by('routerPort', routerPort)) {
      this.#ports.add(peer._uuid);
    }
  }

  #markRouter(change: RowChange<Router>): void {
    for (const { name, ports, load_balancer: balancers } of versionsOf(change)) {
      this.#dirtyRouters.add(name);
      for (const balancer of balancers) this.#dirtyBalancers.add(balancer);
      const isSame = change.kind === 'modify' && !change.columns.some((each) => each !== 'nat');
      if (!isSame) for (const port of ports) this.#routerPorts.add(port);
    }
  }

  #tell(): readonly InventoryUpdate[] {
    const updates = [...this.#dirtyRouters].flatMap((name) => this.#tellRouter(name));
    this.#dirtyRouters.clear();
    for (const uuid of this.#ports) updates.push(...this.#tellRows(uuid, this.#rowsOfPort(uuid)));
    this.#ports.clear();
    for (const uuid of this.#routerPorts) {
      updates.push(...this.#tellRows(uuid, this.#rowsOfRouterPort(uuid)));
    }
    this.#routerPorts.clear();
    for (const uuid of this.#dirtyBalancers) updates.push(...this.#tellBalancer(uuid));
    this.#dirtyBalancers.clear();
    // Ports say which options matter to their switch.
    for (const name of this.#dirtySwitches) updates.push(...this.#tellSwitch(name));
    this.#dirtySwitches.clear();
    return updates;
  }

  /** Of load balancers that are on a router: there a gateway is. */
  #tellBalancer(uuid: Uuid): readonly InventoryUpdate[] {
    const row = this.#tables.table('Load_Balancer').get(uuid);
    const on = this.#tables.table('Logical_Router').by('load_balancer', uuid);
    const routers = on.map(({ name }) => datapathOf('router', name));
    const before = this.#balancers.get(uuid);
    const after = row && parseLoadBalancer({ ...row, uuid, routers, switches: [] });
    if (equalData(before, after)) return [];
    if (after === undefined) this.#balancers.delete(uuid);
    else this.#balancers.set(uuid, after);
    return [{ of: 'balancer', before, after }];
  }

  /** Tells what is known of a router itself; marks the ports that have its floating IPs. */
  #tellRouter(name: string): readonly InventoryUpdate[] {
    const router = this.#tables.table('Logical_Router').find('name', name);
    for (const port of this.#gatewaysOf(router)) this.#markPeersOf(port.name);
    const datapath = datapathOf('router', name);
    const value = router && { datapath, name, snat: snatOf(this.#natsOf(router)) };
    if (equalData(value, this.#routers.get(name))) return [];
    if (value === undefined) this.#routers.delete(name);
    else this.#routers.set(name, value);
    return [{ of: 'router', datapath, value }];
  }

  #tellRows(uuid: Uuid, rows: readonly PortBindingRow[]): readonly InventoryUpdate[] {
    const before = this.#told.get(uuid) ?? [];
    const count = Math.max(before.length, rows.length);
    const updates: InventoryUpdate[] = [];
    const after: Told[] = [];
    for (let index = 0; index < count; index += 1) {
      const old = before[index];
      const row = rows[index];
      const isSame = old !== undefined && equalData(old.row, row);
      const told =
        isSame || row === undefined ? undefined : { row, port: parsePortBinding(row, old?.port) };
      const kept = isSame ? old : told;
      if (kept !== undefined) after.push(kept);
      if (!isSame) updates.push({ of: 'port', before: old?.port, after: told?.port });
    }
    this.#keep(uuid, before, after);
    return updates;
  }

  #keep(uuid: Uuid, before: readonly Told[], after: readonly Told[]): void {
    for (const { row } of after) this.#datapaths.add(row.datapath);
    for (const { row } of before) this.#datapaths.remove(row.datapath);
    if (after.length === 0) this.#told.delete(uuid);
    else this.#told.set(uuid, after);
  }

  #rowsOfPort(uuid: Uuid): readonly PortBindingRow[] {
    const port = this.#tables.table('Logical_Switch_Port').get(uuid);
    this.#refer(uuid, port);
    if (port === undefined) return [];
    // Neutron writes it on every port but the localnet ones.
    const switchName = port.external_ids.get('neutron:network_name') ?? this.#switches.get(uuid);
    if (switchName === undefined) {
      if (!this.#switches.has(uuid)) this.#unplaced.add(uuid);
      return [];
    }
    return [switchPortRow(port, switchName, this.#own, this.#natOf(port))];
  }

  #refer(uuid: Uuid, port: SwitchPort | undefined): void {
    const { dhcpv4_options: v4, dhcpv6_options: v6, external_ids: ids } = port ?? {};
    const rows = [v4, v6].filter((row) => row !== undefined);
    const name = ids?.get('neutron:network_name');
    for (const touched of this.#dhcp.put(uuid, name, rows)) this.#dirtySwitches.add(touched);
  }

  #rowsOfRouterPort(uuid: Uuid): readonly PortBindingRow[] {
    const port = this.#tables.table('Logical_Router_Port').get(uuid);
    const router = this.#routerOf(uuid);
    if (port === undefined || router === undefined) return [];
    const [peer] = this.#tables.table('Logical_Switch_Port').by('routerPort', port.name);
    const boundTo = this.#bound.has(redirectName(port)) ? this.#own.systemId : undefined;
    return routerPortRows(port, router.name, peer?.name ?? peerByName(port.name), boundTo);
  }

  #routerOf(routerPort: Uuid): Router | undefined {
    return this.#tables.table('Logical_Router').find('ports', routerPort);
  }

  #gatewaysOf(router: Router | undefined): readonly RouterPort[] {
    const ports = this.#tables.table('Logical_Router_Port');
    const found = (router?.ports ?? []).flatMap((uuid) => ports.get(uuid) ?? []);
    return found.filter(isGateway);
  }

  #natsOf(router: Router): readonly Nat[] {
    return router.nat.flatMap((uuid) => this.#tables.table('NAT').get(uuid) ?? []);
  }

  /** What is answered for behind the switch's side of a gateway. */
  #natOf(port: SwitchPort): readonly string[] {
    const name = port.type === 'router' ? port.options.get('router-port') : undefined;
    const gateway = this.#tables.table('Logical_Router_Port').find('name', name ?? '');
    const router = gateway === undefined ? undefined : this.#routerOf(gateway._uuid);
    if (gateway === undefined || router === undefined || !isGateway(gateway)) return [];
    const isOnly = this.#gatewaysOf(router).length === 1;
    const nats = this.#natsOf(router).filter((nat) => appliesAt(gateway, nat, isOnly));
    return natAddressesOf(gateway, nats);
  }
}

function versionsOf<R>(change: RowChange<R>): readonly R[] {
  if (change.kind === 'insert') return [change.new];
  return change.kind === 'delete' ? [change.old] : [change.old, change.new];
}

/** Neutron's `lrp-PORT` is the router's side of PORT. */
function peerByName(routerPort: string): string | undefined {
  return routerPort.startsWith('lrp-') ? routerPort.slice(4) : undefined;
}

function snatOf(nats: readonly Nat[]): LogicalRouter['snat'] {
  const prefixes = nats
    .filter(({ type }) => type === 'snat')
    .flatMap(({ logical_ip: text }) => {
      const prefix = parsePrefix(text);
      return prefix.ok ? [prefix.value] : [];
    });
  return prefixes
    .map((prefix) => ({ prefix, text: formatPrefix(prefix) }))
    .sort((a, b) => (a.text < b.text ? -1 : 1))
    .map(({ prefix }) => prefix);
}
