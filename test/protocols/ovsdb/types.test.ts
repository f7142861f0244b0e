/**
 * What the compiler must refuse: each line below would be an error of the caller. Nothing here
 * needs to run.
 */

import assert from 'node:assert/strict';
import { it } from 'node:test';

import { type Database, map, one, table, type Uuid } from '../../../src/protocols/ovsdb/index.ts';

const tables = {
  Port: table({
    columns: { name: one('string'), tag: one('integer'), ids: map('string', 'string') },
    index: { name: 'name', vni: (row) => row.ids.get('vni') },
  }),
  Bare: table({ columns: { name: one('string') } }),
};

function misuse(db: Database<typeof tables>, uuid: Uuid): void {
  const name: string | undefined = db.table('Port').get(uuid)?.name;
  const vni: string | undefined = db.table('Port').find('vni', '1')?.ids.get('vni');
  void [name, vni];
  // @ts-expect-error no such table was declared
  db.table('Bridge');
  // @ts-expect-error no such column was declared
  void db.table('Port').get(uuid)?.mac;
  // @ts-expect-error a column of integers is no text
  const tag: string | undefined = db.table('Port').get(uuid)?.tag;
  // @ts-expect-error text is no UUID until it was parsed
  db.table('Port').get('36bef046');
  // @ts-expect-error no such index was declared
  db.table('Port').by('ids', 'x');
  // @ts-expect-error no index was declared
  db.table('Bare').by('name', 'x');
  // @ts-expect-error an index is of a declared column
  table({ columns: { name: one('string') }, index: { tag: 'tag' } });
  // @ts-expect-error rows are read-only
  for (const row of db.table('Port')) row.name = 'x';
  // @ts-expect-error RFC 7047 has no such operation
  void db.transact([{ op: 'upsert', table: 'Port', row: {} }]);
  // @ts-expect-error nor such a function
  void db.setConditions({ Port: [['name', '~', 'x']] });
  void tag;
}

it('refuses at compile time what cannot work', () => assert.equal(typeof misuse, 'function'));
