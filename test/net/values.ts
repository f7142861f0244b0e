/** Generators of network values for properties, one place for all tests. */

import fc from 'fast-check';
import type { Ip, Ip4, Ip6 } from '../../src/net/ip.ts';
import type { Mac } from '../../src/net/mac.ts';
import type { Prefix } from '../../src/net/prefix.ts';

export const anyIp4: fc.Arbitrary<Ip4> = fc
  .integer({ min: 0, max: 0xffffffff })
  .map((value) => ({ family: 4, value }));

/** Groups are chosen one by one, so that runs of zeros, which RFC 5952 is about, are common. */
export const anyIp6: fc.Arbitrary<Ip6> = fc
  .array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), {
    minLength: 8,
    maxLength: 8,
  })
  .map((groups) => ({
    family: 6,
    value: groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n),
  }));

export const anyIp: fc.Arbitrary<Ip> = fc.oneof(anyIp4, anyIp6);

export const anyPrefix: fc.Arbitrary<Prefix> = fc.oneof(
  fc.tuple(anyIp4, fc.integer({ min: 0, max: 32 })).map(([ip, length]) => ({ ip, length })),
  fc.tuple(anyIp6, fc.integer({ min: 0, max: 128 })).map(([ip, length]) => ({ ip, length })),
);

export const anyMac: fc.Arbitrary<Mac> = fc
  .integer({ min: 0, max: 2 ** 48 - 1 })
  .map((value) => value as Mac);
