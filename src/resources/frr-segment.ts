/**
 * What FRR says of one segment: `vni N` in `address-family l2vpn evpn` of `router bgp ASN`, the instance of the default VRF,
 * with the RD and the route targets of that VNI. Without it FRR derives them, RFC 8365 §5.1.2.1. The instance is the
 * operator's, and never made; so is every line in `vni N` that is not `rd` or `route-target`.
 */

import { equalData } from '../base/equal.ts';
import type { IfName } from '../net/if-name.ts';
import type { Asn, Vni } from '../net/numbers.ts';
import type { RouteDistinguisher, RouteTarget } from '../net/route-distinguisher.ts';
import { linkKey } from './link.ts';
import { inFamily, vtysh } from './frr.ts';
import type { Comparison, Key, Kind, Verb } from './resource.ts';

export interface FrrSegmentSpec {
  readonly kind: 'frr-segment';
  readonly vni: Vni;
  /** Of the instance that it stands in. */
  readonly asn: Asn;
  /** FRR's own choice when absent. */
  readonly rd: RouteDistinguisher | undefined;
  /** Of none FRR takes in what any AS says of this VNI. Their order does not matter. */
  readonly importTargets: readonly RouteTarget[];
  /** Of none FRR derives `AS:VNI`. */
  readonly exportTargets: readonly RouteTarget[];
  /** As of `FrrBgpSpec`: lines that say it in other words. Never wanted. */
  readonly deviations?: readonly string[];
}

/** The device by which zebra knows the segment; whose that is, tells whose the stanza is. */
export function segmentDevice(vni: Vni): IfName {
  return `vxlan-${vni}` as IfName;
}

export function frrSegmentKey(device: IfName): Key {
  return `frr segment ${device}` as Key;
}

export const frrSegment: Kind<FrrSegmentSpec> = {
  kind: 'frr-segment',
  target: 'frr',
  marked: false,
  announces: false,
  key: ({ vni }) => frrSegmentKey(segmentDevice(vni)),
  // FRR takes it without the device; but what is there when the device goes would be nobody's.
  needs: ({ vni }) => [linkKey(segmentDevice(vni))],
  outlives: () => [],
  compare: compareSegment,
  adoptable: () => false,
  grace: () => 0,
  rest: () => 0,
  print: printSegment,
};

function compareSegment(wanted: FrrSegmentSpec, observed: FrrSegmentSpec): Comparison {
  return equalData(asSets(wanted), asSets(observed)) ? 'same' : 'change';
}

function asSets({ importTargets, exportTargets, ...rest }: FrrSegmentSpec): object {
  return {
    ...rest,
    importTargets: new Set(importTargets),
    exportTargets: new Set(exportTargets),
  };
}

function printSegment(verb: Verb, { vni, asn, rd, importTargets, exportTargets }: FrrSegmentSpec) {
  const lines = [
    `vni ${vni}`,
    ...(rd === undefined ? [] : [`rd ${rd}`]),
    ...importTargets.map((target) => `route-target import ${target}`),
    ...exportTargets.map((target) => `route-target export ${target}`),
    'exit-vni',
  ];
  const said = verb === 'remove' ? [`no vni ${vni}`] : lines;
  return vtysh(`router bgp ${asn}`, ...inFamily('l2vpn evpn', ...said));
}
