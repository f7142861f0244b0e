/** Messages out of a stream, however it is cut into chunks; and where a stream cannot be followed any longer. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { unwrap } from '../../../../src/base/result.ts';
import { encodeMessage, Framer } from '../../../../src/protocols/bgp/index.ts';
import { hex, message, octets } from '../octets.ts';
import { anyMessage, sessions } from '../values.ts';

const [session] = sessions;
assert.ok(session !== undefined);

function messagesOf(framer: Framer): string[] {
  const found: string[] = [];
  while (framer.next()) found.push(hex(framer.octets.subarray(framer.start, framer.end)));
  return found;
}

/** The pieces between these places, some of them empty. */
function chunksOf(all: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((cut) => Math.floor(cut * all.length)), all.length];
  return places
    .toSorted((a, b) => a - b)
    .map((start, i, sorted) => all.subarray(start, sorted[i + 1] ?? start));
}

const cut = fc.double({ min: 0, max: 1, noNaN: true });

describe('a stream', () => {
  test('has the same messages, however it is cut, and whenever it is read', () => {
    const anyMessages = fc.array(anyMessage(session), { maxLength: 8 });
    const anyCuts = fc.array(fc.tuple(cut, fc.boolean()), { maxLength: 20 });
    fc.assert(
      fc.property(anyMessages, anyCuts, (messages, cuts) => {
        const sent = messages.map((one) => unwrap(encodeMessage(one, session)));
        const all = new Uint8Array(Buffer.concat(sent));
        const framer = new Framer();
        const found: string[] = [];
        for (const [i, chunk] of chunksOf(
          all,
          cuts.map(([place]) => place),
        ).entries()) {
          framer.push(chunk);
          if (cuts[i]?.[1] === true) found.push(...messagesOf(framer));
        }
        found.push(...messagesOf(framer));
        assert.deepEqual(found, sent.map(hex));
        assert.equal(framer.error, undefined);
        assert.equal(framer.waiting, 0);
      }),
      { numRuns: 500 },
    );
  });

  test('is read octet by octet', () => {
    const sent = [
      message('keepalive', ''),
      message('notification', '06 02'),
      message('keepalive', ''),
    ];
    const framer = new Framer();
    const found = sent.flatMap((one) =>
      [...one].flatMap((octet) => {
        framer.push(Uint8Array.of(octet));
        return messagesOf(framer);
      }),
    );
    assert.deepEqual(found, sent.map(hex));
  });

  test('hands a message out where it lies', () => {
    const chunk = new Uint8Array(
      Buffer.concat([message('keepalive', ''), message('notification', '0602')]),
    );
    const framer = new Framer();
    framer.push(chunk);
    assert.ok(framer.next());
    assert.deepEqual([framer.octets, framer.start, framer.end, framer.type], [chunk, 0, 19, 4]);
    assert.ok(framer.next());
    assert.deepEqual([framer.octets, framer.start, framer.end, framer.type], [chunk, 19, 40, 3]);
    assert.ok(!framer.next());
  });

  test('of which a part has come says how much that is', () => {
    const framer = new Framer();
    framer.push(message('notification', '06 02').subarray(0, 20));
    assert.equal(framer.waiting, 20);
    assert.ok(!framer.next());
    assert.equal(framer.waiting, 20);
    framer.push(octets('02'));
    assert.equal(framer.waiting, 21);
    assert.ok(framer.next());
    assert.equal(framer.waiting, 0);
  });
});

describe('a stream that cannot be followed', () => {
  const garbage = octets('474554202f20485454502f312e310d0a0d0a0d');

  test('gives the messages before the fault, then the error, and nothing more', () => {
    const framer = new Framer();
    framer.push(new Uint8Array(Buffer.concat([message('keepalive', ''), garbage])));
    framer.push(message('keepalive', ''));
    assert.equal(messagesOf(framer).length, 1);
    assert.deepEqual([framer.error?.code, framer.error?.subcode], [1, 1]);
    assert.ok(!framer.next());
  });

  test('is known as soon as its header is there, cut or not', () => {
    const framer = new Framer();
    framer.push(garbage.subarray(0, 7));
    assert.ok(!framer.next());
    framer.push(garbage.subarray(7));
    assert.ok(!framer.next());
    assert.equal(framer.error?.reason, 'the marker is not all ones');
  });

  test('is one with a message longer than agreed on', () => {
    const long = message('update', `0000 1400 ${'00'.repeat(5120)}`);
    const framer = new Framer();
    framer.push(long.subarray(0, 100));
    assert.ok(!framer.next());
    assert.deepEqual([framer.error?.code, framer.error?.subcode], [1, 2]);
    const extended = new Framer();
    extended.longest = 65535;
    extended.push(long);
    assert.ok(extended.next());
  });
});
