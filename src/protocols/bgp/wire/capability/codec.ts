/** What a capability is: a row of wire/capability.ts. RFC 5492 §4. */

import type { Writer } from '../../../../base/bytes.ts';
import type { AfiSafi } from '../family.ts';
import { formatFamily } from '../family.ts';
import type { Json } from '../json.ts';
import { u8, u16 } from '../octets.ts';

export interface CapabilityCodec<V> {
  readonly code: number;
  /** As in the registry of IANA, shortened. */
  readonly name: string;
  /** The value in [start, end); `undefined` for octets that are none, which are then kept as they are. */
  decode(octets: Uint8Array, start: number, end: number): V | undefined;
  encode(writer: Writer, value: V): void;
  /** What it says besides its name; empty for one that says nothing. */
  format(value: V): string;
  toJson(value: V): { readonly [key: string]: Json };
}

/** A capability that says something by being there. */
export function flag<K extends string>(
  kind: K,
  code: number,
  name: string,
): CapabilityCodec<{ readonly kind: K }> {
  return {
    code,
    name,
    decode: (_octets, start, end) => (start === end ? { kind } : undefined),
    encode: () => {},
    format: () => '',
    toJson: () => ({}),
  };
}

/** AFI and SAFI in three octets. */
export function afiSafi(octets: Uint8Array, at: number): AfiSafi {
  return { afi: u16(octets, at), safi: u8(octets, at + 2) };
}

/** The elements of `size` octets each; `undefined` when they do not add up. */
export function list<T>(
  start: number,
  end: number,
  size: number,
  decode: (at: number) => T,
): readonly T[] | undefined {
  if ((end - start) % size !== 0) return undefined;
  const values: T[] = [];
  for (let at = start; at < end; at += size) values.push(decode(at));
  return values;
}

export function familyToJson(of: AfiSafi): { readonly [key: string]: Json } {
  return { family: formatFamily(of), afi: of.afi, safi: of.safi };
}
