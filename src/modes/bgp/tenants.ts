/**
 * Which subnets behind gateways of this node are exposed, and how they are reached; of what is not, why. Look-ups only:
 * the plans of subnets and of the ports in them rest on the same answers.
 */

import { formatIssue } from '../../base/issue.ts';
import type { TenantSubnet } from '../../fabric/concepts.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import type { AddressScopes, PortBinding } from '../../inventory/port-binding.ts';
import { isGlobalIpv6 } from '../../net/global.ts';
import { type Ip, isLinkLocal } from '../../net/ip.ts';
import { formatPrefix, networkOf, type Prefix, prefixesOverlap } from '../../net/prefix.ts';
import type { Reason } from '../../resources/resource.ts';
import { becauseAddressed, becauseBound, becauseExit } from '../because.ts';
import { byName, isGatewayPort, networkPortOf, peerOf, type ProviderExit } from '../gateways.ts';
import { exitOf, isProvider, placeOf } from './place.ts';
import { networkOptOut, type OptOut, portOptOut } from './choice.ts';
import { exposureOf } from './exposure.ts';
import type { BgpSettings, TenantSettings } from './settings.ts';

/** What the settings say of tenant networks, with the method by which the networks of their gateways are exposed. */
export type TenantRules = TenantSettings & Pick<BgpSettings, 'method' | 'choice'>;

export function rulesOf({ tenants, method, choice }: BgpSettings): TenantRules | undefined {
  return tenants === undefined ? undefined : { ...tenants, method, choice };
}

/** The subnets of a router interface that are exposed here, and what is wrong with others. */
export interface TenantOffer {
  readonly subnets: readonly TenantSubnet[];
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
): readonly TenantSubnet[] {
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
  const gateways = gatewaysOf(routerPort.datapath, inventory, rules);
  const found = wantedOf(port, inventory, rules).map((destination) => {
    const holder = earlierHolder(port, destination, inventory, rules);
    // Of several routers of one network the first will do.
    if (holder?.datapath === port.datapath) return undefined;
    if (holder !== undefined) return overlap(destination, holder);
    return reached(destination, routerPort, gateways, port, inventory, rules);
  });
  return {
    subnets: found.filter((each) => typeof each === 'object'),
    problems: [...issues, ...found.filter((each) => typeof each === 'string')],
    optOut: optOutOf(port, routerPort, inventory, rules),
  };
}

/** A gateway that is bound to this node, and leads out of it by a provider network that is in the underlay. */
interface LocalGateway {
  readonly port: PortBinding;
  readonly exit: ProviderExit;
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
    if (exposureOf(exit, inventory, rules).method !== 'underlay') return [];
    const faces = [port, networkPort, inventory.port(port.distributedPort ?? '')];
    const { choice } = rules;
    const optOut = portOptOut(faces, choice) ?? networkOptOut(exit, inventory, choice);
    return optOut === undefined ? [{ port, exit }] : [];
  });
}

/** Of several gateways the first by name that has an address of the family. */
function reached(
  destination: Prefix,
  routerPort: PortBinding,
  gateways: readonly LocalGateway[],
  port: PortBinding,
  inventory: Inventory,
  rules: TenantRules,
): TenantSubnet | string {
  const { family } = destination.ip;
  const ways = gateways.flatMap(({ port: gateway, exit }) =>
    addressesOf(gateway)
      .filter((ip) => ip.family === family)
      .map((via) => ({ gateway, exit, via })),
  );
  const [way] = ways;
  if (way === undefined) {
    const names = gateways.map((each) => each.port.name).join(' and ');
    return `${formatPrefix(destination)} has no next hop: the gateway ${names} has no IPv${family} address; give it one`;
  }
  const { gateway, exit, via } = way;
  const because = [
    becauseBound(gateway, inventory.ovs.systemId),
    becauseAddressed(routerPort),
    ...becauseScoped(port, destination, rules),
    ...becauseExit(exit),
  ];
  const at = placeOf(exit, inventory);
  const announced = rules.advertise === 'subnet';
  return { concept: 'tenant-subnet', at, destination, via, announced, because };
}

function addressesOf(gateway: PortBinding): readonly Ip[] {
  const ips = gateway.addresses.flatMap(({ prefixes }) => prefixes.map(({ ip }) => ip));
  return ips.filter((ip) => !isLinkLocal(ip));
}

function becauseScoped(
  port: PortBinding,
  { ip: { family } }: Prefix,
  { addressScopes }: TenantRules,
): readonly Reason[] {
  if (addressScopes.size === 0) return [];
  const fact = `external_ids:neutron:subnet_pool_addr_scope${family}=${port.addressScopes[family]}`;
  return [{ source: 'OVN_Southbound', object: `Port_Binding ${port.name}`, fact }];
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
  if (optOutOf(port, routerPort, inventory, rules) !== undefined) return [];
  const translated = inventory.logicalRouter(routerPort.datapath)?.snat;
  // Before the router has been read nobody knows.
  if (snat === 'left-out' && translated === undefined) return [];
  return subnetsOf(routerPort).filter((subnet) => {
    const isBehind = translated?.some((source) => prefixesOverlap(source, subnet)) === true;
    const isLeftOut = snat === 'left-out' && isBehind;
    const { prefixes } = rules.choice;
    const isExcluded = prefixes.some(
      (each) => each.length <= subnet.length && prefixesOverlap(each, subnet),
    );
    return !isLeftOut && !isExcluded && isWanted(subnet.ip, port.addressScopes, rules);
  });
}

/** Why nothing of a tenant network is exposed, where the operator has said so. */
function optOutOf(
  port: PortBinding,
  routerPort: PortBinding,
  inventory: Inventory,
  { choice }: TenantRules,
): OptOut {
  const whole = inventory.logicalSwitch(port.datapath);
  if (whole?.externalIds.get('selvedge:expose') === 'false') {
    return `external_ids:selvedge:expose=false of Logical_Switch ${whole.name}`;
  }
  return portOptOut([port, routerPort], choice);
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

/** Of networks behind gateways of this node with overlapping subnets the first by name has it: there is one underlay. */
function earlierHolder(
  port: PortBinding,
  subnet: Prefix,
  inventory: Inventory,
  rules: TenantRules,
): PortBinding | undefined {
  const [first] = byName(holdersOf(subnet, inventory, rules));
  return first !== undefined && first.name < port.name ? first : undefined;
}

/** The switch sides of router interfaces for which a subnet is wanted here that overlaps this one. */
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

function overlap(subnet: Prefix, holder: PortBinding): string {
  return `${formatPrefix(subnet)} overlaps a subnet of ${holder.name}, and both would be in the underlay; renumber one, or leave one out by bgp.address_scopes`;
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
