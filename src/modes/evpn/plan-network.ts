/** The plan of a router interface: its subnets in the VRF of its VNI, at every gateway of the router on this node. */

import { formatIssue } from '../../base/issue.ts';
import type { Concept, RoutedPrefix } from '../../fabric/concepts.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import type { BgpvpnKeys, PortBinding } from '../../inventory/port-binding.ts';
import { isLinkLocal } from '../../net/ip.ts';
import { formatPrefix, networkOf, type Prefix, prefixesOverlap } from '../../net/prefix.ts';
import type { Condition } from '../../resources/condition.ts';
import { emptyPlan, type ScopePlan } from '../mode.ts';
import { becauseAddressed, becauseAnnotated } from '../because.ts';
import { isGatewayPort, localGateways, networkPortOf, peerOf } from '../gateways.ts';
import { joinProblem, sitesOf } from './join.ts';
import { attachmentOf, frameOf, nextHopOf } from './plan-gateway.ts';
import type { EvpnSettings } from './settings.ts';
import type { Site } from './site.ts';

/** A router interface that is offered here: its subnets with the site they are reached at. */
export interface Offered {
  readonly site: Site;
  readonly keys: BgpvpnKeys;
  readonly prefixes: readonly RoutedPrefix[];
}

export function planNetwork(
  scope: string,
  port: PortBinding,
  inventory: Inventory,
  settings: EvpnSettings,
): ScopePlan {
  const { bgpvpn } = port;
  if (bgpvpn === undefined) return emptyPlan;
  const refusal = (problem: string): Condition => ({
    scope,
    severity: 'error',
    message: `cannot offer the network of ${port.name}: ${problem}`,
  });
  const sites = sitesOf(port, inventory);
  if (sites.length === 0) {
    const conditions = unannotatedGateways(port, inventory).map(refusal);
    return { concepts: [], conditions };
  }
  if (!bgpvpn.ok) {
    const problem = `Port_Binding ${port.name} ${formatIssue(bgpvpn.error)}; correct it`;
    return { concepts: [], conditions: [refusal(problem)] };
  }
  const keys = bgpvpn.value;
  const problems = new Set([
    ...addressProblems(port, inventory),
    ...sites.flatMap((site) => [
      ...problemsOf(site, keys, inventory),
      ...subnetsOf(port, inventory).flatMap((subnet) =>
        subnetProblems(port, subnet, site, inventory),
      ),
    ]),
  ]);
  const concepts = offeredAt(port, inventory).flatMap(({ site, prefixes }): Concept[] => {
    const because = [...site.because, becauseAnnotated(port, keys)];
    return [...frameOf(site, keys, settings, false, because), ...prefixes];
  });
  return { concepts, conditions: [...problems].map(refusal) };
}

/** Gateways here whose annotation somebody forgot, as it seems: without it an annotated network leads nowhere. */
function unannotatedGateways(port: PortBinding, inventory: Inventory): readonly string[] {
  const routerPort = peerOf(port, inventory);
  if (routerPort === undefined || isGatewayPort(routerPort, inventory)) return [];
  return localGateways(routerPort.datapath, inventory).flatMap((gateway) => {
    const networkPort = networkPortOf(gateway, inventory);
    if (networkPort === undefined || networkPort.bgpvpn !== undefined) return [];
    return [
      `the gateway ${networkPort.name} of its router has not both neutron_bgpvpn:vni and neutron_bgpvpn:as; set them on it too`,
    ];
  });
}

function addressProblems(port: PortBinding, inventory: Inventory): readonly string[] {
  const routerPort = peerOf(port, inventory);
  return (routerPort?.issues ?? []).map(
    (issue) => `Port_Binding ${routerPort?.name} ${formatIssue(issue)}; correct it`,
  );
}

/** What of this interface is offered on this node; what is in the way is left out. */
export function offeredAt(port: PortBinding, inventory: Inventory): readonly Offered[] {
  return inventory.derived(`offered ${port.name}`, () => findOffered(port, inventory));
}

function findOffered(port: PortBinding, inventory: Inventory): readonly Offered[] {
  const { bgpvpn } = port;
  if (bgpvpn?.ok !== true) return [];
  const keys = bgpvpn.value;
  const routerPort = peerOf(port, inventory);
  if (routerPort === undefined) return [];
  return sitesOf(port, inventory)
    .filter((site) => problemsOf(site, keys, inventory).length === 0)
    .map((site) => ({
      site,
      keys,
      prefixes: subnetsOf(port, inventory).flatMap((destination): RoutedPrefix[] => {
        const via = nextHopOf(site.gateway, destination.ip.family);
        const inTheWay = subnetProblems(port, destination, site, inventory);
        if (via === undefined || inTheWay.length > 0) return [];
        const at = attachmentOf(site, keys);
        const because = [
          ...site.because,
          becauseAnnotated(port, keys),
          becauseAddressed(routerPort),
        ];
        return [{ concept: 'prefix', at, destination, via, because }];
      }),
    }));
}

/** Subnets of the router interface, each network once. */
export function subnetsOf(port: PortBinding, inventory: Inventory): readonly Prefix[] {
  const addresses = peerOf(port, inventory)?.addresses ?? [];
  const subnets = addresses
    .flatMap(({ prefixes }) => prefixes)
    .filter(({ ip }) => !isLinkLocal(ip))
    .map(networkOf);
  return [...new Map(subnets.map((subnet) => [formatPrefix(subnet), subnet])).values()];
}

function problemsOf(site: Site, keys: BgpvpnKeys, inventory: Inventory): readonly string[] {
  const gateway = site.gateway.bgpvpn;
  const elsewhere = joinProblem(keys.vni, site, inventory);
  if (elsewhere !== undefined) return [elsewhere];
  if (keys.asn === gateway.asn) return [];
  return [
    `its AS ${keys.asn} is not that of the gateway ${site.gateway.networkPort.name} (${gateway.asn}); make neutron_bgpvpn:as the same on both`,
  ];
}

/** Of interfaces in the same VRF with overlapping subnets the first has it. */
function subnetProblems(
  port: PortBinding,
  subnet: Prefix,
  site: Site,
  inventory: Inventory,
): readonly string[] {
  const problems: string[] = [];
  if (nextHopOf(site.gateway, subnet.ip.family) === undefined) {
    problems.push(
      `${formatPrefix(subnet)} has no next hop: the gateway ${site.gateway.port.name} has no IPv4 address; give it one`,
    );
  }
  const holder = earlierHolder(port, subnet, inventory);
  if (holder !== undefined) {
    problems.push(
      `${formatPrefix(subnet)} overlaps a subnet of ${holder.name} in the same VNI; renumber one, or use another VNI`,
    );
  }
  return problems;
}

function earlierHolder(
  port: PortBinding,
  subnet: Prefix,
  inventory: Inventory,
): PortBinding | undefined {
  if (port.bgpvpn?.ok !== true) return undefined;
  let holder: PortBinding | undefined;
  for (const other of inventory.portsOfVni(port.bgpvpn.value.vni)) {
    if (other === port) continue;
    const overlap = subnetsOf(other, inventory).some((theirs) => prefixesOverlap(theirs, subnet));
    if (!overlap || !hasPlace(other, inventory)) continue;
    if (isBefore(other, holder ?? port, inventory)) holder = other;
  }
  return holder;
}

/** One whose gateway is here comes before one that is prepared for; then the names decide. */
function isBefore(a: PortBinding, b: PortBinding, inventory: Inventory): boolean {
  const [aIsActive, bIsActive] = [a, b].map((port) =>
    sitesOf(port, inventory).some(({ role }) => role === 'active'),
  );
  return aIsActive === bIsActive ? a.name < b.name : aIsActive === true;
}

/** Whether an interface is offered somewhere on this node, but for subnets that overlap. */
function hasPlace(port: PortBinding, inventory: Inventory): boolean {
  const { bgpvpn } = port;
  if (bgpvpn?.ok !== true) return false;
  return sitesOf(port, inventory).some(
    (site) => problemsOf(site, bgpvpn.value, inventory).length === 0,
  );
}
