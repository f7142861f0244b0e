/** Ethernet segment identifiers: one text each, in and out. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { unwrap } from '../../src/base/result.ts';
import { type Esi, formatEsi, maxEsi, parseEsi, singleHomed } from '../../src/net/esi.ts';

describe('an Ethernet segment identifier', () => {
  test('is ten octets with colons', () => {
    const text = '03:44:38:39:ff:ff:01:00:00:01';
    assert.equal(formatEsi(unwrap(parseEsi(text))), text);
    assert.equal(formatEsi(unwrap(parseEsi(text.toUpperCase()))), text);
  });

  test('has two values of its own', () => {
    assert.equal(formatEsi(singleHomed), '00:00:00:00:00:00:00:00:00:00');
    assert.equal(formatEsi(maxEsi), 'ff:ff:ff:ff:ff:ff:ff:ff:ff:ff');
  });

  for (const text of ['', '0', '03:44:38:39:ff:ff:01:00:00', '03-44-38-39-ff-ff-01-00-00-01']) {
    test(`is not '${text}'`, () => {
      const parsed = parseEsi(text);
      assert.ok(!parsed.ok);
      assert.match(parsed.error.message, /is not an Ethernet segment identifier/);
    });
  }

  test('is the same after printing and reading, whatever it is', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: maxEsi }), (bits) => {
        assert.equal(unwrap(parseEsi(formatEsi(bits as Esi))), bits);
      }),
    );
  });
});
