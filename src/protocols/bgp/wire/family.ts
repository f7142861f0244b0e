/**
 * The address families, one row each: numbers, the codec of the NLRI, and which next hops it may have. All that differs
 * between families is in these rows; everything else in this library takes a row.
 */

import type { Prefix } from '../../../net/prefix.ts';
import type { NlriCodec } from './nlri/codec.ts';
import { type EvpnRoute, evpn } from './nlri/evpn.ts';
import { type RouteTargetMembership, routeTarget } from './nlri/route-target.ts';
import { unicast } from './nlri/unicast.ts';
import { type VpnPrefix, vpn } from './nlri/vpn.ts';
import { AFI, SAFI } from './numbers.ts';

/** Any family, known here or not, as capabilities and route refreshes name it. */
export interface AfiSafi {
  readonly afi: number;
  readonly safi: number;
}

/** The value of one NLRI in each family. */
export interface NlriValues {
  readonly 'ipv4-unicast': Prefix;
  readonly 'ipv6-unicast': Prefix;
  readonly 'ipv4-vpn': VpnPrefix;
  readonly 'ipv6-vpn': VpnPrefix;
  readonly 'l2vpn-evpn': EvpnRoute;
  readonly 'route-target': RouteTargetMembership;
}

export type FamilyName = keyof NlriValues;

export interface AddressFamily<T = unknown> extends AfiSafi {
  readonly name: FamilyName;
  readonly nlri: NlriCodec<T>;
  readonly nextHop: NextHopRule;
}

/** Which lengths a next hop in MP_REACH_NLRI may have, RFC 7606 §7.11, and whether a route distinguisher is part of it. */
export interface NextHopRule {
  readonly lengths: readonly number[];
  /** The further ones, when extended next hops were negotiated for the family, RFC 8950 §3. */
  readonly extended: readonly number[];
  /** In front of each address eight octets of zero, RFC 4364 §4.3.2, RFC 4659 §3.2.1. */
  readonly rd: boolean;
}

const plain4 = [4];
/** RFC 2545 §3: a global address, and with it a link-local one. */
const plain6 = [16, 32];
const vpn6 = [24, 48];
/** RFC 7432 §9.2.1 and RFC 4684 §4: of either IP family, whatever the AFI. */
const either = { lengths: [...plain4, ...plain6], extended: [], rd: false };

export const families: { readonly [F in FamilyName]: AddressFamily<NlriValues[F]> } = {
  'ipv4-unicast': {
    name: 'ipv4-unicast',
    afi: AFI.ipv4,
    safi: SAFI.unicast,
    nlri: unicast(4),
    nextHop: { lengths: plain4, extended: plain6, rd: false },
  },
  'ipv6-unicast': {
    name: 'ipv6-unicast',
    afi: AFI.ipv6,
    safi: SAFI.unicast,
    nlri: unicast(6),
    nextHop: { lengths: plain6, extended: [], rd: false },
  },
  'ipv4-vpn': {
    name: 'ipv4-vpn',
    afi: AFI.ipv4,
    safi: SAFI.vpn,
    nlri: vpn(4),
    nextHop: { lengths: [12], extended: vpn6, rd: true },
  },
  'ipv6-vpn': {
    name: 'ipv6-vpn',
    afi: AFI.ipv6,
    safi: SAFI.vpn,
    nlri: vpn(6),
    nextHop: { lengths: vpn6, extended: [], rd: true },
  },
  'l2vpn-evpn': {
    name: 'l2vpn-evpn',
    afi: AFI.l2vpn,
    safi: SAFI.evpn,
    nlri: evpn,
    nextHop: either,
  },
  'route-target': {
    name: 'route-target',
    afi: AFI.ipv4,
    safi: SAFI.routeTarget,
    nlri: routeTarget,
    nextHop: either,
  },
};

export const familyNames = Object.keys(families) as readonly FamilyName[];

const byNumber: ReadonlyMap<number, AddressFamily> = new Map(
  Object.values(families).map((family) => [familyNumber(family), family]),
);

/** One number for both, for maps. */
export function familyNumber({ afi, safi }: AfiSafi): number {
  return afi * 256 + safi;
}

/** The row of a family that this library speaks. */
export function familyOf(of: AfiSafi): AddressFamily | undefined {
  return byNumber.get(familyNumber(of));
}

/** `l2vpn-evpn`, or `AFI 16388 SAFI 71` of one that is not spoken. */
export function formatFamily(of: AfiSafi): string {
  return familyOf(of)?.name ?? `AFI ${of.afi} SAFI ${of.safi}`;
}
