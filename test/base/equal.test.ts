import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { equalData } from '../../src/base/equal.ts';

const data = fc.anything({
  withBigInt: true,
  withMap: true,
  withSet: true,
  withTypedArray: false,
  withNullPrototype: false,
  key: fc.stringMatching(/^[a-c]$/),
});

describe('equality of plain data', () => {
  test('holds between a value and a deep copy of it', () => {
    fc.assert(
      fc.property(data, (value) => {
        // A set of objects holds the objects themselves, so a copy is another set.
        fc.pre(!hasSetOfObjects(value));
        assert.ok(equalData(value, structuredClone(value)));
      }),
    );
  });

  test('is the same both ways', () => {
    fc.assert(fc.property(data, data, (a, b) => assert.equal(equalData(a, b), equalData(b, a))));
  });

  test('holds across a third', () => {
    const small = fc.constantFrom<unknown>(
      0,
      -0,
      1,
      '',
      'a',
      null,
      [],
      {},
      { a: undefined },
      [0],
      new Map(),
    );
    fc.assert(
      fc.property(small, small, small, (a, b, c) => {
        fc.pre(equalData(a, b) && equalData(b, c));
        assert.ok(equalData(a, c));
      }),
    );
  });

  test('finds one changed leaf, however deep', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('list', 'object', 'map'), { maxLength: 8 }), (path) => {
        const wrap = (leaf: unknown) =>
          path.reduce<unknown>((inner, kind) => {
            if (kind === 'list') return [0, inner];
            return kind === 'object' ? { a: inner, b: 1 } : new Map([['a', inner]]);
          }, leaf);
        assert.ok(equalData(wrap(1), wrap(1)));
        assert.ok(!equalData(wrap(1), wrap(2)));
      }),
    );
  });

  const equal: readonly (readonly [unknown, unknown])[] = [
    [Number.NaN, Number.NaN],
    [0, -0],
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    [{ a: undefined }, {}],
    [new Uint8Array([1, 2]), new Uint8Array([0, 1, 2]).subarray(1)],
    [new Map([['a', [1]]]), new Map([['a', [1]]])],
    [new Set([1, 2]), new Set([2, 1])],
    [1n, 1n],
  ];
  for (const [index, [a, b]] of equal.entries()) {
    test(`equal pair ${index}`, () => assert.ok(equalData(a, b) && equalData(b, a)));
  }

  const unequal: readonly (readonly [unknown, unknown])[] = [
    [1, '1'],
    [1, 1n],
    [null, undefined],
    [null, {}],
    [[], {}],
    [[1], new Uint8Array([1])],
    [
      [1, 2],
      [2, 1],
    ],
    [[1], [1, undefined]],
    [{ a: 1 }, { b: 1 }],
    [{ a: 1 }, { a: 1, b: 1 }],
    [new Map(), {}],
    [new Map([['a', 1]]), new Map([['b', 1]])],
    [new Map([['a', undefined]]), new Map([['b', undefined]])],
    [new Map(), new Set()],
    [new Set([1]), new Set([2])],
  ];
  for (const [index, [a, b]] of unequal.entries()) {
    test(`unequal pair ${index}`, () => assert.ok(!equalData(a, b) && !equalData(b, a)));
  }
});

function hasSetOfObjects(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof Set)
    return [...value].some((inner) => typeof inner === 'object' && inner !== null);
  if (value instanceof Map) {
    return [...value].some(
      ([key, inner]) => (typeof key === 'object' && key !== null) || hasSetOfObjects(inner),
    );
  }
  return Object.values(value).some(hasSetOfObjects);
}
