/**
 * What every rtnetlink object is: a fixed header, then attributes. `objectCodec` joins the two into the one codec of a
 * thing, used to decode what the kernel tells, to encode what we ask, and to ask for a dump.
 */

import type { Writer } from '../../../base/bytes.ts';
import type { Family } from '../../../net/ip.ts';
import type { AttributeCodec, Draft, HasOpaque } from './attribute.ts';
import { AF } from './numbers.ts';

/** Another address family than this codec speaks, which is no error; or octets that do not add up. */
export type Refused = 'foreign' | 'malformed';

export interface ObjectCodec<T, F> {
  readonly name: string;
  /** The number of the NEW message; DEL is one more, GET two more. */
  readonly type: number;
  /** The number of the message that changes one, where it is not NEW. */
  readonly changeType?: number;
  /** Reads the body of a message, [at, end). Views in the result point into `data`. Never throws. */
  decode(this: void, data: DataView, at: number, end: number): T | Refused;
  encode(this: void, writer: Writer, value: T): void;
  /** The body of a request for the one object that has the identity of `value`; the strict kernel wants no more. */
  encodeGet(this: void, writer: Writer, value: T): void;
  /** The body of a dump request that makes the kernel send only what the filter names. */
  encodeFilter(this: void, writer: Writer, filter: F): void;
}

/** The fixed part of an object. */
export interface Header<T> {
  readonly size: number;
  /** `undefined` when it is of a family that this codec leaves to others. */
  decode(this: void, data: DataView, at: number): Draft<T> | undefined;
  encode(this: void, writer: Writer, value: T): void;
}

export interface ObjectParts<T, F> {
  readonly name: string;
  readonly type: number;
  readonly changeType?: number;
  readonly header: Header<T>;
  readonly attributes: AttributeCodec<T>;
  /** Fields without which the object has no identity, though they travel as attributes. */
  readonly required?: readonly (keyof T)[];
  /** The value reduced to what identifies it, where the strict kernel refuses the rest. */
  readonly identityOf?: (value: T) => T;
  encodeFilter(this: void, writer: Writer, filter: F): void;
}

export function objectCodec<T extends HasOpaque, F>(parts: ObjectParts<T, F>): ObjectCodec<T, F> {
  const { name, type, changeType = type, header, attributes, encodeFilter } = parts;
  const { required = [], identityOf = (value) => value } = parts;
  const encode = (writer: Writer, value: T) => {
    header.encode(writer, value);
    attributes.encode(writer, value);
  };
  return {
    name,
    type,
    changeType,
    decode: (data, at, end) => {
      if (end - at < header.size) return 'malformed';
      const draft = header.decode(data, at);
      if (draft === undefined) return 'foreign';
      if (!attributes.decode(data, at + header.size, end, draft)) return 'malformed';
      for (const key of required) if (draft[key] === undefined) return 'malformed';
      return draft as T;
    },
    encode,
    encodeGet: (writer, value) => encode(writer, identityOf(value)),
    encodeFilter,
  };
}

/** 4 or 6 for AF_INET and AF_INET6; `undefined` for any other family. */
export function familyOf(code: number): Family | undefined {
  if (code === AF.inet) return 4;
  return code === AF.inet6 ? 6 : undefined;
}

/** The kernel's number of an IP family; AF_UNSPEC, which means both in a dump, without one. */
export function familyCode(family: Family | undefined): number {
  if (family === undefined) return AF.unspec;
  return family === 4 ? AF.inet : AF.inet6;
}
