/**
 * IFLA_LINKINFO: the kind of a device with its settings (`is`), and what it is a member of with the settings of that
 * membership (`member`). The data of a kind can only be read with its name, which stands in another attribute; so
 * this one is read by hand and not from a table.
 */

import type { Writer } from '../../../../base/bytes.ts';
import {
  attribute,
  attributes,
  closeAttribute,
  type HasOpaque,
  NLA_TYPE_MASK,
  nested,
  type Opaque,
  octets,
  openAttribute,
  type Payload,
  visitAttributes,
} from '../attribute.ts';
import type { Link } from '../link.ts';
import { IFLA_INFO, IFLA_VRF_PORT, VETH_INFO } from '../numbers.ts';
import type { ObjectCodec } from '../object.ts';
import { tableId, text } from '../payload.ts';
import { type BridgeLink, bridgeLink } from './bridge.ts';
import { type BridgePort, bridgePort } from './bridge-port.ts';
import { type VlanLink, vlanLink } from './vlan.ts';
import { type VrfLink, vrfLink } from './vrf.ts';
import { type VxlanLink, vxlanLink } from './vxlan.ts';

export interface LinkInfo extends HasOpaque {
  readonly is?: LinkKind;
  readonly member?: LinkMember;
}

export type LinkKind =
  | ({ readonly type: 'vrf' } & VrfLink)
  | ({ readonly type: 'vxlan' } & VxlanLink)
  | ({ readonly type: 'bridge' } & BridgeLink)
  | ({ readonly type: 'vlan' } & VlanLink)
  | ({ readonly type: 'veth' } & VethLink)
  | { readonly type: 'dummy' }
  /** Any other kind, and one of the above whose data could not be read. */
  | { readonly type: 'other'; readonly kind: string; readonly data?: Uint8Array };

export type LinkMember =
  | ({ readonly of: 'bridge' } & BridgePort)
  /** Read only: the table of the VRF. */
  | ({ readonly of: 'vrf' } & VrfLink)
  | { readonly of: 'other'; readonly kind: string; readonly data?: Uint8Array };

/** The other end, in the request that makes the pair. Dumps tell it by `Link.link`. */
export interface VethLink extends HasOpaque {
  readonly peer?: Link;
}

type LinkCodec = ObjectCodec<Link, never>;

/** Takes the codec of a link as a function: the two contain each other. */
export function linkInfo(link: () => Pick<LinkCodec, 'decode' | 'encode'>): Payload<LinkInfo> {
  const kinds = {
    vrf: vrfLink,
    vxlan: vxlanLink,
    bridge: bridgeLink,
    vlan: vlanLink,
    veth: veth(link),
  };
  return {
    decode: (data, at, length) => decodeInfo(kinds, data, at, length),
    encode: (writer, { is, member, opaque }) => {
      if (is !== undefined) encodeKind(kinds, writer, is);
      if (member !== undefined) encodeMember(writer, member);
      for (const { type, raw } of opaque ?? [])
        writeAttribute(writer, type, () => writer.bytes(raw));
    },
  };
}

function veth(link: () => Pick<LinkCodec, 'decode' | 'encode'>): Payload<VethLink> {
  const peer: Payload<Link> = {
    decode: (data, at, length) => {
      const decoded = link().decode(data, at, at + length);
      return typeof decoded === 'string' ? undefined : decoded;
    },
    encode: (writer, value) => link().encode(writer, value),
  };
  return nested(attributes<VethLink>({ peer: attribute(VETH_INFO.peer, peer) }));
}

interface Kinds {
  readonly vrf: Payload<VrfLink>;
  readonly vxlan: Payload<VxlanLink>;
  readonly bridge: Payload<BridgeLink>;
  readonly vlan: Payload<VlanLink>;
  readonly veth: Payload<VethLink>;
}

/** Where some data lies, if it was there at all. */
interface Span {
  readonly data: DataView;
  readonly at: number;
  readonly length: number;
}

function decodeInfo(
  kinds: Kinds,
  data: DataView,
  at: number,
  length: number,
): LinkInfo | undefined {
  const opaque: Opaque[] = [];
  let kind: string | undefined;
  let memberKind: string | undefined;
  let kindData: Span | undefined;
  let memberData: Span | undefined;
  let unreadable = false;
  const sound = visitAttributes(data, at, at + length, (type, from, size) => {
    const masked = type & NLA_TYPE_MASK;
    if (masked === IFLA_INFO.kind)
      unreadable ||= (kind = text.decode(data, from, size)) === undefined;
    else if (masked === IFLA_INFO.data) kindData = { data, at: from, length: size };
    else if (masked === IFLA_INFO.memberKind) {
      unreadable ||= (memberKind = text.decode(data, from, size)) === undefined;
    } else if (masked === IFLA_INFO.memberData) memberData = { data, at: from, length: size };
    else opaque.push({ type, raw: octets(data, from, size) });
  });
  // Data without a kind has no meaning, a kind that is no text neither; the whole attribute then stays opaque.
  if (!sound || unreadable) return undefined;
  if (kind === undefined && kindData !== undefined) return undefined;
  if (memberKind === undefined && memberData !== undefined) return undefined;
  return {
    ...(kind === undefined ? {} : { is: decodeKind(kinds, kind, kindData) }),
    ...(memberKind === undefined ? {} : { member: decodeMember(memberKind, memberData) }),
    ...(opaque.length === 0 ? {} : { opaque }),
  };
}

function decodeKind(kinds: Kinds, kind: string, span: Span | undefined): LinkKind {
  switch (kind) {
    case 'vrf':
    case 'vxlan':
    case 'bridge':
    case 'vlan':
    case 'veth': {
      const payload: Payload<object> = kinds[kind];
      const settings = decodeSpan(payload, span);
      return settings === undefined ? other(kind, span) : { type: kind, ...settings };
    }
    case 'dummy':
      return span === undefined ? { type: 'dummy' } : other(kind, span);
    default:
      return other(kind, span);
  }
}

function other(kind: string, span: Span | undefined): LinkKind & { readonly type: 'other' } {
  return { type: 'other', kind, ...rawOf(span) };
}

function decodeMember(kind: string, span: Span | undefined): LinkMember {
  const payload: Payload<object> | undefined = membersByKind[kind];
  const settings = payload === undefined ? undefined : decodeSpan(payload, span);
  if (settings !== undefined && kind === 'bridge') return { of: 'bridge', ...settings };
  if (settings !== undefined && kind === 'vrf') return { of: 'vrf', ...settings };
  return { of: 'other', kind, ...rawOf(span) };
}

const vrfPort = nested(attributes<VrfLink>({ table: attribute(IFLA_VRF_PORT.table, tableId) }));
const membersByKind: { readonly [kind: string]: Payload<object> | undefined } = {
  bridge: bridgePort,
  vrf: vrfPort,
};

function decodeSpan<T extends object>(payload: Payload<T>, span: Span | undefined) {
  return span === undefined ? {} : payload.decode(span.data, span.at, span.length);
}

function rawOf(span: Span | undefined): { readonly data?: Uint8Array } {
  return span === undefined ? {} : { data: octets(span.data, span.at, span.length) };
}

function encodeKind(kinds: Kinds, writer: Writer, is: LinkKind): void {
  const kind = is.type === 'other' ? is.kind : is.type;
  writeAttribute(writer, IFLA_INFO.kind, () => text.encode(writer, kind));
  if (is.type === 'other') return writeRaw(writer, IFLA_INFO.data, is.data);
  if (is.type === 'dummy') return;
  const payload: Payload<object> = kinds[is.type];
  if (Object.keys(is).length > 1) {
    writeAttribute(writer, IFLA_INFO.data, () => payload.encode(writer, is));
  }
}

function encodeMember(writer: Writer, member: LinkMember): void {
  const kind = member.of === 'other' ? member.kind : member.of;
  writeAttribute(writer, IFLA_INFO.memberKind, () => text.encode(writer, kind));
  if (member.of === 'other') return writeRaw(writer, IFLA_INFO.memberData, member.data);
  const payload: Payload<object> = member.of === 'bridge' ? bridgePort : vrfPort;
  if (Object.keys(member).length > 1) {
    writeAttribute(writer, IFLA_INFO.memberData, () => payload.encode(writer, member));
  }
}

function writeRaw(writer: Writer, type: number, raw: Uint8Array | undefined): void {
  if (raw !== undefined) writeAttribute(writer, type, () => writer.bytes(raw));
}

function writeAttribute(writer: Writer, type: number, body: () => void): void {
  const start = openAttribute(writer, type);
  body();
  closeAttribute(writer, start);
}
