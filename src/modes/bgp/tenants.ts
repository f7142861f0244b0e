/**
 * Which subnets behind gateways of this node are exposed, and how they are reached; of what is not, why. Look-ups only:
 * the plans of subnets and of the ports in them rest on the same answers.
 */

import { formatIssue } from '../../base/issue.ts';
import type { LegSubnet, TenantSubnet } from '../../fabric/concepts.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import type { AddressScopes, PortBinding } from '../../inventory/port-binding.ts';
import { isGlobalIpv6 } from '../../net/global.ts';
import { type Family, type Ip, isLinkLocal } from '../../net/ip.ts';
import { linkLocalOf, type Mac } from '../../net/mac.ts';
import type { Vni } from '../../net/numbers.ts';
import { formatPrefix, networkOf, type Prefix, prefixesOverlap } from '../../net/prefix.ts';
import { becauseAddressed, becauseBound, becauseExit, becauseScoped } from '../because.ts';
import { byName, isGatewayPort, networkPortOf, peerOf, type ProviderExit } from '../gateways.ts';
import { exitOf, isProvider, placeOf } from './place.ts';
import { knownMac } from './plan-port.ts';
import { networkOptOut, type OptOut, portOptOut, subnetOptOut, tenantOptOut } from './choice.ts';
import { type Exposure, exposureOf, type VpnExposure } from './exposure.ts';
import type { BgpSettings, TenantSettings } from './settings.ts';

/** What the settings say of tenant networks, with the method by which the networks of their gateways are exposed. */
export type TenantRules = TenantSettings & Pick<BgpSettings, 'method' | 'choice'>;

export function rulesOf({ tenants, method, choice }: BgpSettings): TenantRules | undefined {
  return tenants === undefined ? undefined : { ...tenants, method, choice };
}

/** The subnets of a router interface that are exposed here, and what is wrong with others. */
export interface TenantOffer {
  readonly subnets: readonly (TenantSubnet | LegSubnet)[];
  readonly problems: readonly string[];
  readonly optOut: OptOut;
}

const nothing: TenantOffer = { subnets: [], problems: [], optOut: undefined };

/** Of the switch side of a router interface; nothing for any other port. */
export function offerOf(port: PortBinding, inventory: Inventory, rules: TenantRules): TenantOffer {
  return inventory.derived(`tenants ${port.name}`, () => findOffer(port, inventory, rules));
}

/** What is exposed of the network that this datapath is. */
export function subnetsOn(
  datapath: string,
  inventory: Inventory,
  rules: TenantRules,
): TenantOffer['subnets'] {
  return inventory.derived(`tenants on ${datapath}`, () =>
    byName(inventory.portsOfType(datapath, 'patch')).flatMap(
      (port) => offerOf(port, inventory, rules).subnets,
    ),
  );
}

function findOffer(port: PortBinding, inventory: Inventory, rules: TenantRules): TenantOffer {
  const routerPort = interfaceHere(port, inventory, rules);
  if (routerPort === undefined) return nothing;
  const issues = routerPort.issues.map(
    (issue) => `Port_Binding ${routerPort.name} ${formatIssue(issue)}; correct it`,
  );
  const found = wantedOf(port, inventory, rules).map((destination) => {
    const way = wayOf(routerPort.datapath, destination.ip.family, inventory, rules);
    if (typeof way === 'string') return `${formatPrefix(destination)} has no next hop: ${way}`;
    const holder = earlierHolder(port, destination, way.realm, inventory, rules);
    // Of several routers of one network the first will do.
    if (holder?.datapath === port.datapath) return undefined;
    if (holder !== undefined) return overlap(destination, holder, way.realm);
    return reached(destination, way, routerPort, port, inventory, rules);
  });
  return {
    subnets: found.filter((each) => typeof each === 'object'),
    problems: [...issues, ...found.filter((each) => typeof each === 'string')],
    optOut: tenantOptOut(port, routerPort, inventory, rules.choice),
  };
}

/** A gateway that is bound to this node, and leads out of it by a provider network that is in the underlay or in a VRF. */
interface LocalGateway {
  readonly port: PortBinding;
  readonly exit: ProviderExit;
  /** Of a network in a VRF. */
  readonly vpn: VpnExposure | undefined;
}

/** How a router is reached from the fabric in one family. */
interface Way {
  readonly gateway: LocalGateway;
  readonly via: Ip;
  readonly mac: Mac | undefined;
  readonly realm: Realm;
}

/** Where addresses must not be there twice: `the underlay`, `VRF 500`. */
type Realm = string;

export function realmOf(subnet: TenantSubnet | LegSubnet): Realm {
  return subnet.concept === 'leg-subnet' ? realmOfVrf(subnet.at.vni) : theUnderlay;
}

const theUnderlay = 'the underlay';

function realmOfVrf(vni: Vni): Realm {
  return `VRF ${vni}`;
}

function gatewaysOf(
  router: string,
  inventory: Inventory,
  rules: TenantRules,
): readonly LocalGateway[] {
  return byName(inventory.portsOfType(router, 'chassisredirect')).flatMap((port) => {
    if (port.chassis === undefined || port.chassis !== inventory.chassis) return [];
    const networkPort = networkPortOf(port, inventory);
    const exit = networkPort === undefined ? '' : exitOf(networkPort.datapath, inventory);
    if (typeof exit === 'string') return [];
    const exposure = exposureOf(exit, inventory, rules);
    if (!isRouted(exposure)) return [];
    const faces = [port, networkPort, inventory.port(port.distributedPort ?? '')];
    const { choice } = rules;
    const optOut = portOptOut(faces, choice) ?? networkOptOut(exit, inventory, choice);
    const vpn = exposure.method === 'vrf' ? exposure : undefined;
    return optOut === undefined ? [{ port, exit, vpn }] : [];
  });
}

/** A segment is not: what is behind its routers is for those on it to know. */
function isRouted({ method }: Exposure): boolean {
  return method === 'underlay' || method === 'vrf';
}

/** By the first gateway by name that has an address of the family; else why there is none. */
function wayOf(
  router: string,
  family: Family,
  inventory: Inventory,
  rules: TenantRules,
): Way | string {
  return inventory.derived(`tenant way ${router} ${family}`, () => {
    const gateways = gatewaysOf(router, inventory, rules);
    const [way] = gateways.flatMap((gateway) => waysThrough(gateway, family));
    if (way !== undefined) return way;
    const names = gateways.map(({ port }) => port.name).join(' and ');
    return `the gateway ${names} has no IPv${family} address; give it one`;
  });
}

function waysThrough(gateway: LocalGateway, family: Family): readonly Way[] {
  const { port, vpn } = gateway;
  const realm = vpn === undefined ? theUnderlay : realmOfVrf(vpn.at.vni);
  return port.addresses.flatMap(({ mac, prefixes }) =>
    prefixes
      .map(({ ip }) => ip)
      .filter((ip) => ip.family === family && !isLinkLocal(ip))
      .map((ip) => ({
        gateway,
        via: nextHopOf(ip, vpn, knownMac(mac)),
        mac: knownMac(mac),
        realm,
      })),
  );
}

/**
 * In a VRF an address of IPv6 that is announced from there is no next hop there: to Linux it is one of its own (`Gateway can
 * not be a local address`). Every port of a router has a link-local one as well, ovn-northd(8).
 */
function nextHopOf(ip: Ip, vpn: VpnExposure | undefined, mac: Mac | undefined): Ip {
  return vpn === undefined || ip.family === 4 || mac === undefined ? ip : linkLocalOf(mac);
}

function reached(
  destination: Prefix,
  { gateway, via, mac }: Way,
  routerPort: PortBinding,
  port: PortBinding,
  inventory: Inventory,
  rules: TenantRules,
): TenantSubnet | LegSubnet {
  const { exit, vpn } = gateway;
  const because = [
    becauseBound(gateway.port, inventory.ovs.systemId),
    becauseAddressed(routerPort),
    ...(rules.addressScopes.size === 0 ? [] : [becauseScoped(port, destination.ip.family)]),
    ...(vpn?.because ?? becauseExit(exit)),
  ];
  const announced = rules.advertise === 'subnet';
  if (vpn !== undefined) {
    return { concept: 'leg-subnet', at: vpn.at, destination, via, mac, announced, because };
  }
  const at = placeOf(exit, inventory);
  return { concept: 'tenant-subnet', at, destination, via, announced, because };
}

/** The subnets of a router interface that are to be exposed on a node with a gateway of its router. */
function wantedOf(port: PortBinding, inventory: Inventory, rules: TenantRules): readonly Prefix[] {
  return inventory.derived(`tenants wanted ${port.name}`, () => findWanted(port, inventory, rules));
}

function findWanted(
  port: PortBinding,
  inventory: Inventory,
  rules: TenantRules,
): readonly Prefix[] {
  const routerPort = interfaceHere(port, inventory, rules);
  if (routerPort === undefined) return [];
  const { snat } = rules;
  if (tenantOptOut(port, routerPort, inventory, rules.choice) !== undefined) return [];
  const translated = inventory.logicalRouter(routerPort.datapath)?.snat;
  // Before the router has been read nobody knows.
  if (snat === 'left-out' && translated === undefined) return [];
  return subnetsOf(routerPort).filter((subnet) => {
    const isBehind = translated?.some((source) => prefixesOverlap(source, subnet)) === true;
    const isLeftOut = snat === 'left-out' && isBehind;
    const isExcluded = subnetOptOut(subnet, rules.choice) !== undefined;
    return !isLeftOut && !isExcluded && isWanted(subnet.ip, port.addressScopes, rules);
  });
}

/** The router port of a tenant network, when its router has a gateway here that leads out. */
function interfaceHere(
  port: PortBinding,
  inventory: Inventory,
  rules: TenantRules,
): PortBinding | undefined {
  const routerPort = peerOf(port, inventory);
  if (routerPort === undefined || isProvider(port.datapath, inventory)) return undefined;
  if (isGatewayPort(routerPort, inventory)) return undefined;
  return gatewaysOf(routerPort.datapath, inventory, rules).length === 0 ? undefined : routerPort;
}

/** Subnets of a router port, each once. */
export function subnetsOf(routerPort: PortBinding): readonly Prefix[] {
  const subnets = routerPort.addresses
    .flatMap(({ prefixes }) => prefixes)
    .filter(({ ip }) => !isLinkLocal(ip))
    .map(networkOf);
  return [...new Map(subnets.map((subnet) => [formatPrefix(subnet), subnet])).values()];
}

/** Whether the filters let an address pass, which is in these scopes. */
export function isWanted(
  ip: Ip,
  scopes: AddressScopes,
  { families, addressScopes }: TenantRules,
): boolean {
  if (families === 'global-ipv6' && !isGlobalIpv6(ip)) return false;
  if (addressScopes.size === 0) return true;
  const scope = scopes[ip.family];
  return scope !== undefined && addressScopes.has(scope);
}

/** Of networks in one realm, behind gateways of this node, with overlapping subnets the first by name has it. */
function earlierHolder(
  port: PortBinding,
  subnet: Prefix,
  realm: Realm,
  inventory: Inventory,
  rules: TenantRules,
): PortBinding | undefined {
  const rivals = holdersOf(subnet, inventory, rules).filter((holder) => {
    const router = peerOf(holder, inventory)?.datapath ?? '';
    const way = wayOf(router, subnet.ip.family, inventory, rules);
    return typeof way === 'object' && way.realm === realm;
  });
  const [first] = byName(rivals);
  return first !== undefined && first.name < port.name ? first : undefined;
}

/** The switch sides of router interfaces for which a subnet is wanted here that overlaps this one, in whichever realm. */
export function holdersOf(
  subnet: Prefix,
  inventory: Inventory,
  rules: TenantRules,
): readonly PortBinding[] {
  return [...inventory.portsOverlapping(subnet)].flatMap((routerPort) => {
    const port = inventory.port(routerPort.peer ?? '');
    const wanted = port === undefined ? [] : wantedOf(port, inventory, rules);
    const isHolder = wanted.some((theirs) => prefixesOverlap(theirs, subnet));
    return port !== undefined && isHolder ? [port] : [];
  });
}

function overlap(subnet: Prefix, holder: PortBinding, realm: Realm): string {
  return `${formatPrefix(subnet)} overlaps a subnet of ${holder.name}, and both would be in ${realm}; renumber one, or leave one out by bgp.address_scopes`;
}

/** The switch sides of the interfaces of routers that have a gateway bound to this node, by name. */
export function interfacesHere(inventory: Inventory): readonly PortBinding[] {
  return inventory.derived('tenant interfaces', () => {
    const routers = new Set<string>();
    for (const gateway of inventory.gatewaysOfChassis(inventory.chassis ?? '')) {
      routers.add(gateway.datapath);
    }
    return byName([...routers].flatMap((router) => interfacesOf(router, inventory)));
  });
}

/** What the ports of a router lead to; where its gateways lead to is among them. */
export function interfacesOf(router: string, inventory: Inventory): readonly PortBinding[] {
  return [...inventory.portsOfType(router, 'patch')].flatMap(({ peer }) => {
    const other = inventory.port(peer ?? '');
    return other === undefined ? [] : [other];
  });
}
