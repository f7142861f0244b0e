/** What sessions are made of: TCP-MD5, GTSM, graceful restart, refresh, limits, timers, AS numbers, capabilities. */

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, test } from 'node:test';
import { evpnExamples, unicastExamples } from '../harness/examples.ts';
import { createPair, expectRoutes, type PairOptions, startPair } from '../harness/fixture.ts';
import type { Peer } from '../harness/peer.ts';
import type { Capability } from '../harness/router.ts';
import { familyOf } from '../harness/routes.ts';
import { bird3, exabgp5, frr10, frr8, frrNew, gobgp4 } from '../harness/software.ts';
import { until } from '../harness/until.ts';

/** Holds still for several of the calls that the neighbour makes, one a second. */
async function stays(peer: Peer, neighbor: string): Promise<void> {
  await sleep(4000);
  assert.notEqual((await peer.session(neighbor)).state, 'Established');
}

function gone(peer: Peer, neighbor: string): Promise<void> {
  const isGone = async () => (await peer.session(neighbor)).state !== 'Established';
  return until(`the session with ${neighbor} is gone`, isGone);
}

const ring = [
  [gobgp4, frrNew],
  [frr8, bird3],
  [bird3, exabgp5],
  [frr10, exabgp5],
] as const;

for (const [ofA, ofB] of ring) {
  const skip = ofA.skip || ofB.skip;
  describe(`${ofA.name} and ${ofB.name}`, { skip, concurrency: 4 }, () => {
    test('TCP-MD5: one password on both sides', async (t) => {
      await startPair(t, ofA, ofB, { a: { password: 'selvedge' }, b: { password: 'selvedge' } });
    });

    test('TCP-MD5: two passwords, no session', async (t) => {
      const options: PairOptions = { a: { password: 'selvedge' }, b: { password: 'another' } };
      const { a, b } = await createPair(t, ofA, ofB, options);
      await stays(a, b.address);
    });

    test('GTSM: a neighbour one hop away', async (t) => {
      await startPair(t, ofA, ofB, { asOfB: 65001, a: { ttlSecurity: 1 }, b: { ttlSecurity: 1 } });
    });

    test('GTSM: a neighbour that may be anywhere, no session', async (t) => {
      const { a, b } = await createPair(t, ofA, ofB, { asOfB: 65001, a: { ttlSecurity: 1 } });
      await stays(a, b.address);
    });

    test('eBGP with AS numbers of four octets, and the smaller hold time', async (t) => {
      const asOfB = 4_200_000_007;
      const { a, b } = await startPair(t, ofA, ofB, { asOfB, a: { holdTime: 30 } });
      const session = await a.session(b.address);
      assert.ok(session.capabilities.includes('4-octet-as'));
      assert.ok(session.capabilities.includes('multiprotocol evpn'));
      assert.equal(session.routerId, '192.0.2.102');
      assert.equal((await b.session(a.address)).holdTime, 30);
    });

    test('graceful restart is announced', async (t) => {
      const { a, b } = await startPair(t, ofA, ofB, { gracefulRestart: 77 });
      for (const [peer, other] of [
        [a, b],
        [b, a],
      ] as const) {
        const { capabilities, gracefulRestart } = await peer.session(other.address);
        assert.ok(capabilities.includes('graceful-restart'), `${peer.name} sees it`);
        assert.equal(gracefulRestart?.time, 77, `${peer.name} sees the time of ${other.name}`);
      }
    });

    test('after a reset the session comes again', async (t) => {
      const { a, b } = await startPair(t, ofA, ofB);
      const { upSince } = await a.session(b.address);
      assert.ok(upSince);
      await sleep(1000); // daemons count whole seconds
      await b.reset(a.address);
      await until('there is another session', async () => {
        const session = await a.session(b.address);
        return session.state === 'Established' && session.upSince !== upSince;
      });
      await b.established(a.address);
    });
  });
}

describe('extended messages', { concurrency: 4 }, () => {
  const wanted: Capability = 'extended-message';
  for (const each of [frr8, frr10, frrNew, bird3, exabgp5, gobgp4]) {
    test(`${each.name} announces them`, { skip: each.skip || bird3.skip }, async (t) => {
      const { a, b } = await startPair(t, bird3, each);
      assert.ok((await a.session(b.address)).capabilities.includes(wanted));
    });
  }
});

describe('graceful restart', { concurrency: 4 }, () => {
  // FRR 8.4.4 and 10.3 keep no EVPN routes; 10.7.1 does.
  const evpn = [frrNew, gobgp4, bird3].map((helper) => [helper, 'evpn'] as const);
  const ipv4 = [frr8, frr10].map((helper) => [helper, 'ipv4'] as const);
  for (const [helper, family] of [...evpn, ...ipv4]) {
    const skip = helper.skip || gobgp4.skip;
    test(`${helper.name} keeps the ${family} routes of one that was killed`, {
      skip,
    }, async (t) => {
      const { a, b } = await startPair(t, helper, gobgp4, { gracefulRestart: 60 });
      const all = [...evpnExamples(b.address), ...unicastExamples(b.address)];
      const routes = all.filter(({ nlri }) => familyOf(nlri) === family);
      await b.announce(...routes);
      await expectRoutes(a, b.address, routes);
      await b.kill();
      await gone(a, b.address);
      await sleep(1000); // those that drop them do so at once
      assert.equal((await a.routes(family)).length, routes.length);
    });
  }

  for (const restarting of [frr8, frrNew, gobgp4, bird3]) {
    const skip = restarting.skip || exabgp5.skip;
    test(`${restarting.name} says that it has restarted`, { skip }, async (t) => {
      const { a, b } = await startPair(t, exabgp5, restarting, { gracefulRestart: 60 });
      await b.kill();
      await gone(a, b.address);
      await b.start();
      await a.established(b.address);
      assert.equal((await a.session(b.address)).gracefulRestart?.isRestarting, true);
    });
  }
});

describe('route refresh', { concurrency: 4 }, () => {
  for (const asking of [frr8, frrNew, bird3]) {
    test(`${asking.name} asks`, { skip: asking.skip || exabgp5.skip }, async (t) => {
      const { a, b } = await startPair(t, asking, exabgp5);
      await a.refresh(b.address, 'evpn');
      await until('it is asked', async () => ((await b.session(a.address)).refreshes ?? 0) > 0);
    });
  }

  for (const asked of [frr8, frrNew, gobgp4]) {
    test(`${asked.name} is asked`, { skip: asked.skip || exabgp5.skip }, async (t) => {
      const { a, b } = await startPair(t, asked, exabgp5);
      await b.refresh(a.address, 'evpn');
      await until('it is asked', async () => ((await a.session(b.address)).refreshes ?? 0) > 0);
    });
  }
});

describe('a limit of prefixes', { concurrency: 4 }, () => {
  // FRR 8.4 has none for EVPN.
  for (const limiting of [frr10, frrNew, bird3, gobgp4]) {
    test(`${limiting.name} ends the session above it`, {
      skip: limiting.skip || gobgp4.skip,
    }, async (t) => {
      const families = ['evpn'] as const;
      const { a, b } = await startPair(t, limiting, gobgp4, {
        a: { maxPrefix: 2, families },
        b: { families },
      });
      const routes = evpnExamples(b.address);
      await b.announce(...routes.slice(0, 2));
      await expectRoutes(a, b.address, routes.slice(0, 2));
      await b.announce(...routes.slice(2));
      await gone(a, b.address);
    });
  }
});

describe('ADD-PATH', { concurrency: 4 }, () => {
  for (const each of [frr8, frrNew, bird3, gobgp4]) {
    test(`${each.name} announces that it sends and receives more than one path`, {
      skip: each.skip || gobgp4.skip,
    }, async (t) => {
      const families = ['ipv4'] as const;
      const { a, b } = await startPair(t, gobgp4, each, {
        a: { addPath: 'both', families },
        b: { addPath: 'both', families },
      });
      assert.ok((await a.session(b.address)).capabilities.includes('add-path ipv4'));
      assert.ok((await b.session(a.address)).capabilities.includes('add-path ipv4'));
      const [route] = unicastExamples(b.address);
      assert.ok(route);
      await b.announce(route);
      await expectRoutes(a, b.address, [route]);
    });
  }
});
