/** Answers of the kernel, with and without the request echoed; batches as datagrams. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeBatch, nextSequence } from '../../../../src/protocols/netlink/wire/batch.ts';
import { formatNetlinkError, refused } from '../../../../src/protocols/netlink/wire/error.ts';
import {
  type Answer,
  decodeError,
  visitMessages,
} from '../../../../src/protocols/netlink/wire/message.ts';
import type { Request } from '../../../../src/protocols/netlink/wire/request.ts';
import { viewOf } from '../vectors.ts';

function answerIn(hex: string): Answer | undefined {
  const octets = new Uint8Array(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
  let answer: Answer | undefined;
  const data = viewOf(octets);
  visitMessages(data, (message) => {
    answer = decodeError(data, message);
  });
  return answer;
}

// Kernel 6.18 to `ip link add vrf7 type vrf table 1007`, recorded with strace: the request is echoed whole.
const echoed = `70000000 0200 0002 9653016b 90060000 a1ffffff
  44000000 1000 0506 9653016b 00000000 00000000000000000000000000000000
  0900 0300 7672663700 000000 1800 1200 0700 0100 76726600 0c00 0200 0800 0100 ef030000
  1800 0100 556e6b6e6f776e206465766963652074797065 00`;

test('the words of the kernel are found behind an echoed request', () => {
  assert.deepEqual(answerIn(echoed), { errno: 95, text: 'Unknown device type' });
});

// By hand from struct nlmsgerr and enum nlmsgerr_attrs: capped, offset 36, attribute 3 missing.
const capped = `34000000 0200 0003 01000000 05000000 eaffffff
  20000000 1000 0506 01000000 00000000 0800 0200 24000000 0800 0500 03000000`;

test('where the refused attribute is and which one is missing are told', () => {
  const answer = answerIn(capped);
  assert.deepEqual(answer, { errno: 22, text: '', attributeOffset: 36, missingAttribute: 3 });
  assert.equal(
    formatNetlinkError(refused('create link', answer)),
    'cannot create link: EINVAL (attribute at octet 36) (attribute 3 is missing)',
  );
});

test('an errno without a name keeps its number', () => {
  assert.equal(refused('x', { errno: 4000, text: '' }).code, 'E4000');
});

test('an answer that is cut short is none', () => {
  assert.equal(answerIn('18000000 0200 0000 01000000 05000000 eaffffff 20000000'), undefined);
});

const large = (octets: number): Request => ({
  what: 'test',
  type: 16,
  flags: 0,
  encode: (writer) => writer.zeros(octets),
});

test('a batch of large messages is cut before the send buffer is full', () => {
  const { datagram, count } = encodeBatch(
    Array.from({ length: 128 }, () => large(10_000)),
    1,
  );
  assert.equal(count, 7);
  assert.equal(datagram.length, 7 * 10_016);
  // Only the last that went asks for an acknowledgement.
  const flags: number[] = [];
  visitMessages(viewOf(datagram), (message) => flags.push(message.flags));
  assert.deepEqual(flags, [1, 1, 1, 1, 1, 1, 5]);
});

test('sequence numbers of one batch never wrap', () => {
  assert.equal(nextSequence(1, 128), 129);
  assert.equal(nextSequence(0xffff0000, 128), 1);
});
