/** What of a link says that a router is there: octets that are a Router Advertisement, and whose it is that is the neighbour. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { unwrap } from '../../../../src/base/result.ts';
import { parseIp } from '../../../../src/net/ip.ts';
import { LinkNeighbor } from '../../../../src/protocols/bgp/unnumbered/link-neighbor.ts';
import {
  encodeRouterAdvertisement,
  isRouterAdvertisement,
} from '../../../../src/protocols/bgp/unnumbered/router-advertisement.ts';
import { octets } from '../octets.ts';

const ip = (text: string) => unwrap(parseIp(text));
const neighbor = ip('fe80::1');

/** As FRR 10.7 sends it: lifetime 1800 s, and its link-layer address. */
const ofFrr = octets('86 00 1234 40 00 0708 00000000 00000000 01 01 020000000001');

describe('a Router Advertisement', () => {
  test('of ours is one, and offers nothing', () => {
    const ours = encodeRouterAdvertisement();
    assert.ok(isRouterAdvertisement(ours, neighbor, 255));
    assert.deepEqual(
      [...ours.subarray(1)],
      Array.from({ length: 15 }, () => 0),
    );
  });

  test('of FRR is one', () => {
    assert.ok(isRouterAdvertisement(ofFrr, neighbor, 255));
  });

  const wrong: Readonly<Record<string, readonly [Uint8Array, string, number]>> = {
    'from beyond the link': [ofFrr, 'fe80::1', 254],
    'from a global address': [ofFrr, '2001:db8::1', 255],
    'from an address of IPv4': [ofFrr, '169.254.0.1', 255],
    'with another code': [octets('86 01 1234 40 00 0708 00000000 00000000'), 'fe80::1', 255],
    'of another type': [octets('85 00 1234 40 00 0708 00000000 00000000'), 'fe80::1', 255],
    'cut short': [ofFrr.subarray(0, 15), 'fe80::1', 255],
    'with an option that is cut': [ofFrr.subarray(0, 23), 'fe80::1', 255],
    'with half an option': [ofFrr.subarray(0, 17), 'fe80::1', 255],
    'with an option without a length': [
      octets('86 00 1234 40 00 0708 00000000 00000000 01 00 020000000001'),
      'fe80::1',
      255,
    ],
  };
  for (const [name, [message, from, hopLimit]] of Object.entries(wrong)) {
    test(`${name} is none (RFC 4861 §6.1.2)`, () => {
      assert.equal(isRouterAdvertisement(message, ip(from), hopLimit), false);
    });
  }

  test('whatever octets come, is told from what is none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (rest) => {
        const message = Uint8Array.of(134, 0, ...rest);
        const said = isRouterAdvertisement(message, neighbor, 255);
        assert.ok(!said || message.length >= 16);
      }),
    );
  });
});

describe('the neighbour of a link', () => {
  const [first, second] = [ip('fe80::1'), ip('fe80::2')];

  test('is who is heard first, as long as it is', () => {
    const link = new LinkNeighbor(100);
    assert.equal(link.hear(first, 0), 'new');
    assert.equal(link.hear(second, 50), 'other');
    assert.equal(link.hear(first, 90), 'known');
    assert.equal(link.hear(second, 189), 'other');
    assert.equal(link.ip, first);
  });

  test('is another when it has fallen silent', () => {
    const link = new LinkNeighbor(100);
    link.hear(first, 0);
    assert.equal(link.hear(second, 100), 'new');
    assert.equal(link.hear(first, 150), 'other');
  });

  test('is the same after a silence', () => {
    const link = new LinkNeighbor(100);
    link.hear(first, 0);
    assert.equal(link.hear(first, 5000), 'known');
  });
});
