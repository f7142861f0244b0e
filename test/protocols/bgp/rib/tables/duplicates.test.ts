/** MACs that move too often, told by the moves and their times alone. RFC 7432 §15.1. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DuplicateDetector } from '../../../../../src/protocols/bgp/rib/tables/duplicates.ts';

const settings = { moves: 3, seconds: 10, recovery: 60 };

test('the time begins with a move here, and is over after the seconds that were set', () => {
  const detector = new DuplicateDetector(settings);
  // Away, before anything has come: nobody counts.
  assert.equal(detector.moved('a', false, 0), false);
  assert.equal(detector.moved('a', true, 1000), false);
  assert.equal(detector.moved('a', false, 2000), false);
  // The time of the first is over: this one is the first again.
  assert.equal(detector.moved('a', true, 11_000), false);
  assert.equal(detector.moved('a', false, 12_000), false);
  assert.equal(detector.moved('b', true, 12_000), false);
  assert.equal(detector.moved('a', true, 20_999), true);
  assert.deepEqual([...detector.frozen], [['a', { at: 20_999, moves: 3 }]]);
});

test('those whose time has come are due, in the order in which they were frozen', () => {
  const detector = new DuplicateDetector({ ...settings, moves: 1 });
  assert.equal(detector.nextDue, undefined);
  detector.moved('a', true, 1000);
  detector.moved('b', true, 2000);
  assert.equal(detector.nextDue, 61_000);
  assert.deepEqual(detector.due(60_999), []);
  assert.deepEqual(detector.due(61_000), ['a']);
  assert.equal(detector.clear('a'), true);
  assert.equal(detector.nextDue, 62_000);
  const forever = new DuplicateDetector({ moves: 1, seconds: 10 });
  forever.moved('a', true, 0);
  assert.equal(forever.nextDue, undefined);
  assert.deepEqual(forever.due(1e12), []);
});

test('is frozen who has moved so often within the time after a move here, and nobody else', () => {
  const move = fc.record({ toHere: fc.boolean(), after: fc.nat(6000) });
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60, size: 'max' }), (moves) => {
      const detector = new DuplicateDetector(settings);
      let now = 0;
      let counted: number[] = [];
      for (const { toHere, after } of moves) {
        now += after;
        const [first = now] = counted;
        if (now - first >= settings.seconds * 1000) counted = [];
        if (counted.length > 0 || toHere) counted.push(now);
        const isTooOften = counted.length === settings.moves;
        assert.equal(detector.moved('a', toHere, now), isTooOften);
        if (!isTooOften) continue;
        detector.clear('a');
        counted = [];
      }
    }),
  );
});
