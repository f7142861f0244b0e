/** What is asked of the kernel: an object's codec, a value and a verb. Encodes itself; knows no socket. */

import type { Writer } from '../../../base/bytes.ts';
import { NLM_F } from './numbers.ts';
import type { ObjectCodec } from './object.ts';

export interface Request {
  /** In words, for error messages: `create link`. */
  readonly what: string;
  readonly type: number;
  readonly flags: number;
  encode(this: void, writer: Writer): void;
}

type Codec<T> = Pick<ObjectCodec<T, never>, 'name' | 'type' | 'changeType' | 'encode'>;

function request<T>(verb: string, codec: Codec<T>, value: T, offset: number, flags = 0): Request {
  return {
    what: `${verb} ${codec.name}`,
    type: codec.type + offset,
    flags,
    encode: (writer) => codec.encode(writer, value),
  };
}

/** Makes it; EEXIST when it is there. */
export function create<T>(codec: Codec<T>, value: T): Request {
  return request('create', codec, value, 0, NLM_F.create | NLM_F.exclusive);
}

/** Makes it, or puts it in the place of what has the same identity. */
export function replace<T>(codec: Codec<T>, value: T): Request {
  return request('replace', codec, value, 0, NLM_F.create | NLM_F.replace);
}

/** Makes it beside what has the same identity: another next hop, another remote of the same MAC. */
export function append<T>(codec: Codec<T>, value: T): Request {
  return request('append', codec, value, 0, NLM_F.create | NLM_F.append);
}

/** Changes what is there; ENODEV, ENOENT or ESRCH when it is not. */
export function change<T>(codec: Codec<T>, value: T): Request {
  return { ...request('change', codec, value, 0), type: codec.changeType ?? codec.type };
}

/** Removes it; ENODEV, ENOENT, ESRCH or EADDRNOTAVAIL when it is not there. */
export function remove<T>(codec: Codec<T>, value: T): Request {
  return request('remove', codec, value, 1);
}

/** Asks for one object by its identity, as a link by name, or for the route that a packet would take. */
export function get<T>(
  codec: Pick<ObjectCodec<T, never>, 'name' | 'type' | 'encodeGet'>,
  value: T,
): Request {
  return {
    what: `get ${codec.name}`,
    type: codec.type + 2,
    flags: 0,
    encode: (writer) => codec.encodeGet(writer, value),
  };
}

/** Asks for all objects that the filter names. */
export function dumpOf<T, F>(
  codec: Pick<ObjectCodec<T, F>, 'name' | 'type' | 'encodeFilter'>,
  filter: F,
): Request {
  return {
    what: `dump ${codec.name}`,
    type: codec.type + 2,
    flags: NLM_F.dump,
    encode: (writer) => codec.encodeFilter(writer, filter),
  };
}
