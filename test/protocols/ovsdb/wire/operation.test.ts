import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

import { unwrap } from '../../../../src/base/result.ts';
import { encodeFilter } from '../../../../src/protocols/ovsdb/wire/condition.ts';
import {
  encodeOperations,
  type Operation,
} from '../../../../src/protocols/ovsdb/wire/operation.ts';
import { parseSchema } from '../../../../src/protocols/ovsdb/wire/schema.ts';
import { readTransaction } from '../../../../src/protocols/ovsdb/wire/transaction.ts';
import { named, type Uuid } from '../../../../src/protocols/ovsdb/wire/uuid.ts';
import { testSchema } from '../support/items.ts';

const schema = unwrap(parseSchema(JSON.parse(readFileSync(testSchema, 'utf8'))));
const item = schema.tables.get('Item')!;
const uuid = '36bef046-7da7-43a5-905a-c17899216fcb' as Uuid;

describe('operations', () => {
  const vectors: readonly (readonly [Operation, unknown])[] = [
    [
      { op: 'insert', table: 'Part', as: 'p', row: { label: 'x', size: 1 } },
      { op: 'insert', table: 'Part', 'uuid-name': 'p', row: { label: 'x', size: 1 } },
    ],
    [
      { op: 'insert', table: 'Item', uuid, row: { parts: [named('p'), uuid], maybe: undefined } },
      {
        op: 'insert',
        table: 'Item',
        uuid,
        row: {
          parts: [
            'set',
            [
              ['named-uuid', 'p'],
              ['uuid', uuid],
            ],
          ],
          maybe: ['set', []],
        },
      },
    ],
    [
      {
        op: 'update',
        table: 'Item',
        where: [['_uuid', '==', uuid]],
        row: { ids: new Map([['a', 'b']]) },
      },
      {
        op: 'update',
        table: 'Item',
        where: [['_uuid', '==', ['uuid', uuid]]],
        row: { ids: ['map', [['a', 'b']]] },
      },
    ],
    [
      {
        op: 'mutate',
        table: 'Item',
        where: [],
        mutations: [
          ['count', '+=', 2],
          ['words', 'insert', new Set(['a'])],
          ['ids', 'delete', ['k']],
          ['ids', 'delete', new Map([['k', 'v']])],
        ],
      },
      {
        op: 'mutate',
        table: 'Item',
        where: [],
        mutations: [
          ['count', '+=', 2],
          ['words', 'insert', ['set', ['a']]],
          ['ids', 'delete', ['set', ['k']]],
          ['ids', 'delete', ['map', [['k', 'v']]]],
        ],
      },
    ],
    [
      {
        op: 'wait',
        table: 'Item',
        where: [['name', '==', 'x']],
        columns: ['friend'],
        until: '==',
        rows: [{ friend: uuid }],
        timeout: 0,
      },
      {
        op: 'wait',
        table: 'Item',
        where: [['name', '==', 'x']],
        columns: ['friend'],
        until: '==',
        rows: [{ friend: ['uuid', uuid] }],
        timeout: 0,
      },
    ],
    [{ op: 'abort' }, { op: 'abort' }],
    [
      { op: 'assert', lock: 'l' },
      { op: 'assert', lock: 'l' },
    ],
  ];
  for (const [operation, json] of vectors) {
    it(`are written as RFC 7047 §5.2 has them: ${JSON.stringify(json)}`, () => {
      assert.deepEqual(unwrap(encodeOperations(schema, [operation])), [json]);
    });
  }

  it('that do not fit the schema are found before they are sent', () => {
    const misfits: readonly (readonly [Operation, string])[] = [
      [{ op: 'delete', table: 'X', where: [] }, "there is no table 'X'"],
      [{ op: 'insert', table: 'Item', row: { x: 1 } }, "there is no column 'x'"],
      [{ op: 'insert', table: 'Item', row: { count: 'x' } }, `"x" does not fit column 'count'`],
      [
        { op: 'delete', table: 'Item', where: [['words', 'includes', [1]]] },
        "[1] does not fit column 'words'",
      ],
      [
        { op: 'mutate', table: 'Item', where: [], mutations: [['x', '+=', 1]] },
        "there is no column 'x'",
      ],
    ];
    for (const [operation, message] of misfits) {
      const expected = { ok: false, error: { index: 1, message } };
      assert.deepEqual(encodeOperations(schema, [{ op: 'abort' }, operation]), expected);
    }
  });

  it('refer only to names that RFC 7047 allows', () => {
    assert.throws(() => named('a-b'), /'a-b' is not a name for a row/);
  });
});

describe('a filter', () => {
  it('of no conditions matches no row, though the wire says otherwise', () => {
    assert.deepEqual(encodeFilter(item, []), { where: [false], problems: [] });
    assert.deepEqual(encodeFilter(item, 'all'), { problems: [] });
  });

  it('leaves out a condition on a column that the server lacks', () => {
    const filter = encodeFilter(item, [
      ['name', '==', 'x'],
      ['later', '==', 'x'],
    ]);
    const problems = ["there is no column 'later'"];
    assert.deepEqual(filter, { where: [['name', '==', 'x']], problems });
  });
});

describe('the result of a transaction', () => {
  const insert: Operation = { op: 'insert', table: 'Part', row: {} };
  const select: Operation = { op: 'select', table: 'Item', where: [] };

  it('is read for each operation', () => {
    const results = readTransaction(
      schema,
      [insert, select, { op: 'comment', comment: 'x' }],
      [
        { uuid: ['uuid', uuid] },
        { rows: [{ _uuid: ['uuid', uuid], numbers: 5, maybe: ['set', []] }] },
        {},
      ],
    );
    const rows = [{ _uuid: uuid, numbers: [5], maybe: undefined }];
    assert.deepEqual(results, { ok: true, value: [{ uuid }, { rows }, {}] });
  });

  it('names the operation that failed', () => {
    const error = { error: 'constraint violation', details: 'too big' };
    assert.deepEqual(
      readTransaction(schema, [select, insert, select], [{ rows: [] }, error, null]),
      {
        ok: false,
        error: {
          code: 'constraint violation',
          message: 'constraint violation: too big',
          index: 1,
          operation: insert,
        },
      },
    );
  });

  it('names none when the commit failed', () => {
    const error = { error: 'referential integrity violation' };
    assert.deepEqual(readTransaction(schema, [insert], [{ uuid: ['uuid', uuid] }, error]), {
      ok: false,
      error: {
        code: 'referential integrity violation',
        message: 'referential integrity violation',
      },
    });
  });

  it('keeps the words of an error that no document names', () => {
    const read = readTransaction(schema, [insert], [{ error: 'new trouble' }]);
    assert.equal(read?.ok === false && read.error.code, 'other');
    assert.equal(read?.ok === false && read.error.message, 'new trouble');
  });

  it('is nothing for what is no result', () => {
    for (const json of [undefined, {}, [], [null], [{ rows: [] }, { rows: [{ count: 'x' }] }]]) {
      assert.equal(readTransaction(schema, [select, select], json), undefined);
    }
  });
});
