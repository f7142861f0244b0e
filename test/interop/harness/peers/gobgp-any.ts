/**
 * The capabilities of a neighbour as GoBGP 3 prints them: protobuf in base64 beside the name of its type. They are
 * brought into the shape in which GoBGP 4 prints them. Field numbers are those of GoBGP's capability.proto.
 */

import { type Json, textIn } from './json.ts';

/** `{ type_url, value }` as `{ MultiProtocol: { family: { afi, safi } } }`. */
export function readAny(any: Json): Json {
  const name = /\.(\w+)Capability$/.exec(textIn(any['type_url']))?.[1] ?? '';
  const fields = decodeFields(Buffer.from(textIn(any['value']), 'base64'));
  switch (name) {
    case 'MultiProtocol':
      return { MultiProtocol: { family: familyIn(fields, 1) } };
    case 'AddPath':
      return {
        AddPath: { tuples: messagesIn(fields, 1).map((t) => ({ family: familyIn(t, 1) })) },
      };
    case 'GracefulRestart':
      return { GracefulRestart: { flags: fields.get(1)?.[0] ?? 0, time: fields.get(2)?.[0] ?? 0 } };
    case 'FourOctetASN':
      return { FourOctetAsn: {} };
    case 'Unknown':
      // 3.36.0 does not know extended messages, RFC 8654.
      return fields.get(1)?.[0] === 6 ? { ExtendedMessage: {} } : {};
    default:
      return { [name]: {} };
  }
}

/** By field number: numbers, and what has a length as octets. */
type Fields = ReadonlyMap<number, readonly (number | Buffer)[]>;

function decodeFields(octets: Buffer): Fields {
  const fields = new Map<number, (number | Buffer)[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; at < octets.length; scale *= 0x80) {
      const octet = octets[at++] ?? 0;
      value += (octet & 0x7f) * scale;
      if (octet < 0x80) break;
    }
    return value;
  };
  while (at < octets.length) {
    const tag = varint();
    const number = varint();
    const hasLength = (tag & 7) === 2;
    const value = hasLength ? octets.subarray(at, at + number) : number;
    if (hasLength) at += number;
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value]);
  }
  return fields;
}

function messagesIn(fields: Fields, number: number): readonly Fields[] {
  return (fields.get(number) ?? []).flatMap((value) =>
    typeof value === 'number' ? [] : [decodeFields(value)],
  );
}

function familyIn(fields: Fields, number: number): Json {
  const [family] = messagesIn(fields, number);
  return { afi: family?.get(1)?.[0], safi: family?.get(2)?.[0] };
}
