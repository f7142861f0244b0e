/**
 * Our own speaker as the route reflector between real daemons: what one of them announces the other shows whole, with what
 * RFC 4456 adds, and no longer when it is withdrawn; and to another AS with what RFC 4271 changes.
 */

import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { silentLog } from '../../src/base/ports.ts';
import { unwrap } from '../../src/base/result.ts';
import { parseBgpConfig } from '../../src/config/bgp/read.ts';
import { SpeakerProcess } from '../../src/speaker/process.ts';
import { summary } from '../../src/speaker/view.ts';
import { evpnExamples, unicastExamples } from './harness/examples.ts';
import { expectNothing, expectRoutes, freeAddress, startPeer } from './harness/fixture.ts';
import { bgpPort, type Peer } from './harness/peer.ts';
import { type Family, familyOf, type Route } from './harness/routes.ts';
import { bird3, exabgp5, frr10, frr8, frrNew, gobgp4, type Software } from './harness/software.ts';

const ourId = '192.0.2.254';
const ourAs = 65000;

const names = { ipv4: 'ipv4-unicast', ipv6: 'ipv6-unicast', evpn: 'l2vpn-evpn' } as const;

interface Client {
  readonly software: Software;
  readonly as?: number;
  readonly more?: string;
}

/** The reflector, and the daemons that have called it, each with a session. */
async function startAll(
  t: TestContext,
  families: readonly Family[],
  ...clients: readonly Client[]
): Promise<{
  readonly us: SpeakerProcess;
  readonly address: string;
  readonly peers: readonly Peer[];
}> {
  const address = freeAddress();
  const addresses = clients.map(() => freeAddress());
  const us = new SpeakerProcess(
    unwrap(
      parseBgpConfig(`
[global]
as = ${ourAs}
router_id = "${ourId}"
families = [${families.map((family) => `"${names[family]}"`).join(', ')}]
[[listen]]
address = "${address}"
port = ${bgpPort}
${clients
  .map(
    ({ as = ourAs, more = '' }, index) => `
[[peer]]
address = "${addresses[index]}"
as = ${as}
client = ${as === ourAs}
passive = true
${more}`,
  )
  .join('')}`),
    ),
    silentLog,
  );
  t.after(() => us.stop());
  unwrap(us.start());
  const peers: Peer[] = [];
  for (const [index, { software, as = ourAs }] of clients.entries()) {
    const peer = await startPeer(t, software, {
      as,
      routerId: `192.0.2.${101 + index}`,
      address: addresses[index] ?? '',
      neighbors: [{ address, as: ourAs, families }],
    });
    peers.push(peer);
  }
  for (const peer of peers) await peer.established(address);
  assert.ok(summary(us).peers.every(({ state }) => state === 'Established'));
  return { us, address, peers };
}

function routesOf(peer: Peer, families: readonly Family[]): readonly Route[] {
  return [...evpnExamples(peer.address), ...unicastExamples(peer.address)].filter(
    (route) => families.includes(familyOf(route.nlri)) && peer.cannotAnnounce(route) === undefined,
  );
}

/** RFC 4456 §8. */
function reflected({ nlri, attributes }: Route, from: Peer): Route {
  const originatorId = from.config.routerId;
  return { nlri, attributes: { ...attributes, originatorId, clusterList: [ourId] } };
}

const announcers = [gobgp4, exabgp5, bird3];
const hearers = [frr8, frr10, frrNew, gobgp4, bird3, exabgp5];

describe('Selvedge reflects in one AS', { concurrency: 4 }, () => {
  for (const ofA of announcers) {
    for (const ofB of hearers) {
      const skip = ofA.skip || ofB.skip;
      test(`what ${ofA.name} announces and withdraws, to ${ofB.name}`, { skip }, async (t) => {
        const families = ofA.families.filter((family) => ofB.families.includes(family));
        const { address, peers } = await startAll(
          t,
          families,
          { software: ofA },
          { software: ofB },
        );
        const [a, b] = peers;
        assert.ok(a !== undefined && b !== undefined);
        const routes = routesOf(a, families);
        assert.ok(routes.length > 0);
        await a.announce(...routes);
        await expectRoutes(
          b,
          address,
          routes.map((route) => reflected(route, a)),
        );
        await a.withdraw(...routes);
        await expectNothing(b, address, routes);
      });
    }
  }
});

describe('Selvedge passes EVPN on', { concurrency: 4 }, () => {
  for (const [ofA, ofB] of [
    [gobgp4, frrNew],
    [exabgp5, frr8],
    [gobgp4, bird3],
    [bird3, gobgp4],
  ] as const) {
    const skip = ofA.skip || ofB.skip;
    test(`from ${ofA.name} to ${ofB.name} in another AS`, { skip }, async (t) => {
      const clients = [{ software: ofA }, { software: ofB, as: 65001 }];
      // ExaBGP announces EVPN beside IPv4 only.
      const families = ofA === exabgp5 ? (['ipv4', 'evpn'] as const) : (['evpn'] as const);
      const { address, peers } = await startAll(t, families, ...clients);
      const [a, b] = peers;
      assert.ok(a !== undefined && b !== undefined);
      const routes = routesOf(a, ['evpn']);
      await a.announce(...routes);
      // RFC 4271 §5.1.2, §5.1.4, §5.1.5.
      const told = routes.map(({ nlri, attributes }) => {
        const { localPref: _preference, med: _med, asPath, ...others } = attributes;
        return { nlri, attributes: { ...others, asPath: [ourAs, ...asPath] } };
      });
      await expectRoutes(b, address, told);
    });
  }
});

test('a daemon that is killed takes its routes with it', {
  skip: gobgp4.skip || frr10.skip,
}, async (t) => {
  const { address, peers } = await startAll(t, ['evpn'], { software: gobgp4 }, { software: frr10 });
  const [a, b] = peers;
  assert.ok(a !== undefined && b !== undefined);
  const routes = routesOf(a, ['evpn']);
  await a.announce(...routes);
  await expectRoutes(
    b,
    address,
    routes.map((route) => reflected(route, a)),
  );
  await a.kill();
  await expectNothing(b, address, routes);
});

test('a peer that asks gets all routes again', { skip: gobgp4.skip || frr10.skip }, async (t) => {
  const { address, peers, us } = await startAll(
    t,
    ['evpn'],
    { software: gobgp4 },
    { software: frr10 },
  );
  const [a, b] = peers;
  assert.ok(a !== undefined && b !== undefined);
  const routes = routesOf(a, ['evpn']);
  await a.announce(...routes);
  const expected = routes.map((route) => reflected(route, a));
  await expectRoutes(b, address, expected);
  await b.refresh(address, 'evpn');
  await expectRoutes(b, address, expected);
  assert.ok(summary(us).peers.every(({ state }) => state === 'Established'));
});
