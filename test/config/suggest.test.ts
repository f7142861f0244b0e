import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { editDistance, nearest } from '../../src/config/suggest.ts';

const word = fc.stringMatching(/^[abc_]{0,8}$/);

describe('the distance of two words', () => {
  for (const [a, b, distance] of [
    ['', '', 0],
    ['abc', 'abc', 0],
    ['abc', 'ab', 1],
    ['abc', 'abxc', 1],
    ['abc', 'axc', 1],
    ['abc', 'acb', 1],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
  ] as const) {
    test(`${a} to ${b} is ${distance}`, () => assert.equal(editDistance(a, b), distance));
  }
  test('is the same both ways, nothing only for equal words, never more than the longer', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        assert.equal(distance, editDistance(b, a));
        assert.equal(distance === 0, a === b);
        assert.ok(distance <= Math.max(a.length, b.length));
        assert.ok(distance >= Math.abs(a.length - b.length));
      }),
    );
  });
});

describe('the nearest word', () => {
  test('is the first of the nearest', () => {
    assert.equal(nearest('levle', ['label', 'level', 'levels']), 'level');
  });
  test('is none when all are far', () =>
    assert.equal(nearest('x', ['level', 'format']), undefined));
});
