/** Entries of `nat_addresses` that come and go: what a table says does not depend on how it came to be. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertNever } from '../../src/base/assert-never.ts';
import { type NatAddresses, NatTable } from '../../src/inventory/nat.ts';
import { formatMac } from '../../src/net/mac.ts';
import { formatPrefix } from '../../src/net/prefix.ts';
import { runs } from '../sim/runs.ts';

const residents = ['vm-1', 'vm-2', 'vm-3'];
const textAt = (resident: string, address: string, mac = 'fa:16:3e:00:00:05') =>
  `${mac} ${address} is_chassis_resident("${resident}")`;
const text = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(...residents),
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom('fa:16:3e:00:00:05', 'fa:16:3e:00:00:06'),
    )
    .map(([resident, last, mac]) => textAt(resident, `172.24.4.${last}`, mac)),
  fc.constantFrom('fa:16:3e:00:00:05 172.24.4.9', 'router is_chassis_resident("vm-1")'),
);
/** What becomes of the texts of a row; of its numbers only the remainder by their length matters. */
const edit = fc.oneof(
  fc.record({ do: fc.constant('insert'), at: fc.nat(), text }),
  fc.record({ do: fc.constant('remove'), at: fc.nat() }),
  fc.record({ do: fc.constant('replace'), at: fc.nat(), text }),
  fc.record({ do: fc.constantFrom('sort', 'reverse', 'clear') }),
);
/** Each makes the next version of the newest, or of one before it. */
const history = fc.array(
  fc.record({
    edits: fc.array(edit, { minLength: 1, maxLength: 3 }),
    back: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat({ max: 3 })),
  }),
  { maxLength: 12 },
);

type Edit = typeof edit extends fc.Arbitrary<infer E> ? E : never;

function edited(texts: readonly string[], change: Edit): readonly string[] {
  const at = 'at' in change ? change.at % (texts.length + 1) : 0;
  const come = 'text' in change ? [change.text] : [];
  switch (change.do) {
    case 'insert':
      return texts.toSpliced(at, 0, ...come);
    case 'remove':
    case 'replace':
      return texts.toSpliced(at, 1, ...come);
    case 'sort':
      return texts.toSorted();
    case 'reverse':
      return texts.toReversed();
    case 'clear':
      return [];
    default:
      return assertNever(change);
  }
}

interface Version {
  readonly table: NatTable;
  readonly texts: readonly string[];
}

function versionsOf(
  changes: readonly { readonly edits: readonly Edit[]; readonly back: number }[],
) {
  const versions: Version[] = [{ table: NatTable.none, texts: [] }];
  for (const { edits, back } of changes) {
    const from = versions.at(-1 - back) ?? versions[0]!;
    const texts = edits.reduce(edited, from.texts);
    versions.push({ table: from.table.become(texts), texts });
  }
  return versions;
}

const line = ({ mac, prefixes, resident }: NatAddresses) =>
  `${formatMac(mac)} ${prefixes.map(formatPrefix).join(' ')} at ${resident}`;
const toldAt = (table: NatTable, resident: string) => table.at(resident).map(line);
const named = (table: NatTable) => [...table.residents()].sort();

test('an entry tells its addresses, and where they are answered', () => {
  const table = NatTable.of([textAt('vm-1', '172.24.4.5'), textAt('vm-2', '172.24.4.6')]);
  assert.deepEqual(toldAt(table, 'vm-1'), ['fa:16:3e:00:00:05 172.24.4.5/32 at vm-1']);
  assert.deepEqual(named(table), ['vm-1', 'vm-2']);
});

test('one that cannot be read tells nothing', () => {
  const table = NatTable.of(['router is_chassis_resident("vm-1")', textAt('vm-2', '172.24.4.300')]);
  assert.deepEqual([toldAt(table, 'vm-1'), toldAt(table, 'vm-2')], [[], []]);
});

test('however it came to be, a table says what one says that was made at once', (t) => {
  fc.assert(
    fc.property(history, (changes) => {
      for (const { table, texts } of versionsOf(changes)) {
        const fresh = NatTable.of(texts);
        assert.deepEqual(table.texts, texts);
        assert.deepEqual(named(table), named(fresh));
        for (const resident of ['', ...residents]) {
          assert.deepEqual(toldAt(table, resident), toldAt(fresh, resident));
          assert.equal(table.names(resident), fresh.names(resident));
        }
      }
    }),
    runs(t, 500),
  );
});

test('whatever it is compared with, those are told whose entries differ', (t) => {
  fc.assert(
    fc.property(history, fc.array(text, { maxLength: 4 }), (changes, other) => {
      const versions = [...versionsOf(changes), { table: NatTable.of(other), texts: other }];
      const textsAt = ({ texts }: Version, resident: string) =>
        texts.filter((each) => each.includes(`"${resident}"`)).toSorted();
      for (const [before, after] of versions.flatMap((a) => versions.map((b) => [a, b] as const))) {
        const changed = after.table.changedFrom(before.table);
        for (const resident of residents) {
          const differs =
            textsAt(before, resident).join('\n') !== textsAt(after, resident).join('\n');
          assert.equal(changed.has(resident), differs);
        }
      }
    }),
    runs(t, 300),
  );
});

test('what stays of thousands is taken over, wherever others come and go', () => {
  const number = (at: number) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`;
  const texts = Array.from({ length: 5000 }, (_, at) => textAt(`vm-${at}`, number(at))).sort();
  const before = NatTable.of(texts);
  const read = texts.map((_, at) => before.at(`vm-${at}`)[0]);
  const after = before.become([...texts.slice(1, -1), textAt('new', '10.9.9.9')].sort());
  assert.equal(after.changedFrom(before).size, 3);
  const again = texts.map((_, at) => after.at(`vm-${at}`)[0]);
  assert.equal(again.filter((entry, at) => entry !== read[at]).length, 2);
});
