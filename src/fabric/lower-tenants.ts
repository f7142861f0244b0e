/**
 * Subnets behind a router of a provider network, as ovn-bgp-agent's method `underlay` has them: a rule to the table of
 * the bridge, and there a route through the router. Announced is each address, on the dummy device; or the subnet, by a
 * route of the VRF that FRR redistributes.
 */

import type { Ip } from '../net/ip.ts';
import { hostPrefix } from '../net/prefix.ts';
import { linkUpKey } from '../resources/link-up.ts';
import { type Kinds, resourceOf } from '../resources/index.ts';
import { linkKey } from '../resources/link.ts';
import type { Key, Resource } from '../resources/resource.ts';
import { type RouteSpec, routeKey } from '../resources/route.ts';
import { type LookupRuleSpec, lookupRuleKey } from '../resources/rule.ts';
import type { ProviderPlace, TenantHost, TenantSubnet } from './concepts.ts';
import { wayBack } from './lower-underlay.ts';
import type { FabricSettings } from './settings.ts';

type Subnet = Omit<TenantSubnet, 'because'>;

export function lowerTenantSubnet(
  { because, ...subnet }: TenantSubnet,
  kinds: Kinds,
  settings: FabricSettings,
): readonly Resource[] {
  const { at, destination, via, announced } = subnet;
  const { table, nic, vrf } = settings.underlay;
  // By that the router is on the link, of a VLAN too, and also where its own address is not to be exposed.
  const onLink = onLinkOf(at, via);
  const hop = { type: 'unicast', dev: nic } as const;
  const drawing: RouteSpec = { kind: 'route', table, destination, metric: 0, hop };
  const needs = [...pathOf(subnet, settings), linkKey(vrf)];
  return [
    resourceOf(kinds, ruleOf(subnet, settings), because),
    resourceOf(kinds, onLink, because, [linkUpKey(at.bridge)]),
    resourceOf(kinds, routeOf(subnet), because, [
      routeKey(at.table, onLink.destination, 0),
      linkUpKey(at.bridge),
    ]),
    ...(announced ? [resourceOf(kinds, drawing, because, needs)] : []),
  ];
}

/** The way to the address first; it is announced when that is whole, and withdrawn before any of it goes. */
export function lowerTenantHost(
  { ip, within, because }: TenantHost,
  kinds: Kinds,
  settings: FabricSettings,
): readonly Resource[] {
  const { nic } = settings.underlay;
  const address = { kind: 'address', link: nic, prefix: hostPrefix(ip) } as const;
  return [resourceOf(kinds, address, because, pathOf(within, settings))];
}

function ruleOf({ at, destination: to }: Subnet, { underlay }: FabricSettings): LookupRuleSpec {
  return { kind: 'lookup-rule', priority: underlay.rulePriority, to, table: at.table };
}

/** As an exposed address has it. */
function onLinkOf({ table, device: dev }: ProviderPlace, ip: Ip): RouteSpec {
  const hop = { type: 'unicast', dev } as const;
  return { kind: 'route', table, destination: hostPrefix(ip), metric: 0, hop };
}

function routeOf({ at, destination, via }: Subnet): RouteSpec {
  const hop = { type: 'unicast', dev: at.device, via } as const;
  return { kind: 'route', table: at.table, destination, metric: 0, hop };
}

function pathOf(subnet: Subnet, settings: FabricSettings): readonly Key[] {
  const { at, destination } = subnet;
  return [
    lookupRuleKey(ruleOf(subnet, settings)),
    routeKey(at.table, destination, 0),
    ...wayBack(at, destination.ip.family, settings),
  ];
}
