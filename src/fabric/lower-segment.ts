/**
 * A provider network extended over the fabric: a VXLAN device and the provider bridge's VLAN, joined by a bridge that is
 * in no VRF. To zebra that is an L2VNI: with `advertise-all-vni`, which the operator has in FRR, it announces what the
 * bridge has learned on the VLAN (EVPN type 2) and itself as a receiver of what goes to all (type 3, RFC 7432 §11). It
 * derives RD and route targets, unless it is told others.
 */

import { type Kinds, resourceOf, type Spec } from '../resources/index.ts';
import type { Resource } from '../resources/resource.ts';
import type { Segment } from './concepts.ts';
import { bridgeEnd } from './lower-leg.ts';
import { bridgeName, legNames, vxlanName } from './names.ts';
import type { FabricSettings } from './settings.ts';

export function lowerSegment(
  segment: Segment,
  kinds: Kinds,
  settings: FabricSettings,
): readonly Resource[] {
  const { at, vtep, mtu, because } = segment;
  const { vni, vlan } = at;
  const bridge = bridgeName(vni);
  const { device, port } = legNames(vni, vlan);
  const vxlan = { type: 'vxlan', vni, local: vtep, port: settings.vxlanPort } as const;
  const veth = { type: 'veth', peer: port } as const;
  const specs: readonly Spec[] = [
    // Nobody on the segment is to reach the node by it.
    { kind: 'link', name: bridge, is: { type: 'bridge' }, mtu, linkLocal: false },
    // What is behind the tunnel is told by FRR, and not learned from packets.
    { kind: 'link', name: vxlanName(vni), is: vxlan, master: bridge, mtu, learning: false },
    { kind: 'link', name: device, is: veth, master: bridge, mtu, linkLocal: false },
    ...bridgeEnd(at, mtu),
    ...stanza(segment),
  ];
  return specs.map((spec) => resourceOf(kinds, spec, because));
}

function stanza({ at, asn, rd, importTargets, exportTargets }: Segment): readonly Spec[] {
  const isDerived = rd === undefined && importTargets.length + exportTargets.length === 0;
  if (isDerived) return [];
  return [{ kind: 'frr-segment', vni: at.vni, asn, rd, importTargets, exportTargets }];
}
