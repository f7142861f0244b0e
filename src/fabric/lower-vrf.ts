/**
 * A VRF as kernel devices and FRR stanzas: symmetric IRB with an L3VNI only (RFC 9136 §4.4.1, interface-less). The
 * bridge is the routed interface of the VXLAN device; the dummy carries what is announced.
 */

import { type Ip, formatIp } from '../net/ip.ts';
import type { Vni } from '../net/numbers.ts';
import { defaultPrefix } from '../net/prefix.ts';
import { parseRouteDistinguisher, type RouteDistinguisher } from '../net/route-distinguisher.ts';
import { frrDeviceKey } from '../resources/frr.ts';
import { type Kinds, resourceOf, type Spec } from '../resources/index.ts';
import type { Key, Resource } from '../resources/resource.ts';
import type { Vrf } from './concepts.ts';
import { bridgeName, loopbackName, tableOf, vrfName, vxlanName } from './names.ts';
import type { FabricSettings } from './settings.ts';

/** The metric of the route that ends a VRF's table, as the kernel documentation for VRF has it. */
export const lastResortMetric = 4278198272;

/** Behind the kernel's own l3mdev rule at 1000. */
const unreachableRulePriority = 1001;
/** Where `lookup local` goes, so that a VRF does not reach the addresses of the node. */
const localRulePriority = 2000;

export function lowerVrf(vrf: Vrf, kinds: Kinds, settings: FabricSettings): readonly Resource[] {
  const make = (spec: Spec, purpose: readonly Key[] = []): Resource =>
    resourceOf(kinds, spec, vrf.because, purpose);
  return [
    ...(settings.isolate ? isolation().map((spec) => make(spec)) : []),
    ...devices(vrf, settings).map((spec) => make(spec)),
    ...sysctls(vrf.vni).map((spec) => make(spec)),
    ...lastResorts(vrf.vni).map((spec) => make(spec, [frrDeviceKey(vrfName(vrf.vni))])),
    ...stanzas(vrf).map((spec) => make(spec)),
  ];
}

function isolation(): readonly Spec[] {
  return ([4, 6] as const).flatMap((family): Spec[] => [
    { kind: 'rule', family, priority: unreachableRulePriority, action: 'l3mdev-unreachable' },
    { kind: 'local-rule', family, priority: localRulePriority },
  ]);
}

function devices({ vni, vtep, mtu }: Vrf, settings: FabricSettings): readonly Spec[] {
  const vrf = vrfName(vni);
  const bridge = bridgeName(vni);
  const vxlan = { type: 'vxlan', vni, local: vtep, port: settings.vxlanPort } as const;
  return [
    { kind: 'link', name: vrf, is: { type: 'vrf', table: tableOf(vni) }, mtu },
    // Said, since the bridge may have been that of a segment, which has none.
    { kind: 'link', name: bridge, is: { type: 'bridge' }, master: vrf, mtu, linkLocal: true },
    { kind: 'link', name: vxlanName(vni), is: vxlan, master: bridge, mtu, learning: false },
    { kind: 'link', name: loopbackName(vni), is: { type: 'dummy' }, master: vrf, mtu },
  ];
}

/** Packets of a VRF count as received on the VRF device, so forwarding is asked of that one as well. */
function sysctls(vni: Vni): readonly Spec[] {
  return [vrfName(vni), bridgeName(vni)].flatMap((link): Spec[] => [
    { kind: 'sysctl', family: 4, link, name: 'forwarding', value: 1 },
    { kind: 'sysctl', family: 6, link, name: 'forwarding', value: 1 },
    { kind: 'sysctl', family: 4, link, name: 'rp_filter', value: 0 },
  ]);
}

function lastResorts(vni: Vni): readonly Spec[] {
  return ([4, 6] as const).map((family) => ({
    kind: 'route',
    table: tableOf(vni),
    destination: defaultPrefix(family),
    metric: lastResortMetric,
    hop: { type: 'unreachable' },
  }));
}

function stanzas({ vni, asn, vtep, ...bgpvpn }: Vrf): readonly Spec[] {
  const vrf = vrfName(vni);
  const { rd = distinguisherOf(vtep, vni), importTargets = [], exportTargets = [] } = bgpvpn;
  return [
    { kind: 'frr-device', vrf },
    { kind: 'frr-vrf', vrf },
    { kind: 'frr-vni', vrf, vni },
    {
      kind: 'frr-bgp',
      vrf,
      asn,
      redistribute: ['connected'],
      evpn: { rd, importTargets, exportTargets },
    },
  ];
}

/**
 * `<VTEP>:<VNI>`, type 1 of RFC 4364 §4.2, whose number has 16 bits. Above that FRR's own choice is taken, which is
 * as distinct; so it is for an IPv6 VTEP.
 */
function distinguisherOf(vtep: Ip, vni: Vni): RouteDistinguisher | undefined {
  if (vtep.family === 6 || vni > 0xffff) return undefined;
  const rd = parseRouteDistinguisher(`${formatIp(vtep)}:${vni}`);
  return rd.ok ? rd.value : undefined;
}
