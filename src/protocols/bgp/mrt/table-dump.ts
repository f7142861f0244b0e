/**
 * A table of routes as other tools read it: records of MRT's TABLE_DUMP_V2, RFC 6396 §4.3, with the path identifiers of RFC
 * 8050. First one PEER_INDEX_TABLE, then a record or two for each route. Writes, and does not read; what the time is, the
 * caller says. Other types of MRT (single messages, changes of state) are not here.
 */

import { Writer } from '../../../base/bytes.ts';
import { type Ip, type Ip4, ipBytes } from '../../../net/ip.ts';
import { type AddressFamily, families } from '../wire/family.ts';
import { ATTRIBUTE, ATTRIBUTE_FLAG } from '../wire/numbers.ts';

/** https://www.iana.org/assignments/mrt; RFC 6396 §4. */
const TABLE_DUMP_V2 = 13;
const SUBTYPE = {
  peerIndexTable: 1,
  ribIpv4Unicast: 2,
  ribIpv6Unicast: 4,
  ribGeneric: 6,
  ribIpv4UnicastAddPath: 8,
  ribIpv6UnicastAddPath: 10,
  ribGenericAddPath: 12,
} as const;

/** RFC 6396 §4.3.1: bits of Peer Type. */
const PEER_IS_IPV6 = 1;
const PEER_HAS_FOUR_OCTET_AS = 2;

/** What fits into fields of two octets. */
const most = 0xffff;

/** Whom routes were heard from. */
export interface MrtPeer {
  readonly id: Ip4;
  readonly address: Ip;
  readonly asn: number;
}

/** A path to the route of a record. */
export interface MrtPath {
  /** Its place in the table of peers. */
  readonly peer: number;
  /** Seconds since 1970: when it was heard. */
  readonly time: number;
  /** Where it came with one, RFC 7911. */
  readonly pathId?: number;
  /** Whole attributes with AS numbers of four octets; without NEXT_HOP and MP_REACH_NLRI. */
  readonly attributes: Uint8Array;
  /** As in MP_REACH_NLRI. */
  readonly nextHop: Uint8Array;
}

export interface MrtRoute {
  readonly family: AddressFamily;
  /** Of the family, without a path identifier. */
  readonly nlri: Uint8Array;
  readonly paths: readonly MrtPath[];
}

/** The first record of a dump. Of more than 65,535 peers the others have no place, nor have their paths. */
export function peerIndexTable(
  time: number,
  collector: Ip4,
  peers: readonly MrtPeer[],
  view = '',
): Uint8Array {
  const named = new TextEncoder().encode(view).subarray(0, most);
  const writer = new Writer();
  writeRecord(writer, time, SUBTYPE.peerIndexTable, () => {
    writer.bytes(ipBytes(collector)).u16(named.length).bytes(named);
    writer.u16(Math.min(peers.length, most));
    for (const { address, asn, id } of peers.slice(0, most)) {
      writer.u8(PEER_HAS_FOUR_OCTET_AS | (address.family === 6 ? PEER_IS_IPV6 : 0));
      writer.bytes(ipBytes(id)).bytes(ipBytes(address)).u32(asn);
    }
  });
  return writer.finish().slice();
}

/** The records of some routes, numbered from `sequence` on: paths with a path identifier have records of their own. */
export function ribRecords(
  time: number,
  sequence: number,
  routes: readonly MrtRoute[],
): Uint8Array {
  const writer = new Writer('big', routes.length * usualRecord);
  routes.forEach((route, index) => writeRoute(writer, time, sequence + index, route));
  return writer.finish().slice();
}

/** Octets of a record with one path, about. */
const usualRecord = 128;

function writeRoute(writer: Writer, time: number, sequence: number, route: MrtRoute): void {
  const isPlain = ({ pathId }: MrtPath): boolean => pathId === undefined;
  for (const paths of portions(route.paths.filter(isPlain))) {
    writeRibRecord(writer, time, sequence, { ...route, paths }, false);
  }
  const identified = route.paths.filter((path) => !isPlain(path));
  // RFC 8050 §4.2: there the identifier is part of the NLRI, so that a record has one path.
  const size = isGeneric(route.family) ? 1 : most;
  for (const paths of portions(identified, size)) {
    writeRibRecord(writer, time, sequence, { ...route, paths }, true);
  }
}

function portions(paths: readonly MrtPath[], size = most): readonly (readonly MrtPath[])[] {
  const count = Math.ceil(paths.length / size);
  return Array.from({ length: count }, (_, at) => paths.slice(at * size, (at + 1) * size));
}

function writeRibRecord(
  writer: Writer,
  time: number,
  sequence: number,
  { family, nlri, paths }: MrtRoute,
  addPath: boolean,
): void {
  writeRecord(writer, time, subtypeOf(family, addPath), () => {
    writer.u32(sequence);
    const generic = isGeneric(family);
    if (generic) writer.u16(family.afi).u8(family.safi);
    if (generic && addPath) writer.u32(paths[0]?.pathId ?? 0);
    writer.bytes(nlri).u16(paths.length);
    for (const path of paths) {
      writer.u16(path.peer).u32(path.time);
      if (addPath && !generic) writer.u32(path.pathId ?? 0);
      writeAttributes(writer, family, path);
    }
  });
}

function isGeneric({ name }: AddressFamily): boolean {
  return name !== families['ipv4-unicast'].name && name !== families['ipv6-unicast'].name;
}

function subtypeOf(family: AddressFamily, addPath: boolean): number {
  if (isGeneric(family)) return addPath ? SUBTYPE.ribGenericAddPath : SUBTYPE.ribGeneric;
  if (family.name === 'ipv4-unicast') {
    return addPath ? SUBTYPE.ribIpv4UnicastAddPath : SUBTYPE.ribIpv4Unicast;
  }
  return addPath ? SUBTYPE.ribIpv6UnicastAddPath : SUBTYPE.ribIpv6Unicast;
}

/**
 * RFC 6396 §4.3.4: of MP_REACH_NLRI the length and the address of the next hop alone. An attribute set that came from a
 * speaker of two-octet AS numbers may have grown beyond what the field can tell; then only the next hop is left of it.
 */
function writeAttributes(
  writer: Writer,
  { name }: AddressFamily,
  { attributes, nextHop }: MrtPath,
): void {
  const isPlain = name === 'ipv4-unicast' && nextHop.length === 4;
  const hopLength = isPlain ? 3 + nextHop.length : 4 + nextHop.length;
  const kept = attributes.length + hopLength > most ? noOctets : attributes;
  writer.u16(hopLength + kept.length);
  if (isPlain) writer.u8(ATTRIBUTE_FLAG.transitive).u8(ATTRIBUTE.nextHop).u8(nextHop.length);
  else {
    writer.u8(ATTRIBUTE_FLAG.optional).u8(ATTRIBUTE.mpReach);
    writer.u8(nextHop.length + 1).u8(nextHop.length);
  }
  writer.bytes(nextHop).bytes(kept);
}

const noOctets = new Uint8Array(0);

/** RFC 6396 §2. */
function writeRecord(writer: Writer, time: number, subtype: number, writeBody: () => void): void {
  writer.u32(time).u16(TABLE_DUMP_V2).u16(subtype).u32(0);
  const start = writer.length;
  writeBody();
  writer.patchU32(start - 4, writer.length - start);
}
