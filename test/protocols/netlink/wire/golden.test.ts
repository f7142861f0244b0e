/** Every recorded message of iproute2 and of the kernel, both ways, whole and cut short. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Writer } from '../../../../src/base/bytes.ts';
import { visitMessages } from '../../../../src/protocols/netlink/wire/message.ts';
import { objects } from '../../../../src/protocols/netlink/wire/objects.ts';
import { canonical, codecOf, headerLength, loadVectors, viewOf } from '../vectors.ts';

const vectors = loadVectors('bookworm').filter(({ message }) => codecOf(message) !== undefined);

test('there are recorded messages of every object', () => {
  const names = new Set(vectors.map(({ message }) => codecOf(message)?.name));
  assert.deepEqual(names, new Set(Object.keys(objects)));
});

for (const [index, { name, command, message }] of vectors.entries()) {
  test(`${name} ${index} (${command}) is decoded and encoded again without losing an octet`, () => {
    const codec = codecOf(message)!;
    const decoded = codec.decode(viewOf(message), headerLength, message.length);
    assert.equal(typeof decoded, 'object', String(decoded));
    const writer = new Writer('little');
    codec.encode(writer, decoded);
    assert.deepEqual(
      canonical(codec.name, writer.finish()),
      canonical(codec.name, message.subarray(headerLength)),
    );
  });
}

test('a datagram that ends within a message says so, and visits none of it', () => {
  for (const { message } of vectors) {
    for (let cut = 1; cut < message.length; cut += 1) {
      const visited: unknown[] = [];
      const sound = visitMessages(viewOf(message.subarray(0, cut)), (one) => visited.push(one));
      assert.equal(sound, false);
      assert.deepEqual(visited, []);
    }
  }
});

/** One of each kind, which are enough where every octet is tried. */
const samples = [...Map.groupBy(vectors, ({ name }) => name).values()].flatMap((all) =>
  all.slice(0, 2),
);

test('a body that ends early is malformed, or a smaller object that can be written again', () => {
  for (const { message } of samples) {
    const codec = codecOf(message)!;
    for (let end = headerLength; end < message.length; end += 1) {
      const decoded = codec.decode(viewOf(message), headerLength, end);
      if (typeof decoded === 'object') codec.encode(new Writer('little'), decoded);
    }
  }
});

test('no octet that is changed makes a decoder throw', () => {
  for (const { message } of samples) {
    const codec = codecOf(message)!;
    for (let at = headerLength; at < message.length; at += 1) {
      for (const value of [0, 0xff]) {
        const changed = message.slice();
        changed[at] = value;
        const decoded = codec.decode(viewOf(changed), headerLength, changed.length);
        if (typeof decoded === 'object') codec.encode(new Writer('little'), decoded);
      }
    }
  }
});
