/** Two connections with one peer: which is kept. RFC 4271 §6.8, RFC 6286 §2.3, RFC 4724 §5. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';

import { negotiate, offer, type PeerOptions } from '../../../../src/protocols/bgp/index.ts';
import { resolveCollision } from '../../../../src/protocols/bgp/session/collision.ts';
import { asn, id, openOfB, settingsOfA } from './settings.ts';

const between = (ours: Partial<PeerOptions>, theirs: Partial<PeerOptions>) =>
  negotiate(offer(settingsOfA(ours)), openOfB(theirs));
const local = (address: string, number = 65000) => ({
  local: { asn: asn(number), id: id(address) },
});
const rival = { established: undefined };
const early = { isLate: false };

describe('before a session is established', () => {
  test('the connection of the speaker with the greater identifier is kept', () => {
    const lower = between(local('10.0.0.1'), local('10.0.0.2'));
    const greater = between(local('10.0.0.2'), local('10.0.0.1'));
    const verdict = (side: 'outgoing' | 'incoming', negotiated: typeof lower) =>
      resolveCollision({ side, negotiated, ...early }, rival);
    assert.equal(verdict('incoming', lower), 'replace');
    assert.equal(verdict('outgoing', lower), 'keep');
    assert.equal(verdict('incoming', greater), 'keep');
    assert.equal(verdict('outgoing', greater), 'replace');
  });

  test('identifiers are numbers without a sign', () => {
    const negotiated = between(local('9.0.0.1'), local('200.0.0.1'));
    assert.equal(resolveCollision({ side: 'incoming', negotiated, ...early }, rival), 'replace');
  });

  test('of two with one identifier, that of the greater AS', () => {
    const negotiated = between(local('10.0.0.1', 65000), local('10.0.0.1', 65001));
    assert.equal(resolveCollision({ side: 'incoming', negotiated, ...early }, rival), 'replace');
    assert.equal(resolveCollision({ side: 'outgoing', negotiated, ...early }, rival), 'keep');
  });

  test('both ends keep the same one, whatever their numbers', () => {
    const speaker = fc
      .tuple(fc.integer({ min: 1, max: 0xffffffff }), fc.constantFrom(65000, 65001))
      .map(([value, number]) => ({
        local: { asn: asn(number), id: { family: 4 as const, value } },
      }));
    fc.assert(
      fc.property(speaker, speaker, (a, b) => {
        fc.pre(a.local.id.value !== b.local.id.value || a.local.asn !== b.local.asn);
        // The connection that A has made, received its OPEN last at A and at B.
        const atA = resolveCollision(
          { side: 'outgoing', negotiated: between(a, b), ...early },
          rival,
        );
        const atB = resolveCollision(
          { side: 'incoming', negotiated: between(b, a), ...early },
          rival,
        );
        assert.equal(atA, atB);
      }),
    );
  });
});

describe('when a session is established', () => {
  const plain = between(local('10.0.0.1'), local('10.0.0.2'));
  const restart = {
    time: 60,
    notification: false,
    preserved: [],
    restarted: false,
    longLived: new Map(),
  };
  const helped = between({ restart }, { restart });

  test('a connection that came later is refused', () => {
    const newcomer = { side: 'incoming', negotiated: plain, isLate: true } as const;
    assert.equal(resolveCollision(newcomer, { established: plain }), 'keep');
  });

  test('unless graceful restart was agreed on: then the peer has restarted', () => {
    const newcomer = { side: 'incoming', negotiated: helped, isLate: true } as const;
    assert.equal(resolveCollision(newcomer, { established: helped }), 'restarted');
  });

  test('one that crossed it on its way is judged as before', () => {
    const newcomer = { side: 'incoming', negotiated: plain, ...early } as const;
    assert.equal(resolveCollision(newcomer, { established: plain }), 'replace');
  });
});
