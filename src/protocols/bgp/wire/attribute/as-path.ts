/**
 * AS_PATH: segments of AS numbers, of two or four octets each as the session has it; and AS4_PATH, in which speakers of
 * two-octet numbers carry the others (RFC 6793). RFC 4271 §5.1.2, segments of a confederation RFC 5065 §3.
 */

import type { Writer } from '../../../../base/bytes.ts';
import { ATTRIBUTE, AS_TRANS, UPDATE_ERROR } from '../numbers.ts';
import { entry, u8, u16, u32 } from '../octets.ts';
import type { PeerKind, WireSession } from '../session.ts';
import {
  type AttributeCodec,
  notFromFourOctets,
  optionalTransitive,
  wellKnown,
  wrongLength,
  zeroAs,
} from './codec.ts';

/** In the order of their codes, which begin with 1. */
export const segmentTypes = ['set', 'sequence', 'confed-sequence', 'confed-set'] as const;

export interface AsSegment {
  readonly type: (typeof segmentTypes)[number];
  /** 1 to 255 of them, none of them 0. */
  readonly asns: readonly number[];
}

/** From the nearest AS to that of the origin. */
export type AsPath = readonly AsSegment[];

export function isConfederation({ type }: AsSegment): boolean {
  return type === 'confed-sequence' || type === 'confed-set';
}

const SEQUENCE = 2;
const CONFED_SEQUENCE = 3;
const badType = 'has a segment of a type that is not defined';
const badSegment = 'has a segment that is empty or longer than the attribute';

/** The faults that both attributes share: RFC 7606 §7.2, RFC 6793 §6, RFC 7607 §2. */
function checkSegments(
  octets: Uint8Array,
  start: number,
  end: number,
  width: 2 | 4,
): string | undefined {
  let at = start;
  while (at < end) {
    if (end - at < 2) return badSegment;
    const type = u8(octets, at);
    if (type < 1 || type > segmentTypes.length) return badType;
    const next = at + 2 + u8(octets, at + 1) * width;
    if (next === at + 2 || next > end) return badSegment;
    for (at += 2; at < next; at += width) {
      if ((width === 4 ? u32(octets, at) : u16(octets, at)) === 0) return zeroAs;
    }
  }
  return undefined;
}

/** RFC 5065 §5: who may send segments of a confederation, and who must. */
function checkConfederation(
  octets: Uint8Array,
  start: number,
  end: number,
  width: 2 | 4,
  peer: PeerKind,
): string | undefined {
  if (peer === 'confederation') {
    return start < end && u8(octets, start) === CONFED_SEQUENCE
      ? undefined
      : 'does not begin with a sequence of the confederation';
  }
  if (peer === 'internal') return undefined;
  for (let at = start; at < end; at += 2 + u8(octets, at + 1) * width) {
    if (u8(octets, at) >= CONFED_SEQUENCE)
      return 'has a segment of a confederation that is not ours';
  }
  return undefined;
}

/** RFC 4271 §6.3: whether its first AS is that of the peer. One that takes no part in four octets has AS_TRANS in its place. */
function checkFirst(
  octets: Uint8Array,
  start: number,
  end: number,
  width: 2 | 4,
  firstAs: number | undefined,
): string | undefined {
  if (firstAs === undefined) return undefined;
  if (start < end && u8(octets, start) === SEQUENCE) {
    if (width === 4 && u32(octets, start + 2) === firstAs) return undefined;
    if (width === 2 && u16(octets, start + 2) === inTwoOctets(firstAs)) return undefined;
  }
  return `does not begin with the AS of the peer, ${firstAs}`;
}

function decodeSegments(octets: Uint8Array, start: number, end: number, width: 2 | 4): AsPath {
  const path: AsSegment[] = [];
  let at = start;
  while (at < end) {
    const type = entry(segmentTypes, u8(octets, at) - 1);
    const next = at + 2 + u8(octets, at + 1) * width;
    const asns: number[] = [];
    for (at += 2; at < next; at += width) {
      asns.push(width === 4 ? u32(octets, at) : u16(octets, at));
    }
    path.push(Object.freeze({ type, asns: Object.freeze(asns) }));
  }
  return Object.freeze(path);
}

function inTwoOctets(asn: number): number {
  return asn > 0xffff ? AS_TRANS : asn;
}

/** ASes that one segment has room for. */
const segmentMost = 255;

/** What does not go into one segment goes on in the next of its type; one of no AS would be malformed, and says nothing. */
function encodeSegments(writer: Writer, path: AsPath, width: 2 | 4): void {
  for (const { type, asns } of path) {
    for (let from = 0; from < asns.length; from += segmentMost) {
      const part = asns.slice(from, from + segmentMost);
      writer.u8(segmentTypes.indexOf(type) + 1).u8(part.length);
      for (const asn of part) {
        if (width === 4) writer.u32(asn);
        else writer.u16(inTwoOctets(asn));
      }
    }
  }
}

/** As FRR prints it: `65001 {65002,65003} (65010 65011) [65012,65013]`. */
export function formatAsPath(path: AsPath): string {
  return path
    .map(({ type, asns }) => {
      if (type === 'sequence') return asns.join(' ');
      if (type === 'set') return `{${asns.join(',')}}`;
      return type === 'confed-sequence' ? `(${asns.join(' ')})` : `[${asns.join(',')}]`;
    })
    .join(' ');
}

/** Octets of an AS number in this session. */
function widthIn({ fourOctetAs }: WireSession): 2 | 4 {
  return fourOctetAs ? 4 : 2;
}

export const asPath: AttributeCodec<AsPath> = {
  code: ATTRIBUTE.asPath,
  name: 'AS_PATH',
  flags: wellKnown,
  whenMalformed: 'withdraw',
  rfc: 'RFC 7606 §7.2',
  subcode: UPDATE_ERROR.malformedAsPath,
  check: (octets, start, end, session) =>
    checkSegments(octets, start, end, widthIn(session)) ??
    checkConfederation(octets, start, end, widthIn(session), session.peer) ??
    checkFirst(octets, start, end, widthIn(session), session.firstAs),
  decode: (octets, start, end, session) => decodeSegments(octets, start, end, widthIn(session)),
  encode: (writer, path, session) => encodeSegments(writer, path, widthIn(session)),
  format: formatAsPath,
  toJson: (path) => path.map(({ type, asns }) => ({ type, asns })),
};

/** Only between speakers of two-octet numbers; from one of four-octet numbers it is discarded, RFC 6793 §4.1. */
export const as4Path: AttributeCodec<AsPath> = {
  code: ATTRIBUTE.as4Path,
  name: 'AS4_PATH',
  flags: optionalTransitive,
  whenMalformed: 'discard',
  rfc: 'RFC 6793 §6',
  subcode: UPDATE_ERROR.optionalAttribute,
  check(octets, start, end, session) {
    if (session.fourOctetAs) return notFromFourOctets;
    return end - start < 6 ? wrongLength : checkSegments(octets, start, end, 4);
  },
  /** RFC 6793 §6: segments of a confederation do not belong here and are left out. */
  decode: (octets, start, end) =>
    decodeSegments(octets, start, end, 4).filter((segment) => !isConfederation(segment)),
  encode: (writer, path) => encodeSegments(writer, path, 4),
  format: formatAsPath,
};
