/** What two OPENs agree on. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';

import {
  type Capability,
  type FamilyName,
  type Negotiated,
  negotiate,
  offer,
  type Open,
  type PeerOptions,
  type RestartSettings,
} from '../../../../src/protocols/bgp/index.ts';
import { isSameOffer } from '../../../../src/protocols/bgp/session/offer.ts';
import { resumed, retained } from '../../../../src/protocols/bgp/session/retention.ts';
import type { Reason } from '../../../../src/protocols/bgp/session/reason.ts';
import { cease, hardReset } from '../../../../src/protocols/bgp/wire/notification.ts';
import { familyNames } from '../../../../src/protocols/bgp/wire/family.ts';
import { asn, id, openOfB, settingsOfA } from './settings.ts';

function agree(ours: Partial<PeerOptions>, theirs: Partial<PeerOptions>): Negotiated {
  return negotiate(offer(settingsOfA(ours)), openOfB(theirs));
}

/** An OPEN of B with just these capabilities. */
function openWith(...capabilities: readonly Capability[]): Open {
  return { ...openOfB(), capabilities };
}

const ours = offer(settingsOfA());

describe('families', () => {
  test('are those that both name', () => {
    const { families } = agree(
      { families: [{ family: 'l2vpn-evpn' }, { family: 'ipv4-unicast' }] },
      { families: [{ family: 'ipv6-unicast' }, { family: 'l2vpn-evpn' }] },
    );
    assert.deepEqual(families, ['l2vpn-evpn']);
  });

  test('who names none speaks IPv4 unicast, RFC 4760 §8', () => {
    const both = offer(settingsOfA({ families: [{ family: 'ipv4-unicast' }] }));
    assert.deepEqual(negotiate(both, openWith()).families, ['ipv4-unicast']);
    assert.deepEqual(negotiate(ours, openWith()).families, []);
  });

  test('a path identifier goes where one sends and the other receives, RFC 7911 §4', () => {
    const family = 'l2vpn-evpn';
    const paths = (receivePaths: boolean, sendPaths: boolean) => ({
      families: [{ family, receivePaths, sendPaths } as const],
    });
    for (const [us, them, receives, sends] of [
      [paths(true, true), paths(true, true), true, true],
      [paths(true, false), paths(true, false), false, false],
      [paths(true, false), paths(false, true), true, false],
      [paths(false, true), paths(true, true), false, true],
      [paths(true, true), paths(false, false), false, false],
    ] as const) {
      const [agreed] = [...agree(us, them).wire.families.values()];
      assert.deepEqual([agreed?.receivePathIds, agreed?.sendPathIds], [receives, sends]);
    }
  });

  test('an extended next hop is for a family that both name it for, RFC 8950 §4', () => {
    const families = [
      { family: 'ipv4-unicast', extendedNextHop: true },
      { family: 'ipv4-vpn', extendedNextHop: true },
    ] as const;
    const { wire } = agree({ families }, { families: [families[0], { family: 'ipv4-vpn' }] });
    assert.deepEqual(
      [...wire.families.values()].map(({ family, extendedNextHop }) => [
        family.name,
        extendedNextHop,
      ]),
      [
        ['ipv4-unicast', true],
        ['ipv4-vpn', false],
      ],
    );
  });
});

describe('the speakers', () => {
  const of = (number: number) => ({ local: { asn: asn(number), id: id('10.0.0.2') } });

  test('are of one AS, of two, or of two of one confederation', () => {
    assert.equal(agree({}, {}).wire.peer, 'internal');
    assert.equal(agree({}, of(65001)).wire.peer, 'external');
    const members = new Set([65000, 65001]);
    assert.equal(
      negotiate(ours, openOfB(of(65001)), { confederation: members }).wire.peer,
      'confederation',
    );
    assert.equal(
      negotiate(ours, openOfB(of(65002)), { confederation: members }).wire.peer,
      'external',
    );
  });

  test('the AS is that of the capability, RFC 6793', () => {
    const negotiated = agree({}, of(4_200_000_001));
    assert.equal(negotiated.remote.asn, 4_200_000_001);
    assert.equal(negotiated.wire.fourOctetAs, true);
    assert.equal(negotiate(ours, openWith()).wire.fourOctetAs, false);
  });

  test('our role holds, told by one or by both, RFC 9234', () => {
    const role = (name: 'provider' | 'customer') => ({
      remote: 'external' as const,
      role: { role: name, strict: false },
    });
    const { roles } = agree(role('provider'), { ...role('customer'), ...of(65001) });
    assert.deepEqual(roles, { local: 'provider', remote: 'customer' });
    const alone = agree(role('provider'), of(65001)).roles;
    assert.deepEqual(alone, { local: 'provider', remote: undefined });
    assert.equal(agree({}, { ...role('customer'), ...of(65001) }).roles, undefined);
  });
});

describe('the rest', () => {
  test('the hold time is the lesser one', () => {
    const { holdTime, keepaliveTime } = agree({ holdTime: 30 }, { holdTime: 9 });
    assert.deepEqual([holdTime, keepaliveTime], [9, 3]);
    assert.equal(agree({ holdTime: 30 }, { holdTime: 0 }).keepaliveTime, 0);
  });

  test('messages are longer when both can', () => {
    assert.equal(agree({}, {}).wire.extendedMessage, true);
    assert.equal(agree({}, { extendedMessage: false }).wire.extendedMessage, false);
    // RFC 8654 §4: who has heard our capability may send them without one of its own.
    assert.equal(agree({}, { extendedMessage: false }).wire.receivesExtended, true);
    assert.equal(agree({ extendedMessage: false }, {}).wire.receivesExtended, false);
  });

  test('a refresh is none, plain or enhanced', () => {
    const restart = {
      time: 0,
      notification: false,
      preserved: [],
      restarted: false,
      longLived: new Map(),
    };
    assert.equal(agree({ restart }, { restart }).refresh, 'enhanced');
    // FRR 8.4.4 answers no request of one that knows marks and no End-of-RIB.
    assert.equal(agree({}, { restart }).refresh, 'plain');
    assert.equal(negotiate(ours, openWith({ kind: 'route-refresh' })).refresh, 'plain');
    assert.equal(negotiate(ours, openWith({ kind: 'enhanced-route-refresh' })).refresh, 'none');
  });

  test('all capabilities are there to be shown, those that are not known too', () => {
    const unknown: Capability = { kind: 'unknown', code: 200, raw: Uint8Array.of(1) };
    const { capabilities } = negotiate(ours, openWith(unknown));
    assert.deepEqual(capabilities, { local: ours.capabilities, remote: [unknown] });
  });
});

test('what is agreed on is the same from both sides', () => {
  const families = fc
    .uniqueArray(fc.constantFrom(...familyNames), { minLength: 1 })
    .chain((names) =>
      fc.tuple(
        ...names.map((family: FamilyName) =>
          fc.record({
            family: fc.constant(family),
            receivePaths: fc.boolean(),
            sendPaths: fc.boolean(),
            extendedNextHop: fc.boolean(),
          }),
        ),
      ),
    );
  const options = fc.record({
    families,
    holdTime: fc.constantFrom(0, 3, 90),
    extendedMessage: fc.boolean(),
  });
  fc.assert(
    fc.property(options, options, (a, b) => {
      const [of, to] = [offer(settingsOfA(a)), openOfB(b)];
      const [there, back] = [negotiate(of, to), negotiate(to, of)];
      assert.deepEqual(there.families, back.families);
      assert.equal(there.holdTime, back.holdTime);
      assert.equal(there.wire.extendedMessage, back.wire.extendedMessage);
      for (const [number, one] of there.wire.families) {
        const other = back.wire.families.get(number);
        assert.equal(one.receivePathIds, other?.sendPathIds);
        assert.equal(one.sendPathIds, other?.receivePathIds);
        assert.equal(one.extendedNextHop, other?.extendedNextHop);
      }
    }),
  );
});

describe('routes over the end of a session', () => {
  const restart: RestartSettings = {
    time: 60,
    notification: true,
    preserved: ['l2vpn-evpn'],
    restarted: false,
    longLived: new Map([['l2vpn-evpn', 100]]),
  };
  const [lost, told, hard, left]: readonly Reason[] = [
    { kind: 'lost', detail: 'reset' },
    { kind: 'received', notification: cease(4) },
    { kind: 'received', notification: hardReset(cease(2)) },
    { kind: 'left', detail: 'gone' },
  ];
  const kept = (of: Negotiated, why: Reason | undefined) =>
    why === undefined
      ? []
      : retained(of, why).map(({ family, longLivedTime, restartTime }) => [
          family.name,
          restartTime,
          longLivedTime,
        ]);
  const evpn = [['l2vpn-evpn', 60, 100]];

  test('are kept by who has agreed to, unless they are to go', () => {
    const both = agree({ restart }, { restart });
    assert.deepEqual(
      [lost, told, hard, left].map((why) => kept(both, why)),
      [evpn, evpn, [], []],
    );
  });

  test('over a NOTIFICATION only when both have the N bit, RFC 8538 §4', () => {
    const plain = agree({ restart }, { restart: { ...restart, notification: false } });
    assert.deepEqual(
      [lost, told].map((why) => kept(plain, why)),
      [evpn, []],
    );
  });

  test('not without the capability of either side, RFC 4724 §4.2', () => {
    assert.deepEqual(kept(agree({}, { restart }), lost), []);
    assert.deepEqual(kept(agree({ restart }, {}), lost), []);
  });

  test('long-lived ones for the lesser time, and without a restart time at once, RFC 9494 §4.2', () => {
    const shorter = new Map([['l2vpn-evpn', 7]] as const);
    assert.deepEqual(
      kept(agree({ restart: { ...restart, longLived: shorter } }, { restart }), lost),
      [['l2vpn-evpn', 60, 7]],
    );
    const only = agree({ restart }, { restart: { ...restart, preserved: [] } });
    assert.deepEqual(kept(only, lost), [['l2vpn-evpn', 0, 100]]);
  });

  test('live on when the peer has kept its forwarding state', () => {
    assert.equal(resumed(agree({ restart }, { restart })).size, 1);
    assert.equal(resumed(agree({ restart }, { restart: { ...restart, preserved: [] } })).size, 0);
  });
});

test('other settings need another session when they need another OPEN', () => {
  const settings = settingsOfA();
  const same = [
    { connectRetry: 1 },
    { passive: true },
    { sendHoldTime: 60 },
    { families: [{ family: 'l2vpn-evpn' } as const] },
  ];
  const other = [
    { holdTime: 30 },
    { remote: asn(65000) },
    { families: [{ family: 'l2vpn-evpn', sendPaths: true } as const] },
    { confederation: new Set([65000]) },
  ];
  assert.deepEqual(
    same.map((one) => isSameOffer(settings, { ...settings, ...one })),
    [true, true, true, true],
  );
  assert.deepEqual(
    other.map((one) => isSameOffer(settings, { ...settings, ...one })),
    [false, false, false, false],
  );
});
