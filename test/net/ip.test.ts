import assert from 'node:assert/strict';
import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { unwrap } from '../../src/base/result.ts';
import {
  compareIp,
  equalIp,
  formatIp,
  ipBytes,
  ipFromBytes,
  isLinkLocal,
  isLoopback,
  isMulticast,
  isUnspecified,
  parseIp,
} from '../../src/net/ip.ts';
import { anyIp, anyIp4, anyIp6 } from './values.ts';

describe('an IP address', () => {
  test('reads back as it is printed', () => {
    fc.assert(fc.property(anyIp, (ip) => assert.deepEqual(unwrap(parseIp(formatIp(ip))), ip)));
  });

  test('goes through its octets unchanged', () => {
    fc.assert(fc.property(anyIp, (ip) => assert.deepEqual(ipFromBytes(ipBytes(ip)), ip)));
  });

  test('is not made of any other number of octets', () => {
    for (const length of [0, 3, 5, 15, 17])
      assert.equal(ipFromBytes(new Uint8Array(length)), undefined);
  });

  test('is printed as the C library prints it', () => {
    fc.assert(
      fc.property(anyIp6, (ip) => {
        // The C library prints ::a.b.c.d in mixed notation, which RFC 5952 §5 leaves to IPv4-mapped addresses.
        fc.pre(ip.value >> 32n !== 0n);
        assert.equal(
          formatIp(ip),
          new SocketAddress({ family: 'ipv6', address: formatIp(ip) }).address,
        );
      }),
    );
  });

  test('is one where the C library sees one', () => {
    const nearly = fc.stringMatching(/^[0-9a-f:.]{1,20}$/);
    const mutated = fc
      .tuple(anyIp, fc.nat(40), fc.constantFrom('', ':', '.', '0', 'f', '/', ' ', '::'))
      .map(([ip, at, piece]) => {
        const text = formatIp(ip);
        return (
          text.slice(0, at % (text.length + 1)) + piece + text.slice((at % (text.length + 1)) + 1)
        );
      });
    fc.assert(
      fc.property(fc.oneof(nearly, mutated), (text) => {
        assert.equal(parseIp(text).ok, isIPv4(text) || isIPv6(text), text);
      }),
      { numRuns: 2000 },
    );
  });

  test('is ordered: IPv4 first, then by number', () => {
    fc.assert(
      fc.property(anyIp, anyIp, (a, b) => {
        assert.equal(Math.sign(compareIp(a, b)), -Math.sign(compareIp(b, a)) + 0);
        assert.equal(compareIp(a, b) === 0, equalIp(a, b));
      }),
    );
    const texts = ['::', '10.0.0.1', '2001:db8::', '9.255.255.255'].map((text) =>
      unwrap(parseIp(text)),
    );
    assert.deepEqual(texts.toSorted(compareIp).map(formatIp), [
      '9.255.255.255',
      '10.0.0.1',
      '::',
      '2001:db8::',
    ]);
  });
});

describe('RFC 5952', () => {
  const rows: readonly (readonly [section: string, text: string, canonical: string])[] = [
    ['§1', '2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['§1', '2001:0db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['§1', '2001:db8::1:0:0:1', '2001:db8::1:0:0:1'],
    ['§1', '2001:db8::0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['§1', '2001:0db8::1:0:0:1', '2001:db8::1:0:0:1'],
    ['§1', '2001:db8:0:0:1::1', '2001:db8::1:0:0:1'],
    ['§1', '2001:DB8:0:0:1::1', '2001:db8::1:0:0:1'],
    ['§2.1', '2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001', '2001:db8:aaaa:bbbb:cccc:dddd:eeee:1'],
    ['§2.2', '2001:db8:0:0:0::1', '2001:db8::1'],
    ['§2.2', '2001:db8:0::1', '2001:db8::1'],
    ['§2.3', '2001:db8:aaaa:bbbb:cccc:dddd:eeee:AaAa', '2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaaa'],
    ['§4.1', '2001:0db8::0001', '2001:db8::1'],
    ['§4.2.1', '2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['§4.2.2', '2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['§4.2.3, the longest run', '2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['§4.2.3, the first of equals', '2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['§5', '0:0:0:0:0:ffff:c000:0201', '::ffff:192.0.2.1'],
    ['all zeros', '0:0:0:0:0:0:0:0', '::'],
    ['zeros at the end', '1:0:0:0:0:0:0:0', '1::'],
    ['zeros at both ends', '0:0:1:0:0:0:0:0', '0:0:1::'],
    ['a dotted quad at the end, RFC 4291 §2.2', '64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ];
  for (const [section, text, canonical] of rows) {
    test(`${section}: ${text}`, () => assert.equal(formatIp(unwrap(parseIp(text))), canonical));
  }
});

describe('what is not an IP address', () => {
  const texts = [
    '',
    ' ',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '1.2.3.-1',
    '01.2.3.4',
    '1.2.3.4 ',
    '1.2.3.4/24',
    '0x1.2.3.4',
    '1.2..4',
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '12345::',
    'g::',
    '::1%eth0',
    '[::1]',
    '1.2.3.4::',
    '::1.2.3',
    '::1.2.3.4:5',
    '1:2:3:4:5:6:7:1.2.3.4',
    '1:2:3:4:5:6:7:8::',
    ':1:2:3:4:5:6:7',
  ];
  for (const text of texts) {
    test(`'${text}'`, () => {
      assert.deepEqual(parseIp(text), {
        ok: false,
        error: { path: '', message: `'${text}' is not an IP address` },
      });
    });
  }
});

describe('the kinds of addresses', () => {
  const rows: readonly (readonly [text: string, kind: string])[] = [
    ['169.254.0.0', 'link-local'],
    ['169.254.255.255', 'link-local'],
    ['169.255.0.0', ''],
    ['169.253.255.255', ''],
    ['fe80::', 'link-local'],
    ['febf:ffff::', 'link-local'],
    ['fec0::', ''],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.255', 'loopback'],
    ['128.0.0.0', ''],
    ['::1', 'loopback'],
    ['::2', ''],
    ['224.0.0.0', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['240.0.0.0', ''],
    ['223.255.255.255', ''],
    ['ff02::1', 'multicast'],
    ['feff::', ''],
    ['0.0.0.0', 'unspecified'],
    ['::', 'unspecified'],
    ['0.0.0.1', ''],
  ];
  for (const [text, kind] of rows) {
    test(`${text} is ${kind === '' ? 'none of them' : kind}`, () => {
      const ip = unwrap(parseIp(text));
      assert.equal(isLinkLocal(ip), kind === 'link-local');
      assert.equal(isLoopback(ip), kind === 'loopback');
      assert.equal(isMulticast(ip), kind === 'multicast');
      assert.equal(isUnspecified(ip), kind === 'unspecified');
    });
  }
});

test('an IPv4 address is an unsigned number', () => {
  fc.assert(
    fc.property(anyIp4, (ip) => {
      const parsed = unwrap(parseIp(formatIp(ip)));
      assert.ok(parsed.family === 4 && parsed.value >= 0 && parsed.value <= 0xffffffff);
    }),
  );
});
