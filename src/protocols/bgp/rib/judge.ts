/** Whether peers of a form are told of a path, and with which attributes: what all of its filters leave of it. */

import type { Wanted } from './advertiser.ts';
import type { AttributeSet } from './attribute-table.ts';
import type { Destination } from './destinations.ts';
import { canCarry, type Form, isFor } from './outgoing.ts';
import type { Path } from './paths.ts';
import type { Rib } from './rib.ts';

/** In place of attributes: the policy does not let the route pass. */
export const rejected = Symbol('rejected');

/** `undefined`: it is not told, and that is no matter of policy. */
export type Judged = AttributeSet | typeof rejected | undefined;

/** HOT where there is a policy: once per route that changes. */
export function judge(
  rib: Rib,
  destination: Destination,
  path: Path,
  form: Form,
  wanted: Wanted | undefined,
): Judged {
  const { attributes, destinations, family, paths } = rib;
  const set = attributes.get(paths.attributes(path));
  const from = rib.neighbour(paths.peer(path));
  if (set === undefined || from === undefined || !isFor(set, from, form)) return undefined;
  // What is asked for by its targets is asked for as it is held, whatever the policy makes of it.
  if (wanted?.has(set) === false) return undefined;
  if (form.filter === undefined) return canCarry(set, from, form) ? set : undefined;
  const address = rib.nlriOf(path, destination);
  const { octets } = destinations;
  const slab = octets.slab(address);
  const [start, end] = [octets.start(address), octets.end(address)];
  const told = form.filter.judge(family, set, from, slab, start, end);
  if (told === undefined) return rejected;
  return canCarry(told, from, form) ? told : undefined;
}
