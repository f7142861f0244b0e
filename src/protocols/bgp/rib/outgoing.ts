/**
 * What others are told of a route: its attributes as they leave this speaker. RFC 4271 §5.1, RFC 4456 §8 for what is
 * reflected. All peers of one form are told the same, so that it is made once for all of them and kept with the set.
 */

import { Writer } from '../../../base/bytes.ts';
import { ATTRIBUTE, ATTRIBUTE_FLAG } from '../wire/numbers.ts';
import { visitAttributes } from '../wire/attribute/header.ts';
import { encodeAttributes, type PathAttributes } from '../wire/path-attributes.ts';
import type { Role } from '../wire/capability/speaker.ts';
import type { PeerKind, WireSession } from '../wire/session.ts';
import { type AttributeSet, attributesOf, nextHopOf, valuesOf } from './attribute-table.ts';
import type { ExportFilter } from './export-filter.ts';
import { marksWhatLeaves, mayLeave } from './only-to-customer.ts';
import { type Local, mayTell, type Neighbour, type ReflectorRole } from './peer.ts';
import { defaultLocalPref, NO_EXPORT } from './rank.ts';
import { type PathRules, toldPath } from './told-path.ts';

/** Peers that are told the same in the same octets: one value for all of them, compared by identity. */
export interface Form {
  readonly local: Local;
  readonly kind: PeerKind;
  readonly role: ReflectorRole;
  readonly session: WireSession;
  /** In place of the route's own next hop, as in MP_REACH_NLRI; left out: as it came. */
  readonly nextHop?: Uint8Array;
  /** Octets of the longest next hop that the peer can have of this family, RFC 8950 §4; left out: any of the family's. */
  readonly longestNextHop?: number;
  /**
   * Whether the peer knows of long-lived stale routes, RFC 9494; left out: it does not. `marked`: nor does it, and is told of
   * them all the same, as §4.6 has it.
   */
  readonly longLived?: boolean | 'marked';
  /** Our role to the peer, where that matters to the family, RFC 9234 §5. */
  readonly bgpRole?: Role['role'];
  /** What becomes of the AS path; left out: our AS comes before it where it must. */
  readonly path?: PathRules;
  /** Which routes they are told, and with what; left out: all, as they are. */
  readonly filter?: ExportFilter;
  /** The same without a filter: what is made for one set of attributes is the same for both. */
  readonly plain?: Form;
  /** Which paths of a route are told; left out: the best one. */
  readonly choice?: Choice;
}

/** All, or so many of the best (RFC 7911), or what RFC 4684 §3.2 has told of who asks for which route target. */
export type Choice = 'all' | number | 'memberships';

/** Whether peers of this form are told of such a route at all. */
export function isFor({ rank }: AttributeSet, from: Neighbour, form: Form): boolean {
  const { bgpRole, kind, longLived = false, role } = form;
  // RFC 1997.
  if (rank.noAdvertise || (rank.noExport && kind === 'external')) return false;
  if (rank.noExportSubconfed && kind !== 'internal') return false;
  // RFC 9494 §4.3: "SHOULD NOT be advertised to any neighbor from which the Long-Lived Graceful Restart Capability has not
  // been received", but for what §4.6 allows instead.
  if (rank.longLivedStale && longLived === false) return false;
  if (bgpRole !== undefined && !mayLeave(bgpRole, rank.onlyToCustomer)) return false;
  return mayTell(from.role, role);
}

/** Whether peers of this form can have the next hop with which they would be told of it. RFC 8950 §4. */
export function canCarry(set: AttributeSet, from: Neighbour, form: Form): boolean {
  const { longestNextHop: longest } = form;
  return longest === undefined || nextHopFor(set, from, form).length <= longest;
}

/** The next hop with which `form` is told of a path. */
export function nextHopFor(set: AttributeSet, from: Neighbour, form: Form): Uint8Array {
  const hop = nextHopOf(set);
  if (set.own?.nextHop === true) return hop;
  // RFC 4456 §10: what is reflected keeps its own; who asks for route targets is an exception, RFC 4684 §3.2 (i).
  const isKept = isReflection(from, form) && form.choice !== 'memberships';
  // Whoever originates a route says where it leads to; by no address, to us.
  const isSaid = from.role === 'local' && hop.some((octet) => octet !== 0);
  return isKept || isSaid ? global(hop) : (form.nextHop ?? global(hop));
}

/** RFC 2545 §3: a link-local address is of use on its own link only, and stays there. */
function global(hop: Uint8Array): Uint8Array {
  return hop.length === 32 || hop.length === 48 ? hop.subarray(0, hop.length / 2) : hop;
}

/** The attributes of a path to `form`, without the next hop. */
export function attributesFor(set: AttributeSet, from: Neighbour, form: Form): Uint8Array {
  const key = form.plain ?? form;
  const byOriginator = set.told.get(key) ?? new Map<number, Uint8Array>();
  if (byOriginator.size === 0) set.told.set(key, byOriginator);
  const isReflected = isReflection(from, form);
  const originator = isReflected ? originatorOf(from, form) : fromUs;
  const known = byOriginator.get(originator);
  if (known !== undefined) return known;
  const isPlain = form.choice !== 'memberships' && !isMarked(set, form);
  const made =
    isReflected && form.session.fourOctetAs && isPlain
      ? reflected(set, from, form)
      : told(set, from, form);
  byOriginator.set(originator, made);
  return made;
}

/** RFC 4684 §3.2 (i): to a client it is us, so that it does not drop what it has said itself. */
function originatorOf({ routerId }: Neighbour, { choice, local, role }: Form): number {
  return choice === 'memberships' && role === 'client' ? local.routerId : routerId;
}

/** No originator has it. */
const fromUs = -1;

function isReflection(from: Neighbour, { kind }: Form): boolean {
  return kind === 'internal' && from.kind === 'internal' && from.role !== 'local';
}

/** The octets as they are, with ORIGINATOR_ID when there is none, and our cluster before the others. RFC 4456 §8. */
function reflected(set: AttributeSet, from: Neighbour, { local }: Form): Uint8Array {
  const attributes = attributesOf(set);
  let at = attributes.length;
  let clusters: Uint8Array = new Uint8Array(0);
  let behind = at;
  let hasOriginator = false;
  visitAttributes(attributes, 0, attributes.length, (code, start, content, end) => {
    if (code === ATTRIBUTE.originatorId) hasOriginator = true;
    if (code === ATTRIBUTE.clusterList) {
      at = start;
      behind = end;
      clusters = attributes.subarray(content, end);
    } else if (code > ATTRIBUTE.clusterList && start < at && clusters.length === 0) {
      at = start;
      behind = start;
    }
  });
  const writer = new Writer();
  writer.bytes(attributes.subarray(0, at));
  if (!hasOriginator) {
    writer.u8(ATTRIBUTE_FLAG.optional).u8(ATTRIBUTE.originatorId).u8(4).u32(from.routerId);
  }
  writeClusters(writer, local.clusterId, clusters);
  writer.bytes(attributes.subarray(behind));
  return writer.finish().slice();
}

function writeClusters(writer: Writer, own: number, others: Uint8Array): void {
  const length = 4 + others.length;
  const flags = ATTRIBUTE_FLAG.optional;
  if (length > 0xff)
    writer
      .u8(flags | ATTRIBUTE_FLAG.extendedLength)
      .u8(ATTRIBUTE.clusterList)
      .u16(length);
  else writer.u8(flags).u8(ATTRIBUTE.clusterList).u8(length);
  writer.u32(own).bytes(others);
}

function told(set: AttributeSet, from: Neighbour, form: Form): Uint8Array {
  const values = changed(valuesOf(set), from, form, set.own);
  return encodeAttributes(isMarked(set, form) ? lastResort(values) : values, form.session);
}

/** Told to a peer that knows nothing of long-lived stale routes. */
function isMarked({ rank }: AttributeSet, { longLived }: Form): boolean {
  return rank.longLivedStale && longLived === 'marked';
}

/** RFC 9494 §4.6: within the AS only, and the last to be used there. */
function lastResort(values: PathAttributes): PathAttributes {
  const { communities = [] } = values;
  const isThere = communities.includes(NO_EXPORT);
  return {
    ...values,
    localPref: 0,
    communities: isThere ? communities : [...communities, NO_EXPORT],
  };
}

function changed(
  values: PathAttributes,
  from: Neighbour,
  form: Form,
  own: AttributeSet['own'],
): PathAttributes {
  if (isReflection(from, form)) return withReflection(values, from, form);
  if (form.kind === 'internal') return { ...values, localPref: preferenceOf(values) };
  // RFC 4271 §5.1.4, §5.1.5; RFC 4456 §8: these stay within an AS.
  const { originatorId: _originator, clusterList: _clusters, ...rest } = values;
  const { localPref: _preference, med, aigp, ...others } = rest;
  const isMember = form.kind === 'confederation';
  const keepsMed = isMember || from.role === 'local' || own?.med === true;
  return {
    ...others,
    ...onlyToCustomer(values, form),
    // RFC 7311 §3.3: AIGP too, as long as nobody says that a peer is of the same owner.
    ...(isMember && aigp !== undefined ? { aigp } : {}),
    ...(isMember ? { localPref: preferenceOf(values) } : {}),
    ...(keepsMed && med !== undefined ? { med } : {}),
    asPath: toldPath(values.asPath ?? [], form.local, isMember, form.path),
  };
}

/** RFC 9234 §5, egress, rule 1; to others than members the AS of a confederation speaks for all of it. */
function onlyToCustomer({ onlyToCustomer: mark }: PathAttributes, form: Form): PathAttributes {
  const { bgpRole, local } = form;
  if (bgpRole === undefined || mark !== undefined || !marksWhatLeaves(bgpRole)) return {};
  return { onlyToCustomer: local.confederation ?? local.as };
}

/** RFC 4271 §5.1.5: it "SHALL be included" within the AS, and so within a confederation (RFC 5065 §5.2). */
function preferenceOf({ localPref = defaultLocalPref }: PathAttributes): number {
  return localPref;
}

function withReflection(values: PathAttributes, from: Neighbour, form: Form): PathAttributes {
  const { local } = form;
  const { clusterList = [] } = values;
  const origin = originatorOf(from, form);
  const isKept = origin === from.routerId;
  return {
    ...values,
    originatorId: (isKept ? values.originatorId : undefined) ?? { family: 4, value: origin },
    clusterList: [{ family: 4, value: local.clusterId }, ...clusterList],
  };
}
