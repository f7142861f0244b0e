/** The ten octets of an Ethernet segment identifier, to and from the value of src/net. RFC 7432 §5. */

import type { Writer } from '../../../../../base/bytes.ts';
import type { Esi } from '../../../../../net/esi.ts';
import { u16, u64 } from '../../octets.ts';

export function esiAt(octets: Uint8Array, at: number): Esi {
  return ((BigInt(u16(octets, at)) << 64n) | u64(octets, at + 2)) as Esi;
}

export function writeEsi(writer: Writer, esi: Esi): void {
  writer.u16(Number(esi >> 64n)).u64(esi & 0xffff_ffff_ffff_ffffn);
}
