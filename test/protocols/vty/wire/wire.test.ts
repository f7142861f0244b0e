import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';

import { unwrap } from '../../../../src/base/result.ts';
import {
  encodeCommand,
  formatReply,
  formatStatus,
  isSuccess,
  maxCommandLength,
  parseCommand,
  type Reply,
  ReplyDecoder,
} from '../../../../src/protocols/vty/index.ts';

describe('a command', () => {
  test('is its line and one NUL', () => {
    const octets = encodeCommand(unwrap(parseCommand('show vrf')));
    assert.deepEqual([...octets], [...Buffer.from('show vrf\0')]);
  });

  test('is refused with any control character, wherever it stands', () => {
    const controls = [...Array(32).keys(), 0x7f, 0x80, 0x85, 0x9f, 0x2028, 0x2029, 0xd800];
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(...controls), fc.string(), (left, code, right) => {
        assert.equal(parseCommand(left + String.fromCharCode(code) + right).ok, false);
      }),
    );
  });

  test('is refused in words that name the character, not print it', () => {
    const refused = parseCommand('vni 5\nno router bgp');
    assert.equal(
      refused.ok || refused.error.message,
      'the character U+000A at 5 cannot be sent to FRR',
    );
  });

  test('is refused when empty or too long, and else goes out as it is', () => {
    assert.equal(parseCommand('').ok, false);
    assert.equal(parseCommand('  ').ok, false);
    assert.equal(parseCommand('x'.repeat(maxCommandLength + 1)).ok, false);
    const text = ' description Übergang, "left" | spine!';
    assert.equal(Buffer.from(encodeCommand(unwrap(parseCommand(text)))).toString(), `${text}\0`);
  });
});

const repliesArbitrary = fc.array(
  fc.record(
    {
      status: fc.integer({ min: 0, max: 255 }),
      text: fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', '').trimEnd()),
    },
    { noNullPrototype: true },
  ),
);

function encodeReplies(replies: readonly Reply[]): Buffer {
  return Buffer.concat(
    replies.flatMap(({ status, text }) => [
      Buffer.from(`${text}\n`),
      Buffer.from([0, 0, 0, status]),
    ]),
  );
}

describe('the replies of a stream', () => {
  test('are the same however the stream is cut', () => {
    fc.assert(
      fc.property(
        repliesArbitrary,
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (replies, cuts) => {
          const octets = encodeReplies(replies);
          const decoder = new ReplyDecoder();
          const read: Reply[] = [];
          for (let at = 0, turn = 0; at < octets.length; turn += 1) {
            const next = at + (cuts[turn % cuts.length] ?? 1);
            read.push(...unwrap(decoder.push(octets.subarray(at, next))));
            at = next;
          }
          assert.deepEqual(read, replies);
        },
      ),
    );
  });

  test('keep octets that are no UTF-8', () => {
    const octets = Buffer.concat([Buffer.from('description \xfcber', 'latin1'), Buffer.alloc(4)]);
    const [reply] = unwrap(new ReplyDecoder().push(octets));
    assert.equal(reply?.text, 'description über');
  });

  test('end at three NUL octets in a row, not at fewer', () => {
    const [reply, ...rest] = unwrap(new ReplyDecoder().push(Buffer.from('a\0b\0\0c\0\0\0\x02')));
    assert.deepEqual([reply, rest], [{ status: 2, text: 'a\0b\0\0c' }, []]);
  });

  test('do not outgrow the limit', () => {
    const decoder = new ReplyDecoder(10);
    assert.deepEqual(unwrap(decoder.push(Buffer.from('0123456789'))), []);
    assert.equal(decoder.push(Buffer.from('x')).ok, false);
  });

  test('are one line for a person: the words of the daemon, else what the status means', () => {
    const failed = { status: 13, text: '% Configuration failed.\n\nError type: validation' };
    assert.equal(isSuccess(failed), false);
    assert.equal(formatReply(failed), '% Configuration failed. Error type: validation');
    assert.equal(formatReply({ status: 4, text: '' }), 'ERR_INCOMPLETE (4): incomplete');
    assert.equal(formatStatus(99), 'status 99');
  });
});
