/** Peers, routes and sets of attributes for the tests of the RIB. */

import { Writer } from '../../../../src/base/bytes.ts';
import { unwrap } from '../../../../src/base/result.ts';
import { parsePrefix } from '../../../../src/net/prefix.ts';
import { AttributeTable, ownForm } from '../../../../src/protocols/bgp/rib/attribute-table.ts';
import type { Local, Neighbour } from '../../../../src/protocols/bgp/rib/peer.ts';
import { Rib } from '../../../../src/protocols/bgp/rib/rib.ts';
import { families } from '../../../../src/protocols/bgp/wire/family.ts';
import {
  encodeAttributes,
  type PathAttributes,
} from '../../../../src/protocols/bgp/wire/path-attributes.ts';

export const family = families['ipv4-unicast'];
export const local: Local = { as: 65000, routerId: 0x0a00_00ff, clusterId: 0x0a00_00ff };

export function newRib(): Rib {
  return new Rib({ family, attributes: new AttributeTable(local) });
}

export function neighbour(id: number, changes: Partial<Neighbour> = {}): Neighbour {
  return {
    id,
    kind: 'internal',
    role: 'client',
    as: 65000,
    routerId: 0x0a00_0000 + id,
    address: `10.0.0.${id}`,
    allowOwnAs: 0,
    ...changes,
  };
}

export const plain: PathAttributes = { origin: 'igp', asPath: [], localPref: 100 };

/** The set of these attributes with the next hop 10.9.9.`last`. */
export function setOf(rib: Rib, attributes: PathAttributes, last = 1) {
  const octets = encodeAttributes(attributes, ownForm);
  return rib.attributes.intern(octets, Uint8Array.of(10, 9, 9, last));
}

/** The NLRI of `10.1.0.0/24`. */
export function nlri(text: string): Uint8Array {
  const writer = new Writer();
  family.nlri.encode(writer, unwrap(parsePrefix(text)));
  return writer.finish().slice();
}

export function announce(
  rib: Rib,
  from: Neighbour,
  prefix: string,
  attributes: PathAttributes = plain,
  last = 1,
): void {
  const octets = nlri(prefix);
  rib.announce(from, 0, octets, 0, octets.length, setOf(rib, attributes, last));
}

export function withdraw(rib: Rib, from: Neighbour, prefix: string): void {
  const octets = nlri(prefix);
  rib.withdraw(from, 0, octets, 0, octets.length);
}
