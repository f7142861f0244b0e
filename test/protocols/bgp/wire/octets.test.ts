/** Numbers and addresses at a position: in network order, and zero where there are no octets. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIp } from '../../../../src/net/ip.ts';
import { formatMac } from '../../../../src/net/mac.ts';
import * as read from '../../../../src/protocols/bgp/wire/octets.ts';
import { octets } from '../octets.ts';

const some = octets('0102030405060708 20010db8000000000000000000000001');

test('numbers are in network order', () => {
  assert.deepEqual(
    [read.u8(some, 1), read.u16(some, 1), read.u24(some, 1), read.u32(some, 1), read.u64(some, 0)],
    [0x02, 0x0203, 0x020304, 0x02030405, 0x0102030405060708n],
  );
});

test('addresses too', () => {
  assert.equal(formatMac(read.mac(some, 0)), '01:02:03:04:05:06');
  assert.deepEqual(
    [formatIp(read.ip(some, 0, 4)), formatIp(read.ip(some, 8, 16))],
    ['1.2.3.4', '2001:db8::1'],
  );
});

test('past the end there are zeros', () => {
  const one = octets('ff');
  assert.deepEqual(
    [read.u8(one, 1), read.u16(one, 0), read.u24(one, 0), read.u32(one, 0), read.u32(one, 9)],
    [0, 0xff00, 0xff0000, 0xff000000, 0],
  );
  const copy = octets('aaaa');
  assert.equal(read.copyOctets(one, 0, 2, copy, 0), 2);
  assert.deepEqual(copy, octets('ff00'));
});
