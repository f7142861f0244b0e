/** A prefix whose address is an attribute and whose length stands in the header, as in routes and rules. */

import type { Prefix } from '../../../net/prefix.ts';
import type { Attribute } from './attribute.ts';
import { ip } from './payload.ts';

/**
 * The header codec has put the length, with a zero address of the right family, under `key` of the draft before the
 * attributes are read. Length 0 is said by the absence of the attribute.
 */
export function prefixAttribute<K extends string>(
  type: number,
  key: K,
): Attribute<Prefix, { readonly [P in K]?: Prefix }> {
  return {
    type,
    decode: (data, at, length, draft) => {
      const address = ip.decode(data, at, length);
      const known = draft[key];
      if (address === undefined || known?.ip.family !== address.family) return undefined;
      return { ip: address, length: known.length };
    },
    encode: (writer, prefix) => ip.encode(writer, prefix.ip),
    omitted: (prefix) => prefix.length === 0,
  };
}
