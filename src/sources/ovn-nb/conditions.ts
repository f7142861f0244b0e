/**
 * Which rows of OVN_Northbound to ask for. Its tables do not say where a row belongs; the keys that Neutron writes do,
 * and the sets of the row that it belongs to. Pure.
 */

import type { PortInterest } from '../../inventory/source.ts';
import type { Condition } from '../../protocols/ovsdb/index.ts';
import { namesOf } from './datapath.ts';
import { isGateway, type OwnNames } from './rows.ts';
import type { NorthboundTables, Router } from './tables.ts';

export interface Conditions {
  readonly Logical_Switch: readonly Condition[];
  readonly Logical_Switch_Port: readonly Condition[];
  readonly Logical_Router: readonly Condition[];
  readonly Logical_Router_Port: readonly Condition[];
  readonly NAT: readonly Condition[];
  readonly Load_Balancer: readonly Condition[];
  readonly DHCP_Options: readonly Condition[];
}

/** What the interest leads to follows from rows that were delivered, each step from the one before. */
export interface Known {
  readonly tables: NorthboundTables;
  /** Names of the switches that ports are known of. */
  readonly switches: readonly string[];
  /** Gateways that OVN_Southbound says are here. */
  readonly bound: ReadonlySet<string>;
  /** Rows of DHCP_Options that the ports of a switch refer to, by its name. */
  readonly dhcpOf: (switchName: string) => Iterable<string>;
}

/** Sorted, so that equal interests are equal conditions. */
export function conditionsOf(interest: PortInterest, own: OwnNames, known: Known): Conditions {
  const routers = namesOf('router', interest.datapaths);
  const names = sorted(interest.names).map((name): Condition => ['name', '==', name]);
  const rows = routers.flatMap((name) => known.tables.table('Logical_Router').by('name', name));
  return {
    Logical_Switch: sorted(known.switches).map((name) => ['name', '==', name]),
    Logical_Switch_Port: [
      ...ownPorts(interest, own),
      ...portsOf(interest),
      ...names,
      ...sorted(interest.balanced?.portNames ?? []).map((name) => has('neutron:port_name', name)),
    ],
    Logical_Router: [
      ...sorted(routers).map((name): Condition => ['name', '==', name]),
      ...sorted(routerPorts(known.tables)).map((port): Condition => ['ports', 'includes', [port]]),
    ],
    Logical_Router_Port: [
      ...ownGateways(interest, own, known.bound),
      ...names,
      ...sorted(routers).flatMap(routerPortsByName),
      ...sorted(rows.flatMap((row) => unnamedPorts(row, known.tables))).map(hasUuid),
    ],
    NAT: [
      ...sorted(routers).map((name): Condition => has('neutron:router_name', name)),
      ...sorted(rows.flatMap((row) => gatewayAddresses(row, known.tables))).map(
        (ip): Condition => ['external_ip', '==', ip],
      ),
    ],
    Load_Balancer: sorted(balancersOf(interest, known.tables)).map(hasUuid),
    DHCP_Options: sorted(
      namesOf('switch', interest.dhcp ?? []).flatMap((name) => [...known.dhcpOf(name)]),
    ).map(hasUuid),
  };
}

function hasUuid(uuid: string): Condition {
  return ['_uuid', '==', uuid];
}

function has(key: string, value: string): Condition {
  return ['external_ids', 'includes', new Map([[key, value]])];
}

/** The second of a list of chassis, to which a port migrates, is not found so: the port is not there yet. */
function ownPorts(
  { ownChassis }: PortInterest,
  { systemId, hostname }: OwnNames,
): readonly Condition[] {
  if (!ownChassis) return [];
  const requested = [...new Set([hostname, systemId])].map((name): Condition => {
    return ['options', 'includes', new Map([['requested-chassis', name]])];
  });
  return [...requested, has('neutron:host_id', hostname)];
}

function portsOf({ types, datapaths }: PortInterest): readonly Condition[] {
  const switches = namesOf('switch', datapaths);
  return [
    ...sorted(types).map((type): Condition => ['type', '==', type === 'patch' ? 'router' : type]),
    ...sorted(switches).map((name): Condition => has('neutron:network_name', name)),
  ];
}

function ownGateways(
  { ownChassis }: PortInterest,
  { systemId }: OwnNames,
  bound: ReadonlySet<string>,
): readonly Condition[] {
  if (!ownChassis) return [];
  return [
    // Since OVN 23.09; an older one takes no notice of it, and says by OVN_Southbound what is bound.
    ['status', 'includes', new Map([['hosting-chassis', systemId]])],
    ...sorted(bound).map((name): Condition => ['name', '==', name.replace(/^cr-/, '')]),
  ];
}

/** Neutron's key for its router: the router's own id, or the name of the Logical_Router, which the id is in. */
function routerPortsByName(name: string): readonly Condition[] {
  const id = name.replace(/^neutron-/, '');
  return [
    has('neutron:router_name', name),
    ...(id === name ? [] : [has('neutron:router_name', id)]),
  ];
}

function routerPorts(tables: NorthboundTables): readonly string[] {
  return [...tables.table('Logical_Router_Port')].map(({ _uuid }) => _uuid);
}

/** Ports of a router that have no such key: they are asked for one by one. */
function unnamedPorts({ ports }: Router, tables: NorthboundTables): readonly string[] {
  return ports.filter((uuid) => {
    const port = tables.table('Logical_Router_Port').get(uuid);
    return port?.external_ids.has('neutron:router_name') !== true;
  });
}

/** Rows of type `snat` have no key of Neutron; what they turn addresses into is the gateway's own. */
function gatewayAddresses({ ports }: Router, tables: NorthboundTables): readonly string[] {
  const known = ports.flatMap((uuid) => tables.table('Logical_Router_Port').get(uuid) ?? []);
  return known
    .filter(isGateway)
    .flatMap(({ networks }) => networks.map((network) => network.replace(/\/.*$/, '')));
}

function balancersOf({ balanced }: PortInterest, tables: NorthboundTables): readonly string[] {
  return namesOf('router', balanced?.routers ?? []).flatMap((name) =>
    tables
      .table('Logical_Router')
      .by('name', name)
      .flatMap((row) => row.load_balancer),
  );
}

function sorted(texts: Iterable<string>): readonly string[] {
  return [...new Set(texts)].sort();
}
