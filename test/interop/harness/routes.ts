/**
 * The shape in which every peer's routes are compared, in the words of the RFCs and in canonical text: addresses as the
 * kernel prints them, MACs and ESIs as lower-case octets with colons, labels and VNIs as the 24 bits on the wire.
 */

import { isIPv6 } from 'node:net';
import { assertNever } from '../../../src/base/assert-never.ts';

export type Family = 'ipv4' | 'ipv6' | 'evpn';

export type Nlri =
  | { readonly type: 'ipv4' | 'ipv6'; readonly prefix: string }
  /** RFC 7432 §7.1. */
  | {
      readonly type: 'ead';
      readonly rd: string;
      readonly esi: string;
      readonly tag: number;
      readonly label: number;
    }
  /** RFC 7432 §7.2. */
  | {
      readonly type: 'mac';
      readonly rd: string;
      readonly esi: string;
      readonly tag: number;
      readonly mac: string;
      readonly ip?: string;
      readonly label: number;
    }
  /** RFC 7432 §7.3. */
  | { readonly type: 'imet'; readonly rd: string; readonly tag: number; readonly ip: string }
  /** RFC 7432 §7.4. */
  | { readonly type: 'es'; readonly rd: string; readonly esi: string; readonly ip: string }
  /** RFC 9136 §3.1. */
  | {
      readonly type: 'prefix';
      readonly rd: string;
      readonly esi: string;
      readonly tag: number;
      readonly prefix: string;
      readonly gateway: string;
      readonly label: number;
    };

export type EvpnNlri = Exclude<Nlri, { readonly type: 'ipv4' | 'ipv6' }>;

export interface Attributes {
  readonly nextHop: string;
  readonly origin: 'igp' | 'egp' | 'incomplete';
  /** One sequence; sets and confederations are not compared. */
  readonly asPath: readonly number[];
  readonly med?: number;
  readonly localPref?: number;
  /** `65000:1` */
  readonly communities?: readonly string[];
  /** `65000:1:2` */
  readonly largeCommunities?: readonly string[];
  /** Eight octets as hexadecimal digits, in ascending order. See `extended`. */
  readonly extendedCommunities?: readonly string[];
  /** RFC 9234 §5. */
  readonly onlyToCustomer?: number;
  readonly originatorId?: string;
  readonly clusterList?: readonly string[];
  /** RFC 6514 §5; 6 is ingress replication, and then `endpoint` is an address. */
  readonly pmsi?: { readonly tunnel: number; readonly label: number; readonly endpoint?: string };
}

export interface Route {
  readonly nlri: Nlri;
  readonly attributes: Attributes;
}

/** A route that a peer has from a neighbour, which is named by the address of the session. */
export interface LearnedRoute extends Route {
  readonly from: string;
}

export const singleHomed = '00:00:00:00:00:00:00:00:00:00';

export function isEvpn(nlri: Nlri): nlri is EvpnNlri {
  return nlri.type !== 'ipv4' && nlri.type !== 'ipv6';
}

export function familyOf(nlri: Nlri): Family {
  return isEvpn(nlri) ? 'evpn' : nlri.type;
}

/** What makes two routes the same one: RFC 7432 §7 leaves label and, but for the segment's own routes, ESI out. */
export function keyOf(nlri: Nlri): string {
  switch (nlri.type) {
    case 'ipv4':
    case 'ipv6':
      return nlri.prefix;
    case 'ead':
      return `ead ${nlri.rd} ${nlri.tag} ${nlri.esi}`;
    case 'mac':
      return `mac ${nlri.rd} ${nlri.tag} ${nlri.mac} ${nlri.ip ?? '*'}`;
    case 'imet':
      return `imet ${nlri.rd} ${nlri.tag} ${nlri.ip}`;
    case 'es':
      return `es ${nlri.rd} ${nlri.esi} ${nlri.ip}`;
    case 'prefix':
      return `prefix ${nlri.rd} ${nlri.tag} ${nlri.prefix}`;
    default:
      return assertNever(nlri);
  }
}

export function unspecifiedLike(address: string): string {
  return isIPv6(address.replace(/\/.*/, '')) ? '::' : '0.0.0.0';
}

function hex(value: number | bigint, octets: number): string {
  return value.toString(16).padStart(octets * 2, '0');
}

const digitsOf = (text: string): string => text.replaceAll(':', '');

/** Extended communities as the octets that are compared. */
export const extended = {
  /** `65000:1`, `4200000000:1` or `192.0.2.1:1`. RFC 4360 §4, RFC 5668. */
  routeTarget: (text: string): string => {
    const [admin = '', assigned = ''] = text.split(':');
    if (admin.includes('.')) {
      const octets = admin.split('.').map((part) => hex(Number(part), 1));
      return `0102${octets.join('')}${hex(Number(assigned), 2)}`;
    }
    return Number(admin) > 0xffff
      ? `0202${hex(Number(admin), 4)}${hex(Number(assigned), 2)}`
      : `0002${hex(Number(admin), 2)}${hex(Number(assigned), 4)}`;
  },
  /** The tunnel types of RFC 9012 §4.1; VXLAN is 8. */
  encapsulation: (tunnel: number): string => `030c00000000${hex(tunnel, 2)}`,
  /** RFC 9135 §8.1. */
  routerMac: (mac: string): string => `0603${digitsOf(mac)}`,
  /** RFC 7432 §7.7. */
  macMobility: (sequence: number, isSticky = false): string =>
    `0600${isSticky ? '01' : '00'}00${hex(sequence, 4)}`,
  /** RFC 7432 §7.5. */
  esiLabel: (label: number, isSingleActive = false): string =>
    `0601${isSingleActive ? '01' : '00'}0000${hex(label, 3)}`,
  /** RFC 7432 §7.6. */
  esImport: (mac: string): string => `0602${digitsOf(mac)}`,
  /** RFC 7432 §7.8. */
  defaultGateway: '030d000000000000',
} as const;
