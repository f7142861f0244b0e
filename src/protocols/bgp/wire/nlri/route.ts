/** Routes as values: an NLRI with the path identifier that ADD-PATH puts before it, RFC 7911 §3. */

import { Writer } from '../../../../base/bytes.ts';
import { formatRd } from '../administered.ts';
import type { AddressFamily } from '../family.ts';
import type { Json } from '../json.ts';
import { forEachNlri, type NlriRange } from './cursor.ts';

export interface Route<N> {
  readonly nlri: N;
  /** There when, and only when, the session has path identifiers for the family. */
  readonly pathId?: number;
}

/** The routes of a range that `splitUpdate` has found correct. */
export function decodeRoutes<N>(octets: Uint8Array, range: NlriRange<N>): readonly Route<N>[] {
  const routes: Route<N>[] = [];
  forEachNlri(octets, range, (pathId, start, end) => {
    const nlri = range.family.nlri.decode(octets, start, end);
    routes.push(Object.freeze(range.pathIds ? { nlri, pathId } : { nlri }));
  });
  return Object.freeze(routes);
}

export function encodeRoutes<N>(
  writer: Writer,
  family: AddressFamily<N>,
  routes: readonly Route<N>[],
  pathIds: boolean,
): void {
  for (const { nlri, pathId = 0 } of routes) {
    if (pathIds) writer.u32(pathId);
    family.nlri.encode(writer, nlri);
  }
}

/** The octets of one NLRI, without a path identifier. */
export function encodeNlri<N>(family: AddressFamily<N>, nlri: N): Uint8Array {
  const writer = new Writer();
  family.nlri.encode(writer, nlri);
  return writer.finish().slice();
}

/** The octets by which two announcements are of one route, without a path identifier. */
export function keyOf<N>(family: AddressFamily<N>, nlri: N): Uint8Array {
  const octets = encodeNlri(family, nlri);
  const key = new Uint8Array(octets.length);
  return key.subarray(0, family.nlri.writeKey(octets, 0, octets.length, key, 0));
}

/** `10.0.0.0/24`, `RD 65000:1 [5]:[0]:[24]:[10.0.0.0]`, with ADD-PATH ` path 7` behind. */
export function formatRoute<N>(family: AddressFamily<N>, { nlri, pathId }: Route<N>): string {
  const rd = family.nlri.rd?.(nlri);
  const head = rd === undefined ? '' : `RD ${formatRd(rd)} `;
  const tail = pathId === undefined ? '' : ` path ${pathId}`;
  return `${head}${family.nlri.format(nlri)}${tail}`;
}

export function routeToJson<N>(family: AddressFamily<N>, { nlri, pathId }: Route<N>): Json {
  const json = family.nlri.toJson(nlri);
  return pathId === undefined ? json : { route: json, pathId };
}
