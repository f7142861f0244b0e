/** Capabilities that speak of the speaker: its AS number, its role, its name. */

import { CAPABILITY } from '../numbers.ts';
import { u8, u32 } from '../octets.ts';
import type { CapabilityCodec } from './codec.ts';

/** RFC 6793 §3. */
export interface FourOctetAs {
  readonly kind: 'four-octet-as';
  readonly asn: number;
}

/** In the order of their codes, RFC 9234 §4.1: what the sender is to the receiver. */
export const roles = [
  'provider',
  'route-server',
  'route-server-client',
  'customer',
  'peer',
] as const;

export interface Role {
  readonly kind: 'role';
  readonly role: (typeof roles)[number];
}

/** draft-walton-bgp-hostname-capability: for people. */
export interface Hostname {
  readonly kind: 'hostname';
  readonly host: string;
  readonly domain: string;
}

export const fourOctetAs: CapabilityCodec<FourOctetAs> = {
  code: CAPABILITY.fourOctetAs,
  name: 'Four-Octet AS',
  decode: (octets, start, end) =>
    end - start === 4 ? { kind: 'four-octet-as', asn: u32(octets, start) } : undefined,
  encode: (writer, { asn }) => writer.u32(asn),
  format: ({ asn }) => String(asn),
  toJson: ({ asn }) => ({ asn }),
};

export const role: CapabilityCodec<Role> = {
  code: CAPABILITY.role,
  name: 'Role',
  decode(octets, start, end) {
    const name = end - start === 1 ? roles[u8(octets, start)] : undefined;
    return name === undefined ? undefined : { kind: 'role', role: name };
  },
  encode: (writer, value) => writer.u8(roles.indexOf(value.role)),
  format: (value) => value.role,
  toJson: (value) => ({ role: value.role }),
};

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf8 = new TextEncoder();

export const hostname: CapabilityCodec<Hostname> = {
  code: CAPABILITY.hostname,
  name: 'Hostname',
  decode(octets, start, end) {
    const hostEnd = start + 1 + u8(octets, start);
    const domainEnd = hostEnd + 1 + u8(octets, hostEnd);
    if (end - start < 2 || hostEnd >= end || domainEnd !== end) return undefined;
    const host = decodeUtf8(octets.subarray(start + 1, hostEnd));
    const domain = decodeUtf8(octets.subarray(hostEnd + 1, domainEnd));
    return host === undefined || domain === undefined
      ? undefined
      : { kind: 'hostname', host, domain };
  },
  encode(writer, { host, domain }) {
    for (const text of [utf8.encode(host), utf8.encode(domain)]) {
      writer.u8(text.length).bytes(text);
    }
  },
  format: ({ host, domain }) => (domain === '' ? host : `${host}.${domain}`),
  toJson: ({ host, domain }) => ({ host, domain }),
};

/** Text that is valid UTF-8; `undefined` of other octets. */
export function decodeUtf8(octets: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(octets);
  } catch {
    return undefined;
  }
}
