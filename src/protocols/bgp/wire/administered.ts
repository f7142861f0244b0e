/**
 * Numbers that an AS, or the owner of an address, gives out: six octets in three forms, which differ in what they leave
 * room for. Route distinguishers (RFC 4364 §4.2) and the administered extended communities (RFC 4360 §3, RFC 5668) are
 * made of them.
 */

import type { Brand } from '../../../base/brand.ts';
import { formatIp, parseIp } from '../../../net/ip.ts';
import type { RouteDistinguisher, RouteTarget } from '../../../net/route-distinguisher.ts';

/** `as2`: two octets of AS, four of number. `ip4`: an address and two octets. `as4`: four octets of AS and two. */
export type AdministeredForm = 'as2' | 'ip4' | 'as4';

export interface Administered {
  readonly form: AdministeredForm;
  /** An AS number, or the 32 bits of an address. */
  readonly administrator: number;
  readonly assigned: number;
}

/** In the order of their codes on the wire: 0, 1, 2. */
export const administeredForms: readonly AdministeredForm[] = ['as2', 'ip4', 'as4'];

/** The lower 48 bits. */
export function decodeAdministered(form: AdministeredForm, bits: bigint): Administered {
  const width = form === 'as2' ? 32n : 16n;
  const administrator = Number((bits & 0xffff_ffff_ffffn) >> width);
  return { form, administrator, assigned: Number(bits & ((1n << width) - 1n)) };
}

export function encodeAdministered({ form, administrator, assigned }: Administered): bigint {
  return (BigInt(administrator) << (form === 'as2' ? 32n : 16n)) | BigInt(assigned);
}

/**
 * `65000:1`, `10.0.0.1:1`, `4200000000:1`. A four-octet AS number that would fit into two is marked as Junos does,
 * `65000L:1`: it is another number than `65000:1`, and a text for both would hide that.
 */
export function formatAdministered({ form, administrator, assigned }: Administered): string {
  if (form === 'ip4') return `${formatIp({ family: 4, value: administrator })}:${assigned}`;
  return `${administrator}${form === 'as4' && administrator <= 0xffff ? 'L' : ''}:${assigned}`;
}

/** The form that the canonical text of src/net implies. */
export function administeredOf(text: RouteDistinguisher | RouteTarget): Administered {
  const colon = text.indexOf(':');
  const [left, assigned] = [text.slice(0, colon), Number(text.slice(colon + 1))];
  const ip = left.includes('.') ? parseIp(left) : undefined;
  if (ip?.ok === true) return { form: 'ip4', administrator: Number(ip.value.value), assigned };
  const administrator = Number(left);
  return { form: administrator > 0xffff ? 'as4' : 'as2', administrator, assigned };
}

/**
 * The 64 bits of a route distinguisher: a type and six octets. `RouteDistinguisher` of src/net is what an operator writes;
 * this is what travels, and may be of any type, so that two that differ in one bit stay two.
 */
export type Rd = Brand<bigint, 'Rd'>;

export function rdOf(text: RouteDistinguisher): Rd {
  const administered = administeredOf(text);
  const type = administeredForms.indexOf(administered.form);
  return ((BigInt(type) << 48n) | encodeAdministered(administered)) as Rd;
}

/** As `formatAdministered`; of a type that RFC 4364 does not know, the octets in hexadecimal. */
export function formatRd(rd: Rd): string {
  const form = administeredForms[Number(rd >> 48n)];
  if (form === undefined) return `0x${rd.toString(16).padStart(16, '0')}`;
  return formatAdministered(decodeAdministered(form, rd));
}
