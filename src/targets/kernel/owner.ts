/**
 * Whose an object of the kernel is. Ours by its mark; the predecessor's by the exact shape in which ovn-bgp-agent leaves
 * it, with its EVPN driver as below, with its BGP drivers as in bgp-driver.ts where these are replaced; anything else is
 * nobody's and left alone. Pure.
 */

import type { IfName } from '../../net/if-name.ts';
import { isLinkLocal } from '../../net/ip.ts';
import { isHostPrefix, type Prefix } from '../../net/prefix.ts';
import { RTPROT } from '../../protocols/netlink/index.ts';
import type { RouteHop } from '../../resources/route.ts';
import type { Owner } from '../../resources/target.ts';
import { type BgpDriver, isDriversAddress, isDriversDevice, isDriversRoute } from './bgp-driver.ts';
import type { Device, Devices } from './devices.ts';
import { isOurAlias, ourProtocol } from './mark.ts';

export function ownerOfDevice(
  device: Device,
  devices: Devices,
  driver: BgpDriver | undefined,
): Owner {
  if (isOurAlias(device.alias)) return 'us';
  if (device.alias !== undefined) return 'nobody';
  const isDrivers = driver !== undefined && isDriversDevice(device, devices, driver);
  return isDrivers || isPredecessors(device, devices) ? 'predecessor' : 'nobody';
}

function isPredecessors(device: Device, devices: Devices): boolean {
  const [, role, digits = ''] =
    /^(vrf|br|vxlan|lo|veth-vrf|veth-ovs|vlan)-([1-9][0-9]*)$/.exec(device.name) ?? [];
  const number = Number(digits);
  const { is } = device;
  const isInVrf = (one: Device): boolean => isVrf(devices.get(one.master), number);
  switch (role) {
    case 'vrf':
      return isVrf(device, number);
    case 'br':
      return is.type === 'bridge' && isInVrf(device);
    case 'vxlan': {
      const bridge = devices.get(device.master);
      return is.type === 'vxlan' && is.vni === number && bridge?.name === `br-${number}`;
    }
    case 'lo':
      return is.type === 'dummy' && isInVrf(device);
    case 'veth-vrf':
      return is.type === 'veth' && isInVrf(device);
    case 'veth-ovs': {
      const near = devices.get(device.peer);
      return is.type === 'veth' && near?.name === `veth-vrf-${number}` && isInVrf(near);
    }
    case 'vlan':
      return is.type === 'other' && is.kind === 'openvswitch' && isInVrf(device);
    case undefined:
    default:
      return false;
  }
}

function isVrf(device: Device | undefined, number: number): boolean {
  return (
    device?.name === `vrf-${number}` &&
    device.is.type === 'vrf' &&
    Number(device.is.table) === number
  );
}

/** Whether the device plays this part in a VRF of the predecessor, whoever it belongs to by now. */
function plays(
  roles: readonly string[],
  device: Device | undefined,
  devices: Devices,
): number | undefined {
  const match = /^(.*)-([1-9][0-9]*)$/.exec(device?.name ?? '');
  const number = Number(match?.[2]);
  if (device === undefined || !roles.includes(match?.[1] ?? '')) return undefined;
  return isVrf(devices.get(device.master), number) ? number : undefined;
}

/** Not told, and 0, are the same: the object was made without saying by whom. */
export function isUnmarked(protocol: number | undefined): boolean {
  return protocol === undefined || protocol === 0;
}

export function ownerOfAddress(
  prefix: Prefix,
  protocol: number | undefined,
  device: Device | undefined,
  devices: Devices,
  driver: BgpDriver | undefined,
): Owner {
  if (protocol === ourProtocol) return 'us';
  if (!isUnmarked(protocol)) return 'nobody';
  if (driver !== undefined && isDriversAddress(prefix, device, devices, driver)) {
    return 'predecessor';
  }
  const isAnnounced = isHostPrefix(prefix) && plays(['lo'], device, devices) !== undefined;
  return isAnnounced && !isLinkLocal(prefix.ip) ? 'predecessor' : 'nobody';
}

export function ownerOfNeighbour(
  entry: { readonly protocol: number | undefined; readonly isPermanent: boolean },
  device: Device | undefined,
  devices: Devices,
): Owner {
  // One that somebody has altered so that it ages is no longer what we have made.
  if (!entry.isPermanent) return 'nobody';
  if (entry.protocol === ourProtocol) return 'us';
  if (!isUnmarked(entry.protocol)) return 'nobody';
  return plays(['veth-vrf', 'vlan'], device, devices) === undefined ? 'nobody' : 'predecessor';
}

/** As the kernel documentation for VRF has it (networking/vrf), for the route that ends a VRF's table. */
export const lastResortMetric = 4278198272;

export function ownerOfRoute(
  route: {
    readonly protocol: number;
    readonly table: number;
    readonly destination: Prefix;
    readonly metric: number;
    readonly hop: RouteHop;
  },
  devices: Devices,
  driver: BgpDriver | undefined,
): Owner {
  const { protocol, table, destination, metric, hop } = route;
  if (protocol === ourProtocol) return 'us';
  if (protocol !== RTPROT.boot) return 'nobody';
  if (driver !== undefined && isDriversRoute(route, devices, driver)) return 'predecessor';
  const isTheirs =
    hop.type === 'unreachable'
      ? destination.length === 0 &&
        metric === lastResortMetric &&
        isVrf(devices.named(`vrf-${table}`), table)
      : plays(['veth-vrf', 'vlan'], devices.named(hop.dev satisfies IfName), devices) === table;
  return isTheirs ? 'predecessor' : 'nobody';
}
