/**
 * A provider network as a leg of a VRF: a veth pair from the provider bridge into the VRF, whose end there has the
 * gateway's addresses and a MAC address that is the same on every node; flows that hand packets of OVN to it. The shapes
 * are those of ovn-bgp-agent's method `vrf`; but that addresses are announced by the VRF's dummy device, as in mode evpn.
 */

import { type Family, type Ip, isLinkLocal } from '../net/ip.ts';
import type { Mac } from '../net/mac.ts';
import { defaultPrefix, hostPrefix } from '../net/prefix.ts';
import type { AddressSpec } from '../resources/address.ts';
import { apartCookie, type FlowSpec, flowKey } from '../resources/flow.ts';
import { frrDeviceKey } from '../resources/frr.ts';
import { type Kinds, resourceOf, type Spec } from '../resources/index.ts';
import { linkKey } from '../resources/link.ts';
import { neighbourKey } from '../resources/neighbour.ts';
import type { Key, Reason, Resource } from '../resources/resource.ts';
import { routeKey } from '../resources/route.ts';
import { forwardingKey, proxyKey } from '../resources/sysctl.ts';
import type { Leg, LegHost, LegPlace } from './concepts.ts';
import {
  anycastMac,
  bridgeName,
  legNames,
  loopbackName,
  type PairNames,
  tableOf,
  vrfName,
} from './names.ts';
import type { FabricSettings } from './settings.ts';

const families: readonly Family[] = [4, 6];

export function lowerLeg(leg: Leg, kinds: Kinds, settings: FabricSettings): readonly Resource[] {
  const { at, because } = leg;
  const specs: readonly Spec[] = [
    ...devices(leg),
    ...sysctls(at),
    ...addresses(leg),
    ...families.map((family) => deliveryFlow(at, family, settings)),
    ...(leg.answers ? [answerFlow(at, settings)] : []),
    ...stanzas(leg),
  ];
  return specs.map((spec) => resourceOf(kinds, spec, because));
}

function devices({ at, mtu }: Leg): readonly Spec[] {
  const { device, port } = legNames(at.vni, at.vlan);
  return [
    {
      kind: 'link',
      name: device,
      is: { type: 'veth', peer: port },
      master: vrfName(at.vni),
      mtu,
      address: anycastMac(at.vni, at.vlan),
      // Its own would be made of the MAC address; that of ovn-bgp-agent is below.
      linkLocal: false,
    },
    ...bridgeEnd(at, legNames(at.vni, at.vlan), mtu),
  ];
}

/** The end of the pair on the provider bridge, in the VLAN of the network. */
export function bridgeEnd(
  { vlan, bridge }: Pick<LegPlace, 'vlan' | 'bridge'>,
  { device, port }: PairNames,
  mtu: number,
): readonly Spec[] {
  const far = { type: 'attached', madeBy: linkKey(device) } as const;
  return [
    { kind: 'link', name: port, is: far, mtu, linkLocal: false },
    // Without a tag it would be in every VLAN of the bridge; 0 are packets without one.
    { kind: 'ovs-port', name: port, bridge, type: 'system', tag: vlan ?? 0 },
  ];
}

/** zebra is the router that hosts are told of: it answers solicitations, and says so unasked now and then. */
function stanzas({ at, advertisement }: Leg): readonly Spec[] {
  const { device: link } = legNames(at.vni, at.vlan);
  return [
    { kind: 'frr-interface', link },
    ...(advertisement === undefined
      ? []
      : [{ kind: 'frr-advertisement', link, ...advertisement } as const]),
  ];
}

function sysctls(at: LegPlace): readonly Spec[] {
  const { device: link } = legNames(at.vni, at.vlan);
  return [
    { kind: 'sysctl', family: 4, link, name: 'forwarding', value: 1 },
    { kind: 'sysctl', family: 6, link, name: 'forwarding', value: 1 },
    { kind: 'sysctl', family: 4, link, name: 'rp_filter', value: 0 },
    { kind: 'sysctl', family: 4, link, name: 'proxy_arp', value: 1 },
    { kind: 'sysctl', family: 6, link, name: 'proxy_ndp', value: 1 },
  ];
}

function addresses({ at, gateways, anchors }: Leg): readonly Spec[] {
  const { device: link } = legNames(at.vni, at.vlan);
  const linkLocal = { ip: linkLocalIp(anycastMac(at.vni, at.vlan)), length: 64 };
  return [
    { kind: 'address', link, prefix: linkLocal },
    ...[...gateways, ...anchors].map(
      (ip) => ({ kind: 'address', link, prefix: hostPrefix(ip) }) as const,
    ),
  ];
}

/** fe80:: and the MAC address as it is, not the EUI-64 of RFC 4291 appendix A. */
function linkLocalIp(mac: Mac): Ip {
  return { family: 6, value: (0xfe80n << 112n) + BigInt(mac) };
}

/** What OVN sends to a neighbour on the network is for this node to route, whoever's MAC address it has. */
function deliveryFlow(at: LegPlace, family: Family, settings: FabricSettings): FlowSpec {
  const { device, port } = legNames(at.vni, at.vlan);
  const stripVlan = at.vlan !== undefined;
  return {
    ...flowOn(at, settings),
    match: { type: 'ip', source: defaultPrefix(family) },
    action: { type: 'deliver', macOf: device, port, stripVlan },
  };
}

/** As `answerFlow` of method underlay. */
function answerFlow(at: LegPlace, settings: FabricSettings): FlowSpec {
  const { device } = legNames(at.vni, at.vlan);
  const flow = flowOn(at, settings);
  return {
    ...flow,
    // A solicitation is IPv6, which the other flow is for.
    priority: flow.priority + 1,
    cookie: apartCookie(flow.cookie),
    match: { type: 'resolution', family: 6 },
    action: { type: 'answer', macOf: device },
  };
}

function flowOn({ bridge, vlan, patchPort }: LegPlace, settings: FabricSettings) {
  return {
    kind: 'flow',
    bridge,
    cookie: settings.flowCookie,
    priority: settings.flowPriority,
    inPort: patchPort,
    ...(vlan === undefined ? {} : { vlan }),
  } as const;
}

/** The way to the address first; it is announced when that is whole, and withdrawn before any of it goes. */
export function lowerLegHost(
  { at, ip, mac, because }: LegHost,
  kinds: Kinds,
  settings: FabricSettings,
): readonly Resource[] {
  const announced = announcement(at, ip);
  const path = [...wayToKeys(at, ip, mac), ...wayThrough(at, ip.family, settings)];
  return [...wayTo(at, ip, mac, kinds, because), resourceOf(kinds, announced, because, path)];
}

/** An address that is there to be announced; its packets follow the route. */
export function announcement({ vni }: LegPlace, ip: Ip): AddressSpec {
  const prefix = hostPrefix(ip);
  return { kind: 'address', link: loopbackName(vni), prefix, localRoute: 'removed' };
}

/** An address of the network itself: on its link, with its neighbour entry. What is link-local needs no route. */
export function wayTo(
  at: LegPlace,
  ip: Ip,
  mac: Mac | undefined,
  kinds: Kinds,
  because: readonly Reason[],
): readonly Resource[] {
  const { device } = legNames(at.vni, at.vlan);
  const hop = { type: 'unicast', dev: device } as const;
  const table = tableOf(at.vni);
  const route = { kind: 'route', table, destination: hostPrefix(ip), metric: 0, hop } as const;
  const purpose = [frrDeviceKey(vrfName(at.vni))];
  const neighbour =
    mac === undefined ? [] : [{ kind: 'neighbour', link: device, ip, mac } as const];
  return [
    ...(isLinkLocal(ip) ? [] : [resourceOf(kinds, route, because, purpose)]),
    ...neighbour.map((spec) => resourceOf(kinds, spec, because)),
  ];
}

export function wayToKeys(at: LegPlace, ip: Ip, mac: Mac | undefined): readonly Key[] {
  const { device } = legNames(at.vni, at.vlan);
  return [
    ...(isLinkLocal(ip) ? [] : [routeKey(tableOf(at.vni), hostPrefix(ip), 0)]),
    ...(mac === undefined ? [] : [neighbourKey(device, ip, false)]),
  ];
}

/** What forwards between the tunnel and the network, in both directions. */
export function wayThrough(at: LegPlace, family: Family, settings: FabricSettings): readonly Key[] {
  const { device } = legNames(at.vni, at.vlan);
  return [
    ...[device, vrfName(at.vni), bridgeName(at.vni)].map((link) => forwardingKey(link, family)),
    proxyKey(device, family),
    flowKey(deliveryFlow(at, family, settings)),
  ];
}
