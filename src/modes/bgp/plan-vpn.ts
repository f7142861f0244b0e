/** The plan of a provider network that is annotated: a leg of the VRF of its VNI, or a segment that the fabric extends. */

import type { Concept, Leg, Segment, Vrf } from '../../fabric/concepts.ts';
import type { Ip } from '../../net/ip.ts';
import { linkLocal4 } from './anchors.ts';
import type { VpnExposure } from './exposure.ts';
import type { BgpSettings } from './settings.ts';

export function planVpn(
  exposure: VpnExposure,
  hasUplink: boolean,
  settings: BgpSettings,
): readonly Concept[] {
  return exposure.method === 'vrf'
    ? [vrfOf(exposure, settings), legOf(exposure, hasUplink, settings)]
    : [segmentOf(exposure)];
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
  { at, tunnel, gateways, because }: VpnExposure,
  hasUplink: boolean,
  { answerRouter }: BgpSettings,
): Leg {
  const ips = gateways.map(({ ip }) => ip);
  return {
    concept: 'leg',
    at,
    mtu: Math.max(tunnel.mtu, ethernetMtu),
    gateways: ips,
    anchors: ips.some(({ family }) => family === 4) ? [] : [anchorOf(at.vlan ?? 0)],
    answers: answerRouter === 'always' || (answerRouter === 'auto' && !hasUplink),
    because,
  };
}

/** 169.254.v.v of VLAN v, as ovn-bgp-agent has it. In IPv6 the link-local address will do. */
function anchorOf(vlan: number): Ip {
  const low = vlan % 256;
  return { family: 4, value: linkLocal4 + low * 256 + low };
}

function segmentOf({ at, tunnel, because }: VpnExposure): Segment {
  const { vni, bridge, vlan } = at;
  return { concept: 'segment', at: { vni, bridge, vlan }, ...tunnel, because };
}
