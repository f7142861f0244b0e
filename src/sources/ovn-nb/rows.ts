/**
 * Rows of OVN_Northbound as the rows of Port_Binding that ovn-northd makes of them, so that whatever reads the one reads
 * the other alike. Where northd leaves something out that the node could offer (floating IPs of IPv6) it is here. Pure.
 */

import { placementOf } from '../../inventory/placement.ts';
import type { PortBindingRow } from '../../inventory/row.ts';
import { datapathOf } from './datapath.ts';
import { type Ip, parseIp } from '../../net/ip.ts';
import { parsePrefix, prefixContains } from '../../net/prefix.ts';
import type { Nat, RouterPort, SwitchPort } from './tables.ts';

/** The own chassis, by the two names that OVN has for it. */
export interface OwnNames {
  /** Chassis.name. */
  readonly systemId: string;
  /** Chassis.hostname. */
  readonly hostname: string;
}

export function switchPortRow(
  port: SwitchPort,
  switchName: string,
  own: OwnNames,
  natAddresses: readonly string[],
): PortBindingRow {
  const isRouter = port.type === 'router';
  const routerPort = port.options.get('router-port');
  const requestedChassis = port.options.get('requested-chassis');
  const hostId = port.external_ids.get('neutron:host_id');
  const { type, up } = port;
  const at = placementOf({ by: 'request', type, requestedChassis, hostId, isUp: up === true });
  const options = isRouter && routerPort !== undefined ? [['peer', routerPort] as const] : [];
  return {
    uuid: port._uuid,
    logical_port: port.name,
    type: isRouter ? 'patch' : type,
    datapath: datapathOf('switch', switchName),
    chassis: isRouter || at === undefined ? undefined : chassisOf(at, own),
    ha_chassis_group: undefined,
    mac: port.addresses,
    nat_addresses: natAddresses,
    options: new Map([...port.options, ...options]),
    external_ids: port.external_ids,
    tag: port.tag,
    northbound: `Logical_Switch_Port ${port.name}`,
  };
}

/** OVN takes the name of the chassis and that of its host for the same, ovn-nb(5) requested-chassis. */
function chassisOf(name: string, { systemId, hostname }: OwnNames): string {
  return name === hostname ? systemId : name;
}

/** The port itself and, for a gateway, the chassisredirect port that stands for it. */
export function routerPortRows(
  port: RouterPort,
  routerName: string,
  peer: string | undefined,
  /** Where OVN_Southbound has to be asked: whether it says that the gateway is here. */
  boundTo: string | undefined,
): readonly PortBindingRow[] {
  const common = {
    datapath: datapathOf('router', routerName),
    mac: [[port.mac, ...port.networks].join(' ')],
    nat_addresses: [],
    external_ids: port.external_ids,
    tag: undefined,
    ha_chassis_group: port.ha_chassis_group,
    northbound: `Logical_Router_Port ${port.name}`,
  };
  const side: PortBindingRow = {
    ...common,
    uuid: port._uuid,
    logical_port: port.name,
    type: 'patch',
    chassis: undefined,
    options: new Map(peer === undefined ? [] : [['peer', peer]]),
  };
  if (!isGateway(port)) return [side];
  const hostingChassis = port.status.get('hosting-chassis') ?? boundTo;
  const redirect: PortBindingRow = {
    ...common,
    uuid: `${port._uuid} redirect`,
    logical_port: redirectName(port),
    type: 'chassisredirect',
    chassis: placementOf({ by: 'status', hostingChassis }),
    options: new Map([['distributed-port', port.name]]),
  };
  return [side, redirect];
}

export function isGateway(port: RouterPort): boolean {
  return port.gateway_chassis.length > 0 || port.ha_chassis_group !== undefined;
}

/** ovn-northd(8): the port of this name stands for a distributed gateway port where that is. */
export function redirectName(port: RouterPort): string {
  return `cr-${port.name}`;
}

/**
 * Whether a row applies at this gateway of a router's. ovn-nb(5), NAT gateway_port: at the one that it names; else at the only
 * one, and of several where the address is in the network. Of two in one network ovn-northd tells both.
 */
export function appliesAt(
  gateway: RouterPort,
  { gateway_port: named, external_ip: text }: Pick<Nat, 'gateway_port' | 'external_ip'>,
  isOnly: boolean,
): boolean {
  if (named !== undefined) return named === gateway._uuid;
  const ip = parseIp(text);
  return isOnly || (ip.ok && gateway.networks.some((each) => isWithin(ip.value, each)));
}

function isWithin(ip: Ip, network: string): boolean {
  const prefix = parsePrefix(network);
  return prefix.ok && prefixContains(prefix.value, ip);
}

/**
 * Column `nat_addresses` of the switch's side of a gateway: a floating IP with a MAC and a port of its own is answered
 * where that port is, all others at the gateway. ovn-nb(5), NAT external_mac.
 */
export function natAddressesOf(port: RouterPort, nats: Iterable<Nat>): readonly string[] {
  const own = new Set(port.networks.map((network) => network.replace(/\/.*$/, '')));
  const distributed: string[] = [];
  const central = new Set<string>();
  for (const { type, external_ip: ip, external_mac: mac, logical_port: at, external_ids } of nats) {
    if (ip.includes('/') || ip === '') continue;
    // The operator's choice: one address is not to be exposed.
    if (external_ids.get('selvedge:expose') === 'false') continue;
    if (type === 'dnat_and_snat' && mac !== undefined && at !== undefined) {
      distributed.push(`${mac} ${ip} is_chassis_resident("${at}")`);
    } else if (!own.has(ip)) central.add(ip);
  }
  const here = `is_chassis_resident("${redirectName(port)}")`;
  const shared = central.size === 0 ? [] : [[port.mac, ...[...central].sort(), here].join(' ')];
  return [...distributed.sort(), ...shared];
}
