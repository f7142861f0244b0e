/** The extended communities of type EVPN (6), in the order of their subtypes. RFC 7432 §7.5 to §7.7, RFC 7153 §5. */

import { formatMac, type Mac } from '../../../../net/mac.ts';
import { type ExtendedCommunityCodec, field, head } from './codec.ts';

/** RFC 7432 §7.7. The higher sequence number is the newer place of a MAC; a sticky one has no other. */
export interface MacMobility {
  readonly kind: 'mac-mobility';
  readonly sequence: number;
  readonly sticky: boolean;
}

/** RFC 7432 §7.5. `label` is 24 bits. */
export interface EsiLabel {
  readonly kind: 'esi-label';
  readonly singleActive: boolean;
  readonly label: number;
}

/** RFC 7432 §7.6: the route target that the routers of a segment make of its identifier. */
export interface EsImport {
  readonly kind: 'es-import';
  readonly mac: Mac;
}

/** RFC 9135 §8.1: the inner destination of packets routed to this router. */
export interface RouterMac {
  readonly kind: 'router-mac';
  readonly mac: Mac;
}

/** RFC 8214 §3.1. `flags` has B, P and C in its lowest bits; 0 as MTU says nothing. */
export interface Layer2Attributes {
  readonly kind: 'layer-2-attributes';
  readonly flags: number;
  readonly mtu: number;
}

/** RFC 8584 §2.2, with the preference of RFC 9785 §3 in the octets that are reserved there. */
export interface DfElection {
  readonly kind: 'df-election';
  readonly algorithm: number;
  /** Bitmap of 16. */
  readonly capabilities: number;
  readonly preference: number;
}

/** RFC 9047 §2. `flags`: I (8) immutable, O (2) override, R (1) router. */
export interface NeighbourFlags {
  readonly kind: 'arp-nd';
  readonly flags: number;
}

/** The first two octets of a router's MAC. */
export const ROUTER_MAC = 0x0603;

const EVPN = {
  macMobility: 0x0600,
  esiLabel: 0x0601,
  esImport: 0x0602,
  routerMac: ROUTER_MAC,
  layer2Attributes: 0x0604,
  dfElection: 0x0606,
  arpNd: 0x0608,
} as const;

export const macMobility: ExtendedCommunityCodec<MacMobility> = {
  types: [EVPN.macMobility],
  decode: (bits) => ({
    kind: 'mac-mobility',
    sequence: field(bits, 0, 32),
    sticky: field(bits, 40, 1) === 1,
  }),
  encode: ({ sequence, sticky }) =>
    head(EVPN.macMobility) | (sticky ? 1n << 40n : 0n) | BigInt(sequence),
  format: ({ sequence, sticky }) => `MM:${sequence}${sticky ? ', sticky MAC' : ''}`,
};

export const esiLabel: ExtendedCommunityCodec<EsiLabel> = {
  types: [EVPN.esiLabel],
  decode: (bits) => ({
    kind: 'esi-label',
    singleActive: field(bits, 40, 1) === 1,
    label: field(bits, 0, 24),
  }),
  encode: ({ singleActive, label }) =>
    head(EVPN.esiLabel) | (singleActive ? 1n << 40n : 0n) | BigInt(label),
  format: ({ singleActive }) => `ESI-label-Rt:${singleActive ? 'SA' : 'AA'}`,
  toJson: ({ label }) => ({ label }),
};

export const esImport: ExtendedCommunityCodec<EsImport> = {
  types: [EVPN.esImport],
  decode: (bits) => ({ kind: 'es-import', mac: field(bits, 0, 48) as Mac }),
  encode: ({ mac }) => head(EVPN.esImport) | BigInt(mac),
  format: ({ mac }) => `ES-Import-Rt:${formatMac(mac)}`,
};

export const routerMac: ExtendedCommunityCodec<RouterMac> = {
  types: [EVPN.routerMac],
  decode: (bits) => ({ kind: 'router-mac', mac: field(bits, 0, 48) as Mac }),
  encode: ({ mac }) => head(EVPN.routerMac) | BigInt(mac),
  format: ({ mac }) => `Rmac:${formatMac(mac)}`,
};

export const layer2Attributes: ExtendedCommunityCodec<Layer2Attributes> = {
  types: [EVPN.layer2Attributes],
  decode: (bits) => ({
    kind: 'layer-2-attributes',
    flags: field(bits, 32, 16),
    mtu: field(bits, 16, 16),
  }),
  encode: ({ flags, mtu }) =>
    head(EVPN.layer2Attributes) | (BigInt(flags) << 32n) | (BigInt(mtu) << 16n),
  format: ({ flags, mtu }) => `L2:flags 0x${flags.toString(16)}, MTU ${mtu}`,
};

export const dfElection: ExtendedCommunityCodec<DfElection> = {
  types: [EVPN.dfElection],
  decode: (bits) => ({
    kind: 'df-election',
    algorithm: field(bits, 40, 5),
    capabilities: field(bits, 24, 16),
    preference: field(bits, 0, 16),
  }),
  encode: ({ algorithm, capabilities, preference }) =>
    head(EVPN.dfElection) |
    (BigInt(algorithm) << 40n) |
    (BigInt(capabilities) << 24n) |
    BigInt(preference),
  format: ({ algorithm, capabilities, preference }) =>
    `DF: (alg: ${algorithm}, bmap: 0x${capabilities.toString(16)}, pref: ${preference})`,
};

export const arpNd: ExtendedCommunityCodec<NeighbourFlags> = {
  types: [EVPN.arpNd],
  decode: (bits) => ({ kind: 'arp-nd', flags: field(bits, 40, 8) }),
  encode: ({ flags }) => head(EVPN.arpNd) | (BigInt(flags) << 40n),
  format: ({ flags }) => `ND:flags 0x${flags.toString(16)}`,
};
