/**
 * Subnets behind routers of a network that the fabric itself is on: nothing of them leads to this node. It announces them
 * with the router's address as next hop, by routes of the VRF that FRR redistributes, as ovn-bgp-agent's driver
 * `ovn_stretched_l2_bgp_driver` has them. No packet ever takes these routes.
 */

import { linkKey } from '../resources/link.ts';
import { type Kinds, resourceOf } from '../resources/index.ts';
import type { Resource } from '../resources/resource.ts';
import { type RouteSpec, routeKey } from '../resources/route.ts';
import type { StretchedSubnet } from './concepts.ts';
import type { FabricSettings } from './settings.ts';

export function lowerStretched(
  { destination, via, network, because }: StretchedSubnet,
  kinds: Kinds,
  { underlay }: FabricSettings,
): readonly Resource[] {
  const { table, nic, vrf } = underlay;
  const route = { kind: 'route', table, metric: 0 } as const;
  // The kernel takes a next hop only when it is on a link, which this says of the dummy device.
  const link: RouteSpec = { ...route, destination: network, hop: { type: 'unicast', dev: nic } };
  const subnet: RouteSpec = { ...route, destination, hop: { type: 'unicast', dev: nic, via } };
  return [
    resourceOf(kinds, link, because, [linkKey(vrf)]),
    resourceOf(kinds, subnet, because, [routeKey(table, network, 0)]),
  ];
}
