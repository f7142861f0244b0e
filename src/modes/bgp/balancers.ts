/**
 * Load balancers that this node is the gateway of: which gateways have one, which of its addresses are on the provider
 * network before such a gateway, and what bears on either. Look-ups only, by indexes.
 */

import { type Inventory, isHostPort } from '../../inventory/inventory.ts';
import { isPortForwarding, type LoadBalancer, vipPortName } from '../../inventory/load-balancer.ts';
import type { PortBinding } from '../../inventory/port-binding.ts';
import type { BalancerInterest } from '../../inventory/source.ts';
import { equalIp, type Ip } from '../../net/ip.ts';
import { prefixContains } from '../../net/prefix.ts';
import { byName, othersOf } from '../gateways.ts';
import type { Scope } from '../mode.ts';
import { isProvider } from './place.ts';

export function scopeOfBalancer({ uuid }: LoadBalancer): Scope {
  return `balancer ${uuid}`;
}

/** Gateways on this node of the routers that have a load balancer. */
export function gatewaysOf(balancer: LoadBalancer, inventory: Inventory): readonly PortBinding[] {
  const routers = new Set(
    balancer.routers ?? balancer.switches.flatMap((datapath) => routersOf(datapath, inventory)),
  );
  return byName(
    [...routers].flatMap((router) =>
      [...inventory.portsOfType(router, 'chassisredirect')].filter(
        ({ chassis }) => chassis !== undefined && chassis === inventory.chassis,
      ),
    ),
  );
}

/** The routers of a tenant network. What is on a provider network is behind none of them. */
function routersOf(datapath: string, inventory: Inventory): readonly string[] {
  if (isProvider(datapath, inventory)) return [];
  return [...inventory.portsOfType(datapath, 'patch')].flatMap((patch) => {
    const routerPort = inventory.port(patch.peer ?? '');
    return routerPort === undefined ? [] : [routerPort.datapath];
  });
}

/** Ports that have nothing but an address of the load balancer: one, unless somebody gave two the same name. */
export function vipPortsOf(balancer: LoadBalancer, inventory: Inventory): readonly PortBinding[] {
  const name = vipPortName(balancer);
  return name === undefined ? [] : byName(inventory.vipPorts(name));
}

/**
 * Whether an address of a load balancer is one of the provider network before a gateway. Where a port has the address,
 * its network decides: a tenant may give to a network of his own whatever prefix he likes.
 */
export function isOnProvider(
  ip: Ip,
  balancer: LoadBalancer,
  gateway: PortBinding,
  networkPort: PortBinding,
  inventory: Inventory,
): boolean {
  const holder = vipPortsOf(balancer, inventory).find((port) => hasIp(port, ip));
  if (holder !== undefined) return holder.datapath === networkPort.datapath;
  const isOn = ({ addresses }: PortBinding): boolean =>
    addresses.some(({ prefixes }) => prefixes.some((prefix) => prefixContains(prefix, ip)));
  if (isOn(gateway)) return true;
  // A floating IP may be on a subnet of the network that the gateway has no address on.
  return isPortForwarding(balancer.name) && !othersOf(gateway, inventory).some(isOn);
}

export function hasIp({ addresses }: PortBinding, ip: Ip): boolean {
  return addresses.some(({ prefixes }) => prefixes.some((prefix) => equalIp(prefix.ip, ip)));
}

/** Load balancers whose plan may differ when this port does, given as it was or as it is. */
export function* balancersTouchedBy(
  port: PortBinding,
  inventory: Inventory,
): Iterable<LoadBalancer> {
  if (isHostPort(port)) {
    if (port.portName !== undefined) yield* inventory.balancersOfVip(port.portName);
    return;
  }
  if (port.type === 'localnet') {
    for (const patch of inventory.portsOfType(port.datapath, 'patch')) {
      yield* balancersAround(inventory.port(patch.peer ?? '')?.datapath, inventory);
    }
    yield* inventory.balancersOn(port.datapath);
    return;
  }
  yield* balancersAround(port.datapath, inventory);
  yield* balancersAround(inventory.port(port.peer ?? '')?.datapath, inventory);
}

/** Those of a router and of the tenant networks it leads to; those of a tenant network. */
function* balancersAround(
  datapath: string | undefined,
  inventory: Inventory,
): Iterable<LoadBalancer> {
  if (datapath === undefined || isProvider(datapath, inventory)) return;
  yield* inventory.balancersOn(datapath);
  for (const patch of inventory.portsOfType(datapath, 'patch')) {
    const other = inventory.port(patch.peer ?? '')?.datapath;
    if (other === undefined || isProvider(other, inventory)) continue;
    yield* inventory.balancersOn(other);
  }
}

/** The rows that load balancers need: those of the routers whose gateways are here. */
export function balancerInterest(inventory: Inventory): BalancerInterest {
  const routers = new Set<string>();
  const switches = new Set<string>();
  for (const gateway of inventory.gatewaysOfChassis(inventory.chassis ?? '')) {
    if (routers.has(gateway.datapath)) continue;
    routers.add(gateway.datapath);
    for (const patch of inventory.portsOfType(gateway.datapath, 'patch')) {
      const other = inventory.port(patch.peer ?? '')?.datapath;
      if (other !== undefined && !isProvider(other, inventory)) switches.add(other);
    }
  }
  const portNames = new Set<string>();
  for (const balancer of inventory.balancers()) {
    const name = vipPortName(balancer);
    if (name !== undefined) portNames.add(name);
  }
  return { routers, switches, portNames };
}
