/**
 * Graceful restart with our own speaker at either end, RFC 4724: what is kept of a daemon that is killed, and what a daemon
 * keeps of us when the process `selvedge bgp` is; in both cases others go on hearing of it.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { routesOf } from './harness/examples.ts';
import { expectRoutes, freeAddress, startPeer } from './harness/fixture.ts';
import { formatConfig, Selvedge } from './harness/peers/selvedge.ts';
import { SelvedgeProcess } from './harness/selvedge-process.ts';
import type { Family } from './harness/routes.ts';
import { bird3, frr8, frrNew, gobgp4, type Software } from './harness/software.ts';
import { until } from './harness/until.ts';

const as = 65000;
const gracefulRestart = 60;

interface Killed {
  readonly daemon: Software;
  readonly families: readonly Family[];
  /** It comes back with its routes, and with the word that it has kept its forwarding state. */
  readonly isSeamless: boolean;
}

const killed: readonly Killed[] = [
  { daemon: bird3, families: ['ipv4', 'evpn'], isSeamless: true },
  { daemon: gobgp4, families: ['evpn'], isSeamless: false },
  { daemon: frr8, families: ['ipv4'], isSeamless: false },
  { daemon: frrNew, families: ['ipv4'], isSeamless: false },
];

// They wait most of the time.
describe('a daemon that is killed', { concurrency: 4 }, () => {
  for (const { daemon: of, families, isSeamless } of killed) {
    test(`${of.name}: its routes are kept and passed on until it is back`, {
      skip: of.skip,
    }, async (t) => {
      const [at, atUs, atOther] = [freeAddress(), freeAddress(), freeAddress()];
      const client = { as, families, client: true, passive: true };
      const us = Selvedge.start(t, {
        as,
        routerId: '192.0.2.1',
        address: atUs,
        gracefulRestart,
        neighbors: [
          { ...client, address: at },
          { ...client, address: atOther },
        ],
      });
      const neighbors = [{ address: atUs, as, families }];
      const other = Selvedge.start(t, { as, routerId: '192.0.2.2', address: atOther, neighbors });
      const daemon = await startPeer(t, of, {
        as,
        routerId: '192.0.2.101',
        address: at,
        gracefulRestart,
        neighbors,
      });
      await daemon.established(atUs);
      await other.established(atUs);
      const routes = routesOf(daemon, families);
      const told = routes.map(({ nlri, attributes }) => {
        const more = { originatorId: '192.0.2.101', clusterList: ['192.0.2.1'] };
        return { nlri, attributes: { ...attributes, ...more } };
      });
      await daemon.announce(...routes);
      await expectRoutes(other, atUs, told);
      const { received } = other.peer(atUs).status.traffic;
      const heard = received[2];

      await daemon.kill();
      await until('we know', async () => (await us.session(at)).state !== 'Established');
      assert.match(us.lastEnd(at), /^connection lost/);
      await expectRoutes(other, atUs, told);
      assert.equal(received[2], heard, 'nobody is told that it is gone');

      await daemon.start();
      await daemon.announce(...routes);
      await us.established(at);
      await until('all is heard again', () => (us.peer(at).status.traffic.received[2] ?? 0) > 0);
      await expectRoutes(us, at, routes);
      await expectRoutes(other, atUs, told);
      if (isSeamless) assert.equal(received[2], heard, 'nobody is told that it was gone');
    });
  }
});

describe('our process is killed', { concurrency: 4 }, () => {
  // FRR 8.4.4 and 10.3 keep IPv4 routes only.
  for (const [of, families] of [
    [bird3, ['ipv4', 'evpn']],
    [gobgp4, ['ipv4', 'evpn']],
    [frr8, ['ipv4']],
    [frrNew, ['ipv4', 'evpn']],
  ] as const) {
    test(`${of.name} keeps what we have reflected, and has it when we are back`, {
      skip: of.skip,
    }, async (t) => {
      const [at, atUs, atSource] = [freeAddress(), freeAddress(), freeAddress()];
      const client = { as, families, client: true, passive: true };
      const us = await SelvedgeProcess.start(
        t,
        formatConfig({
          as,
          routerId: '192.0.2.1',
          address: atUs,
          gracefulRestart,
          more: 'preserve = true',
          neighbors: [
            { ...client, address: at },
            { ...client, address: atSource },
          ],
        }),
      );
      const neighbors = [{ address: atUs, as, families }];
      const common = { as, gracefulRestart, neighbors };
      const source = Selvedge.start(t, { ...common, routerId: '192.0.2.2', address: atSource });
      const daemon = await startPeer(t, of, { ...common, routerId: '192.0.2.101', address: at });
      await us.established(at);
      await us.established(atSource);
      const routes = routesOf(source, families);
      const told = routes.map(({ nlri, attributes }) => {
        const more = { originatorId: '192.0.2.2', clusterList: ['192.0.2.1'] };
        return { nlri, attributes: { ...attributes, ...more } };
      });
      await source.announce(...routes);
      await expectRoutes(daemon, atUs, told);

      await us.kill();
      await until('it knows', async () => (await daemon.session(atUs)).state !== 'Established');
      await expectRoutes(daemon, atUs, told);

      await us.start('--graceful-restart');
      await us.established(at);
      await us.established(atSource);
      await expectRoutes(daemon, atUs, told);
    });
  }
});
