/**
 * The extended communities that an AS or the owner of an address gives out: route target (RFC 4360 §4), site of origin
 * (§5), and the bandwidth of a link (draft-ietf-idr-link-bandwidth §3), in their two-octet AS, IPv4 and four-octet AS forms.
 */

import {
  type Administered,
  administeredForms,
  decodeAdministered,
  encodeAdministered,
  formatAdministered,
} from '../administered.ts';
import { entry } from '../octets.ts';
import { type ExtendedCommunityCodec, field, head } from './codec.ts';

export interface RouteTargetCommunity extends Administered {
  readonly kind: 'route-target';
}

/** Where a route entered the provider's network; called route origin in RFC 4360. */
export interface SiteOfOrigin extends Administered {
  readonly kind: 'site-of-origin';
}

export interface LinkBandwidth {
  readonly kind: 'link-bandwidth';
  readonly transitive: boolean;
  readonly asn: number;
  /** Octets a second, in the precision of 32-bit floating point. */
  readonly bandwidth: number;
}

/** High octet 0, 1 and 2: the three forms, all transitive. */
function administered<K extends 'route-target' | 'site-of-origin'>(
  kind: K,
  subtype: number,
  prefix: string,
): ExtendedCommunityCodec<Administered & { readonly kind: K }> {
  return {
    types: administeredForms.map((_, high) => (high << 8) | subtype),
    decode(bits) {
      const form = entry(administeredForms, field(bits, 56, 8));
      return { kind, ...decodeAdministered(form, bits) };
    },
    encode: (value) =>
      head((administeredForms.indexOf(value.form) << 8) | subtype) | encodeAdministered(value),
    format: (value) => `${prefix}:${formatAdministered(value)}`,
  };
}

export const routeTargetCommunity: ExtendedCommunityCodec<RouteTargetCommunity> = administered(
  'route-target',
  0x02,
  'RT',
);

export const siteOfOrigin: ExtendedCommunityCodec<SiteOfOrigin> = administered(
  'site-of-origin',
  0x03,
  'SoO',
);

const TRANSITIVE = 0x0004;
const NON_TRANSITIVE = 0x4004;

export const linkBandwidth: ExtendedCommunityCodec<LinkBandwidth> = {
  types: [TRANSITIVE, NON_TRANSITIVE],
  decode: (bits) => ({
    kind: 'link-bandwidth',
    transitive: field(bits, 48, 16) === TRANSITIVE,
    asn: field(bits, 32, 16),
    bandwidth: floatOf(field(bits, 0, 32)),
  }),
  encode: ({ transitive, asn, bandwidth }) =>
    head(transitive ? TRANSITIVE : NON_TRANSITIVE) |
    (BigInt(asn) << 32n) |
    BigInt(bitsOf(bandwidth)),
  format: ({ asn, bandwidth }) => `LB:${asn}:${bandwidth} (${megabits(bandwidth)} Mbps)`,
};

function megabits(bandwidth: number): string {
  return ((bandwidth * 8) / 1_000_000).toFixed(3);
}

/** IEEE 754 single precision, to and from its 32 bits. */
function floatOf(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, bits);
  return view.getFloat32(0);
}

function bitsOf(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return view.getUint32(0);
}
