/** Where a MAC is, and what others are told of it: RFC 7432 §15, RFC 9135 §4. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Esi } from '../../../../../src/net/esi.ts';
import { formatTableKey } from '../../../../../src/protocols/bgp/rib/tables/key.ts';
import {
  formatPath,
  host,
  imports,
  ip,
  l2,
  mac,
  macRoute,
  moved,
  rd,
  target,
  used,
  vtep,
  World,
} from './fixtures.ts';

const hostLocal = { type: 'mac', mac: host } as const;
const common = 'RT:65000:100 ET:8';

describe('a MAC that is learned here', () => {
  test('is announced with what RFC 8365 asks for, without a community for the sequence 0', () => {
    const world = new World();
    const table = world.macVrf();
    table.originate(hostLocal);
    table.originate({ ...hostLocal, ip: ip('192.0.2.7') });
    table.originate({ type: 'imet' });
    world.settle();
    assert.deepEqual(world.ours(), [
      `[2]:[0]:[48]:[02:00:00:00:00:01] ${common}`,
      `[2]:[0]:[48]:[02:00:00:00:00:01]:[32]:[192.0.2.7] ${common}`,
      `[3]:[0]:[32]:[10.0.0.100] ${common}`,
    ]);
    table.withdraw(hostLocal);
    table.withdraw({ type: 'imet' });
    world.settle();
    assert.deepEqual(world.ours(), [`[2]:[0]:[48]:[02:00:00:00:00:01]:[32]:[192.0.2.7] ${common}`]);
  });

  test('has the next number when it was somewhere else, with all its addresses', () => {
    const world = new World();
    const table = world.macVrf();
    table.originate({ ...hostLocal, ip: ip('192.0.2.7') });
    world.settle();
    world.announce({ from: 1, route: macRoute(1), communities: l2(moved(6)) });
    world.settle();
    // The router with the higher number has it: RFC 7432 §15, "withdraws its MAC/IP Advertisement route".
    assert.deepEqual(world.ours(), []);
    assert.deepEqual(used(table), ['mac 0 02:00:00:00:00:01 via 10.0.0.1 (remote 6)']);
    table.originate(hostLocal);
    world.settle();
    assert.deepEqual(world.ours(), [
      `[2]:[0]:[48]:[02:00:00:00:00:01] ${common} MM:7`,
      `[2]:[0]:[48]:[02:00:00:00:00:01]:[32]:[192.0.2.7] ${common} MM:7`,
    ]);
    assert.deepEqual(used(table), [
      'mac 0 02:00:00:00:00:01 192.0.2.7 via 10.0.0.100 (local 7)',
      'mac 0 02:00:00:00:00:01 via 10.0.0.100 (local 7)',
    ]);
    // Said once more while it is here: it has not moved.
    table.originate(hostLocal);
    world.settle();
    assert.equal(table.get({ type: 'mac', tag: 0, mac: host })?.sequence, 7);
  });

  test('is announced again when nobody else claims it any more', () => {
    const world = new World();
    const table = world.macVrf();
    table.originate(hostLocal);
    world.settle();
    const elsewhere = { from: 1, route: macRoute(1), communities: l2(moved(1)) };
    world.announce(elsewhere);
    world.settle();
    assert.deepEqual(world.ours(), []);
    world.withdraw(elsewhere);
    world.settle();
    assert.equal(world.ours().length, 1);
  });

  test('is that of the router with the lowest address when the numbers are equal', () => {
    for (const [from, winner] of [
      [99, 'via 10.0.0.99 (remote 0)'],
      [101, 'via 10.0.0.100 (local 0)'],
    ] as const) {
      const world = new World();
      const table = world.macVrf();
      table.originate(hostLocal);
      world.settle();
      world.announce({ from, route: macRoute(from), communities: l2() });
      world.settle();
      assert.deepEqual(used(table), [`mac 0 02:00:00:00:00:01 ${winner}`]);
      assert.equal(world.ours().length, from === 101 ? 1 : 0);
    }
  });

  test('does not move when it is static, here or there (RFC 7432 §15.2)', () => {
    const world = new World();
    const table = world.macVrf();
    table.originate({ ...hostLocal, sticky: true });
    world.settle();
    world.announce({ from: 1, route: macRoute(1), communities: l2(moved(9)) });
    world.settle();
    assert.deepEqual(world.ours(), [`[2]:[0]:[48]:[02:00:00:00:00:01] ${common} MM:0, sticky MAC`]);
    const other = { ...hostLocal, mac: mac('02:00:00:00:00:02') };
    const route = macRoute(1, { mac: other.mac });
    world.announce({ from: 1, route, communities: l2(moved(0, true)) });
    world.settle();
    table.originate(other);
    world.settle();
    assert.equal(world.ours().length, 1);
    assert.equal(
      formatPath(table.get({ type: 'mac', tag: 0, mac: other.mac })),
      'via 10.0.0.1 (remote 0 sticky)',
    );
  });

  test('is here and there at one segment, with one number', () => {
    const world = new World();
    const table = world.macVrf();
    const esi = 5n as Esi;
    world.announce({ from: 1, route: macRoute(1, { esi }), communities: l2(moved(4)) });
    world.settle();
    table.originate({ ...hostLocal, esi });
    world.settle();
    assert.deepEqual(world.ours(), [`[2]:[0]:[48]:[02:00:00:00:00:01] ${common} MM:4`]);
    assert.deepEqual(world.reports, []);
  });

  test('of the gateway is everybody’s, and moves nowhere (RFC 7432 §10.1)', () => {
    const world = new World();
    const table = world.macVrf();
    world.announce({
      from: 1,
      route: macRoute(1),
      communities: l2(moved(3), { kind: 'default-gateway' }),
    });
    world.settle();
    table.originate({ ...hostLocal, isGateway: true });
    world.settle();
    assert.deepEqual(world.ours(), [`[2]:[0]:[48]:[02:00:00:00:00:01] ${common} Default Gateway`]);
  });

  test('counts up to the last number there is', () => {
    const world = new World();
    const table = world.macVrf();
    world.announce({ from: 200, route: macRoute(200), communities: l2(moved(0xffff_ffff)) });
    world.settle();
    table.originate(hostLocal);
    world.settle();
    assert.deepEqual(world.ours(), [`[2]:[0]:[48]:[02:00:00:00:00:01] ${common} MM:4294967295`]);
  });
});

describe('of what others announce', () => {
  test('a table takes what its targets name, under a key without the distinguisher', () => {
    const world = new World();
    const table = world.macVrf({ imports: imports('65000:100', '*:200') });
    const ead = { type: 'ead', rd: rd('10.0.0.3:9'), esi: 7n as Esi, tag: 0, label: 100 } as const;
    const originator = ip('10.0.0.2');
    world.announce({
      from: 2,
      route: { type: 'imet', rd: rd('10.0.0.2:1'), tag: 0, originator },
      communities: l2(),
    });
    world.announce({ from: 3, route: ead, communities: l2() });
    const other = mac('02:00:00:00:00:02');
    const any = [target('4200000000:200')];
    world.announce({ from: 4, route: macRoute(4, { mac: other }), communities: any });
    world.announce({ from: 5, route: macRoute(5), communities: [target('65000:101')] });
    // With our distinguisher: none of theirs.
    world.announce({ from: 6, route: macRoute(6, { rd: table.settings.rd }), communities: l2() });
    world.settle();
    assert.deepEqual(used(table), [
      'ead 00:00:00:00:00:00:00:00:00:07 0 10.0.0.3 via 10.0.0.3 (remote 0)',
      'imet 0 10.0.0.2 via 10.0.0.2 (remote 0)',
      'mac 0 02:00:00:00:00:02 via 10.0.0.4 (remote 0)',
    ]);
  });

  test('routers of a segment find each other by the target that it makes (RFC 7432 §7.6)', () => {
    const world = new World();
    const segment = { kind: 'es-import', mac: mac('02:00:00:00:00:77') } as const;
    const table = world.macVrf({ imports: [segment] });
    const route = { type: 'es', rd: rd('10.0.0.1:0'), esi: 7n as Esi, originator: ip('10.0.0.1') };
    world.announce({ from: 1, route: { ...route, type: 'es' }, communities: [segment] });
    world.settle();
    assert.equal(table.size, 1);
  });

  test('the last move of a MAC is used, whatever the other attributes', () => {
    const world = new World();
    const table = world.macVrf();
    world.announce({ from: 1, route: macRoute(1), communities: l2(moved(1)), localPref: 900 });
    world.announce({ from: 2, route: macRoute(2), communities: l2(moved(2)) });
    world.settle();
    assert.deepEqual(used(table), ['mac 0 02:00:00:00:00:01 via 10.0.0.2 (remote 2)']);
    const key = { type: 'mac', tag: 0, mac: host } as const;
    assert.equal(table.paths(key).length, 2);
    assert.equal(formatTableKey(key), 'mac 0 02:00:00:00:00:01');
  });

  test('our own does not come back', () => {
    const world = new World();
    const table = world.macVrf();
    const other = world.macVrf({ name: 'green', rd: rd('10.0.0.100:9'), vni: 101 });
    table.originate(hostLocal);
    world.settle();
    assert.deepEqual(used(other), []);
    assert.equal(used(table).length, 1);
    assert.equal(table.get({ type: 'mac', tag: 0, mac: host })?.nextHop.ip.value, vtep.value);
  });
});

describe('a MAC at two places (RFC 7432 §15.1)', () => {
  const there = (sequence: number) => ({
    from: 1,
    route: macRoute(1),
    communities: l2(moved(sequence)),
  });

  /** The MAC goes to and fro, and begins there. The sequence it has in the end. */
  function bounce(world: World, moves: number, seconds = 1): number {
    const table = world.tables.get('red');
    assert.ok(table?.kind === 'mac-vrf');
    let sequence = 0;
    world.announce(there(sequence));
    world.settle();
    for (let move = 1; move <= moves; move += 1) {
      world.timers.pass(seconds * 1000);
      sequence += 1;
      if (move % 2 === 1) table.originate(hostLocal);
      else world.announce(there(sequence));
      world.settle();
    }
    return sequence;
  }

  test('moves freely until it has moved five times within 180 seconds', () => {
    const world = new World();
    const table = world.macVrf();
    bounce(world, 4);
    assert.equal(table.duplicates.length, 0);
    assert.deepEqual(used(table), ['mac 0 02:00:00:00:00:01 via 10.0.0.1 (remote 4)']);
    table.originate(hostLocal);
    world.settle();
    assert.deepEqual(world.reports, ['red duplicate 02:00:00:00:00:01']);
    assert.equal(table.duplicates[0]?.moves, 5);
    // It stays where it was: the fifth move is not made.
    assert.deepEqual(used(table), ['mac 0 02:00:00:00:00:01 via 10.0.0.1 (remote 4)']);
    assert.deepEqual(world.ours(), []);
  });

  test('that moves seldom is none', () => {
    const world = new World();
    const table = world.macVrf();
    bounce(world, 30, 60);
    assert.equal(table.duplicates.length, 0);
    assert.deepEqual(world.reports, []);
  });

  test('is neither announced nor taken from others until it is cleared', () => {
    const world = new World();
    const table = world.macVrf();
    const sequence = bounce(world, 5);
    world.announce(there(sequence + 9));
    world.settle();
    assert.deepEqual(used(table), [`mac 0 02:00:00:00:00:01 via 10.0.0.1 (remote 4)`]);
    assert.equal(table.clearDuplicate({ mac: host }), true);
    assert.equal(table.clearDuplicate({ mac: host }), false);
    world.settle();
    // What was learned meanwhile counts now.
    assert.deepEqual(world.ours(), [
      `[2]:[0]:[48]:[02:00:00:00:00:01] ${common} MM:${sequence + 10}`,
    ]);
    assert.deepEqual(world.reports, [
      'red duplicate 02:00:00:00:00:01',
      'red cleared 02:00:00:00:00:01',
    ]);
    assert.equal(table.duplicates.length, 0);
  });

  test('that is gone is used no more, frozen or not', () => {
    const world = new World();
    const table = world.macVrf();
    bounce(world, 5);
    world.withdraw(there(0));
    world.settle();
    assert.deepEqual(used(table), []);
    assert.equal(table.duplicates.length, 1);
  });

  test('has another chance after the time that was set', () => {
    const world = new World();
    const duplicates = { moves: 3, seconds: 60, recovery: 300 };
    const table = world.macVrf({ duplicates });
    bounce(world, 3);
    assert.equal(table.duplicates.length, 1);
    assert.equal(world.timers.running, 1);
    world.timers.pass(299_000);
    world.settle();
    assert.equal(table.duplicates.length, 1);
    world.timers.pass(1_000);
    world.settle();
    assert.equal(table.duplicates.length, 0);
    assert.equal(world.timers.running, 0);
    assert.deepEqual(used(table), ['mac 0 02:00:00:00:00:01 via 10.0.0.100 (local 3)']);
  });
});
