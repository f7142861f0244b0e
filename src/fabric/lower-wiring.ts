/**
 * A VRF joined to a provider bridge: a veth pair for a flat network, an internal port with a tag for a VLAN; routes
 * and neighbours towards the router; flows that hand the router's packets to the VRF.
 */

import type { Family, Ip } from '../net/ip.ts';
import { hostPrefix, networkOf } from '../net/prefix.ts';
import { type FlowSpec, flowKey } from '../resources/flow.ts';
import { frrDeviceKey } from '../resources/frr.ts';
import { type Kinds, resourceOf, type Spec } from '../resources/index.ts';
import { linkKey } from '../resources/link.ts';
import { neighbourKey } from '../resources/neighbour.ts';
import { ovsPortKey } from '../resources/ovs-port.ts';
import { type Key, type Resource, resource } from '../resources/resource.ts';
import { type RouteSpec, routeKey } from '../resources/route.ts';
import { forwardingKey } from '../resources/sysctl.ts';
import type { Attachment, Host, RoutedPrefix, Wiring } from './concepts.ts';
import { bridgeName, loopbackName, tableOf, vrfName, wiringNames } from './names.ts';
import type { FabricSettings } from './settings.ts';

export function lowerWiring(
  wiring: Wiring,
  kinds: Kinds,
  settings: FabricSettings,
): readonly Resource[] {
  const { at, because } = wiring;
  const make = (spec: Spec): Resource =>
    resourceOf(kinds, spec, because, spec.kind === 'route' ? [frrDeviceKey(vrfName(at.vni))] : []);
  return [
    ...devices(wiring).map(make),
    ...sysctls(at).map(make),
    ...wiring.routerIps.flatMap((ip) => nextHop(at, ip)).map(make),
    ...(wiring.answers ? answers(at, settings).map(make) : []),
  ];
}

function devices({ at, mtu }: Wiring): readonly Spec[] {
  const { device, port } = wiringNames(at.vni, at.vlan);
  const master = vrfName(at.vni);
  if (at.vlan !== undefined) {
    const is = { type: 'attached', madeBy: ovsPortKey(port) } as const;
    return [
      { kind: 'ovs-port', name: port, bridge: at.bridge, type: 'internal', tag: at.vlan, mtu },
      { kind: 'link', name: device, is, master },
    ];
  }
  const far = { type: 'attached', madeBy: linkKey(device) } as const;
  return [
    { kind: 'link', name: device, is: { type: 'veth', peer: port }, master, mtu },
    { kind: 'link', name: port, is: far, mtu },
    { kind: 'ovs-port', name: port, bridge: at.bridge, type: 'system' },
  ];
}

function sysctls(at: Attachment): readonly Spec[] {
  const { device: link } = wiringNames(at.vni, at.vlan);
  return [
    { kind: 'sysctl', family: 4, link, name: 'forwarding', value: 1 },
    { kind: 'sysctl', family: 6, link, name: 'forwarding', value: 1 },
    { kind: 'sysctl', family: 4, link, name: 'rp_filter', value: 0 },
  ];
}

/** The router's own address: on the device, resolved for good, so that nothing waits for ARP. */
function nextHop(at: Attachment, ip: Ip): readonly Spec[] {
  const { device } = wiringNames(at.vni, at.vlan);
  return [
    {
      kind: 'route',
      table: tableOf(at.vni),
      destination: hostPrefix(ip),
      metric: 0,
      hop: { type: 'unicast', dev: device },
    },
    { kind: 'neighbour', link: device, ip, mac: at.routerMac },
  ];
}

function answers(at: Attachment, settings: FabricSettings): readonly Spec[] {
  return ([4, 6] as const).map((family) => answer(at, settings, family));
}

function answer(at: Attachment, settings: FabricSettings, family: Family): FlowSpec {
  const { device: macOf } = wiringNames(at.vni, at.vlan);
  return flowOf(at, settings, { type: 'resolution', family }, { type: 'answer', macOf });
}

function flowOf(
  at: Attachment,
  settings: FabricSettings,
  match: FlowSpec['match'],
  action: FlowSpec['action'],
): FlowSpec {
  return {
    kind: 'flow',
    bridge: at.bridge,
    cookie: settings.flowCookie,
    priority: settings.flowPriority,
    inPort: at.patchPort,
    ...(at.vlan === undefined ? {} : { vlan: at.vlan }),
    routerMac: at.routerMac,
    match,
    action,
  };
}

/** A subnet behind the router: a route there, and a flow for what comes from there. */
export function lowerPrefix(
  prefix: RoutedPrefix,
  kinds: Kinds,
  settings: FabricSettings,
): readonly Resource[] {
  const hop = [frrDeviceKey(vrfName(prefix.at.vni)), ...nextHopKeys(prefix.at, prefix.via)];
  return [
    resource(kinds.route, subnetRoute(prefix), prefix.because, hop),
    resource(kinds.flow, subnetFlow(prefix, settings), prefix.because),
  ];
}

type Subnet = Omit<RoutedPrefix, 'because'>;

function subnetRoute({ at, destination, via }: Subnet): RouteSpec {
  const { device } = wiringNames(at.vni, at.vlan);
  return {
    kind: 'route',
    table: tableOf(at.vni),
    destination: networkOf(destination),
    metric: 0,
    hop: { type: 'unicast', dev: device, via },
  };
}

function subnetFlow({ at, destination }: Subnet, settings: FabricSettings): FlowSpec {
  const { device, port } = wiringNames(at.vni, at.vlan);
  const match = { type: 'ip', source: networkOf(destination) } as const;
  const stripVlan = at.vlan !== undefined;
  return flowOf(at, settings, match, { type: 'deliver', macOf: device, port, stripVlan });
}

/** Without these the kernel refuses a route through the router (its next hop is not reachable). */
function nextHopKeys(at: Attachment, ip: Ip): readonly Key[] {
  const { device } = wiringNames(at.vni, at.vlan);
  return [routeKey(tableOf(at.vni), hostPrefix(ip), 0), neighbourKey(device, ip, false)];
}

/** An address to announce. It needs the whole path behind it: advertise last, withdraw first. */
export function lowerHost(host: Host, kinds: Kinds, settings: FabricSettings): readonly Resource[] {
  const { within, ip, because } = host;
  const link = loopbackName(within.at.vni);
  const spec = { kind: 'address', link, prefix: hostPrefix(ip), localRoute: 'removed' } as const;
  const needs = needsOfHost(host, settings, () => kinds.address.needs(spec));
  return [{ key: kinds.address.key(spec), spec, needs, because }];
}

interface HostNeeds {
  readonly isAnswered: boolean;
  readonly settings: FabricSettings;
  readonly needs: readonly Key[];
}

/** All hosts of a prefix need the same, and there may be thousands: it is worked out, and kept, once. */
const hostNeeds = new WeakMap<Host['within'], HostNeeds>();

/** `ofKind`: those of every address on its device. */
function needsOfHost(
  host: Host,
  settings: FabricSettings,
  ofKind: () => readonly Key[],
): readonly Key[] {
  const { within, answers: isAnswered } = host;
  const known = hostNeeds.get(within);
  if (known?.isAnswered === isAnswered && known.settings === settings) return known.needs;
  const { at, destination } = within;
  const { family } = destination.ip;
  const { device } = wiringNames(at.vni, at.vlan);
  const needs = [
    ...ofKind(),
    ...[device, vrfName(at.vni), bridgeName(at.vni)].map((link) => forwardingKey(link, family)),
    routeKey(tableOf(at.vni), networkOf(destination), 0),
    flowKey(subnetFlow(within, settings)),
    ...(isAnswered ? [flowKey(answer(at, settings, family))] : []),
  ];
  hostNeeds.set(within, { isAnswered, settings, needs });
  return needs;
}
