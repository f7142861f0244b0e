/**
 * What an update says of one row, in any of the three dialects: RFC 7047 §4.1.6 <row-update>
 * (`old`, `new`), and <row-update2> of ovsdb-server(7) §4.1.14 (`initial`, `insert`, `modify`,
 * `delete`), which update3 shares.
 */

import { type Malformed, malformed } from './atom.ts';
import type { AnyRow } from './column.ts';
import { isObject } from './schema.ts';
import type { TableCodec } from './table-codec.ts';
import type { Uuid } from './uuid.ts';

export type RowUpdate =
  /** The row is now this. */
  | { readonly kind: 'put'; readonly row: AnyRow }
  /** The row we hold changes by this difference; it stays JSON until the row is at hand. */
  | { readonly kind: 'patch'; readonly difference: unknown }
  | { readonly kind: 'remove' };

const removal: RowUpdate = { kind: 'remove' };

export function decodeRowUpdate(
  codec: TableCodec,
  uuid: Uuid,
  json: unknown,
): RowUpdate | Malformed {
  if (!isObject(json)) return malformed;
  const whole = json['initial'] ?? json['insert'] ?? json['new'];
  if (whole !== undefined) {
    const row = codec.decodeRow(uuid, whole);
    return row === malformed ? malformed : { kind: 'put', row };
  }
  if (json['modify'] !== undefined) return { kind: 'patch', difference: json['modify'] };
  return 'delete' in json || 'old' in json ? removal : malformed;
}
