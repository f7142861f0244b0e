/** With which next hop a route is told: our end of the session, or as it came. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unwrap } from '../../../../src/base/result.ts';
import { parseIp } from '../../../../src/net/ip.ts';
import { parsePrefix } from '../../../../src/net/prefix.ts';
import {
  families,
  type FamilyName,
  formatIp,
  ownNextHop,
  type PathAttributes,
  PolicyChain,
} from '../../../../src/protocols/bgp/index.ts';
import { plain, Talk, Talker, type TalkerOptions } from './talk.ts';

const ipv4 = 'ipv4-unicast';
const prefix = unwrap(parsePrefix('10.1.0.0/16'));
const ours = unwrap(parseIp('10.0.0.254'));

const outside: PathAttributes = {
  origin: 'igp',
  asPath: [{ type: 'sequence', asns: [65001] }],
};

/** Who tells us, whom we tell, and the next hop that is told; the one that comes is 10.9.0.1. */
const cases: readonly (readonly [name: string, from: number, to: number, nextHop: string])[] = [
  ['what is reflected keeps its own (RFC 4456 §10)', 65000, 65000, '10.9.0.1'],
  ['what comes from another AS leads through us', 65001, 65000, '10.0.0.254'],
  ['what goes to another AS leads through us', 65000, 65002, '10.0.0.254'],
];

function build(from: number, to: number): { talk: Talk; source: Talker; sink: Talker } {
  const talk = new Talk([ipv4]);
  const self: Omit<TalkerOptions, 'id'> = {
    ours: { families: [{ family: ipv4 }] },
    routing: { nextHop: ownNextHop },
  };
  const source = new Talker(talk, { id: 1, as: from, ...self });
  const sink = new Talker(talk, { id: 2, as: to, ...self });
  source.up();
  sink.up({}, ours);
  return { talk, source, sink };
}

function toldTo(sink: Talker): string | undefined {
  const ip = sink.told.get(`${ipv4} 10.1.0.0/16`)?.nextHop?.ip;
  return ip && formatIp(ip);
}

describe('where we are the next hop', () => {
  for (const [name, from, to, nextHop] of cases) {
    test(name, () => {
      const { talk, source, sink } = build(from, to);
      source.announce(ipv4, prefix, from === 65000 ? plain : outside);
      talk.run();
      assert.equal(toldTo(sink), nextHop);
    });
  }

  test('a route of our own leads where it was said to, or else to us', () => {
    const { talk, sink } = build(65000, 65002);
    const attributes = { origin: 'igp', asPath: [] } as const;
    const originate = (hop: string): void => {
      const nextHop = { ip: unwrap(parseIp(hop)) };
      talk.routing.originate(ipv4, prefix, { attributes, nextHop });
      talk.run();
    };
    originate('10.7.7.7');
    assert.equal(toldTo(sink), '10.7.7.7');
    originate('0.0.0.0');
    assert.equal(toldTo(sink), '10.0.0.254');
  });
});

test('our end of a session is a next hop of those families that can carry it', () => {
  const of = (family: FamilyName, address: string, extendedNextHop = false): string | undefined => {
    const talk = new Talk([family]);
    let hop: Uint8Array | undefined;
    const peer = new Talker(talk, {
      id: 1,
      ours: { families: [{ family, extendedNextHop }] },
      routing: {
        nextHop: (row, session) => {
          hop = ownNextHop(row, session);
          return hop;
        },
      },
    });
    peer.up({}, unwrap(parseIp(address)));
    assert.ok(families[family] !== undefined);
    return hop === undefined ? undefined : Buffer.from(hop).toString('hex');
  };
  const global = '20010db8000000000000000000000001';
  const link = 'fe800000000000000000000000000001';
  assert.equal(of('ipv4-unicast', '10.0.0.254'), '0a0000fe');
  assert.equal(of('l2vpn-evpn', '10.0.0.254'), '0a0000fe');
  assert.equal(of('ipv4-vpn', '10.0.0.254'), '00000000000000000a0000fe');
  assert.equal(of('ipv6-unicast', '10.0.0.254'), undefined);
  assert.equal(of('ipv6-unicast', '2001:db8::1'), global);
  // Without any other address on the link.
  assert.equal(of('ipv6-unicast', 'fe80::1'), link + link);
  // RFC 8950 §4.
  assert.equal(of('ipv4-unicast', '2001:db8::1'), undefined);
  assert.equal(of('ipv4-unicast', '2001:db8::1', true), global);
});

describe('an IPv6 next hop of an IPv4 route (RFC 8950)', () => {
  const extended = [{ family: ipv4, extendedNextHop: true }] as const;
  const six = { ip: unwrap(parseIp('2001:db8::1')) };

  function hearers(routing: TalkerOptions['routing'] = {}) {
    const talk = new Talk([ipv4]);
    const able = new Talker(talk, { id: 1, ours: { families: extended }, routing });
    const other = new Talker(talk, { id: 2, ours: { families: [{ family: ipv4 }] }, routing });
    for (const each of [able, other]) each.up({}, ours);
    const attributes = { origin: 'igp', asPath: [] } as const;
    talk.routing.originate(ipv4, prefix, { attributes, nextHop: six });
    talk.run();
    return { talk, able, other, attributes };
  }

  test('is told to those who can have it, and no route with it to others', () => {
    const { able, other } = hearers();
    assert.equal(toldTo(able), '2001:db8::1');
    assert.equal(other.told.size, 0);
  });

  test('is withdrawn from the others when a route has got it', () => {
    const { talk, able, other, attributes } = hearers();
    const originate = (hop: string): void => {
      talk.routing.originate(ipv4, prefix, { attributes, nextHop: { ip: unwrap(parseIp(hop)) } });
      talk.run();
    };
    originate('10.7.7.7');
    assert.deepEqual([toldTo(able), toldTo(other)], ['10.7.7.7', '10.7.7.7']);
    originate('2001:db8::2');
    assert.deepEqual([toldTo(able), toldTo(other)], ['2001:db8::2', undefined]);
  });

  test('a policy may give it one that all can have', () => {
    const nextHop = unwrap(parseIp('10.8.8.8'));
    const term = { match: {}, set: { nextHop }, action: 'accept' } as const;
    const policy = new PolicyChain([{ name: 'p', terms: [term], otherwise: 'reject' }]);
    const { able, other } = hearers({ policies: { export: policy } });
    assert.deepEqual([toldTo(able), toldTo(other)], ['10.8.8.8', '10.8.8.8']);
  });
});

test('a next hop that is another from now on is told again, and the session stays', () => {
  const { talk, source, sink } = build(65001, 65002);
  source.announce(ipv4, prefix, outside);
  talk.run();
  assert.equal(toldTo(sink), '10.0.0.254');
  assert.equal(sink.routes.alter({ nextHop: () => undefined }), true);
  talk.run();
  assert.equal(toldTo(sink), '10.9.0.1');
  const { updates } = sink;
  sink.routes.alter({ nextHop: () => undefined });
  talk.run();
  assert.equal(sink.updates, updates);
});
