/** The test database, `test.ovsschema`, as a client declares it: one column of each kind. */

import { fileURLToPath } from 'node:url';

import {
  type Database,
  type DatabaseOptions,
  map,
  one,
  openDatabase,
  optional,
  set,
  table,
} from '../../../../src/protocols/ovsdb/index.ts';
import type { Endpoint } from '../../../../src/net/endpoint.ts';

export const testSchema = fileURLToPath(new URL('test.ovsschema', import.meta.url));

export const testTables = {
  Item: table({
    columns: {
      name: one('string'),
      count: one('integer'),
      ratio: one('real'),
      flag: one('boolean'),
      maybe: optional('integer'),
      maybe_text: optional('string'),
      numbers: set('integer'),
      words: set('string'),
      ids: map('string', 'string'),
      sizes: map('integer', 'real'),
      pair: map('string', 'integer'),
      friend: optional('uuid'),
      friends: set('uuid'),
      parts: set('uuid'),
    },
    index: {
      name: 'name',
      words: 'words',
      vni: (row) => row.ids.get('vni'),
    },
  }),
  Part: table({
    columns: { label: one('string'), size: one('integer') },
    index: { label: 'label' },
  }),
};

export type TestTables = typeof testTables;

export function openTest(
  endpoints: Endpoint | readonly Endpoint[],
  options: Partial<DatabaseOptions<TestTables>> = {},
): Database<TestTables> {
  return openDatabase({
    endpoints: 'kind' in endpoints ? [endpoints] : endpoints,
    database: 'Test',
    tables: testTables,
    backOff: { initial: 20, max: 200 },
    ...options,
  });
}
