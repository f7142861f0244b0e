/**
 * What the BGP drivers of ovn-bgp-agent leave with the exposing method `underlay`, told by its exact shape. Their names
 * are settings, and the tables of provider bridges are those that the agent has noted in /etc/iproute2/rt_tables under
 * the names of the bridges: a route in such a table, or a rule to it, is not anybody's by chance. Pure.
 */

import type { IfName } from '../../net/if-name.ts';
import { isLinkLocal } from '../../net/ip.ts';
import type { TableId } from '../../net/numbers.ts';
import { isHostPrefix, type Prefix } from '../../net/prefix.ts';
import type { RouteHop } from '../../resources/route.ts';
import type { LookupRuleSpec } from '../../resources/rule.ts';
import type { Device, Devices } from './devices.ts';

/** How the driver was set up, by the same options as ours. */
export interface BgpDriver {
  readonly vrf: IfName;
  /** Of that VRF. */
  readonly table: TableId;
  readonly nic: IfName;
  /** pyroute2 gives a rule this one when none is asked for. */
  readonly rulePriority: number;
  /** The named routing tables of this node. */
  tables(): ReadonlyMap<string, TableId>;
}

export function isDriversDevice(device: Device, devices: Devices, driver: BgpDriver): boolean {
  const { is } = device;
  switch (is.type) {
    case 'vrf':
      return device.name === driver.vrf && is.table === driver.table;
    case 'dummy':
      return isNic(device, devices, driver);
    case 'vlan':
      return bridgeOf(device, devices, driver) !== undefined;
    case 'vxlan':
    case 'bridge':
    case 'veth':
    case 'other':
    default:
      return false;
  }
}

/** The dummy with what is announced, whoever it belongs to by now. */
function isNic(device: Device | undefined, devices: Devices, { vrf, nic }: BgpDriver): boolean {
  const master = devices.get(device?.master);
  return device?.name === nic && device.is.type === 'dummy' && master?.name === vrf;
}

/** The provider bridge that a device is, or that its VLAN is on: `<bridge cut to 10>.<vlan>`. */
function bridgeOf(
  device: Device | undefined,
  devices: Devices,
  driver: BgpDriver,
): Device | undefined {
  if (device?.is.type !== 'vlan') {
    return device !== undefined && driver.tables().has(device.name) ? device : undefined;
  }
  const parent = bridgeOf(devices.get(device.parent), devices, driver);
  const name = `${parent?.name.slice(0, 10)}.${device.is.id}`;
  return device.name === name ? parent : undefined;
}

/** fd53:d91e:400:7f17::/64, where the agent has the IPv6 addresses of provider bridges. */
const anchors6 = 0xfd53_d91e_0400_7f17n;

/** What is announced; and on provider bridges the addresses by which the node is on the network. */
export function isDriversAddress(
  prefix: Prefix,
  device: Device | undefined,
  devices: Devices,
  driver: BgpDriver,
): boolean {
  const { ip } = prefix;
  if (!isHostPrefix(prefix)) return false;
  if (isNic(device, devices, driver)) return !isLinkLocal(ip);
  if (bridgeOf(device, devices, driver) === undefined) return false;
  return ip.family === 4 ? isLinkLocal(ip) : ip.value >> 64n === anchors6;
}

/** In the table of a bridge, out of it; or with advertised subnets in that of the VRF, out of the dummy. */
export function isDriversRoute(
  { table, hop }: { readonly table: number; readonly hop: RouteHop },
  devices: Devices,
  driver: BgpDriver,
): boolean {
  if (hop.type === 'unreachable') return false;
  const device = devices.named(hop.dev);
  if (table === Number(driver.table)) return isNic(device, devices, driver);
  const bridge = bridgeOf(device, devices, driver);
  return bridge !== undefined && Number(driver.tables().get(bridge.name)) === table;
}

export function isDriversRule(
  { priority, table }: LookupRuleSpec,
  devices: Devices,
  driver: BgpDriver,
): boolean {
  if (priority !== driver.rulePriority) return false;
  for (const [name, id] of driver.tables()) {
    if (id === table && devices.named(name) !== undefined) return true;
  }
  return false;
}
