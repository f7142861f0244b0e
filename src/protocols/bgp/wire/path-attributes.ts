/**
 * A set of path attributes as one object, for people, policies and tests: octets to values and back, text, JSON. What the
 * table of attributes.ts does not know is in `unknown`, with its flags.
 */

import { Writer } from '../../../base/bytes.ts';
import {
  type AttributeName,
  attributeNames,
  attributeRow,
  type AttributeValues,
  codecOf,
} from './attributes.ts';
import { visitAttributes } from './attribute/header.ts';
import { checkAttributes, forEachSpan, type Spans } from './check-attributes.ts';
import type { Finding } from './error.ts';
import { mergeFourOctetAs, withFourOctetAs } from './four-octet-as.ts';
import type { Json } from './json.ts';
import { ATTRIBUTE_FLAG } from './numbers.ts';
import { hex, u8 } from './octets.ts';
import type { WireSession } from './session.ts';

/** An attribute that is carried without being read. */
export interface UnknownAttribute {
  readonly code: number;
  /** Without the bit that says how long the length is. */
  readonly flags: number;
  readonly raw: Uint8Array;
}

/** Whatever the session, AS numbers are whole: AS4_PATH and AS4_AGGREGATOR are not seen here. */
export type PathAttributes = Partial<Omit<AttributeValues, 'as4Path' | 'as4Aggregator'>> & {
  readonly unknown?: readonly UnknownAttribute[];
};

export interface DecodedAttributes {
  readonly attributes: PathAttributes;
  /** Malformed attributes are not among the values, whatever is done about them. */
  readonly findings: readonly Finding[];
}

/** Checks and decodes whole attributes. Octets in the values are copies. */
export function decodeAttributes(
  octets: Uint8Array,
  spans: Spans,
  session: WireSession,
): DecodedAttributes {
  const { kept, findings } = checkAttributes(octets, spans, session);
  return { attributes: decodeChecked(octets, kept, session), findings };
}

/** Decodes attributes that `checkAttributes` has kept. */
export function decodeChecked(
  octets: Uint8Array,
  spans: Spans,
  session: WireSession,
): PathAttributes {
  const values: { -readonly [K in AttributeName]?: unknown } = {};
  const unknown: UnknownAttribute[] = [];
  const decode = (code: number, at: number, content: number, end: number) => {
    const row = attributeRow(code);
    if (row === undefined) {
      const flags = u8(octets, at) & ~ATTRIBUTE_FLAG.extendedLength;
      unknown.push(Object.freeze({ code, flags, raw: octets.slice(content, end) }));
    } else {
      values[row.key] = row.codec.decode(octets, content, end, session);
    }
  };
  forEachSpan(spans, (start, end) => visitAttributes(octets, start, end, decode));
  const known = values as Partial<AttributeValues>;
  const whole = session.fourOctetAs ? known : mergeFourOctetAs(known);
  return Object.freeze(unknown.length === 0 ? whole : { ...whole, unknown });
}

/** The octets of the set, as they stand in an UPDATE of this session. */
export function encodeAttributes(set: PathAttributes, session: WireSession): Uint8Array {
  const writer = new Writer();
  writeAttributes(writer, set, session);
  return writer.finish().slice();
}

/**
 * RFC 7606 §5.1: MP_REACH_NLRI and MP_UNREACH_NLRI come first, so that whoever finds fault with the others can still tell
 * the routes. The others in the order of their codes.
 */
const order: readonly AttributeName[] = [
  'mpReach',
  'mpUnreach',
  ...attributeNames.filter((name) => name !== 'mpReach' && name !== 'mpUnreach'),
];

export function writeAttributes(writer: Writer, set: PathAttributes, session: WireSession): void {
  const values: Partial<AttributeValues> = session.fourOctetAs ? set : withFourOctetAs(set);
  for (const name of order) {
    const value = values[name];
    if (value === undefined) continue;
    const codec = codecOf(name);
    writeAttribute(writer, codec.code, codec.flags, (to) => codec.encode(to, value, session));
  }
  for (const { code, flags, raw } of set.unknown ?? []) {
    writeAttribute(writer, code, flags, (to) => to.bytes(raw));
  }
}

function writeAttribute(
  writer: Writer,
  code: number,
  flags: number,
  writeContent: (writer: Writer) => void,
): void {
  const content = new Writer();
  writeContent(content);
  const octets = content.finish();
  if (octets.length > 0xff) {
    writer
      .u8(flags | ATTRIBUTE_FLAG.extendedLength)
      .u8(code)
      .u16(octets.length);
  } else {
    writer.u8(flags).u8(code).u8(octets.length);
  }
  writer.bytes(octets);
}

/** One line an attribute: `AS_PATH 65001 65002`. */
export function formatAttributes(set: PathAttributes): readonly string[] {
  const lines = order.flatMap((name) => {
    const value = (set as Partial<AttributeValues>)[name];
    return value === undefined ? [] : [`${codecOf(name).name} ${codecOf(name).format(value)}`];
  });
  const unknown = (set.unknown ?? []).map(
    ({ code, flags, raw }) =>
      `attribute ${code} flags 0x${flags.toString(16).padStart(2, '0')} ${hex(raw)}`,
  );
  return [...lines, ...unknown];
}

/** By the names of `AttributeValues`. */
export function attributesToJson(set: PathAttributes): Json {
  const known = order.flatMap((name) => {
    const value = (set as Partial<AttributeValues>)[name];
    if (value === undefined) return [];
    const codec = codecOf(name);
    return [[name, codec.toJson?.(value) ?? codec.format(value)] as const];
  });
  const unknown = (set.unknown ?? []).map(({ code, flags, raw }) => ({
    code,
    flags,
    raw: hex(raw),
  }));
  return { ...Object.fromEntries(known), ...(unknown.length === 0 ? {} : { unknown }) };
}
