/**
 * What is announced in the underlay itself: addresses on a dummy device in a VRF of their own, which FRR imports into the
 * table of the node, and the way from the node to the provider network behind them. The names and the shapes are those of
 * ovn-bgp-agent's method `underlay`.
 */

import type { Family } from '../net/ip.ts';
import { defaultPrefix, hostPrefix } from '../net/prefix.ts';
import { apartCookie, type FlowSpec, flowKey } from '../resources/flow.ts';
import { type Kinds, resourceOf, type Spec } from '../resources/index.ts';
import { linkUpKey } from '../resources/link-up.ts';
import { neighbourKey } from '../resources/neighbour.ts';
import type { Key, Resource } from '../resources/resource.ts';
import { routeKey } from '../resources/route.ts';
import { lookupRuleKey } from '../resources/rule.ts';
import { proxyKey } from '../resources/sysctl.ts';
import type { Exposed, ProviderNetwork, ProviderPlace, Underlay } from './concepts.ts';
import type { FabricSettings } from './settings.ts';

export function lowerUnderlay(
  { asn, routerId, hasSubnets, because }: Underlay,
  kinds: Kinds,
  { underlay }: FabricSettings,
): readonly Resource[] {
  const { vrf, table, nic } = underlay;
  const redistribute = hasSubnets ? (['connected', 'kernel'] as const) : (['connected'] as const);
  const specs: readonly Spec[] = [
    { kind: 'link', name: vrf, is: { type: 'vrf', table } },
    { kind: 'link', name: nic, is: { type: 'dummy' }, master: vrf },
    { kind: 'frr-device', vrf },
    { kind: 'frr-bgp', vrf, asn, routerId, redistribute, evpn: undefined },
    { kind: 'frr-import', vrf, asn },
  ];
  return specs.map((spec) => resourceOf(kinds, spec, because));
}

export function lowerProvider(
  network: ProviderNetwork,
  kinds: Kinds,
  settings: FabricSettings,
): readonly Resource[] {
  const { at, anchors, because } = network;
  const { bridge, device, vlan } = at;
  const specs: readonly Spec[] = [
    { kind: 'link-up', link: bridge },
    ...(vlan === undefined
      ? []
      : [{ kind: 'link', name: device, is: { type: 'vlan', parent: bridge, id: vlan } } as const]),
    { kind: 'sysctl', family: 4, link: device, name: 'proxy_arp', value: 1 },
    { kind: 'sysctl', family: 6, link: device, name: 'proxy_ndp', value: 1 },
    ...anchors.map((ip) => ({ kind: 'address', link: device, prefix: hostPrefix(ip) }) as const),
    ...families.map((family) => deliveryFlow(at, family, settings)),
    ...(network.answers ? [answerFlow(at, settings)] : []),
  ];
  const onBridge = families.map((family): Spec => {
    const hop = { type: 'unicast', dev: bridge } as const;
    const { table } = at;
    return { kind: 'route', table, destination: defaultPrefix(family), metric: 0, hop };
  });
  return [
    ...specs.map((spec) => resourceOf(kinds, spec, because)),
    ...onBridge.map((spec) => resourceOf(kinds, spec, because, [linkUpKey(bridge)])),
  ];
}

const families: readonly Family[] = [4, 6];

/** What OVN sends to a neighbour on the network is for this node to route, whoever's MAC address it has. */
function deliveryFlow(at: ProviderPlace, family: Family, settings: FabricSettings): FlowSpec {
  const match = { type: 'ip', source: defaultPrefix(family) } as const;
  return { ...flowOn(at, settings), match, action: { type: 'rewrite', macOf: at.bridge } };
}

/**
 * Neighbour solicitations are answered for any address: the kernel's own proxy answers only for those it is told of, and
 * a gateway can be any. OVN has answered already for the ports of the network before one comes here.
 */
function answerFlow(at: ProviderPlace, settings: FabricSettings): FlowSpec {
  const match = { type: 'resolution', family: 6 } as const;
  const { vlan } = at;
  const flow = flowOn(at, settings);
  return {
    ...flow,
    // A solicitation is IPv6, which the other flow is for.
    priority: flow.priority + 1,
    cookie: apartCookie(flow.cookie),
    ...(vlan === undefined ? {} : { vlan }),
    match,
    action: { type: 'answer', macOf: at.bridge },
  };
}

function flowOn({ bridge, patchPort: inPort }: ProviderPlace, settings: FabricSettings) {
  const { flowCookie: cookie, flowPriority: priority } = settings;
  return { kind: 'flow', bridge, cookie, priority, inPort } as const;
}

/** The way to the address first; it is announced when that is whole, and withdrawn before any of it goes. */
export function lowerExposed(
  { at, ip, mac, because }: Exposed,
  kinds: Kinds,
  settings: FabricSettings,
): readonly Resource[] {
  const { device, table, bridge } = at;
  const { nic, rulePriority: priority } = settings.underlay;
  const to = hostPrefix(ip);
  const rule = { kind: 'lookup-rule', priority, to, table } as const;
  const hop = { type: 'unicast', dev: device } as const;
  const route = { kind: 'route', table, destination: to, metric: 0, hop } as const;
  const neighbour =
    mac === undefined ? [] : [{ kind: 'neighbour', link: device, ip, mac } as const];
  const address = { kind: 'address', link: nic, prefix: to } as const;
  const path: readonly Key[] = [
    lookupRuleKey(rule),
    routeKey(table, to, 0),
    ...neighbour.map(() => neighbourKey(device, ip, false)),
    ...wayBack(at, ip.family, settings),
  ];
  return [
    resourceOf(kinds, rule, because),
    resourceOf(kinds, route, because, [linkUpKey(bridge)]),
    ...neighbour.map((spec) => resourceOf(kinds, spec, because, [linkUpKey(bridge)])),
    resourceOf(kinds, address, because, path),
  ];
}

/** By which packets from the network are taken and routed by this node. */
export function wayBack(
  at: ProviderPlace,
  family: Family,
  settings: FabricSettings,
): readonly Key[] {
  const { device } = at;
  return [proxyKey(device, family), flowKey(deliveryFlow(at, family, settings))];
}
