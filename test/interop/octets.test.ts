/** The harness's own octets: what it decodes is what it encoded, and the load of the bench is what it says it is. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Counter } from '../../bench/bgp/counter.ts';
import { encodeLoad } from '../../bench/bgp/routes.ts';
import { evpnExamples } from './harness/examples.ts';
import { decodeEvpn, encodeEvpn } from './harness/octets.ts';
import { isEvpn, keyOf } from './harness/routes.ts';

describe('EVPN NLRI', () => {
  for (const { nlri } of evpnExamples('192.0.2.1')) {
    if (!isEvpn(nlri)) continue;
    test(keyOf(nlri), () => assert.deepEqual(decodeEvpn(encodeEvpn(nlri)), nlri));
  }
});

describe('the load of the bench', () => {
  const routes = 4000;
  const { announce, withdraw } = encodeLoad(routes);

  test('fits messages of 4096 octets, a hundred routes each', () => {
    assert.equal(announce.length, routes / 100);
    assert.ok(announce.every(({ length }) => length <= 4096));
  });

  test('has no route twice, and types 2, 3 and 5 in shares of 85, 5 and 10', () => {
    const nlri = withdraw.flatMap(nlriOf).map(decodeEvpn);
    assert.equal(new Set(nlri.map(keyOf)).size, routes);
    const share = (type: string) => nlri.filter((each) => each.type === type).length / routes;
    assert.deepEqual([share('mac'), share('imet'), share('prefix')], [0.85, 0.05, 0.1]);
  });

  test('is counted the same however it is packed and cut', () => {
    for (const pack of [100, 1]) {
      const load = encodeLoad(1000, pack);
      const counter = new Counter(() => assert.fail('there are only UPDATEs'));
      const octets = Buffer.concat([...load.announce, ...load.withdraw]);
      for (let at = 0; at < octets.length; at += 777) counter.read(octets.subarray(at, at + 777));
      assert.deepEqual([counter.announced, counter.withdrawn], [1000, 1000]);
    }
  });
});

/** Of an UPDATE that has nothing but MP_UNREACH_NLRI with a long length. */
function nlriOf(message: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  for (let at = 19 + 4 + 4 + 3; at < message.length; ) {
    const length = 2 + (message[at + 1] ?? 0);
    found.push(message.subarray(at, at + length));
    at += length;
  }
  return found;
}
