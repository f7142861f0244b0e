/** Destinations are found by key, whatever was added, removed and numbered anew before. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Destinations, none } from '../../../../src/protocols/bgp/rib/destinations.ts';
import { OctetSlabs } from '../../../../src/protocols/bgp/rib/octet-slabs.ts';
import { family, nlri } from './fixtures.ts';

const numbers = fc.array(fc.tuple(fc.boolean(), fc.nat(400)), { maxLength: 2000, size: 'max' });

function prefix(of: number): Uint8Array {
  return nlri(`10.${of >>> 8}.${of & 255}.0/24`);
}

test('a destination is there from its adding to its removal, under one number', () => {
  fc.assert(
    fc.property(numbers, (steps) => {
      const destinations = new Destinations(family.nlri);
      const known = new Map<number, number>();
      for (const [adds, of] of steps) {
        const octets = prefix(of);
        const expected = known.get(of) ?? none;
        assert.equal(destinations.find(octets, 0, octets.length), expected);
        if (adds) {
          const added = destinations.findOrAdd(octets, 0, octets.length);
          assert.equal(added, known.get(of) ?? added);
          known.set(of, added);
        } else if (expected !== none) {
          destinations.remove(expected);
          known.delete(of);
        }
        assert.equal(destinations.count, known.size);
      }
      assert.deepEqual(
        [...destinations],
        [...known.values()].sort((a, b) => a - b),
      );
      assert.equal(new Set(known.values()).size, known.size);
    }),
    { numRuns: 50 },
  );
});

test('a shard that grows keeps what it has', () => {
  const destinations = new Destinations(family.nlri);
  const count = 65_536;
  for (let of = 0; of < count; of += 1) {
    const octets = prefix(of);
    assert.equal(destinations.findOrAdd(octets, 0, octets.length), of);
  }
  for (let of = 0; of < count; of += 1) {
    const octets = prefix(of);
    assert.equal(destinations.find(octets, 0, octets.length), of);
  }
});

test('a large table that has become empty keeps no memory, and may be filled again', () => {
  const destinations = new Destinations(family.nlri);
  const count = 32_768;
  for (let round = 0; round < 2; round += 1) {
    for (let of = 0; of < count; of += 1) {
      const octets = prefix(of);
      assert.equal(destinations.findOrAdd(octets, 0, octets.length), of);
    }
    assert.ok(destinations.octets.size > 0);
    for (let of = 0; of < count; of += 1) destinations.remove(of);
    assert.deepEqual([destinations.count, destinations.bound, destinations.octets.size], [0, 0, 0]);
    assert.equal(destinations.find(prefix(1), 0, prefix(1).length), none);
    assert.equal(destinations.address(1), 0);
  }
});

test('bits behind the length of a prefix do not make another destination', () => {
  const destinations = new Destinations(family.nlri);
  const clean = Uint8Array.of(20, 10, 1, 0x10);
  const dirty = Uint8Array.of(20, 10, 1, 0x1f);
  const first = destinations.findOrAdd(clean, 0, clean.length);
  assert.equal(destinations.findOrAdd(dirty, 0, dirty.length), first);
});

test('octets are kept as they were until they are freed, and freed room is used again', () => {
  const runs = fc.uint8Array({ maxLength: 300, size: 'max' });
  fc.assert(
    fc.property(fc.array(fc.tuple(runs, fc.nat()), { maxLength: 300, size: 'max' }), (steps) => {
      const slabs = new OctetSlabs();
      const kept: { readonly address: number; readonly octets: Uint8Array }[] = [];
      for (const [octets, choice] of steps) {
        kept.push({ address: slabs.add(octets, 0, octets.length), octets });
        if (choice % 3 !== 0) continue;
        const [freed] = kept.splice(choice % kept.length, 1);
        if (freed !== undefined) slabs.free(freed.address);
      }
      for (const { address, octets } of kept) {
        assert.ok(address !== 0 && slabs.equals(address, octets, 0, octets.length));
      }
    }),
    { numRuns: 100 },
  );
  const slabs = new OctetSlabs();
  const octets = new Uint8Array(37);
  for (let i = 0; i < 100_000; i += 1) slabs.free(slabs.add(octets, 0, octets.length));
  assert.equal(slabs.size, 1 << 20);
});
