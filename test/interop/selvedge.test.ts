/**
 * Our own speaker and each daemon, in every part that either may have: what the one originates the other shows whole, in
 * one AS, from AS to AS, reflected by us and reflected by them, and no longer when it is withdrawn. One daemon stands for
 * all rows below its name, with a session for each part:
 *
 *     other ── reflector ── daemon ── one, two       `reflector` reflects for `other` and the daemon,
 *               AS 65000       └───── outside        the daemon for `one` and `two`; `outside` is in AS 65001
 */

import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import { Capture, noCapture } from './harness/capture.ts';
import { routesOf } from './harness/examples.ts';
import { expectNothing, expectRoutes, freeAddress, ownNet, startPeer } from './harness/fixture.ts';
import type { Peer } from './harness/peer.ts';
import { Selvedge } from './harness/peers/selvedge.ts';
import type { NeighborConfig, Router } from './harness/router.ts';
import { type Family, familyOf, type Route } from './harness/routes.ts';
import {
  bird3,
  exabgp4,
  exabgp5,
  frr8,
  frrNew,
  gobgp3,
  gobgp4,
  type Software,
  software,
} from './harness/software.ts';

const inside = 65000;
const outside = 65001;

/** Of our speakers. */
const ours: string[] = [];
const capture = noCapture === false ? new Capture(ownNet) : undefined;
before(() => capture?.listening());
after(() => capture?.forget());

/** A speaker of ours on an address of its own. */
function selvedge(
  t: TestContext,
  last: number,
  address: string,
  neighbors: readonly NeighborConfig[],
  as = inside,
): Selvedge {
  ours.push(address);
  return Selvedge.start(t, { as, routerId: `192.0.2.${last}`, address, neighbors });
}

interface Parts {
  readonly daemon: Peer;
  readonly reflector: Selvedge;
  readonly other: Selvedge;
  readonly one: Selvedge;
  readonly two: Selvedge;
  readonly outside: Selvedge;
}

async function startParts(t: TestContext, of: Software): Promise<Parts> {
  const [at, atReflector, atOther] = [freeAddress(), freeAddress(), freeAddress()];
  const [atOne, atTwo, atOutside] = [freeAddress(), freeAddress(), freeAddress()];
  const { families } = of;
  const common = { families, as: inside };
  const daemonIs = { ...common, address: at, passive: true };
  const parts = {
    reflector: selvedge(t, 1, atReflector, [
      { ...daemonIs, client: true },
      { ...common, address: atOther, client: true, passive: true },
    ]),
    other: selvedge(t, 2, atOther, [{ ...common, address: atReflector }]),
    one: selvedge(t, 3, atOne, [daemonIs]),
    two: selvedge(t, 4, atTwo, [daemonIs]),
    outside: selvedge(t, 5, atOutside, [daemonIs], outside),
  };
  const daemon = await startPeer(t, of, {
    as: inside,
    routerId: '192.0.2.101',
    address: at,
    neighbors: [
      { ...common, address: atReflector },
      { ...common, address: atOne, client: true },
      { ...common, address: atTwo, client: true },
      { ...common, address: atOutside, as: outside },
    ],
  });
  await parts.other.established(atReflector);
  for (const each of [atReflector, atOne, atTwo, atOutside]) await daemon.established(each);
  return { daemon, ...parts };
}

/** One row of the matrix: whose routes, who tells them to whom, and what becomes of them on the way, if they get there. */
interface Row {
  readonly from: keyof Parts;
  readonly via: keyof Parts;
  readonly to: keyof Parts;
  readonly becomes: (route: Route, parts: Parts) => Route | undefined;
}

/** RFC 4456 §8. */
function reflected(route: Route, from: Router, by: Router): Route {
  const { nlri, attributes } = by.passesOn(route);
  const [originatorId, clusterList] = [from.config.routerId, [by.config.routerId]];
  return { nlri, attributes: { ...attributes, originatorId, clusterList } };
}

const rows: Readonly<Record<string, Row>> = {
  'in one AS: it has what we originate': {
    from: 'reflector',
    via: 'reflector',
    to: 'daemon',
    becomes: (route) => route,
  },
  'in one AS: we have what it originates': {
    from: 'daemon',
    via: 'daemon',
    to: 'reflector',
    becomes: (route) => route,
  },
  'we reflect: it has what another client originates': {
    from: 'other',
    via: 'reflector',
    to: 'daemon',
    becomes: (route, { other, reflector }) => reflected(route, other, reflector),
  },
  'we reflect: another client has what it originates': {
    from: 'daemon',
    via: 'reflector',
    to: 'other',
    becomes: (route, { daemon, reflector }) => reflected(route, daemon, reflector),
  },
  'it reflects: one of us has what the other originates': {
    from: 'one',
    via: 'daemon',
    to: 'two',
    becomes: (route, { one, daemon }) => reflected(route, one, daemon),
  },
  'from AS to AS: it has what we originate': {
    from: 'outside',
    via: 'outside',
    to: 'daemon',
    becomes: (route, parts) => parts.outside.tellsOutside(route),
  },
  'from AS to AS: we have what it originates': {
    from: 'daemon',
    via: 'daemon',
    to: 'outside',
    becomes: (route, { daemon }) => daemon.tellsOutside(route),
  },
};

async function run(
  { from, via, to, becomes }: Row,
  parts: Parts,
  families: readonly Family[],
): Promise<void> {
  const [source, teller, hearer] = [parts[from], parts[via], parts[to]];
  const routes = routesOf(source, families);
  assert.ok(routes.length > 0);
  await source.announce(...routes);
  await expectRoutes(
    hearer,
    teller.address,
    routes.flatMap((route) => becomes(route, parts) ?? []),
  );
  await source.withdraw(...routes);
  await expectNothing(hearer, teller.address, routes);
}

/** It sends what it is told, and passes on nothing. */
const decidesNothing = [exabgp4, exabgp5];

describe('Selvedge and', { concurrency: 3 }, () => {
  for (const each of software) {
    test(each.name, { skip: each.skip }, async (t) => {
      const parts = await startParts(t, each);
      for (const [name, row] of Object.entries(rows)) {
        if (decidesNothing.includes(each) && row.via === 'daemon' && row.from !== 'daemon')
          continue;
        await t.test(name, () => run(row, parts, each.families));
      }
    });
  }
});

/** All daemons at one speaker of ours; `other` are those of them that are in an AS of their own. */
async function startAll(
  t: TestContext,
  daemons: readonly Software[],
  others: readonly Software[] = [],
): Promise<{ readonly address: string; readonly peers: ReadonlyMap<Software, Peer> }> {
  const address = freeAddress();
  const neighbors = [...daemons, ...others].map((of) => ({
    address: freeAddress(),
    as: others.includes(of) ? outside : inside,
    families: of.families,
    client: !others.includes(of),
    passive: true,
  }));
  selvedge(t, 1, address, neighbors);
  const peers = new Map<Software, Peer>();
  for (const [index, of] of [...daemons, ...others].entries()) {
    const { address: at = '', as = inside } = neighbors[index] ?? {};
    const { families } = of;
    const routerId = `192.0.2.${101 + index}`;
    const neighbor = { address, as: inside, families };
    peers.set(of, await startPeer(t, of, { as, routerId, address: at, neighbors: [neighbor] }));
  }
  for (const peer of peers.values()) await peer.established(address);
  return { address, peers };
}

const announcers = [gobgp4, exabgp5, bird3];

describe('between daemons', { concurrency: 2 }, () => {
  const missing = software.map(({ skip }) => skip).find((skip) => skip !== false) ?? false;

  test('what one client announces and withdraws all others hear of', {
    skip: missing,
  }, async (t) => {
    const { address, peers } = await startAll(t, software);
    for (const announcer of announcers) {
      const from = peers.get(announcer);
      assert.ok(from !== undefined);
      const routes = routesOf(from, announcer.families);
      const clusterList = ['192.0.2.1'];
      await from.announce(...routes);
      for (const [{ families }, to] of peers) {
        if (to === from) continue;
        const told = routes
          .filter(({ nlri }) => families.includes(familyOf(nlri)))
          .map(({ nlri, attributes }) => ({
            nlri,
            attributes: { ...attributes, originatorId: from.config.routerId, clusterList },
          }));
        await expectRoutes(to, address, told);
      }
      await from.withdraw(...routes);
      for (const [{ families }, to] of peers) {
        const gone = routes.filter(({ nlri }) => families.includes(familyOf(nlri)));
        await expectNothing(to, address, gone);
      }
    }
  });

  test('another AS hears of EVPN routes without what is of ours', { skip: missing }, async (t) => {
    const { address, peers } = await startAll(t, announcers, [frr8, frrNew, gobgp3, exabgp4]);
    for (const announcer of announcers) {
      const from = peers.get(announcer);
      assert.ok(from !== undefined);
      const routes = routesOf(from, ['evpn']);
      await from.announce(...routes);
      // RFC 4271 §5.1.2, §5.1.4, §5.1.5.
      const told = routes.map(({ nlri, attributes }) => {
        const { localPref: _preference, med: _med, asPath, ...others } = attributes;
        return { nlri, attributes: { ...others, asPath: [inside, ...asPath] } };
      });
      for (const to of peers.values()) {
        if (to.config.as === outside) await expectRoutes(to, address, told);
      }
      await from.withdraw(...routes);
      for (const to of peers.values()) await expectNothing(to, address, routes);
    }
  });
});

test('tshark reads every message that we have sent, and has nothing to complain of', {
  skip: noCapture,
}, async () => {
  assert.ok(capture !== undefined);
  await capture.stop();
  const sent = `bgp && ip.src in {${ours.join(', ')}}`;
  const types = capture.read(sent, 'bgp.type').flatMap((line) => line.split(','));
  const counts = ['1', '2', '3', '4'].map((type) => types.filter((each) => each === type).length);
  assert.ok(Math.min(...counts) > 0, `OPEN, UPDATE, NOTIFICATION, KEEPALIVE: ${counts.join(', ')}`);
  // Warnings, and worse. What it says of TCP is none of our words.
  const wrong = '(_ws.malformed || _ws.expert.severity >= 0x600000) && !tcp.analysis.flags';
  const words = ['ip.src', 'ip.dst', 'bgp.type', '_ws.expert.message'];
  assert.deepEqual(capture.read(`${sent} && ${wrong}`, ...words), []);
});
