import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Endian, Reader, Writer } from '../../src/base/bytes.ts';

type Item =
  | { readonly as: 'u8' | 'u16' | 'u32' | 'i32'; readonly value: number }
  | { readonly as: 'u64'; readonly value: bigint }
  | { readonly as: 'bytes'; readonly value: Uint8Array }
  | { readonly as: 'zeros'; readonly value: number };

const integer = (as: 'u8' | 'u16' | 'u32' | 'i32', min: number, max: number) =>
  fc.integer({ min, max }).map((value): Item => ({ as, value }));

const anyItem: fc.Arbitrary<Item> = fc.oneof(
  integer('u8', 0, 0xff),
  integer('u16', 0, 0xffff),
  integer('u32', 0, 0xffffffff),
  integer('i32', -(2 ** 31), 2 ** 31 - 1),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value): Item => ({ as: 'u64', value })),
  fc.uint8Array({ maxLength: 20 }).map((value): Item => ({ as: 'bytes', value })),
  fc.integer({ min: 0, max: 20 }).map((value): Item => ({ as: 'zeros', value })),
);
const anyEndian = fc.constantFrom<Endian>('big', 'little');
const widths = { u8: 1, u16: 2, u32: 4, i32: 4, u64: 8 };

function write(writer: Writer, item: Item): void {
  if (item.as === 'u64') writer.u64(item.value);
  else if (item.as === 'bytes') writer.bytes(item.value);
  else writer[item.as](item.value);
}

function read(reader: Reader, item: Item): unknown {
  if (item.as === 'bytes') return reader.take(item.value.length);
  if (item.as === 'zeros') return reader.take(item.value)?.every((octet) => octet === 0);
  return reader[item.as]();
}

function sizeOf(item: Item): number {
  if (item.as === 'bytes') return item.value.length;
  return item.as === 'zeros' ? item.value : widths[item.as];
}

describe('octets written', () => {
  test('read back as what they were, whatever the room at first', () => {
    fc.assert(
      fc.property(
        fc.array(anyItem),
        anyEndian,
        fc.integer({ min: 0, max: 8 }),
        (items, endian, capacity) => {
          const writer = new Writer(endian, capacity);
          for (const item of items) write(writer, item);
          const size = items.reduce((sum, item) => sum + sizeOf(item), 0);
          assert.equal(writer.length, size);
          const reader = new Reader(writer.finish(), endian);
          for (const item of items) {
            assert.deepEqual(read(reader, item), item.as === 'zeros' ? true : item.value);
          }
          assert.deepEqual([reader.left, reader.offset, reader.failed], [0, size, false]);
        },
      ),
    );
  });

  test('have the order of the network, or that of the machines we run on', () => {
    const octets = (endian: Endian) => [
      ...new Writer(endian).u16(0x0102).u32(0x03040506).u64(0x0708090a0b0c0d0en).finish(),
    ];
    assert.deepEqual(octets('big'), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    assert.deepEqual(octets('little'), [2, 1, 6, 5, 4, 3, 14, 13, 12, 11, 10, 9, 8, 7]);
  });

  test('can be overwritten where a length stands', () => {
    const writer = new Writer('big', 4).u16(0).u32(0).u8(9);
    writer.patchU16(0, 0x0102);
    writer.patchU32(2, 0x03040506);
    assert.deepEqual([...writer.finish()], [1, 2, 3, 4, 5, 6, 9]);
  });

  test('of zeros are zeros, even where something else stood', () => {
    const writer = new Writer('big', 8).u32(0xffffffff);
    const reused = new Writer('big', 1).bytes(writer.finish()).zeros(3).finish();
    assert.deepEqual([...reused], [255, 255, 255, 255, 0, 0, 0]);
  });
});

describe('a reader', () => {
  test('never reads past the end of its octets, and says that it would have', () => {
    fc.assert(
      fc.property(fc.array(anyItem), fc.uint8Array({ maxLength: 40 }), (items, bytes) => {
        // The octets stand inside of a larger buffer, whose rest must not show.
        const around = new Uint8Array(bytes.length + 16).fill(0xee);
        around.set(bytes, 8);
        const reader = new Reader(around.subarray(8, 8 + bytes.length));
        let fits = true;
        let needed = 0;
        for (const item of items) {
          needed += sizeOf(item);
          fits &&= needed <= bytes.length;
          const value = read(reader, item);
          if (!fits && sizeOf(item) > 0) {
            assert.ok(value === undefined || value === 0 || value === 0n);
          }
          assert.equal(reader.failed, !fits);
          assert.equal(reader.left + reader.offset, bytes.length);
        }
      }),
    );
  });

  test('stays failed, and gives nothing more, once it went past the end', () => {
    const reader = new Reader(new Uint8Array([1, 2, 3]));
    assert.equal(reader.u32(), 0);
    assert.equal(reader.failed, true);
    assert.equal(reader.u8(), 0);
    assert.equal(reader.take(1), undefined);
    assert.equal(reader.rest().length, 0);
    assert.equal(reader.failed, true);
  });

  test('takes a negative length for too much', () => {
    const reader = new Reader(new Uint8Array([1, 2]));
    reader.u8();
    assert.equal(reader.take(-1), undefined);
    assert.equal(reader.failed, true);
  });

  test('gives views, not copies', () => {
    const bytes = new Uint8Array([1, 2, 3, 4]);
    const reader = new Reader(bytes);
    reader.skip(1);
    const taken = reader.take(2);
    bytes[1] = 9;
    assert.deepEqual([...(taken ?? [])], [9, 3]);
    assert.deepEqual([...reader.rest()], [4]);
  });
});
