import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';

import { unwrap } from '../../../../src/base/result.ts';
import { malformed } from '../../../../src/protocols/ovsdb/wire/atom.ts';
import {
  anyColumn,
  type Column,
  map,
  one,
  optional,
  set,
} from '../../../../src/protocols/ovsdb/wire/column.ts';
import { compileColumn, encodeColumn } from '../../../../src/protocols/ovsdb/wire/column-codec.ts';
import {
  type ColumnType,
  formatColumnType,
  parseSchema,
} from '../../../../src/protocols/ovsdb/wire/schema.ts';
import { columnTypes, differenceOf, valueOf } from '../support/values.ts';

function columnTypeOf(type: unknown): ColumnType {
  const schema = unwrap(parseSchema({ tables: { T: { columns: { c: { type } } } } }));
  return schema.tables.get('T')!.columns.get('c')!;
}

const read = (declared: Column, type: unknown) =>
  unwrap(compileColumn(declared, columnTypeOf(type)));
const uuid = '36bef046-7da7-43a5-905a-c17899216fcb';
const many = (key: unknown) => ({ key, min: 0, max: 'unlimited' });
const maybe = (key: unknown) => ({ key, min: 0, max: 1 });

describe('a column', () => {
  for (const type of columnTypes) {
    const name = `${formatColumnType(type)} (${type.min}..${type.max})`;
    const codec = unwrap(compileColumn(anyColumn(), type));

    it(`reads what it writes: ${name}`, () => {
      fc.assert(
        fc.property(valueOf(type), (value) => {
          assert.deepEqual(codec.decode(encodeColumn(type, value)), value);
        }),
        { numRuns: 50 },
      );
    });

    it(`follows differences: ${name}`, () => {
      fc.assert(
        fc.property(valueOf(type), valueOf(type), (old, next) => {
          const difference = encodeColumn({ ...type, min: 0 }, differenceOf(type, old, next));
          assert.deepEqual(codec.patch(old, difference), next);
        }),
        { numRuns: 50 },
      );
    });
  }

  it('reads the forms of RFC 7047 §5.1', () => {
    assert.equal(read(one('string'), 'string').decode('x'), 'x');
    assert.equal(read(one('uuid'), 'uuid').decode(['uuid', uuid]), uuid);
    assert.equal(read(optional('integer'), maybe('integer')).decode(['set', []]), undefined);
    assert.equal(read(optional('integer'), maybe('integer')).decode(5), 5);
    assert.equal(read(optional('integer'), maybe('integer')).decode(['set', [5]]), 5);
    assert.deepEqual(read(set('string'), many('string')).decode('alone'), ['alone']);
    assert.deepEqual(read(set('uuid'), many('uuid')).decode(['uuid', uuid]), [uuid]);
    assert.deepEqual(read(set('integer'), many('integer')).decode(['set', [2, 1]]), [1, 2]);
    const ids = { ...many('string'), value: 'string' };
    const pairs = ['map', [['a', 'b']]];
    assert.deepEqual(read(map('string', 'string'), ids).decode(pairs), new Map([['a', 'b']]));
  });

  it('reads a missing value as the initial one of its type, RFC 7047 §5.2.1', () => {
    assert.equal(read(one('string'), 'string').initial, '');
    assert.equal(read(one('integer'), 'integer').initial, 0);
    assert.equal(read(one('boolean'), 'boolean').initial, false);
    assert.equal(read(optional('integer'), maybe('integer')).initial, undefined);
    assert.deepEqual(read(set('integer'), many('integer')).initial, []);
  });

  it('lets an older or newer schema be narrower or wider where nothing is lost', () => {
    assert.equal(read(one('string'), maybe('string')).decode(['set', []]), '');
    assert.equal(read(optional('string'), 'string').decode(''), '');
    assert.deepEqual(read(set('string'), maybe('string')).decode('x'), ['x']);
    assert.deepEqual(read(set('string'), maybe('string')).patch(['x'], ['set', []]), []);
    assert.deepEqual(read(set('string'), 'string').patch(['x'], 'y'), ['y']);
  });

  it('says when the schema contradicts the declaration', () => {
    const cases: readonly (readonly [Column, unknown, string])[] = [
      [one('string'), 'integer', "is 'integer' in the server's schema"],
      [optional('string'), many('string'), "is 'set of string' in the server's schema"],
      [
        set('string'),
        { ...many('string'), value: 'uuid' },
        "is 'map of string to uuid' in the server's schema",
      ],
      [map('string', 'string'), many('string'), "is 'set of string' in the server's schema"],
    ];
    for (const [declared, type, error] of cases) {
      assert.deepEqual(compileColumn(declared, columnTypeOf(type)), { ok: false, error });
    }
  });

  it('refuses what is not of its type', () => {
    const cases: readonly (readonly [Column, unknown, unknown])[] = [
      [one('string'), 'string', 5],
      [one('integer'), 'integer', 1.5],
      [one('uuid'), 'uuid', uuid],
      [one('uuid'), 'uuid', ['uuid', 'x']],
      [set('string'), many('string'), ['set', [5]]],
      [set('string'), many('string'), ['map', []]],
      [map('string', 'string'), { ...many('string'), value: 'string' }, ['map', [['a']]]],
      [map('string', 'string'), { ...many('string'), value: 'string' }, ['set', []]],
    ];
    for (const [declared, type, json] of cases) {
      assert.equal(read(declared, type).decode(json), malformed, JSON.stringify(json));
    }
  });

  it('refuses to write what is not of its type', () => {
    const cases: readonly (readonly [unknown, unknown])[] = [
      ['string', 5],
      ['string', undefined],
      ['integer', 2 ** 53],
      ['real', Number.NaN],
      ['real', 5e-324],
      ['real', Number.MAX_VALUE],
      ['string', 'a\0b'],
      ['string', '\ud800'],
      ['uuid', 'x'],
      [many('string'), ['a', 5]],
      [many('string'), new Map()],
      [{ ...many('string'), value: 'string' }, new Map([['a', 5]])],
      [{ ...many('string'), value: 'string' }, ['a']],
    ];
    for (const [type, value] of cases) {
      assert.equal(encodeColumn(columnTypeOf(type), value), malformed, String(value));
    }
  });
});
