/** Which addresses are global unicast ones of IPv6, at the edges of what is not. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unwrap } from '../../src/base/result.ts';
import { isGlobalIpv6 } from '../../src/net/global.ts';
import { parseIp } from '../../src/net/ip.ts';

const isGlobal = (text: string): boolean => isGlobalIpv6(unwrap(parseIp(text)));

test('addresses of the Internet', () => {
  for (const text of ['2400:cb00::1', '2a00:1450::1', '2001:200::1', '2003::1', '::2', 'fbff::1']) {
    assert.equal(isGlobal(text), true, text);
  }
});

test('addresses of some place, of documents, of tunnels, and of IPv4', () => {
  const others = [
    '::1',
    '::ffff:192.0.2.1',
    '64:ff9b:1::1',
    '100::1',
    '2001:1ff:ffff::1',
    '2001:db8::1',
    '2002::1',
    '3fff:fff::1',
    '5f00::1',
    'fc00::1',
    'fdff::1',
    'fe80::1',
    'febf::1',
    'ff02::1',
    '8.8.8.8',
  ];
  for (const text of others) assert.equal(isGlobal(text), false, text);
});
