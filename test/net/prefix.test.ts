import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { unwrap } from '../../src/base/result.ts';
import { equalIp, formatIp } from '../../src/net/ip.ts';
import {
  comparePrefix,
  defaultPrefix,
  formatPrefix,
  hostPrefix,
  isHostPrefix,
  networkOf,
  parsePrefix,
  prefixContains,
  prefixesOverlap,
} from '../../src/net/prefix.ts';
import { anyIp, anyPrefix } from './values.ts';

const prefix = (text: string) => unwrap(parsePrefix(text));

describe('a prefix', () => {
  test('reads back as it is printed, host bits and all', () => {
    fc.assert(
      fc.property(anyPrefix, (it) => assert.deepEqual(unwrap(parsePrefix(formatPrefix(it))), it)),
    );
  });

  test('has a network that is its own network, and that holds it', () => {
    fc.assert(
      fc.property(anyPrefix, (it) => {
        const network = networkOf(it);
        assert.deepEqual(networkOf(network), network);
        assert.ok(prefixContains(network, it.ip));
        assert.ok(prefixContains(it, network.ip));
      }),
    );
  });

  test('holds the addresses that Node says it holds', () => {
    fc.assert(
      fc.property(anyPrefix, anyIp, (it, ip) => {
        const list = new BlockList();
        const family = it.ip.family === 4 ? 'ipv4' : 'ipv6';
        list.addSubnet(formatIp(networkOf(it).ip), it.length, family);
        // Node takes an IPv4-mapped address for IPv4; to us they are two families.
        const theirs = it.ip.family === ip.family && list.check(formatIp(ip), family);
        assert.equal(prefixContains(it, ip), theirs);
      }),
    );
  });

  test('overlaps another when one holds the other', () => {
    fc.assert(
      fc.property(anyPrefix, anyPrefix, (a, b) => {
        const expected = prefixContains(a, networkOf(b).ip) || prefixContains(b, networkOf(a).ip);
        assert.equal(prefixesOverlap(a, b), expected);
        assert.equal(prefixesOverlap(b, a), expected);
      }),
    );
  });

  test('of one address is a host prefix', () => {
    fc.assert(
      fc.property(anyIp, (ip) => {
        assert.ok(isHostPrefix(hostPrefix(ip)));
        assert.deepEqual(unwrap(parsePrefix(formatIp(ip))), hostPrefix(ip));
        assert.ok(equalIp(networkOf(hostPrefix(ip)).ip, ip));
      }),
    );
    assert.ok(!isHostPrefix(prefix('10.0.0.0/31')));
  });

  test('of length 0 holds its family and nothing else', () => {
    fc.assert(
      fc.property(anyIp, (ip) => {
        assert.ok(prefixContains(defaultPrefix(ip.family), ip));
        assert.ok(!prefixContains(defaultPrefix(ip.family === 4 ? 6 : 4), ip));
      }),
    );
    assert.equal(formatPrefix(defaultPrefix(4)), '0.0.0.0/0');
    assert.equal(formatPrefix(defaultPrefix(6)), '::/0');
  });

  test('is ordered by address, then by length', () => {
    const sorted = ['10.0.0.0/8', '10.0.0.0/16', '10.1.0.0/16', '::/0'];
    assert.deepEqual(
      sorted.toReversed().map(prefix).toSorted(comparePrefix).map(formatPrefix),
      sorted,
    );
  });

  const networks: readonly (readonly [text: string, network: string])[] = [
    ['10.1.2.3/24', '10.1.2.0/24'],
    ['255.255.255.255/0', '0.0.0.0/0'],
    ['255.255.255.255/1', '128.0.0.0/1'],
    ['10.1.2.3/31', '10.1.2.2/31'],
    ['10.1.2.3/32', '10.1.2.3/32'],
    ['2001:db8::ffff/112', '2001:db8::/112'],
    ['ffff::/0', '::/0'],
    ['2001:db8::1/128', '2001:db8::1/128'],
  ];
  for (const [text, network] of networks) {
    test(`${text} is of ${network}`, () =>
      assert.equal(formatPrefix(networkOf(prefix(text))), network));
  }

  const bad: readonly (readonly [text: string, message: string])[] = [
    ['', "'' is not an IP prefix"],
    ['/24', "'/24' is not an IP prefix"],
    ['10.0.0/8', "'10.0.0/8' is not an IP prefix"],
    ['10.0.0.0/', "'10.0.0.0/' has no prefix length of 0 to 32"],
    ['10.0.0.0/33', "'10.0.0.0/33' has no prefix length of 0 to 32"],
    ['10.0.0.0/-1', "'10.0.0.0/-1' has no prefix length of 0 to 32"],
    ['10.0.0.0/ 8', "'10.0.0.0/ 8' has no prefix length of 0 to 32"],
    ['10.0.0.0/08', "'10.0.0.0/08' has no prefix length of 0 to 32"],
    ['10.0.0.0/255.0.0.0', "'10.0.0.0/255.0.0.0' has no prefix length of 0 to 32"],
    ['10.0.0.0/8/8', "'10.0.0.0/8/8' has no prefix length of 0 to 32"],
    ['::/129', "'::/129' has no prefix length of 0 to 128"],
  ];
  for (const [text, message] of bad) {
    test(`'${text}' is none`, () => {
      assert.deepEqual(parsePrefix(text), { ok: false, error: { path: '', message } });
    });
  }
});
