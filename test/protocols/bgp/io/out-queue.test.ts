/** The queue of octets: what goes in comes out, in its order, however little is taken at a time. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';

import { OutQueue } from '../../../../src/protocols/bgp/io/out-queue.ts';

/** Octets of the form of a message: `length` of them, all of one number. */
function message(length: number, fill: number): Uint8Array {
  const octets = new Uint8Array(length).fill(fill);
  octets[16] = length >> 8;
  octets[17] = length & 0xff;
  return octets;
}

const messages = fc.array(
  fc
    .tuple(fc.integer({ min: 19, max: 40_000 }), fc.nat(255))
    .map(([length, fill]) => message(length, fill)),
  { maxLength: 12 },
);

test('nothing is lost and nothing changes places', () => {
  fc.assert(
    fc.property(messages, fc.array(fc.nat(50_000), { maxLength: 20 }), (all, portions) => {
      const queue = new OutQueue();
      const out: Uint8Array[] = [];
      const take = (room: number) => {
        let left = room;
        queue.drain((octets) => {
          const taken = Math.min(left, octets.length);
          out.push(octets.slice(0, taken));
          left -= taken;
          return taken;
        });
      };
      for (const [i, one] of all.entries()) {
        queue.push(one);
        take(portions[i] ?? 0);
      }
      const queued = queue.length;
      const before = out.reduce((sum, { length }) => sum + length, 0);
      take(Number.POSITIVE_INFINITY);
      assert.deepEqual(Buffer.concat(out), Buffer.concat(all));
      assert.equal(queued, Buffer.concat(all).length - before);
      assert.equal(queue.length, 0);
    }),
  );
});

test('trimmed, it ends with the message that is under way', () => {
  fc.assert(
    fc.property(messages, fc.nat(200_000), (all, room) => {
      const queue = new OutQueue();
      const out: Uint8Array[] = [];
      let left = room;
      const take = (octets: Uint8Array): number => {
        const taken = Math.min(left, octets.length);
        out.push(octets.slice(0, taken));
        left -= taken;
        return taken;
      };
      for (const one of all) queue.push(one);
      queue.drain(take);
      queue.trim();
      const last = message(21, 3);
      queue.push(last);
      left = Number.POSITIVE_INFINITY;
      queue.drain(take);
      let whole = 0;
      for (const { length } of all) if (whole < room) whole += length;
      const expected = Buffer.concat([Buffer.concat(all).subarray(0, whole), last]);
      assert.deepEqual(Buffer.concat(out), expected);
    }),
  );
});

test('a refusal is told', () => {
  const queue = new OutQueue();
  queue.push(message(19, 1));
  assert.equal(
    queue.drain(() => -11),
    -11,
  );
  assert.equal(queue.length, 19);
});
