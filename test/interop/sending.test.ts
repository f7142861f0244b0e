/**
 * What our speaker sends to real daemons that have asked for it, and what it keeps of them: route targets, several paths,
 * routes of a daemon that is long gone, limits of both sides.
 */

import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { silentLog } from '../../src/base/ports.ts';
import { unwrap } from '../../src/base/result.ts';
import { parseBgpConfig } from '../../src/config/bgp/read.ts';
import { SpeakerProcess } from '../../src/speaker/process.ts';
import { summary } from '../../src/speaker/view.ts';
import { evpnExamples } from './harness/examples.ts';
import { expectNothing, expectRoutes, freeAddress, startPeer } from './harness/fixture.ts';
import type { Peer } from './harness/peer.ts';
import { bgpPort, type NeighborConfig, type PeerConfig } from './harness/router.ts';
import { Gobgp } from './harness/peers/gobgp.ts';
import { extended, type Family, keyOf, type Route } from './harness/routes.ts';
import { bird3, frr10, frr8, frrNew, gobgp4, type Software } from './harness/software.ts';
import { until } from './harness/until.ts';

const ourId = '192.0.2.254';
const ourAs = 65000;

interface Client {
  readonly software: Software;
  /** Of the daemon's configuration of us, and of itself. */
  readonly neighbor?: Partial<NeighborConfig>;
  readonly config?: Partial<PeerConfig>;
  /** We connect, too. */
  readonly connects?: boolean;
  /** Lines of our configuration of the daemon. */
  readonly ours?: string;
}

interface Reflector {
  readonly us: SpeakerProcess;
  /** Another process of the same configuration, that takes the place of the one before. */
  readonly again: () => SpeakerProcess;
  readonly address: string;
  readonly peers: readonly Peer[];
}

/** Our reflector for clients in its AS, and the daemons. */
async function startAll(
  t: TestContext,
  names: string,
  families: readonly Family[],
  clients: readonly Client[],
  global = '',
): Promise<Reflector> {
  const address = freeAddress();
  const addresses = clients.map(() => freeAddress());
  const parsed = unwrap(
    parseBgpConfig(`
[global]
as = ${ourAs}
router_id = "${ourId}"
families = ${names}
${global}
[[listen]]
address = "${address}"
port = ${bgpPort}
${clients
  .map(
    ({ connects = false, ours = '' }, index) => `
[[peer]]
address = "${addresses[index]}"
as = ${ourAs}
client = true
${connects ? `port = ${bgpPort}\nsource = "${address}"\nconnect_retry = 1` : 'passive = true'}
${ours}`,
  )
  .join('')}`),
  );
  const start = (isRestart: boolean): SpeakerProcess => {
    const us = new SpeakerProcess(parsed, silentLog, () => {}, isRestart);
    t.after(() => us.stop());
    unwrap(us.start());
    return us;
  };
  const us = start(false);
  const peers: Peer[] = [];
  for (const [index, { software, neighbor = {}, config = {} }] of clients.entries()) {
    const peer = await startPeer(t, software, {
      as: ourAs,
      routerId: `192.0.2.${101 + index}`,
      address: addresses[index] ?? '',
      neighbors: [{ address, as: ourAs, families, ...neighbor }],
      ...config,
    });
    peers.push(peer);
  }
  for (const peer of peers) await peer.established(address);
  return { us, again: () => start(true), address, peers };
}

/** RFC 4456 §8. */
function reflected({ nlri, attributes }: Route, from: Peer): Route {
  const originatorId = from.config.routerId;
  return { nlri, attributes: { ...attributes, originatorId, clusterList: [ourId] } };
}

const evpnWithTargets = '["l2vpn-evpn", "route-target"]';

test('a GoBGP that asks for route targets is told what has them, and follows what it asks for', {
  skip: gobgp4.skip,
}, async (t) => {
  const { us, address, peers } = await startAll(
    t,
    evpnWithTargets,
    ['evpn'],
    [{ software: gobgp4 }, { software: gobgp4, neighbor: { routeTargets: true } }],
    'route_targets = ["default"]',
  );
  const [a, b] = peers;
  assert.ok(a !== undefined && b instanceof Gobgp);
  const routes = evpnExamples(a.address).filter((route) => a.cannotAnnounce(route) === undefined);
  const other = extended.routeTarget('4200000000:7');
  const isOther = ({ attributes }: Route) => attributes.extendedCommunities?.includes(other);
  assert.ok(routes.some(isOther) && !routes.every(isOther));
  await a.announce(...routes);
  const held = () => summary(us).ribs.find(({ family }) => family === 'l2vpn-evpn')?.destinations;
  await until('all of it is held', () => held() === routes.length);
  await b.ask('vrf', 'add', 'one', 'rd', '192.0.2.102:1', 'rt', 'both', '64086.59904:7');
  const some = routes.filter(isOther).map((route) => reflected(route, a));
  await expectRoutes(b, address, some);
  await b.ask('vrf', 'add', 'two', 'rd', '192.0.2.102:2', 'rt', 'both', '65000:100');
  await expectRoutes(
    b,
    address,
    routes.map((route) => reflected(route, a)),
  );
  await b.ask('vrf', 'del', 'two');
  await expectRoutes(b, address, some);
  await b.ask('vrf', 'del', 'one');
  await expectNothing(b, address, routes);
  // It filters what it tells us in the same way, and we have asked for everything.
  const own = evpnExamples(b.address).find(({ nlri }) => nlri.type === 'imet');
  assert.ok(own !== undefined);
  await b.announce(own);
  await until('what it announces is heard', () => held() === routes.length + 1);
});

/** One route from each of two daemons, and who hears of both. */
describe('a daemon that takes several paths', { concurrency: 3 }, () => {
  for (const hearer of [frr8, frr10, frrNew, gobgp4, bird3]) {
    for (const family of ['ipv4', 'evpn'] as const) {
      // FRR before 10.7 has it for EVPN as little as the command to send several.
      const isAble = hearer.families.includes(family) && (family === 'ipv4' || !isFrr(hearer));
      if (!isAble) continue;
      const skip = hearer.skip || gobgp4.skip;
      test(`takes several paths: ${hearer.name}, of ${family}`, { skip }, async (t) => {
        const names = family === 'ipv4' ? '["ipv4-unicast"]' : '["l2vpn-evpn"]';
        const { address, peers } = await startAll(
          t,
          names,
          [family],
          [
            { software: gobgp4 },
            { software: gobgp4 },
            { software: hearer, neighbor: { addPath: 'receive' }, ours: 'add_path = "all"' },
          ],
        );
        const [a, b, c] = peers;
        assert.ok(a !== undefined && b !== undefined && c !== undefined);
        const routes = [a, b].map((each) => routeOf(family, each.address));
        for (const [index, each] of [a, b].entries()) {
          await each.announce(...routes.slice(index, index + 1));
        }
        await until(
          `${c.name} has both`,
          async () => (await nextHops(c, family, address)).length === 2,
        );
        assert.deepEqual(await nextHops(c, family, address), [a.address, b.address].toSorted());
        await a.withdraw(...routes.slice(0, 1));
        await until(
          `${c.name} has one`,
          async () => (await nextHops(c, family, address)).length === 1,
        );
        assert.deepEqual(await nextHops(c, family, address), [b.address]);
      });
    }
  }
});

function isFrr({ name }: Software): boolean {
  return name.startsWith('FRR');
}

/** The same route, whoever announces it. */
function routeOf(family: 'ipv4' | 'evpn', nextHop: string): Route {
  const attributes = { nextHop, origin: 'igp', asPath: [], localPref: 100 } as const;
  if (family === 'ipv4') return { nlri: { type: 'ipv4', prefix: '198.51.100.0/24' }, attributes };
  const nlri = { type: 'imet', rd: '192.0.2.1:1', tag: 0, ip: '192.0.2.1' } as const;
  const extendedCommunities = [extended.routeTarget('65000:100')];
  return { nlri, attributes: { ...attributes, extendedCommunities } };
}

async function nextHops(peer: Peer, family: Family, from: string): Promise<readonly string[]> {
  const routes = (await peer.routes(family)).filter((route) => route.from === from);
  assert.ok(new Set(routes.map(({ nlri }) => keyOf(nlri))).size <= 1);
  return routes.map(({ attributes }) => attributes.nextHop).toSorted();
}

test('what is long gone is told marked to those who know of it, and to no others (RFC 9494)', {
  skip: gobgp4.skip || bird3.skip,
}, async (t) => {
  const { us, address, peers } = await startAll(
    t,
    '["ipv4-unicast"]',
    ['ipv4'],
    [
      {
        software: gobgp4,
        config: { gracefulRestart: 2 },
        neighbor: { longLived: 3600 },
        ours: 'long_lived = 3600',
      },
      { software: bird3, config: { gracefulRestart: 60 }, ours: 'long_lived = 3600' },
      // FRR says of itself that it knows of them.
      { software: gobgp4 },
      // §4.6.
      { software: gobgp4, ours: 'long_lived_partial = true' },
    ],
  );
  const [source, knows, other, partial] = peers;
  assert.ok(source !== undefined && knows !== undefined);
  assert.ok(other !== undefined && partial !== undefined);
  const route = routeOf('ipv4', source.address);
  await source.announce(route);
  const hearers = [knows, other, partial];
  for (const each of hearers) await expectRoutes(each, address, [reflected(route, source)]);
  await source.kill();
  await expectNothing(other, address, [route]);
  // RFC 9494 §3: LLGR_STALE.
  const marked = { ...route.attributes, communities: ['65535:6'] };
  await expectRoutes(knows, address, [reflected({ ...route, attributes: marked }, source)]);
  const last = { ...marked, localPref: 0, communities: ['65535:6', '65535:65281'] };
  await expectRoutes(partial, address, [reflected({ ...route, attributes: last }, source)]);
  assert.equal(summary(us).ribs[0]?.paths, 1);
  await source.start();
  await source.established(address);
  await source.announce(route);
  for (const each of hearers) await expectRoutes(each, address, [reflected(route, source)]);
});

describe('our own restart (RFC 4724 §4.1)', { concurrency: 2 }, () => {
  for (const hearer of [bird3, gobgp4, frr8, frrNew]) {
    test(`${hearer.name} keeps what it has of us, and has it afterwards`, {
      skip: hearer.skip || gobgp4.skip,
    }, async (t) => {
      const ours = 'preserve = true';
      const config = { gracefulRestart: 120 };
      const { us, again, address, peers } = await startAll(
        t,
        '["ipv4-unicast"]',
        ['ipv4'],
        [
          { software: gobgp4, config, ours },
          { software: hearer, config, ours, connects: true },
        ],
      );
      const [source, keeps] = peers;
      assert.ok(source !== undefined && keeps !== undefined);
      const [stays, goes] = prefixes(2, source.address);
      assert.ok(stays !== undefined && goes !== undefined);
      await source.announce(stays, goes);
      await expectRoutes(
        keeps,
        address,
        [stays, goes].map((each) => reflected(each, source)),
      );
      us.leave();
      await until(`${keeps.name} sees that we are gone`, async () => {
        return (await keeps.session(address)).state !== 'Established';
      });
      const has = async () => (await nextHopsOf(keeps, address)).length;
      assert.equal(await has(), 2);
      await source.withdraw(goes);
      const back = again();
      await keeps.established(address);
      assert.equal((await keeps.session(address)).gracefulRestart?.isRestarting, true);
      // What is gone goes with our End-of-RIB, and not before it; what is there was never missed.
      await until('what was withdrawn meanwhile goes', async () => {
        const left = await has();
        assert.ok(left >= 1);
        return left === 1;
      });
      await expectRoutes(keeps, address, [reflected(stays, source)]);
      await until('the restart is over', () =>
        back.speaker.peers.every(({ settings }) => settings.restart?.restarted === false),
      );
      assert.ok(summary(back).peers.every(({ state }) => state === 'Established'));
    });
  }
});

async function nextHopsOf(peer: Peer, from: string): Promise<readonly string[]> {
  const routes = (await peer.routes('ipv4')).filter((route) => route.from === from);
  return routes.map(({ attributes }) => attributes.nextHop);
}

function prefixes(count: number, nextHop: string): readonly Route[] {
  return Array.from({ length: count }, (_, n) => {
    const { attributes } = routeOf('ipv4', nextHop);
    return { nlri: { type: 'ipv4', prefix: `198.51.${n}.0/24` }, attributes };
  });
}

describe('a limit of prefixes', { concurrency: 2 }, () => {
  for (const software of [frr8, frrNew]) {
    test(`of ours ends the session with ${software.name}, which reads why`, {
      skip: software.skip,
    }, async (t) => {
      const ours = 'max_prefixes = { ipv4-unicast = 2 }\nmax_prefixes_restart = 1';
      const { us, address, peers } = await startAll(
        t,
        '["ipv4-unicast"]',
        ['ipv4'],
        [{ software, ours }],
      );
      const [peer] = peers;
      assert.ok(peer !== undefined);
      const routes = prefixes(3, peer.address);
      await peer.announce(...routes.slice(0, 2));
      await until('two are held', () => summary(us).ribs[0]?.paths === 2);
      await peer.announce(...routes.slice(2));
      await until('the session ends', () =>
        /more than 2 routes of ipv4-unicast/.test(summary(us).peers[0]?.lastReason ?? ''),
      );
      await until('it reads why', () =>
        /received from .* 6\/1 \(Cease\/Maximum Number of Prefixes Reached\)/.test(peer.readLog()),
      );
      await peer.withdraw(...routes.slice(2));
      // After max_prefixes_restart.
      await peer.established(address);
      await until('two are held again', () => summary(us).ribs[0]?.paths === 2);
    });

    test(`of ${software.name} ends its session with us, and we read why`, {
      skip: software.skip || gobgp4.skip,
    }, async (t) => {
      const { us, address, peers } = await startAll(
        t,
        '["ipv4-unicast"]',
        ['ipv4'],
        [{ software: gobgp4 }, { software, neighbor: { maxPrefix: 2 } }],
      );
      const [source, limited] = peers;
      assert.ok(source !== undefined && limited !== undefined);
      await source.announce(...prefixes(5, source.address));
      await until('the session ends', () =>
        summary(us).peers.some(({ lastReason = '' }) =>
          /received.*Maximum Number of Prefixes/.test(lastReason),
        ),
      );
      assert.notEqual((await limited.session(address)).state, 'Established');
    });
  }
});
