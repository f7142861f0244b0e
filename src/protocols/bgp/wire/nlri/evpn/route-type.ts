/** What each of the EVPN route types 1 to 5 is; nlri/evpn.ts puts them into one family. RFC 7432 §7. */

import type { Writer } from '../../../../../base/bytes.ts';
import type { Json } from '../../json.ts';

/**
 * Of one route type, what follows its type and length octets: `length` octets at `at`. The others may be called with
 * what `fault` accepted, and with nothing else.
 */
export interface EvpnRouteType<R> {
  readonly code: number;
  /** 0 when the octets are such a route, or a fault of nlri/codec.ts. */
  fault(octets: Uint8Array, at: number, length: number): number;
  /** See `NlriCodec.objection`. */
  objection?(octets: Uint8Array, at: number, length: number): number;
  writeKey(octets: Uint8Array, at: number, length: number, into: Uint8Array, to: number): number;
  /** See `NlriCodec.clear`. */
  clear?(octets: Uint8Array, at: number): void;
  decode(octets: Uint8Array, at: number, length: number): R;
  encode(writer: Writer, route: R): void;
  /** As FRR prints it: `[2]:[0]:[48]:[00:00:5e:00:53:01]:[32]:[10.0.0.1]`. */
  format(route: R): string;
  toJson(route: R): { readonly [key: string]: Json };
}

/** Octets of the fields, which stand in this order wherever a route type has them. */
export const RD = 8;
export const ESI = 10;
export const TAG = 4;
export const LABEL = 3;
