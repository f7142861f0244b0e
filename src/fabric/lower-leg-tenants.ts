/**
 * Subnets behind a router of a provider network that is in a VRF: a route through the router in the table of the VRF.
 * Announced is each address, as those of the network itself are; or the subnet, by an address of the dummy device too:
 * FRR announces what is connected, and the kernel's own route to that gives way to the one through the router.
 */

import { networkOf, type Prefix } from '../net/prefix.ts';
import type { AddressSpec } from '../resources/address.ts';
import { frrDeviceKey } from '../resources/frr.ts';
import { type Kinds, resourceOf } from '../resources/index.ts';
import type { Key, Resource } from '../resources/resource.ts';
import { routeKey, type RouteSpec } from '../resources/route.ts';
import type { LegPlace, LegSubnet, LegTenant } from './concepts.ts';
import { announcement, wayThrough, wayTo, wayToKeys } from './lower-leg.ts';
import { legNames, loopbackName, tableOf, vrfName } from './names.ts';
import type { FabricSettings } from './settings.ts';

type Subnet = Omit<LegSubnet, 'because'>;

export function lowerLegSubnet(
  { because, ...subnet }: LegSubnet,
  kinds: Kinds,
  settings: FabricSettings,
): readonly Resource[] {
  const { at, destination, via, mac, announced } = subnet;
  // The router is on the link also where its own address is not to be exposed.
  const hop = [frrDeviceKey(vrfName(at.vni)), ...wayToKeys(at, via, mac)];
  const drawn = announced ? [drawing(at, destination)] : [];
  return [
    ...wayTo(at, via, mac, kinds, because),
    resourceOf(kinds, routeOf(subnet), because, hop),
    ...drawn.map((spec) => resourceOf(kinds, spec, because, pathOf(subnet, settings))),
  ];
}

/** The way to the address first; it is announced when that is whole, and withdrawn before any of it goes. */
export function lowerLegTenant(
  { ip, within, because }: LegTenant,
  kinds: Kinds,
  settings: FabricSettings,
): readonly Resource[] {
  return [resourceOf(kinds, announcement(within.at, ip), because, pathOf(within, settings))];
}

function routeOf({ at, destination, via }: Subnet): RouteSpec {
  const { device } = legNames(at.vni, at.vlan);
  const hop = { type: 'unicast', dev: device, via } as const;
  return { kind: 'route', table: tableOf(at.vni), destination, metric: 0, hop };
}

/** Above 1024, the metric of an IPv6 route that was given none. FRR takes it for the MED. */
const behindRouters = 4096;

/** `noprefixroute` would be simpler, but FRR 10 then does not take the prefix for connected. */
function drawing({ vni }: LegPlace, destination: Prefix): AddressSpec {
  const link = loopbackName(vni);
  const prefix = networkOf(destination);
  return { kind: 'address', link, prefix, metric: behindRouters, localRoute: 'removed' };
}

function pathOf({ at, destination }: Subnet, settings: FabricSettings): readonly Key[] {
  const { family } = destination.ip;
  return [routeKey(tableOf(at.vni), destination, 0), ...wayThrough(at, family, settings)];
}
