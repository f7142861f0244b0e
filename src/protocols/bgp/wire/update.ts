/**
 * UPDATE as values, the upper of two layers: for people, policies and tests. A RIB works on the octets (split-update.ts,
 * update-writer.ts). RFC 4271 §4.3.
 */

import type { Writer } from '../../../base/bytes.ts';
import type { Prefix } from '../../../net/prefix.ts';
import { endOfAttribute } from './attribute/header.ts';
import { checkAttributes } from './check-attributes.ts';
import type { Finding } from './error.ts';
import { type AddressFamily, families, type FamilyName, familyNumber } from './family.ts';
import { headerLength } from './header.ts';
import type { Json } from './json.ts';
import type { NlriRange } from './nlri/cursor.ts';
import { decodeRoutes, encodeRoutes, formatRoute, type Route, routeToJson } from './nlri/route.ts';
import { u16 } from './octets.ts';
import {
  attributesToJson,
  decodeChecked,
  formatAttributes,
  type PathAttributes,
  writeAttributes,
} from './path-attributes.ts';
import { type FatalUpdate, judgeUpdate } from './scan-update.ts';
import type { WireSession } from './session.ts';
import { splitUpdate, type UpdateSplit } from './split-update.ts';

/** As the message is laid out; routes of other families are in the attributes `mpReach` and `mpUnreach`. */
export interface Update {
  readonly type: 'update';
  /** Withdrawn Routes, IPv4 unicast. */
  readonly withdrawn: readonly Route<Prefix>[];
  readonly attributes: PathAttributes;
  /** NLRI, IPv4 unicast; their next hop is the attribute `nextHop`. */
  readonly nlri: readonly Route<Prefix>[];
}

export interface DecodedUpdate {
  /** `withdraw`: the routes that are announced are to be treated as withdrawn. */
  readonly verdict: 'accept' | 'withdraw';
  readonly update: Update;
  /** See `ScannedUpdate`. */
  readonly disabled: readonly AddressFamily[];
  readonly endOfRib: AddressFamily | undefined;
  readonly findings: readonly Finding[];
}

const ipv4 = families['ipv4-unicast'];

/** `scanUpdate`, with values in place of positions. Octets in the values are copies. */
export function decodeUpdate(
  octets: Uint8Array,
  start: number,
  end: number,
  session: WireSession,
): DecodedUpdate | FatalUpdate {
  const split = splitUpdate(octets, start, end, session);
  const scan = judgeUpdate(split, checkAttributes(octets, split.attributes, session), session);
  if (scan.verdict === 'reset') return scan;
  const { verdict, disabled, endOfRib, findings } = scan;
  const withdrawnAt = start + headerLength + 2;
  const attributesAt = withdrawnAt + u16(octets, withdrawnAt - 2) + 2;
  const nlriAt = attributesAt + u16(octets, attributesAt - 2);
  const spans = [...scan.attributes, ...routeSpans(split)];
  const update: Update = Object.freeze({
    type: 'update',
    withdrawn: routesAt(octets, split.withdrawn, withdrawnAt),
    attributes: decodeChecked(octets, spans, session),
    nlri: routesAt(octets, split.announced, nlriAt),
  });
  return Object.freeze({ verdict, update, disabled, endOfRib, findings });
}

/** The attributes that a split sets apart. */
function routeSpans({ octets, nextHopAt, mpReachAt, mpUnreachAt }: UpdateSplit): number[] {
  return [nextHopAt, mpReachAt, mpUnreachAt].flatMap((at) =>
    at < 0 ? [] : [at, endOfAttribute(octets, at)],
  );
}

/** Of the two fields of IPv4 routes, the one that begins here. No attribute can. */
function routesAt(
  octets: Uint8Array,
  ranges: readonly NlriRange[],
  at: number,
): readonly Route<Prefix>[] {
  const range = ranges.find(({ start }) => start === at);
  return range === undefined ? [] : decodeRoutes(octets, { ...range, family: ipv4 });
}

/** The body of the message, without its header. */
export function writeUpdate(writer: Writer, update: Update, session: WireSession): void {
  const pathIds = session.families.get(familyNumber(ipv4))?.sendPathIds ?? false;
  writeField(writer, () => encodeRoutes(writer, ipv4, update.withdrawn, pathIds));
  writeField(writer, () => writeAttributes(writer, update.attributes, session));
  encodeRoutes(writer, ipv4, update.nlri, pathIds);
}

/** Two octets of length, and what `write` writes. */
function writeField(writer: Writer, write: () => void): void {
  const start = writer.length;
  writer.u16(0);
  write();
  writer.patchU16(start, writer.length - start - 2);
}

/** The UPDATE that says that all routes of the family have been announced, RFC 4724 §2. */
export function endOfRibOf(family: FamilyName): Update {
  const attributes = family === 'ipv4-unicast' ? {} : { mpUnreach: { family, routes: [] } };
  return { type: 'update', withdrawn: [], attributes, nlri: [] };
}

export function formatUpdate({ withdrawn, attributes, nlri }: Update): string {
  const routes = (of: readonly Route<Prefix>[]) => of.map((route) => formatRoute(ipv4, route));
  return [
    ...(withdrawn.length === 0 ? [] : [`withdrawn ${routes(withdrawn).join(' ')}`]),
    ...formatAttributes(attributes),
    ...(nlri.length === 0 ? [] : [`NLRI ${routes(nlri).join(' ')}`]),
  ].join('; ');
}

export function updateToJson({ withdrawn, attributes, nlri }: Update): Json {
  const routes = (of: readonly Route<Prefix>[]) => of.map((route) => routeToJson(ipv4, route));
  return {
    type: 'update',
    withdrawn: routes(withdrawn),
    attributes: attributesToJson(attributes),
    nlri: routes(nlri),
  };
}
