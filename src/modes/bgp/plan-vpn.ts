/** The plan of a provider network that is annotated: a leg of the VRF of its VNI, or a segment that the fabric extends. */

import type { Concept, Leg, Segment, Vrf } from '../../fabric/concepts.ts';
import type { NetworkVpn } from '../../inventory/network-vpn.ts';
import type { Ip } from '../../net/ip.ts';
import type { Asn } from '../../net/numbers.ts';
import { parseRouteTarget, type RouteTarget } from '../../net/route-distinguisher.ts';
import { becauseOfDhcp } from '../because.ts';
import { linkLocal4 } from './anchors.ts';
import type { VpnExposure } from './exposure.ts';
import { advertisementOf, gatewayIps } from './router-advertisement.ts';
import type { BgpSettings } from './settings.ts';

export function planVpn(
  exposure: VpnExposure,
  hasUplink: boolean,
  settings: BgpSettings,
): readonly Concept[] {
  return exposure.method === 'vrf'
    ? [vrfOf(exposure, settings), legOf(exposure, hasUplink, settings)]
    : [segmentOf(exposure, settings)];
}

function vrfOf({ vpn, tunnel, because }: VpnExposure, { asn }: BgpSettings): Vrf {
  const { vni, rd, importTargets, exportTargets } = vpn;
  return {
    concept: 'vrf',
    vni,
    asn: vpn.asn ?? asn,
    ...tunnel,
    ...(rd === undefined ? {} : { rd }),
    importTargets,
    exportTargets,
    because,
  };
}

/** Frames of 1500 octets come from virtual machines even where less goes through the tunnel: then they are told so. */
const ethernetMtu = 1500;

function legOf(
  { at, tunnel, gateways, subnets, because }: VpnExposure,
  hasUplink: boolean,
  { answerRouter }: BgpSettings,
): Leg {
  const ips = gatewayIps(gateways, subnets);
  const advertisement = advertisementOf(gateways, subnets);
  return {
    concept: 'leg',
    at,
    mtu: Math.max(tunnel.mtu, ethernetMtu),
    gateways: ips,
    anchors: ips.some(({ family }) => family === 4) ? [] : [anchorOf(at.vlan ?? 0)],
    answers: answerRouter === 'always' || (answerRouter === 'auto' && !hasUplink),
    ...(advertisement === undefined ? {} : { advertisement }),
    because: [...because, ...subnets.map(becauseOfDhcp)],
  };
}

/** 169.254.v.v of VLAN v, as ovn-bgp-agent has it. In IPv6 the link-local address will do. */
function anchorOf(vlan: number): Ip {
  const low = vlan % 256;
  return { family: 4, value: linkLocal4 + low * 256 + low };
}

function segmentOf({ at, vpn, tunnel, because }: VpnExposure, { asn }: BgpSettings): Segment {
  const { vni, bridge, vlan } = at;
  const { rd, importTargets } = vpn;
  return {
    concept: 'segment',
    at: { vni, bridge, vlan },
    ...tunnel,
    asn,
    ...(rd === undefined ? {} : { rd }),
    importTargets,
    exportTargets: exportTargetsOf(vpn, asn),
    because,
  };
}

/**
 * A segment is announced by the node's own instance, which has one AS. Another in the annotation can say one thing only:
 * the route target that a node of that AS would derive, the low 16 bits of the AS and the VNI, as FRR has it (RFC 8365
 * §5.1.2.1). Import needs no such thing: where no target is named, FRR takes in what any AS says of the VNI.
 */
function exportTargetsOf(
  { vni, asn, exportTargets }: NetworkVpn,
  own: Asn,
): readonly RouteTarget[] {
  if (exportTargets.length > 0 || asn === undefined || asn === own) return exportTargets;
  const derived = parseRouteTarget(`${asn & 0xffff}:${vni}`);
  return derived.ok ? [derived.value] : [];
}
