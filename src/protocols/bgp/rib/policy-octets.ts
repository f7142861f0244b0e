/** What a policy has made of a set of attributes, as octets in the form in which sets are kept. */

import { Writer } from '../../../base/bytes.ts';
import type { Accepted } from '../policy/decision-tree.ts';
import type { AddressFamily } from '../wire/family.ts';
import { encodeNextHop } from '../wire/next-hop.ts';
import { encodeAttributes } from '../wire/path-attributes.ts';
import { type AttributeSet, nextHopOf, ownForm } from './attribute-table.ts';

/** As many as the longest message has, RFC 8654 §4: what is more could be told to nobody. */
const mostOctets = 65_535;

/** `undefined` when there is more than any UPDATE could carry. */
export function changedOctets(
  from: AttributeSet,
  { attributes, nextHop, set }: Accepted,
  family: AddressFamily,
): { readonly attributes: Uint8Array; readonly nextHop: Uint8Array } | undefined {
  const octets = encodeAttributes(attributes, ownForm);
  if (octets.length > mostOctets) return undefined;
  if (!set.has('nextHop')) return { attributes: octets, nextHop: nextHopOf(from) };
  const writer = new Writer();
  encodeNextHop(writer, nextHop, family.nextHop);
  return { attributes: octets, nextHop: writer.finish().slice() };
}
