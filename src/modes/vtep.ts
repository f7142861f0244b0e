/** What VXLAN leaves of the underlay, and where its packets come from. */

import type { Host } from '../inventory/host.ts';
import type { Family, Ip } from '../net/ip.ts';

export interface Vtep {
  readonly vtep: Ip;
  /** Of what goes through the tunnel. */
  readonly mtu: number;
}

/** Undefined while the node has no address for it. */
export function vtepOf({ vtep, underlayMtu }: Host): Vtep | undefined {
  if (vtep === undefined) return undefined;
  return { vtep, mtu: (underlayMtu ?? 1500) - vxlanOverhead(vtep.family) };
}

export const noVtep =
  'this node has no VTEP address; set evpn.local_ip, or give the loopback device a /32 address';

/** Outer IP, UDP and VXLAN headers and the inner Ethernet header, RFC 7348 §5. */
function vxlanOverhead(family: Family): number {
  return family === 4 ? 50 : 70;
}
