/** Column types, and values of them in our form and on the wire, for the property tests. */

import fc from 'fast-check';

import { assertNever } from '../../../../src/base/assert-never.ts';
import { atomCodecs, type Atom, type AtomType } from '../../../../src/protocols/ovsdb/wire/atom.ts';
import type { ColumnType } from '../../../../src/protocols/ovsdb/wire/schema.ts';
import {
  canonicalMap,
  canonicalSet,
  type Value,
} from '../../../../src/protocols/ovsdb/wire/value.ts';

export const atomTypes = Object.keys(atomCodecs) as readonly AtomType[];

export function atomOf(type: AtomType): fc.Arbitrary<Atom> {
  switch (type) {
    case 'integer':
      return fc.oneof(fc.integer({ min: 0, max: 5 }), fc.maxSafeInteger());
    case 'real':
      return fc
        .double({ min: -1e300, max: 1e300, noNaN: true })
        .map((real) => (Math.abs(real) < 1e-300 ? 0 : real));
    case 'boolean':
      return fc.boolean();
    case 'string':
      return fc.oneof(
        fc.constantFrom('a', 'b', 'c', 'neutron_bgpvpn:vni'),
        fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
      );
    case 'uuid':
      return fc.uuid().map((uuid) => uuid as Atom);
    default:
      return assertNever(type);
  }
}

function columnType(
  key: AtomType,
  value: AtomType | undefined,
  min: number,
  max: number,
): ColumnType {
  const base = (type: AtomType) => ({ type, refTable: undefined });
  const flags = { mutable: true, ephemeral: false };
  return { key: base(key), value: value && base(value), min, max, ...flags };
}

const many = Number.POSITIVE_INFINITY;

/** Every kind of column that a schema can have. */
export const columnTypes: readonly ColumnType[] = atomTypes.flatMap((key) => [
  columnType(key, undefined, 1, 1),
  columnType(key, undefined, 0, 1),
  columnType(key, undefined, 0, many),
  columnType(key, undefined, 1, many),
  columnType(key, 'string', 0, many),
  columnType(key, 'uuid', 0, many),
  columnType(key, 'integer', 0, 1),
]);

/** Values that a column of the type can hold. */
export function valueOf(type: ColumnType): fc.Arbitrary<Value> {
  const key = atomOf(type.key.type);
  const maxLength = Math.min(type.max, 6);
  if (type.value !== undefined) {
    const pairs = fc.array(fc.tuple(key, atomOf(type.value.type)), { maxLength });
    return pairs.map((entries) => canonicalMap(new Map(entries)));
  }
  if (type.max === 1) return type.min === 1 ? key : fc.option(key, { nil: undefined });
  return fc.array(key, { minLength: type.min, maxLength }).map(canonicalSet);
}

/** The difference that ovsdb-server(7) §4.1.14 has a server send, as a value of the column. */
export function differenceOf(type: ColumnType, old: Value, next: Value): Value {
  if (type.max === 1) return next;
  if (old instanceof Map && next instanceof Map) {
    const gone = [...old].filter(([key]) => !next.has(key));
    const come = [...next].filter(([key, value]) => old.get(key) !== value);
    return canonicalMap(new Map([...gone, ...come]));
  }
  const [before, after] = [new Set(old as Atom[]), new Set(next as Atom[])];
  const gone = [...before].filter((atom) => !after.has(atom));
  return canonicalSet([...gone, ...[...after].filter((atom) => !before.has(atom))]);
}
