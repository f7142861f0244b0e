/** Every daemon starts, answers, ends by its process id and can be killed and started again. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, test } from 'node:test';
import { evpnExamples, unicastExamples } from '../harness/examples.ts';
import { expectRoutes, freeAddress, startPair, startPeer } from '../harness/fixture.ts';
import { frr8, gobgp4, software } from '../harness/software.ts';

describe('every daemon', { concurrency: 4 }, () => {
  for (const each of software) {
    test(`${each.name} starts, waits for a neighbour, and ends when asked`, {
      skip: each.skip,
    }, async (t) => {
      const neighbor = { address: freeAddress(), as: 65000, families: each.families };
      const peer = await startPeer(t, each, {
        as: 65000,
        routerId: '192.0.2.1',
        address: freeAddress(),
        neighbors: [{ ...neighbor, passive: true }],
      });
      const { pid } = peer;
      assert.ok(existsSync(`/proc/${pid}`));
      assert.notEqual((await peer.session(neighbor.address)).state, 'Established');
      assert.deepEqual(await peer.routes('ipv4'), []);
      await peer.stop();
      assert.ok(!existsSync(`/proc/${pid}`));
    });

    test(`${each.name} comes back after it was killed`, {
      skip: each.skip || frr8.skip,
    }, async (t) => {
      const { a, b, atB } = await startPair(t, each, frr8);
      await a.kill();
      assert.ok(!a.isRunning);
      await a.start();
      await a.established(b.address);
      const [route] = unicastExamples(a.address);
      if (route === undefined) throw new Error('there are examples');
      await a.announce(route);
      await atB(route);
    });
  }
});

describe('a route reflector', { concurrency: 4 }, () => {
  for (const each of software.filter(({ families }) => families.includes('evpn'))) {
    if (each.name.startsWith('ExaBGP')) continue; // it reflects nothing
    test(`${each.name} passes on what a client has, with where it was`, {
      skip: each.skip || gobgp4.skip,
    }, async (t) => {
      const [reflector, source, sink] = [freeAddress(), freeAddress(), freeAddress()];
      const families = ['evpn'] as const;
      const clients = [source, sink].map((address) => ({
        address,
        as: 65000,
        families,
        client: true,
        passive: true,
      }));
      const peer = await startPeer(t, each, {
        as: 65000,
        routerId: '192.0.2.1',
        address: reflector,
        neighbors: clients,
      });
      const toReflector = [{ address: reflector, as: 65000, families }];
      const from = await startPeer(t, gobgp4, {
        as: 65000,
        routerId: '192.0.2.2',
        address: source,
        neighbors: toReflector,
      });
      const to = await startPeer(t, gobgp4, {
        as: 65000,
        routerId: '192.0.2.3',
        address: sink,
        neighbors: toReflector,
      });
      await peer.established(source);
      await peer.established(sink);
      const routes = evpnExamples(source);
      await from.announce(...routes);
      await expectRoutes(peer, source, routes);
      // RFC 4456 §8
      const reflected = { originatorId: '192.0.2.2', clusterList: ['192.0.2.1'] };
      await expectRoutes(
        to,
        reflector,
        routes
          .map((route) => peer.passesOn(route))
          .map(({ nlri, attributes }) => ({
            nlri,
            attributes: { ...attributes, ...reflected },
          })),
      );
    });
  }
});
