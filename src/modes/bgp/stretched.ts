/**
 * BGP mode with the driver `ovn_stretched_l2_bgp_driver`: subnets of tenants are announced with the address that their
 * router has on the provider network as next hop. That network is one with the fabric, so that every node announces the
 * same, wherever a gateway is, and a failover is OVN's own matter.
 *
 * A scope is one interface of a router.
 */

import type { Concept } from '../../fabric/concepts.ts';
import { type Inventory, type InventoryChange, isHostPort } from '../../inventory/inventory.ts';
import type { PortBinding } from '../../inventory/port-binding.ts';
import type { PortInterest } from '../../inventory/source.ts';
import { type Ip, isLinkLocal } from '../../net/ip.ts';
import { formatPrefix, networkOf, type Prefix } from '../../net/prefix.ts';
import type { Condition } from '../../resources/condition.ts';
import type { Reason } from '../../resources/resource.ts';
import { becauseAddressed } from '../because.ts';
import { byName, isGatewayPort, networkPortOf, peerOf } from '../gateways.ts';
import { emptyPlan, type Mode, type Scope, type ScopePlan } from '../mode.ts';
import {
  networkOptOut,
  nodeOptOut,
  note,
  type OptOut,
  portOptOut,
  subnetOptOut,
  tenantOptOut,
} from './choice.ts';
import { isProvider } from './place.ts';
import { announcedOf, planUnderlay } from './plan-node.ts';
import { type BgpOptions, type BgpSettings, settingsBeside } from './settings.ts';

const node: Scope = 'node';

export interface StretchedOptions extends Pick<BgpOptions, 'asn' | 'routerId' | 'choice'> {
  /** Only subnets that are in one of these, together with the gateway's; empty: whatever they are in. */
  readonly addressScopes: ReadonlySet<string>;
}

type StretchedSettings = StretchedOptions & Pick<BgpSettings, 'asn'>;

export function stretchedMode(options: StretchedOptions): Mode {
  return {
    name: 'bgp',
    scopes: allScopes,
    touched,
    plan: (scope, inventory) => plan(scope, inventory, settingsBeside(options, inventory.frr)),
    bearsOnInterest: () => false,
    interest,
  };
}

/** All routers there are: that is what each node announces. */
function interest(): PortInterest {
  const types = new Set(['localnet', 'patch', 'chassisredirect']);
  const none = new Set<string>();
  return { ownChassis: false, ownGroups: false, types, datapaths: none, names: none };
}

function* allScopes(inventory: Inventory): Iterable<Scope> {
  yield node;
  for (const port of inventory.ports()) if (port.type === 'patch') yield scopeOf(port);
}

function scopeOf(port: PortBinding): Scope {
  return `subnets ${port.name}`;
}

function touched(change: InventoryChange, inventory: Inventory): Iterable<Scope> {
  if (change.of === 'port') return touchedByPorts([change.before, change.after], inventory);
  if (change.of === 'switch') return touchedByPorts(inventory.portsOn(change.datapath), inventory);
  // By the address of the node and FRR's own instance, by its role and by what stands on its Chassis, anything is announced or nothing.
  return ['host', 'frr', 'ovs', 'chassis'].includes(change.of) ? allScopes(inventory) : [];
}

function touchedByPorts(
  ports: Iterable<PortBinding | undefined>,
  inventory: Inventory,
): ReadonlySet<Scope> {
  const scopes = new Set<Scope>();
  for (const port of ports) {
    if (port === undefined || isHostPort(port)) continue;
    for (const each of reachedBy(port, inventory)) scopes.add(scopeOf(each));
  }
  return scopes;
}

/** Both ends of a link, and of a router whose gateway is concerned all links. */
function* reachedBy(port: PortBinding, inventory: Inventory): Iterable<PortBinding> {
  if (port.type === 'chassisredirect') yield* linksOf(port.datapath, inventory);
  if (port.type === 'localnet') {
    for (const patch of inventory.portsOfType(port.datapath, 'patch')) {
      yield* reachedBy(patch, inventory);
    }
  }
  if (port.type !== 'patch') return;
  const peer = inventory.port(port.peer ?? '');
  for (const end of peer === undefined ? [port] : [port, peer]) {
    yield end;
    if (isGatewayPort(end, inventory)) yield* linksOf(end.datapath, inventory);
  }
}

function* linksOf(router: string, inventory: Inventory): Iterable<PortBinding> {
  for (const port of inventory.portsOfType(router, 'patch')) {
    yield port;
    const peer = inventory.port(port.peer ?? '');
    if (peer !== undefined) yield peer;
  }
}

function plan(scope: Scope, inventory: Inventory, settings: StretchedSettings): ScopePlan {
  const optOut = nodeOptOut(inventory, settings.choice);
  if (scope === node) {
    return optOut === undefined
      ? planUnderlay(scope, inventory, settings, true)
      : { concepts: [], conditions: [note(scope, 'what is behind routers', optOut)] };
  }
  if (optOut !== undefined) return emptyPlan;
  const port = inventory.port(scope.slice(scope.indexOf(' ') + 1));
  if (port?.type !== 'patch') return emptyPlan;
  return announcedOf(planSubnets(scope, port, inventory, settings), inventory, settings);
}

/** Of the switch side of a router's interface on a tenant network. */
function planSubnets(
  scope: string,
  port: PortBinding,
  inventory: Inventory,
  settings: StretchedSettings,
): ScopePlan {
  const routerPort = peerOf(port, inventory);
  if (routerPort === undefined || isProvider(port.datapath, inventory)) return emptyPlan;
  if (isGatewayPort(routerPort, inventory)) return emptyPlan;
  const nextHops = nextHopsOf(routerPort.datapath, inventory, settings);
  const optOut = tenantOptOut(port, routerPort, inventory, settings.choice);
  const concepts: Concept[] = [];
  const conditions: Condition[] = [];
  for (const subnet of subnetsOf(routerPort)) {
    const destination = networkOf(subnet);
    const hops = nextHops.filter((each) => isFor(each, subnet, port, settings));
    const next = hops.find((each) => each.optOut === undefined) ?? hops[0];
    if (next === undefined) continue;
    const why = optOut ?? subnetOptOut(destination, settings.choice) ?? next.optOut;
    if (why === undefined) {
      const because = [becauseAddressed(routerPort), ...next.because];
      const { via, network } = next;
      concepts.push({ concept: 'stretched', destination, via, network, because });
    } else {
      const what = `${formatPrefix(destination)} of the network of ${port.name}`;
      conditions.push(note(scope, what, why));
    }
  }
  return { concepts, conditions };
}

interface NextHop {
  readonly via: Ip;
  readonly network: Prefix;
  readonly networkPort: PortBinding;
  /** Why it is none after all. Its network is announced with it. */
  readonly optOut: OptOut;
  readonly because: readonly Reason[];
}

/** The addresses of a router's gateways on provider networks, whatever node these are on. */
function nextHopsOf(
  router: string,
  inventory: Inventory,
  { choice }: StretchedSettings,
): readonly NextHop[] {
  return byName(inventory.portsOfType(router, 'chassisredirect')).flatMap((gateway) => {
    const networkPort = networkPortOf(gateway, inventory);
    if (networkPort === undefined) return [];
    const [localnet] = inventory.portsOfType(networkPort.datapath, 'localnet');
    if (localnet === undefined) return [];
    const faces = [gateway, networkPort, peerOf(networkPort, inventory)];
    const optOut = portOptOut(faces, choice) ?? networkOptOut({ localnet }, inventory, choice);
    return subnetsOf(gateway).map((prefix) => ({
      via: prefix.ip,
      network: networkOf(prefix),
      networkPort,
      optOut: optOut ?? subnetOptOut(networkOf(prefix), choice),
      because: [becauseAddressed(gateway)],
    }));
  });
}

function subnetsOf(port: PortBinding): readonly Prefix[] {
  return port.addresses.flatMap(({ prefixes }) => prefixes).filter(({ ip }) => !isLinkLocal(ip));
}

/** Both must be in the same address scope, and that one of those asked for. */
function isFor(
  { via, networkPort }: NextHop,
  { ip: { family } }: Prefix,
  port: PortBinding,
  { addressScopes }: StretchedSettings,
): boolean {
  if (via.family !== family) return false;
  if (addressScopes.size === 0) return true;
  const scope = port.addressScopes[family];
  return (
    scope !== undefined && addressScopes.has(scope) && networkPort.addressScopes[family] === scope
  );
}
