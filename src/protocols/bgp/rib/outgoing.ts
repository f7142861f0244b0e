/**
 * What others are told of a route: its attributes as they leave this speaker. RFC 4271 §5.1, RFC 4456 §8 for what is
 * reflected. All peers of one form are told the same, so that it is made once for all of them and kept with the set.
 */

import { Writer } from '../../../base/bytes.ts';
import { ATTRIBUTE, ATTRIBUTE_FLAG } from '../wire/numbers.ts';
import { visitAttributes } from '../wire/attribute/header.ts';
import { encodeAttributes, type PathAttributes } from '../wire/path-attributes.ts';
import type { AsPath } from '../wire/attribute/as-path.ts';
import { isConfederation } from '../wire/attribute/as-path.ts';
import type { PeerKind, WireSession } from '../wire/session.ts';
import { type AttributeSet, attributesOf, valuesOf } from './attribute-table.ts';
import type { Local, Neighbour, ReflectorRole } from './peer.ts';

/** Peers that are told the same in the same octets: one value for all of them, compared by identity. */
export interface Form {
  readonly local: Local;
  readonly kind: PeerKind;
  readonly role: ReflectorRole;
  readonly session: WireSession;
  /** In place of the route's own next hop, as in MP_REACH_NLRI; left out: as it came. */
  readonly nextHop?: Uint8Array;
}

/** The attributes of a path to `form`, without the next hop. */
export function attributesFor(set: AttributeSet, from: Neighbour, form: Form): Uint8Array {
  const byOriginator = set.told.get(form) ?? new Map<number, Uint8Array>();
  if (byOriginator.size === 0) set.told.set(form, byOriginator);
  const isReflected = isReflection(from, form);
  const originator = isReflected ? from.routerId : fromUs;
  const known = byOriginator.get(originator);
  if (known !== undefined) return known;
  const made =
    isReflected && form.session.fourOctetAs ? reflected(set, from, form) : told(set, from, form);
  byOriginator.set(originator, made);
  return made;
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
  return encodeAttributes(changed(valuesOf(set), from, form), form.session);
}

function changed(values: PathAttributes, from: Neighbour, form: Form): PathAttributes {
  if (isReflection(from, form)) return withReflection(values, from, form.local);
  if (form.kind === 'internal') return { ...values, localPref: values.localPref ?? 100 };
  // RFC 4271 §5.1.4, §5.1.5; RFC 4456 §8: these stay within an AS.
  const { localPref, med, originatorId: _originator, clusterList: _clusters, ...others } = values;
  const isMember = form.kind === 'confederation';
  return {
    ...others,
    ...(isMember && localPref !== undefined ? { localPref } : {}),
    ...((isMember || from.role === 'local') && med !== undefined ? { med } : {}),
    asPath: prepended(values.asPath ?? [], form.local.as, isMember),
  };
}

function withReflection(values: PathAttributes, from: Neighbour, local: Local): PathAttributes {
  const { originatorId = { family: 4, value: from.routerId }, clusterList = [] } = values;
  return {
    ...values,
    originatorId,
    clusterList: [{ family: 4, value: local.clusterId }, ...clusterList],
  };
}

/** RFC 4271 §5.1.2, RFC 5065 §4: confederation segments do not leave the confederation. */
function prepended(path: AsPath, as: number, isMember: boolean): AsPath {
  const type = isMember ? 'confed-sequence' : 'sequence';
  const kept = isMember ? path : path.filter((segment) => !isConfederation(segment));
  const [first, ...others] = kept;
  const joins = first?.type === type && first.asns.length < 255;
  return joins ? [{ type, asns: [as, ...first.asns] }, ...others] : [{ type, asns: [as] }, ...kept];
}
