import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';

import { unwrap } from '../../../../src/base/result.ts';
import { type ChangeSet, mergeChanges } from '../../../../src/protocols/ovsdb/cache/changes.ts';
import { type PlacedUpdate, Replica } from '../../../../src/protocols/ovsdb/cache/replica.ts';
import { malformed } from '../../../../src/protocols/ovsdb/wire/atom.ts';
import { type AnyRow, anyColumn } from '../../../../src/protocols/ovsdb/wire/column.ts';
import { encodeColumn } from '../../../../src/protocols/ovsdb/wire/column-codec.ts';
import { decodeRowUpdate } from '../../../../src/protocols/ovsdb/wire/row-update.ts';
import type { ColumnType } from '../../../../src/protocols/ovsdb/wire/schema.ts';
import { compileTable } from '../../../../src/protocols/ovsdb/wire/table-codec.ts';
import type { Uuid } from '../../../../src/protocols/ovsdb/wire/uuid.ts';
import { equalValues, type Value } from '../../../../src/protocols/ovsdb/wire/value.ts';
import { columnTypes, differenceOf, valueOf } from '../support/values.ts';

/** A table with a column of every type, and one more that we do not read. */
const types = new Map<string, ColumnType>(columnTypes.map((type, i) => [`c${i}`, type]));
const declared = Object.fromEntries([...types.keys()].map((name) => [name, anyColumn()]));
const codec = compileTable('T', declared, { columns: types, indexes: [] });
/** A text column, a set of text, and a function of two columns. */
const textColumn = nameOf((type) => type.key.type === 'string' && type.max === 1 && type.min === 1);
const setColumn = nameOf((type) => type.key.type === 'string' && type.max > 1 && !type.value);
const indexes = {
  text: textColumn,
  elements: setColumn,
  both: (row: AnyRow) => (row[textColumn] === '' ? undefined : [`${textOf(row)}!`]),
};

function textOf(row: AnyRow): string {
  const text = row[textColumn];
  return typeof text === 'string' ? text : '';
}

function nameOf(matches: (type: ColumnType) => boolean): string {
  return [...types].find(([, type]) => matches(type))![0];
}

function replica(): Replica {
  const made = new Replica(new Map([['T', indexes]]));
  made.use(new Map([['T', codec]]));
  return made;
}

type Row = Readonly<Record<string, Value>>;
type State = ReadonlyMap<Uuid, Row>;

const uuids = ['a', 'b', 'c', 'd', 'e'].map(
  (digit) => `${digit.repeat(8)}-0000-0000-0000-000000000000` as Uuid,
);
const row = fc.record(Object.fromEntries([...types].map(([name, type]) => [name, valueOf(type)])), {
  noNullPrototype: true,
});
/** The rows after each transaction; most transactions leave some rows alone. */
const history = fc.array(fc.dictionary(fc.constantFrom(...uuids), fc.option(row), { maxKeys: 3 }), {
  maxLength: 6,
});

function statesOf(steps: readonly Record<string, Row | null>[]): State[] {
  let state: State = new Map();
  return steps.map((step) => {
    const next = new Map(state);
    for (const [uuid, held] of Object.entries(step)) {
      if (held === null) next.delete(uuid as Uuid);
      else next.set(uuid as Uuid, held);
    }
    state = next;
    return state;
  });
}

/** What a server would send, in either dialect, for the change from one state to another. */
function updatesOf(old: State, next: State, dialect: 1 | 2): PlacedUpdate[] {
  const both = new Set([...old.keys(), ...next.keys()]);
  return [...both].flatMap((uuid) => {
    const json = rowUpdate(old.get(uuid), next.get(uuid), dialect);
    const update = json === undefined ? undefined : decodeRowUpdate(codec, uuid, json);
    assert.notEqual(update, malformed);
    return update === undefined || update === malformed ? [] : [{ table: 'T', uuid, update }];
  });
}

function rowUpdate(old: Row | undefined, next: Row | undefined, dialect: 1 | 2): unknown {
  if (next === undefined) return dialect === 1 ? { old: {} } : { delete: null };
  if (old === undefined) return dialect === 1 ? { new: encode(next) } : { insert: encode(next) };
  if (dialect === 1) return { old: {}, new: encode(next) };
  const changed = [...types].filter(([name]) => !equalValues(old[name], next[name]));
  if (changed.length === 0) return undefined;
  const differences = changed.map(([name, type]) => {
    const difference = differenceOf(type, old[name], next[name]);
    return [name, encodeColumn({ ...type, min: 0 }, difference)];
  });
  return { modify: Object.fromEntries(differences) };
}

function encode(of: Row): unknown {
  return Object.fromEntries([...types].map(([name, type]) => [name, encodeColumn(type, of[name])]));
}

function contentOf(of: Replica): State {
  return new Map(
    [...of.table('T')!.values()]
      .map(({ _uuid, ...columns }) => [_uuid, columns] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

const sorted = (state: State): State => new Map([...state].sort(([a], [b]) => (a < b ? -1 : 1)));

/** What a reader of change sets would hold. */
function replay(sets: readonly ChangeSet[]): State {
  const state = new Map<Uuid, AnyRow>();
  for (const change of sets.flatMap((set) => set.tables.get('T') ?? [])) {
    const held = state.get(change.uuid);
    assert.deepEqual(held, change.kind === 'insert' ? undefined : change.old, 'old is what was');
    if (change.kind === 'delete') state.delete(change.uuid);
    else state.set(change.uuid, change.new);
  }
  return sorted(new Map([...state].map(([uuid, { _uuid, ...columns }]) => [uuid, columns])));
}

describe('Replica', () => {
  for (const dialect of [1, 2] as const) {
    it(`folds increments to what a snapshot gives: update${dialect === 1 ? '' : dialect}`, () => {
      fc.assert(
        fc.property(history, (steps) => {
          const folded = replica();
          let before: State = new Map();
          for (const state of statesOf(steps)) {
            unwrap(folded.fold(updatesOf(before, state, dialect), 'update'));
            assert.deepEqual(contentOf(folded), sorted(state));
            before = state;
          }
          const whole = replica();
          unwrap(whole.replace(updatesOf(new Map(), before, dialect), 'initial'));
          assert.deepEqual(contentOf(folded), contentOf(whole));
        }),
        { numRuns: 60 },
      );
    });
  }

  it('tells all changes, also those that a snapshot brings, and merged ones tell the same', () => {
    fc.assert(
      fc.property(history, fc.infiniteStream(fc.boolean()), (steps, coins) => {
        const folded = replica();
        const sets: ChangeSet[] = [];
        let before: State = new Map();
        for (const state of statesOf(steps)) {
          const isSnapshot = coins.next().value;
          const updates = updatesOf(isSnapshot ? new Map() : before, state, 2);
          const how = isSnapshot ? 'replace' : 'fold';
          sets.push(unwrap(folded[how](updates, 'update')));
          before = state;
        }
        assert.deepEqual(replay(sets), sorted(before));
        const merged = sets.reduce<ChangeSet[]>((held, set) => {
          const last = held.at(-1);
          if (last === undefined || coins.next().value) return [...held, set];
          return [...held.slice(0, -1), mergeChanges(last, set)];
        }, []);
        assert.deepEqual(replay(merged), sorted(before));
        assert.equal(
          merged.reduce((sum, set) => sum + set.merged, 0),
          sets.length,
        );
      }),
      { numRuns: 60 },
    );
  });

  it('finds by an index what a search finds', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const folded = replica();
        let before: State = new Map();
        for (const state of statesOf(steps)) {
          unwrap(folded.fold(updatesOf(before, state, 2), 'update'));
          before = state;
        }
        const table = folded.table('T')!;
        const rows = [...table.values()];
        const texts = new Set(
          rows.flatMap((held) => [held[textColumn], ...asSet(held[setColumn])]),
        );
        for (const text of [...texts].map(String)) {
          const find = (index: string) => new Set(table.by(index, text).map(({ _uuid }) => _uuid));
          const search = (holds: (of: AnyRow) => boolean) =>
            new Set(rows.filter(holds).map(({ _uuid }) => _uuid));
          assert.deepEqual(
            find('text'),
            search((of) => of[textColumn] === text),
          );
          assert.deepEqual(
            find('elements'),
            search((of) => asSet(of[setColumn]).includes(text)),
          );
          assert.deepEqual(
            find('both'),
            search((of) => `${textOf(of)}!` === text && text !== '!'),
          );
        }
      }),
      { numRuns: 60 },
    );
  });

  it('says when an increment does not continue what it holds', () => {
    const uuid = uuids[0]!;
    const patch: PlacedUpdate = { table: 'T', uuid, update: { kind: 'patch', difference: {} } };
    const folded = replica().fold([patch], 'update');
    assert.equal(folded.ok, false);
    assert.deepEqual(!folded.ok && folded.error.issue, {
      path: `T ${uuid}`,
      message: 'a row we do not hold was modified',
    });
  });

  it('takes again what it has already without a change', () => {
    fc.assert(
      fc.property(row, (held) => {
        const folded = replica();
        const updates = updatesOf(new Map(), new Map([[uuids[0]!, held]]), 2);
        unwrap(folded.fold(updates, 'update'));
        assert.equal(unwrap(folded.fold(updates, 'update')).tables.size, 0);
      }),
      { numRuns: 20 },
    );
  });
});

function asSet(value: Value): readonly Value[] {
  return Array.isArray(value) ? value : [];
}
