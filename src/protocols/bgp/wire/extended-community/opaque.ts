/** The extended communities of type "opaque", RFC 4360 §3.3, that have a meaning here: colour, encapsulation, default gateway. */

import { type ExtendedCommunityCodec, field, head } from './codec.ts';

/** RFC 9012 §4.3. */
export interface Color {
  readonly kind: 'color';
  readonly flags: number;
  readonly color: number;
}

/** RFC 9012 §4.1. `tunnel` is a number of "BGP Tunnel Encapsulation Attribute Tunnel Types". */
export interface Encapsulation {
  readonly kind: 'encapsulation';
  readonly tunnel: number;
}

/** RFC 7432 §7.8: the announced MAC is that of a default gateway. */
export interface DefaultGateway {
  readonly kind: 'default-gateway';
}

/** The tunnel types that EVPN is used with, RFC 8365 §11. */
export const TUNNEL = { vxlan: 8, nvgre: 9, mpls: 10, mplsInGre: 11, vxlanGpe: 12, geneve: 19 };

const COLOR = 0x030b;
const ENCAPSULATION = 0x030c;
const DEFAULT_GATEWAY = 0x030d;

export const color: ExtendedCommunityCodec<Color> = {
  types: [COLOR],
  decode: (bits) => ({ kind: 'color', flags: field(bits, 32, 16), color: field(bits, 0, 32) }),
  encode: ({ flags, color: value }) => head(COLOR) | (BigInt(flags) << 32n) | BigInt(value),
  format: ({ flags, color: value }) => `Color:${flags >>> 14}:${value}`,
};

export const encapsulation: ExtendedCommunityCodec<Encapsulation> = {
  types: [ENCAPSULATION],
  decode: (bits) => ({ kind: 'encapsulation', tunnel: field(bits, 0, 16) }),
  encode: ({ tunnel }) => head(ENCAPSULATION) | BigInt(tunnel),
  format: ({ tunnel }) => `ET:${tunnel}`,
};

export const defaultGateway: ExtendedCommunityCodec<DefaultGateway> = {
  types: [DEFAULT_GATEWAY],
  decode: () => ({ kind: 'default-gateway' }),
  encode: () => head(DEFAULT_GATEWAY),
  format: () => 'Default Gateway',
};
