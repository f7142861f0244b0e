/**
 * What changed in the content, as a value: rows with their old and new forms. Merging two of them
 * is here too.
 */

import type { AnyRow } from '../wire/column.ts';
import type { Uuid } from '../wire/uuid.ts';
import { equalValues } from '../wire/value.ts';

export type RowChange<R = AnyRow> =
  | { readonly kind: 'insert'; readonly uuid: Uuid; readonly new: R }
  | { readonly kind: 'delete'; readonly uuid: Uuid; readonly old: R }
  | {
      readonly kind: 'modify';
      readonly uuid: Uuid;
      readonly old: R;
      readonly new: R;
      /** The columns whose values differ. */
      readonly columns: readonly string[];
    };

/**
 * `initial`: the first content. `update`: what the server sent for one of its transactions, or for
 * changed conditions. `resync`: the difference that a full reading found after a loss of the
 * connection.
 */
export type ChangeCause = 'initial' | 'update' | 'resync';

/** Changes by table; tables without any are left out, and a row occurs at most once. */
export interface ChangeSet {
  readonly cause: ChangeCause;
  /**
   * How many change sets were merged into this one because its reader was busy; 1 when it kept up.
   */
  readonly merged: number;
  readonly tables: ReadonlyMap<string, readonly RowChange[]>;
}

/** The two one after the other, as if they were one. */
export function mergeChanges(first: ChangeSet, second: ChangeSet): ChangeSet {
  const tables = new Map(first.tables);
  for (const [name, later] of second.tables) {
    const earlier = tables.get(name);
    const merged = earlier === undefined ? later : mergeRows(earlier, later);
    if (merged.length > 0) tables.set(name, merged);
    else tables.delete(name);
  }
  return { cause: first.cause, merged: first.merged + second.merged, tables };
}

function mergeRows(earlier: readonly RowChange[], later: readonly RowChange[]): RowChange[] {
  const byUuid = new Map(earlier.map((change) => [change.uuid, change]));
  for (const change of later) {
    const before = byUuid.get(change.uuid);
    const merged = before === undefined ? change : mergeRow(before, change);
    if (merged === undefined) byUuid.delete(change.uuid);
    else byUuid.set(change.uuid, merged);
  }
  return [...byUuid.values()];
}

/** Nothing when the row is as it was. */
function mergeRow(first: RowChange, second: RowChange): RowChange | undefined {
  return changeOf(
    first.uuid,
    first.kind === 'insert' ? undefined : first.old,
    second.kind === 'delete' ? undefined : second.new,
  );
}

/** The change from one form of a row to another; nothing when they are equal. */
export function changeOf(
  uuid: Uuid,
  old: AnyRow | undefined,
  next: AnyRow | undefined,
): RowChange | undefined {
  if (old === undefined) return next && { kind: 'insert', uuid, new: next };
  if (next === undefined) return { kind: 'delete', uuid, old };
  const columns = differingColumns(old, next);
  return columns.length === 0 ? undefined : { kind: 'modify', uuid, old, new: next, columns };
}

function differingColumns(old: AnyRow, next: AnyRow): string[] {
  return Object.keys(next).filter((column) => !equalValues(old[column], next[column]));
}
