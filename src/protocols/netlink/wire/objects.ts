/** Every object this library speaks, in one table, and what a notice of the kernel tells about one of them. */

import { address } from './address.ts';
import { fdb } from './fdb.ts';
import { link } from './link.ts';
import type { Message } from './message.ts';
import { neigh } from './neigh.ts';
import { netconf } from './netconf.ts';
import type { ObjectCodec, Refused } from './object.ts';
import { route } from './route.ts';
import { rule } from './rule.ts';
import { vlan } from './vlan.ts';

export const objects = { link, vlan, address, route, rule, neigh, fdb, netconf } as const;

export type ObjectName = keyof typeof objects;

/** The value that a codec of the table decodes to. */
export type ObjectValue<K extends ObjectName> = Exclude<
  ReturnType<(typeof objects)[K]['decode']>,
  Refused
>;

/** An object as the kernel has it now (`new`: made or changed), or as it was when it went (`gone`). */
export type NetlinkEvent = {
  readonly [K in ObjectName]: {
    readonly object: K;
    readonly change: 'new' | 'gone';
    readonly value: ObjectValue<K>;
    /** The port of the socket that asked for it; 0 is the kernel itself. */
    readonly by: number;
  };
}[ObjectName];

interface Candidate {
  readonly object: ObjectName;
  readonly codec: Pick<ObjectCodec<unknown, never>, 'type' | 'decode'>;
}

/** By the number of the NEW message. Two share one where the family tells them apart (link and vlan, neigh and fdb). */
const candidates = Map.groupBy(
  Object.entries(objects).map(
    ([object, codec]): Candidate => ({ object: object as ObjectName, codec }),
  ),
  ({ codec }) => codec.type,
);

/** What a message tells; `foreign` for an object or a family that nobody here speaks. */
export function decodeEvent(data: DataView, message: Message): NetlinkEvent | Refused {
  // Numbers come in fours: NEW, DEL, GET, SET.
  const type = message.type & ~3;
  const verb = message.type & 3;
  if (verb > 1) return 'foreign';
  for (const { object, codec } of candidates.get(type) ?? []) {
    const value = codec.decode(data, message.at, message.end);
    if (value === 'foreign') continue;
    if (value === 'malformed') return value;
    const change = verb === 0 ? 'new' : 'gone';
    return { object, change, value, by: message.port } as NetlinkEvent;
  }
  return 'foreign';
}
