import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { remembered } from '../../src/base/remembered.ts';

test('what is worked out once is given again, itself', () => {
  let times = 0;
  const listOf = remembered(2, (text) => {
    times += 1;
    return text.split('');
  });
  assert.equal(listOf('ab'), listOf('ab'));
  assert.deepEqual(listOf('ab'), ['a', 'b']);
  assert.equal(times, 1);
});

test('nothing is worked out twice while no more than so many texts are asked for', () => {
  const texts = fc.array(fc.integer({ min: 0, max: 4 }).map(String));
  fc.assert(
    fc.property(texts, (asked) => {
      let times = 0;
      const f = remembered(5, (text) => {
        times += 1;
        return text === '0' ? undefined : `f ${text}`;
      });
      for (const text of asked) assert.equal(f(text), text === '0' ? undefined : `f ${text}`);
      assert.equal(times, new Set(asked).size);
    }),
  );
});

test('texts that were not asked for since so many others are forgotten', () => {
  const seen: string[] = [];
  const f = remembered(3, (text) => void seen.push(text));
  for (const text of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) f(text);
  f('a');
  assert.deepEqual(seen.slice(-2), ['g', 'a']);
});
