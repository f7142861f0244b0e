/** Prefixes of an IP-VRF: of EVPN type 5 and type 2, of VPN routes, of other tables, and its own. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unwrap } from '../../../../../src/base/result.ts';
import { singleHomed } from '../../../../../src/net/esi.ts';
import { formatMac } from '../../../../../src/net/mac.ts';
import { parsePrefix } from '../../../../../src/net/prefix.ts';
import type { ExtendedCommunity } from '../../../../../src/protocols/bgp/wire/extended-community.ts';
import type { PrefixRoute } from '../../../../../src/protocols/bgp/wire/nlri/evpn/prefix.ts';
import {
  host,
  imports,
  ip,
  l2,
  mac,
  macRoute,
  moved,
  rd,
  router,
  target,
  used,
  World,
} from './fixtures.ts';

const theirMac = { kind: 'router-mac', mac: mac('02:00:00:00:00:aa') } as const;
const l3: readonly ExtendedCommunity[] = [target('65000:5000'), theirMac];

function prefix(text: string) {
  return unwrap(parsePrefix(text));
}

function prefixRoute(from: number, text: string, changes: Partial<PrefixRoute> = {}): PrefixRoute {
  return {
    type: 'prefix',
    rd: rd(`10.0.0.${from}:2`),
    esi: singleHomed,
    tag: 0,
    prefix: prefix(text),
    gateway: ip(text.includes(':') ? '::' : '0.0.0.0'),
    label: 5000,
    ...changes,
  };
}

describe('an IP-VRF takes', () => {
  test('prefixes, and hosts with an address and a second label (RFC 9135)', () => {
    const world = new World();
    const table = world.ipVrf();
    world.announce({ from: 1, route: prefixRoute(1, '198.51.100.0/24'), communities: l3 });
    world.announce({ from: 2, route: prefixRoute(2, '2001:db8::/32'), communities: l3 });
    const both = l2(...l3, moved(2));
    const hosts = macRoute(3, { ip: ip('192.0.2.7'), label2: 5000 });
    world.announce({ from: 3, route: hosts, communities: both });
    // Without a second label it is for the MAC-VRF alone.
    world.announce({ from: 4, route: macRoute(4, { ip: ip('192.0.2.8') }), communities: both });
    world.announce({ from: 4, route: macRoute(4), communities: both });
    world.settle();
    assert.deepEqual(used(table), [
      'prefix 192.0.2.7/32 via 10.0.0.3 (remote 2)',
      'prefix 198.51.100.0/24 via 10.0.0.1 (remote 0)',
      'prefix 2001:db8::/32 via 10.0.0.2 (remote 0)',
    ]);
    const path = table.get({ type: 'prefix', prefix: prefix('192.0.2.7/32') });
    assert.equal(path?.l3Label, 5000);
    assert.equal(
      path.routerMac === undefined ? '' : formatMac(path.routerMac),
      '02:00:00:00:00:aa',
    );
  });

  test('VPN-IPv4 routes, too', () => {
    const world = new World();
    const table = world.ipVrf();
    const route = { rd: rd('10.0.0.1:2'), prefix: prefix('198.51.100.0/24'), label: 0x3e81 };
    world.announce({ family: 'ipv4-vpn', from: 1, route, communities: l3 });
    world.settle();
    assert.deepEqual(used(table), ['prefix 198.51.100.0/24 via 10.0.0.1 (remote 0)']);
  });

  test('the better of two prefixes, and its own before all', () => {
    const world = new World();
    const table = world.ipVrf();
    const [one, two] = [1, 2].map((from) => ({
      from,
      route: prefixRoute(from, '198.51.100.0/24'),
      communities: l3,
      localPref: 100 + from,
    }));
    assert.ok(one !== undefined && two !== undefined);
    world.announce(one);
    world.announce(two);
    world.settle();
    assert.deepEqual(used(table), ['prefix 198.51.100.0/24 via 10.0.0.2 (remote 0)']);
    world.withdraw(two);
    world.settle();
    assert.deepEqual(used(table), ['prefix 198.51.100.0/24 via 10.0.0.1 (remote 0)']);
    table.originate({ type: 'prefix', prefix: prefix('198.51.100.0/24') });
    world.settle();
    assert.deepEqual(used(table), ['prefix 198.51.100.0/24 via 10.0.0.100 (local 0)']);
  });

  test('no prefix that leads nowhere (RFC 9136 §3.2)', () => {
    const world = new World();
    const table = world.ipVrf();
    const communities = [target('65000:5000')];
    world.announce({
      from: 1,
      route: prefixRoute(1, '198.51.100.0/24', { label: 0 }),
      communities,
    });
    const gateway = ip('192.0.2.1');
    const route = prefixRoute(1, '198.51.101.0/24', { label: 0, gateway });
    world.announce({ from: 1, route, communities });
    world.settle();
    assert.deepEqual(used(table), ['prefix 198.51.101.0/24 via 10.0.0.1 (remote 0)']);
  });

  test('what another table of ours announces, when it asks for it', () => {
    const world = new World();
    const blue = world.ipVrf();
    const shared = world.ipVrf({
      name: 'shared',
      rd: rd('10.0.0.100:3'),
      vni: 5001,
      imports: imports('65000:5000'),
      exports: [],
    });
    blue.originate({ type: 'prefix', prefix: prefix('198.51.100.0/24') });
    world.settle();
    assert.deepEqual(used(shared), ['prefix 198.51.100.0/24 via 10.0.0.100 (leaked 0)']);
    assert.deepEqual(used(blue), ['prefix 198.51.100.0/24 via 10.0.0.100 (local 0)']);
  });
});

describe('an IP-VRF announces', () => {
  test('prefixes with its router’s MAC, or with a gateway', () => {
    const world = new World();
    const table = world.ipVrf();
    table.originate({ type: 'prefix', prefix: prefix('198.51.100.0/24') });
    table.originate({
      type: 'prefix',
      prefix: prefix('2001:db8::/32'),
      gateway: ip('2001:db8::1'),
    });
    world.settle();
    assert.deepEqual(world.ours(), [
      '[5]:[0]:[24]:[198.51.100.0] RT:65000:5000 ET:8 Rmac:02:00:00:00:00:fe',
      '[5]:[0]:[32]:[2001:db8::] RT:65000:5000 ET:8',
    ]);
    // Under another tag it is another route, and the one before is no more.
    table.originate({ type: 'prefix', prefix: prefix('198.51.100.0/24'), tag: 7 });
    table.withdraw({ prefix: prefix('2001:db8::/32') });
    world.settle();
    assert.deepEqual(world.ours(), [
      '[5]:[7]:[24]:[198.51.100.0] RT:65000:5000 ET:8 Rmac:02:00:00:00:00:fe',
    ]);
  });

  test('the hosts of its MAC-VRFs, through their own routes (RFC 9135 §5.1)', () => {
    const world = new World();
    const ipVrf = world.ipVrf();
    const macVrf = world.macVrf({ ipVrf });
    macVrf.originate({ type: 'mac', mac: host });
    macVrf.originate({ type: 'mac', mac: host, ip: ip('192.0.2.7') });
    world.settle();
    const mobile = '[2]:[0]:[48]:[02:00:00:00:00:01]';
    assert.deepEqual(world.ours(), [
      `${mobile} RT:65000:100 ET:8`,
      `${mobile}:[32]:[192.0.2.7] RT:65000:100 RT:65000:5000 ET:8 Rmac:02:00:00:00:00:fe`,
    ]);
    const path = macVrf.get({ type: 'mac', tag: 0, mac: host, ip: ip('192.0.2.7') });
    assert.deepEqual([path?.label, path?.l3Label], [100, 5000]);
    // They are connected to it, and so no route of it.
    assert.deepEqual(used(ipVrf), []);
    world.tables.alter(ipVrf, { exports: [target('65000:6000')] });
    world.settle();
    assert.deepEqual(world.ours(), [
      `${mobile} RT:65000:100 ET:8`,
      `${mobile}:[32]:[192.0.2.7] RT:65000:100 RT:65000:6000 ET:8 Rmac:02:00:00:00:00:fe`,
    ]);
    world.tables.remove(ipVrf);
    world.settle();
    assert.equal(world.ours()[1], `${mobile}:[32]:[192.0.2.7] RT:65000:100 ET:8`);
  });
});

test('of prefixes through next hops that cannot be reached none is used, of others the nearer', () => {
  const metrics = new Map<number | bigint, number>();
  const world = new World({ metric: (of) => metrics.get(of.value) ?? 10 });
  const table = world.ipVrf();
  for (const from of [1, 2]) {
    world.announce({ from, route: prefixRoute(from, '198.51.100.0/24'), communities: l3 });
  }
  world.settle();
  const is = (last: number): void =>
    assert.deepEqual(used(table), [`prefix 198.51.100.0/24 via 10.0.0.${last} (remote 0)`]);
  is(1);
  const move = (from: number, metric: number): void => {
    const hop = router(from);
    metrics.set(hop.value, metric);
    world.routing.nextHopChanged(hop);
    world.settle();
  };
  // Both have a route of their own: nothing changes in the rib.
  move(1, 20);
  is(2);
  move(2, Number.POSITIVE_INFINITY);
  is(1);
  move(2, 5);
  is(2);
});
