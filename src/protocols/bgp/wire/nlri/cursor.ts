/**
 * Walking a range of NLRI octets that `splitUpdate` has found correct, one route after the other, without an object per
 * route: positions only. The octets are not checked again.
 */

import { u32 } from '../octets.ts';
import { CUT_SHORT, type NlriCodec } from './codec.ts';

/** A field of NLRI: [start, end) of `octets`, all of one family. */
export interface NlriRange<T = unknown> {
  readonly family: { readonly nlri: NlriCodec<T> };
  /** Whether each NLRI has a path identifier in front, RFC 7911 §3. */
  readonly pathIds: boolean;
  readonly start: number;
  readonly end: number;
}

/**
 * ```ts
 * const cursor = new NlriCursor();
 * cursor.open(octets, range);
 * while (cursor.next()) use(cursor.pathId, cursor.start, cursor.end);
 * ```
 */
export class NlriCursor {
  /** The path identifier of the route; 0 where the session has none. */
  pathId = 0;
  /** The route's NLRI, without the path identifier. */
  start = 0;
  end = 0;
  #octets: Uint8Array = new Uint8Array(0);
  #limit = 0;
  #pathIds = false;
  #nlri: NlriCodec<unknown> | undefined;

  open(octets: Uint8Array, range: NlriRange): void {
    this.#octets = octets;
    this.#nlri = range.family.nlri;
    this.#pathIds = range.pathIds;
    this.#limit = range.end;
    this.pathId = 0;
    this.start = range.start;
    this.end = range.start;
  }

  // HOT: once per route; see bench/bgp-codec.ts.
  next(): boolean {
    let at = this.end;
    if (at >= this.#limit || this.#nlri === undefined) return false;
    if (this.#pathIds) {
      this.pathId = u32(this.#octets, at);
      at += 4;
    }
    const end = this.#nlri.end(this.#octets, at, this.#limit);
    if (end < 0) return false;
    this.start = at;
    this.end = end;
    return true;
  }
}

export function forEachNlri(
  octets: Uint8Array,
  range: NlriRange,
  visit: (pathId: number, start: number, end: number) => void,
): void {
  const cursor = new NlriCursor();
  cursor.open(octets, range);
  while (cursor.next()) visit(cursor.pathId, cursor.start, cursor.end);
}

/**
 * 0 when all of [start, end) are correct NLRI, or the fault of the first that is not. RFC 7606 §5.3.
 */
export function checkNlri(octets: Uint8Array, range: NlriRange): number {
  const head = range.pathIds ? 4 : 0;
  let at = range.start;
  while (at < range.end) {
    const end =
      at + head < range.end ? range.family.nlri.end(octets, at + head, range.end) : CUT_SHORT;
    if (end < 0) return end;
    at = end;
  }
  return 0;
}

/** The objections to the routes of a range that `checkNlri` has found correct, as bits; 0 when there is none. */
export function objectionsTo(octets: Uint8Array, range: NlriRange): number {
  const { nlri } = range.family;
  if (nlri.objection === undefined) return 0;
  const head = range.pathIds ? 4 : 0;
  let at = range.start;
  let objections = 0;
  while (at < range.end) {
    const end = nlri.end(octets, at + head, range.end);
    objections |= nlri.objection(octets, at + head, end);
    at = end;
  }
  return objections;
}
