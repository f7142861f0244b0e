/** Prefix rules: the trie says what looking at one rule after the other says; and what is read of an NLRI is what it has. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ipBits, ipBytes } from '../../../../src/net/ip.ts';
import { type Prefix, prefixContains } from '../../../../src/net/prefix.ts';
import { NlriFields } from '../../../../src/protocols/bgp/policy/nlri-fields.ts';
import type { PrefixRule } from '../../../../src/protocols/bgp/policy/policy.ts';
import { PrefixSet } from '../../../../src/protocols/bgp/policy/prefix-set.ts';
import { families, type FamilyName } from '../../../../src/protocols/bgp/wire/family.ts';
import { encodeNlri } from '../../../../src/protocols/bgp/wire/nlri/route.ts';
import { anyNlri } from '../values.ts';

/** Addresses of few bits, so that prefixes hold one another often. */
const prefix: fc.Arbitrary<Prefix> = fc
  .record({ bits: fc.nat(255), length: fc.nat(32), six: fc.boolean() })
  .map(({ bits, length, six }) => ({
    ip: six ? { family: 6, value: BigInt(bits) << 108n } : { family: 4, value: (bits << 20) >>> 0 },
    length,
  }));

const rule: fc.Arbitrary<PrefixRule> = fc
  .tuple(prefix, fc.nat(32), fc.nat(32))
  .map(([of, a, b]) => ({
    prefix: of,
    least: Math.min(a, b),
    most: Math.max(a, b),
  }));

function isAllowed(rules: readonly PrefixRule[], of: Prefix): boolean {
  return rules.some(
    ({ prefix: held, least, most }) =>
      held.length <= of.length &&
      prefixContains(held, of.ip) &&
      of.length >= least &&
      of.length <= most,
  );
}

test('a trie of rules says what one rule after the other says', () => {
  fc.assert(
    fc.property(
      fc.array(rule, { maxLength: 40 }),
      fc.array(prefix, { maxLength: 40 }),
      (rules, asked) => {
        const set = new PrefixSet(rules);
        for (const of of [...asked, ...rules.map((each) => each.prefix)]) {
          const octets = Uint8Array.of(0xff, ...ipBytes(of.ip));
          assert.equal(
            set.has(of.ip.family, octets, 1, of.length),
            isAllowed(rules, of),
            JSON.stringify(of, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
          );
        }
      },
    ),
  );
});

test('a default route is matched by itself alone, and everything by le', () => {
  const any: Prefix = { ip: { family: 4, value: 0 }, length: 0 };
  const octets = ipBytes({ family: 4, value: 0x0a000000 });
  const only = new PrefixSet([{ prefix: any, least: 0, most: 0 }]);
  assert.deepEqual([only.has(4, octets, 0, 0), only.has(4, octets, 0, 8)], [true, false]);
  const all = new PrefixSet([{ prefix: any, least: 0, most: 32 }]);
  assert.deepEqual([all.has(4, octets, 0, 0), all.has(4, octets, 0, 32)], [true, true]);
  assert.equal(all.has(6, new Uint8Array(16), 0, 0), false);
});

/** What a value of any family has of what is asked, by its own names. */
interface Asked {
  readonly type?: string;
  readonly code?: number;
  readonly rd?: bigint;
  readonly label?: number;
  readonly label2?: number;
  readonly prefix?: Prefix;
  readonly ip?: Prefix['ip'];
  readonly length?: number;
}

const codes: Readonly<Record<string, number>> = { ead: 1, mac: 2, imet: 3, es: 4, prefix: 5 };

for (const name of Object.keys(anyNlri) as readonly FamilyName[]) {
  test(`what is read of the octets of ${name} is what the route has`, () => {
    const fields = new NlriFields();
    fc.assert(
      fc.property(anyNlri[name] as fc.Arbitrary<never>, (route) => {
        const octets = encodeNlri<unknown>(families[name], route);
        const behind = Uint8Array.of(1, 2, 3, ...octets, 9, 9, 9, 9);
        fields.read(families[name], behind, 3, 3 + octets.length);
        const value: Asked = route;
        const isEvpn = name === 'l2vpn-evpn';
        assert.equal(fields.routeType, isEvpn ? (value.code ?? codes[value.type ?? '']) : 0);
        assert.equal(fields.rdAt < 0 ? undefined : fields.rd, value.rd);
        const shift = name.endsWith('-vpn') ? 4 : 0;
        assert.equal(fields.label, (value.label ?? -1) >> shift);
        assert.equal(fields.label2, value.label2 ?? -1);
        const isPrefix = name.endsWith('unicast');
        const held = isPrefix ? (route as Prefix) : value.prefix;
        const address = held?.ip ?? value.ip;
        assert.equal(fields.ipFamily, address?.family ?? 0);
        if (address === undefined) return;
        const length = held?.length ?? ipBits(address.family);
        assert.equal(fields.bits, length);
        const whole = new PrefixSet([
          { prefix: { ip: address, length }, least: length, most: length },
        ]);
        assert.ok(whole.has(address.family, behind, fields.ipAt, fields.bits));
      }),
    );
  });
}
