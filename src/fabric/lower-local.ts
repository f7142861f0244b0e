/**
 * The exposing method `ovn` of ovn-bgp-agent: packets between provider networks and the fabric are routed by an OVN that
 * the node has for itself, in Open vSwitch and whatever carries that out, and not by the kernel. The kernel has the
 * address of an uplink too: its routing daemon speaks BGP from it, and draws by it what the router then gets.
 */

import { type Family, formatIp, type Ip } from '../net/ip.ts';
import { formatMac, type Mac } from '../net/mac.ts';
import {
  defaultPrefix,
  formatPrefix,
  hostPrefix,
  type Prefix,
  prefixContains,
} from '../net/prefix.ts';
import { type FlowAction, type FlowMatch, type FlowSpec, flowKey } from '../resources/flow.ts';
import { type Kinds, resourceOf, type Spec } from '../resources/index.ts';
import { type OvnRowSpec, ovnRow } from '../resources/ovn-row.ts';
import type { Resource } from '../resources/resource.ts';
import type { LocalHost, LocalNetwork, LocalPlace, LocalRouter, LocalUplink } from './concepts.ts';
import type { FabricSettings } from './settings.ts';

const router = 'bgp-router';
/** Of the router on provider networks: ovn-bgp-agent's, the same on every node. */
const internalMac = 0x40_44_00_00_00_06 as Mac;
const families: readonly Family[] = [4, 6];

export function lowerLocalRouter(
  { chassis, uplinks, prefixes, because }: LocalRouter,
  kinds: Kinds,
  settings: FabricSettings,
): readonly Resource[] {
  const specs: readonly Spec[] = [
    {
      kind: 'ovn-row',
      table: 'Logical_Router',
      id: { name: router },
      cells: { options: { chassis } },
    },
    ...(uplinks.length === 0 || prefixes.length === 0 ? [] : [noWayBack(uplinks, prefixes)]),
    ...uplinks.flatMap((uplink) => [
      ...uplinkRows(uplink),
      ...uplinkFlows(uplink, prefixes, settings),
    ]),
  ];
  return specs.map((spec) => resourceOf(kinds, spec, because));
}

/** What comes from the fabric for these networks and is not here would go back there, hop for hop, until its limit. */
function noWayBack(uplinks: readonly LocalUplink[], prefixes: readonly Prefix[]): OvnRowSpec {
  const ports = uplinks.map(({ network }) => `"${portOf(network)}"`).join(', ');
  const ways = `inport == {${ports}} && outport == {${ports}}`;
  const destinations = families.flatMap((family) => {
    const own = prefixes.filter(({ ip }) => ip.family === family);
    return own.length === 0 ? [] : [`ip${family}.dst == {${own.map(formatPrefix).join(', ')}}`];
  });
  const id = { priority: 10, match: `${ways} && (${destinations.join(' || ')})` };
  return {
    kind: 'ovn-row',
    table: 'Logical_Router_Policy',
    of: router,
    id,
    cells: { action: 'drop' },
  };
}

function uplinkRows(uplink: LocalUplink): readonly OvnRowSpec[] {
  const { network, mac, addresses, peers, bfd } = uplink;
  const port = portOf(network);
  return [
    ...switchRows(network, network, undefined, {}),
    portRow(port, mac, addresses),
    ...peers.flatMap((peer): readonly OvnRowSpec[] => {
      const hop = formatIp(peer);
      const watched: OvnRowSpec = {
        kind: 'ovn-row',
        table: 'BFD',
        id: { logical_port: port, dst_ip: hop },
        cells: {},
      };
      const route = routeRow(defaultPrefix(peer.family), peer, port);
      return bfd ? [watched, { ...route, bfd: hop }] : [route];
    }),
  ];
}

/** A switch with a way out, and a way to a port of the router. */
function switchRows(
  name: string,
  network: string,
  vlan: number | undefined,
  routerOptions: Readonly<Record<string, string>>,
): readonly OvnRowSpec[] {
  const port = (suffix: string, cells: OvnRowSpec['cells']): OvnRowSpec => ({
    kind: 'ovn-row',
    table: 'Logical_Switch_Port',
    of: name,
    id: { name: `${name}-${suffix}` },
    cells,
  });
  const tag = vlan === undefined ? {} : { tag: vlan };
  const out = {
    type: 'localnet',
    addresses: ['unknown'],
    options: { network_name: network },
    ...tag,
  };
  const options = { ...routerOptions, 'router-port': portOf(name) };
  return [
    { kind: 'ovn-row', table: 'Logical_Switch', id: { name }, cells: {} },
    port('localnet', out),
    port(router, { type: 'router', addresses: ['router'], options }),
  ];
}

function portOf(network: string): string {
  return `${router}-${network}`;
}

function portRow(name: string, mac: Mac, addresses: readonly Prefix[]): OvnRowSpec {
  const networks = addresses.map(formatPrefix).sort();
  return {
    kind: 'ovn-row',
    table: 'Logical_Router_Port',
    of: router,
    id: { name },
    cells: { mac: formatMac(mac), networks },
  };
}

function routeRow(destination: Prefix, via: Ip, port: string): OvnRowSpec {
  const id = { ip_prefix: formatPrefix(destination), nexthop: formatIp(via), output_port: port };
  return { kind: 'ovn-row', table: 'Logical_Router_Static_Route', of: router, id, cells: {} };
}

/**
 * Node and router have one address, and one MAC address. What only the router resolves and asks for goes to it, what is
 * for the networks behind it as well, and the rest to the node. Nothing of the router's is learnt by the bridge, which
 * would take its port for the node's.
 */
function uplinkFlows(
  uplink: LocalUplink,
  prefixes: readonly Prefix[],
  settings: FabricSettings,
): readonly FlowSpec[] {
  const { bridge, nics, patchPort, mac, bfd } = uplink;
  const [nic = ''] = nics;
  const high = settings.flowPriority + 100;
  const flows = nics.flatMap((inPort) => {
    const flow = flowsFrom(bridge, inPort, settings);
    return [
      ...takingFlows(uplink, inPort, prefixes, settings),
      ...families.flatMap((family) => [
        flow(high, { type: 'resolved', family }, to(bridge, patchPort)),
        ...(bfd ? [flow(high, { type: 'bfd', family }, to(patchPort))] : []),
      ]),
      flow(settings.flowPriority, { type: 'to-mac', mac }, to(bridge)),
    ];
  });
  return [...flows, flowsFrom(bridge, patchPort, settings)(high, { type: 'any' }, to(nic))];
}

/** By which the router gets what is for the networks behind it. */
function takingFlows(
  { bridge, patchPort, mac }: LocalUplink,
  inPort: string,
  prefixes: readonly Prefix[],
  settings: FabricSettings,
): readonly FlowSpec[] {
  const flow = flowsFrom(bridge, inPort, settings);
  const action = { type: 'output', ports: [patchPort], mac } as const;
  return prefixes.map((destination) =>
    flow(settings.flowPriority + 100, { type: 'to', destination }, action),
  );
}

function to(...ports: readonly string[]): FlowAction {
  return { type: 'output', ports };
}

function flowsFrom(bridge: LocalUplink['bridge'], inPort: string, { flowCookie }: FabricSettings) {
  return (priority: number, match: FlowMatch, action: FlowAction): FlowSpec => ({
    kind: 'flow',
    bridge,
    cookie: flowCookie,
    priority,
    inPort,
    match,
    action,
  });
}

export function lowerLocalNetwork(
  { at, anchors, others, because }: LocalNetwork,
  kinds: Kinds,
  settings: FabricSettings,
): readonly Resource[] {
  const name = switchOf(at);
  const answered = at.prefixes.map(formatPrefix);
  const options = answered.length === 0 ? {} : { arp_proxy: answered.join(' ') };
  const specs: readonly Spec[] = [
    ...switchRows(name, at.network, at.vlan, options),
    portRow(portOf(name), internalMac, anchors.map(hostPrefix)),
    ...networkFlows(at, others, settings),
  ];
  return specs.map((spec) => resourceOf(kinds, spec, because));
}

function switchOf({ network, vlan }: LocalPlace): string {
  return vlan === undefined ? network : `${network}.${vlan}`;
}

/** The two OVNs speak to each other through the bridge; a host that resolves another is answered by the router. */
function networkFlows(
  at: LocalPlace,
  others: readonly string[],
  settings: FabricSettings,
): readonly FlowSpec[] {
  const { bridge, patchPort, localPatchPort } = at;
  const from = flowsFrom(bridge, patchPort, settings);
  const high = settings.flowPriority + 100;
  return [
    ...families.map((family) => handingOver(at, family, settings)),
    from(high + 1, { type: 'resolution', family: 6 }, to(localPatchPort, ...others)),
    from(high + 1, { type: 'resolved', family: 6 }, to(localPatchPort, ...others)),
    // The router answers for every address, the host's own among them.
    ...families.map((family) => from(high + 2, { type: 'probe', family }, to(...others))),
    flowsFrom(bridge, localPatchPort, settings)(high, { type: 'any' }, to(patchPort)),
  ];
}

/** Whoever's MAC address a packet has, it is for the router to carry on. */
function handingOver(at: LocalPlace, family: Family, settings: FabricSettings): FlowSpec {
  const { bridge, patchPort, localPatchPort } = at;
  const match = { type: 'ip', source: defaultPrefix(family) } as const;
  const action = { type: 'output', ports: [localPatchPort], mac: internalMac } as const;
  return flowsFrom(bridge, patchPort, settings)(settings.flowPriority + 100, match, action);
}

/** The way to the address first; it is announced when that is whole, and withdrawn before any of it goes. */
export function lowerLocalHost(
  { at, ip, mac, because }: LocalHost,
  kinds: Kinds,
  settings: FabricSettings,
): readonly Resource[] {
  const port = portOf(switchOf(at));
  const prefix = hostPrefix(ip);
  const route = routeRow(prefix, ip, port);
  const binding: readonly OvnRowSpec[] =
    mac === undefined
      ? []
      : [
          {
            kind: 'ovn-row',
            table: 'Static_MAC_Binding',
            id: { logical_port: port, ip: formatIp(ip) },
            cells: { mac: formatMac(mac), override_dynamic_mac: true },
          },
        ];
  const taking = at.uplinks.flatMap((uplink) =>
    uplink.nics.flatMap((nic) => takingFlows(uplink, nic, at.prefixes, settings)),
  );
  const path = [
    ...[route, ...binding].map((spec) => ovnRow.key(spec)),
    flowKey(handingOver(at, ip.family, settings)),
    ...taking.filter((flow) => isFor(flow, ip)).map(flowKey),
  ];
  const address = { kind: 'address', link: settings.underlay.nic, prefix } as const;
  return [
    ...[route, ...binding].map((spec) => resourceOf(kinds, spec, because)),
    resourceOf(kinds, address, because, path),
  ];
}

function isFor({ match }: FlowSpec, ip: Ip): boolean {
  return match.type === 'to' && prefixContains(match.destination, ip);
}
