/** Entries of `nat_addresses` that come and go: what a table says does not depend on how it came to be. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { NatTable } from '../../src/inventory/nat.ts';
import { formatPrefix } from '../../src/net/prefix.ts';

const residents = ['vm-1', 'vm-2', 'vm-3'];
const entry = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.option(fc.constantFrom(...residents)))
  .map(([last, resident]) => {
    const condition = resident === null ? '' : ` is_chassis_resident("${resident}")`;
    return `fa:16:3e:00:00:05 172.24.4.${last}${condition}`;
  });
/** In no order, some of them twice: OVN_Northbound may have it so. */
const texts = fc.array(entry, { maxLength: 6 });

const toldOf = (table: NatTable, resident: string) =>
  table.at(resident).map(({ prefixes }) => prefixes.map(formatPrefix).join(' '));
const told = (table: NatTable) => residents.map((each) => [toldOf(table, each), table.has(each)]);
const named = (table: NatTable) => [...table.residents()].sort();

test('a table says what one says that was made at once, and each of those before it what it said', () => {
  fc.assert(
    fc.property(fc.array(texts, { maxLength: 5 }), (history) => {
      const tables: NatTable[] = [NatTable.none];
      for (const each of history) tables.push((tables.at(-1) ?? NatTable.none).become(each));
      for (const [index, table] of tables.entries()) {
        const fresh = NatTable.of(history[index - 1] ?? []);
        assert.deepEqual(told(table), told(fresh));
        assert.deepEqual(named(table), named(fresh));
        assert.deepEqual(table.texts, fresh.texts);
      }
    }),
  );
});

test('whatever it is compared with, those are told whose entries differ', () => {
  fc.assert(
    fc.property(fc.array(texts, { maxLength: 4 }), texts, (history, other) => {
      const tables = [NatTable.none, NatTable.of(other)];
      for (const each of history) tables.push((tables.at(-1) ?? NatTable.none).become(each));
      for (const [before, after] of tables.flatMap((a) => tables.map((b) => [a, b] as const))) {
        const changed = [...after.changedFrom(before)].filter((each) => each !== '').sort();
        const differing = residents.filter((each) => {
          return toldOf(before, each).join() !== toldOf(after, each).join();
        });
        assert.deepEqual(changed, differing);
      }
    }),
  );
});

test('two that come of the same one are both right', () => {
  const [one, two, three] = ['vm-1', 'vm-2', 'vm-3'].map(
    (resident, index) => `fa:16:3e:00:00:05 172.24.4.${index} is_chassis_resident("${resident}")`,
  );
  assert.ok(one !== undefined && two !== undefined && three !== undefined);
  const first = NatTable.of([one]);
  const [second, third] = [first.become([one, two]), first.become([one, three])];
  assert.deepEqual(named(second), ['vm-1', 'vm-2']);
  assert.deepEqual(named(third), ['vm-1', 'vm-3']);
  assert.deepEqual(named(first), ['vm-1']);
});
