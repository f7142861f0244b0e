/**
 * A provider network extended over the fabric: a VXLAN device and the provider bridge's VLAN, joined by a bridge that is
 * in no VRF. To zebra that is an L2VNI: with `advertise-all-vni`, which the operator has in FRR, it announces what the
 * bridge has learned on the VLAN (EVPN type 2) and itself as a receiver of what goes to all (type 3, RFC 7432 §11).
 */

import { type Kinds, resourceOf, type Spec } from '../resources/index.ts';
import type { Resource } from '../resources/resource.ts';
import type { Segment } from './concepts.ts';
import { bridgeEnd } from './lower-leg.ts';
import { bridgeName, legNames, vxlanName } from './names.ts';
import type { FabricSettings } from './settings.ts';

export function lowerSegment(
  { at, vtep, mtu, because }: Segment,
  kinds: Kinds,
  settings: FabricSettings,
): readonly Resource[] {
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
  ];
  return specs.map((spec) => resourceOf(kinds, spec, because));
}
