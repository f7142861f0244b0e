/**
 * A provider network extended over the fabric: a VXLAN device and the provider bridge's VLAN, joined by a bridge that is
 * in no VRF. To zebra that is an L2VNI: with `advertise-all-vni`, which the operator has in FRR, it announces what the
 * bridge has learned on the VLAN (EVPN type 2) and itself as a receiver of what goes to all (type 3, RFC 7432 §11). It
 * derives RD and route targets, unless it is told others.
 */

import type { IfName } from '../net/if-name.ts';
import { type Kinds, resourceOf, type Spec } from '../resources/index.ts';
import type { Resource } from '../resources/resource.ts';
import type { Segment } from './concepts.ts';
import { bridgeEnd } from './lower-leg.ts';
import { bridgeName, segmentNames, vxlanName } from './names.ts';
import type { FabricSettings } from './settings.ts';

export function lowerSegment(
  segment: Segment,
  kinds: Kinds,
  settings: FabricSettings,
): readonly Resource[] {
  const { at, vtep, mtu, because } = segment;
  const { vni, vlan } = at;
  const bridge = bridgeName(vni);
  const pair = segmentNames(vni, vlan);
  const vxlan = { type: 'vxlan', vni, local: vtep, port: settings.vxlanPort } as const;
  const veth = { type: 'veth', peer: pair.port } as const;
  const specs: readonly Spec[] = [
    { kind: 'link', name: bridge, is: { type: 'bridge' }, mtu, linkLocal: false },
    // What is behind the tunnel is told by FRR, and not learned from packets.
    { kind: 'link', name: vxlanName(vni), is: vxlan, master: bridge, mtu, learning: false },
    { kind: 'link', name: pair.device, is: veth, master: bridge, mtu, linkLocal: false },
    ...bridgeEnd(at, pair, mtu),
    ...sysctls(bridge),
    ...stanza(segment),
  ];
  return specs.map((spec) => resourceOf(kinds, spec, because));
}

/**
 * Nobody on the segment is to be routed by the node, which has no address there, either. All that the bridge of a VRF says
 * otherwise is said, since settings outlast what they were wanted for.
 */
function sysctls(link: IfName): readonly Spec[] {
  return [
    { kind: 'sysctl', family: 4, link, name: 'forwarding', value: 0 },
    { kind: 'sysctl', family: 6, link, name: 'forwarding', value: 0 },
    { kind: 'sysctl', family: 4, link, name: 'rp_filter', value: 0 },
  ];
}

function stanza({ at, asn, rd, importTargets, exportTargets }: Segment): readonly Spec[] {
  const isDerived = rd === undefined && importTargets.length + exportTargets.length === 0;
  if (isDerived) return [];
  return [{ kind: 'frr-segment', vni: at.vni, asn, rd, importTargets, exportTargets }];
}
