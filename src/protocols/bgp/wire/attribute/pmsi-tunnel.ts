/**
 * PMSI_TUNNEL: how frames for many receivers reach them; in EVPN beside route type 3. RFC 6514 §5, RFC 8365 §5.1.3.
 *
 * Less strict than RFC 6514 §5 on purpose: a tunnel type that is not defined is no fault here, since later RFCs define more
 * and a reflector must pass them on. Stricter too: what is malformed is treated as withdrawn without the Partial bit as well.
 */

import { formatIp, ipFromBytes } from '../../../../net/ip.ts';
import { ATTRIBUTE, UPDATE_ERROR } from '../numbers.ts';
import { hex, u8, u24, writeU24 } from '../octets.ts';
import { type AttributeCodec, optionalTransitive, wrongLength } from './codec.ts';

export interface PmsiTunnel {
  readonly flags: number;
  /** Of "P-Multicast Service Interface Tunnel (PMSI Tunnel) Tunnel Types"; 6 is ingress replication. */
  readonly tunnel: number;
  /** 24 bits: a VNI with VXLAN, otherwise 20 bits of label and four that are not. */
  readonly label: number;
  /** What it is depends on the type; an address with ingress replication. */
  readonly identifier: Uint8Array;
}

export const INGRESS_REPLICATION = 6;

const headLength = 5;

export const pmsiTunnel: AttributeCodec<PmsiTunnel> = {
  code: ATTRIBUTE.pmsiTunnel,
  name: 'PMSI_TUNNEL',
  flags: optionalTransitive,
  whenMalformed: 'withdraw',
  rfc: 'RFC 6514 §5',
  subcode: UPDATE_ERROR.optionalAttribute,
  check(octets, start, end) {
    const identifier = end - start - headLength;
    if (identifier < 0) return wrongLength;
    return u8(octets, start + 1) === INGRESS_REPLICATION && identifier !== 4 && identifier !== 16
      ? 'names no address for ingress replication'
      : undefined;
  },
  decode: (octets, start, end) =>
    Object.freeze({
      flags: u8(octets, start),
      tunnel: u8(octets, start + 1),
      label: u24(octets, start + 2),
      identifier: octets.slice(start + headLength, end),
    }),
  encode(writer, { flags, tunnel, label, identifier }) {
    writer.u8(flags).u8(tunnel);
    writeU24(writer, label);
    writer.bytes(identifier);
  },
  format: ({ tunnel, label, identifier }) =>
    `${tunnel === INGRESS_REPLICATION ? 'Ingress Replication' : `type ${tunnel}`}, label ${label}, ${formatIdentifier(identifier)}`,
  toJson: ({ flags, tunnel, label, identifier }) => ({
    flags,
    tunnelType: tunnel,
    label,
    identifier: formatIdentifier(identifier),
  }),
};

function formatIdentifier(identifier: Uint8Array): string {
  const address = ipFromBytes(identifier);
  return address === undefined ? `0x${hex(identifier)}` : formatIp(address);
}
