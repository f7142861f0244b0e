/**
 * Sessions of our own speaker with each daemon: what is set about them, how they end, and what becomes of the routes.
 * One daemon stands for all rows below its name; each row has a speaker of ours on an address of its own.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test, type TestContext } from 'node:test';
import { MESSAGE } from '../../src/protocols/bgp/index.ts';
import { unicastExamples } from './harness/examples.ts';
import { expectRoutes, freeAddress, startPeer } from './harness/fixture.ts';
import type { Peer } from './harness/peer.ts';
import { Selvedge } from './harness/peers/selvedge.ts';
import type { NeighborConfig } from './harness/router.ts';
import type { Route } from './harness/routes.ts';
import { Exabgp } from './harness/peers/exabgp.ts';
import { Frr } from './harness/peers/frr.ts';
import {
  exabgp4,
  exabgp5,
  frr10,
  frr8,
  frrNew,
  gobgp3,
  gobgp4,
  type Software,
  software,
} from './harness/software.ts';
import { until } from './harness/until.ts';

const theirAs = 65000;

/** A speaker of ours and the daemon's view of it. */
interface Side {
  readonly as?: number;
  /** We know of graceful restart; only then we know of the marks around a refresh too. */
  readonly gracefulRestart?: number;
  /** What we know of the daemon, and the daemon of us, beside address and AS. */
  readonly ours?: Partial<NeighborConfig>;
  readonly theirs?: Partial<NeighborConfig>;
}

interface Row {
  readonly side?: Side;
  /** Daemons that it is not for, by name, with the reason. */
  readonly not?: ReadonlyMap<Software, string>;
  readonly run: (meeting: Meeting) => Promise<void>;
}

interface Meeting {
  readonly us: Selvedge;
  readonly daemon: Peer;
  /** That of the daemon, for us, and ours, for the daemon. */
  readonly them: string;
  readonly our: string;
}

/** An IPv4 route with all that an IPv4 route may have. */
function example(nextHop: string): Route {
  const [route] = unicastExamples(nextHop);
  if (route === undefined) throw new Error('there are examples');
  return route;
}

function other(nextHop: string): Route {
  const nlri = { type: 'ipv4', prefix: '198.51.100.0/25' } as const;
  return { nlri, attributes: { nextHop, origin: 'igp', asPath: [], localPref: 100 } };
}

/** A route goes both ways, so the session is one. */
async function exchanges({ us, daemon, them, our }: Meeting): Promise<void> {
  const isExternal = us.config.as !== theirAs;
  for (const [from, to, at] of [
    [us, daemon, our],
    [daemon, us, them],
  ] as const) {
    const route = example(from.address);
    const told = isExternal ? from.tellsOutside(route) : route;
    await from.announce(route);
    await expectRoutes(to, at, told === undefined ? [] : [told]);
    await from.withdraw(route);
  }
}

function gone({ us, them }: Meeting): Promise<void> {
  const isGone = async () => (await us.session(them)).state !== 'Established';
  return until('our session is gone', isGone);
}

/** Our last session with it has ended so, or with these words first. */
async function endsWith(us: Selvedge, them: string, words: string): Promise<void> {
  await until(words, () => us.lastEnd(them).startsWith(words)).catch((cause: unknown) => {
    throw new Error(`our last session ended: ${us.lastEnd(them)}`, { cause });
  });
}

/** All that the daemon has printed. */
function saidBy(daemon: Peer): string {
  return readFileSync(daemon.log, 'utf8');
}

const words = 'back at noon';

/** A route that no message of 4096 octets has room for. */
function long(nextHop: string): Route {
  const { nlri, attributes } = example(nextHop);
  const largeCommunities = Array.from({ length: 400 }, (_, index) => `65000:1:${1000 + index}`);
  return { nlri, attributes: { ...attributes, largeCommunities } };
}

const { update, routeRefresh } = MESSAGE;

async function asks({ us, daemon, them }: Meeting): Promise<void> {
  const route = example(daemon.address);
  await daemon.announce(route);
  await expectRoutes(us, them, [route]);
  const { negotiated, traffic } = us.peer(them).status;
  const { received } = traffic;
  const [before = 0, marks = 0] = [received[update], received[routeRefresh]];
  await us.refresh(them);
  await until('we are told again', () => (received[update] ?? 0) > before);
  const all = negotiated?.refresh === 'enhanced' ? 2 : 0;
  await until('all is marked', () => received[routeRefresh] === marks + all);
  await expectRoutes(us, them, [route]);
  await daemon.withdraw(route);
}

const gobgps = [gobgp3, gobgp4] as const;
const exabgps = [exabgp4, exabgp5] as const;

function but(reason: string, ...those: readonly Software[]): ReadonlyMap<Software, string> {
  return new Map(those.map((each) => [each, reason]));
}

const rows: Readonly<Record<string, Row>> = {
  'TCP-MD5': {
    side: { ours: { password: 'selvedge' }, theirs: { password: 'selvedge' } },
    run: exchanges,
  },
  'GTSM, from AS to AS': {
    side: { as: 65001, ours: { ttlSecurity: 1 }, theirs: { ttlSecurity: 1 } },
    run: exchanges,
  },
  'AS numbers of four octets': {
    side: { as: 4_200_000_007 },
    async run(meeting) {
      const { daemon, our, us, them } = meeting;
      assert.ok((await daemon.session(our)).capabilities.includes('4-octet-as'));
      assert.ok((await us.session(them)).capabilities.includes('4-octet-as'));
      await exchanges(meeting);
    },
  },
  'AS_TRANS for one that knows two octets': {
    side: { as: 65001, theirs: { twoOctetAs: true } },
    not: new Map([
      ...but('it always tells of four octets', ...gobgps),
      ...but('without capabilities it takes no routes', frr10, frrNew),
    ]),
    async run({ us, daemon, our, them }) {
      assert.ok(!(await us.session(them)).capabilities.includes('4-octet-as'));
      const route = example(us.address);
      await us.announce(route);
      await until('the daemon has the route', async () => {
        const found = (await daemon.routes('ipv4')).find(({ from }) => from === our);
        const [ours, , last] = found?.attributes.asPath ?? [];
        // What BIRD and ExaBGP were told in AS4_PATH they show in its place; FRR, which knows of nothing, does not.
        return ours === 65001 && last === (daemon instanceof Frr ? 23456 : 4_200_000_001);
      });
    },
  },
  'the smaller hold time': {
    side: { ours: { holdTime: 30 }, theirs: { holdTime: 60 } },
    async run({ us, daemon, our, them }) {
      assert.equal((await us.session(them)).holdTime, 30);
      assert.equal((await daemon.session(our)).holdTime, 30);
    },
  },
  'a message of more than 4096 octets, either way': {
    not: but('it does not know extended messages', gobgp3),
    async run({ us, daemon, our, them }) {
      const { received } = us.peer(them).status.traffic;
      await us.announce(long(us.address));
      await expectRoutes(daemon, our, [long(us.address)]);
      // A line of its configuration has no room for such a route.
      if (daemon instanceof Frr) return;
      const [updates, octets] = [received[update], us.peer(them).status.traffic.octetsReceived];
      await daemon.announce(long(daemon.address));
      await expectRoutes(us, them, [long(daemon.address)]);
      // One message, so that it was that long.
      assert.equal((received[update] ?? 0) - (updates ?? 0), 1);
      assert.ok(us.peer(them).status.traffic.octetsReceived - octets > 4096);
      await daemon.withdraw(long(daemon.address));
    },
  },
  'a route that is too long for one that does not know such messages is not told': {
    not: but('it knows them', ...software.filter((each) => each !== gobgp3)),
    async run({ us, daemon, our }) {
      await us.announce(long(us.address), other(us.address));
      await expectRoutes(daemon, our, [other(us.address)]);
    },
  },
  'it asks for all routes again': {
    side: { gracefulRestart: 60 },
    not: but('it never asks', ...gobgps),
    async run({ us, daemon, our, them }) {
      const route = example(us.address);
      await us.announce(route);
      await expectRoutes(daemon, our, [route]);
      const { sent, received } = us.peer(them).status.traffic;
      const [before = 0, marks = 0] = [sent[update], sent[routeRefresh]];
      await daemon.refresh(our, 'ipv4');
      await until('it has asked', () => received[routeRefresh] === 1);
      await until('it is told again', () => sent[update] === before + 1);
      // RFC 7313 §4: where it begins, and where it ends.
      const isMarked = us.peer(them).status.negotiated?.refresh === 'enhanced';
      await until('all is marked', () => sent[routeRefresh] === marks + (isMarked ? 2 : 0));
      await expectRoutes(daemon, our, [route]);
    },
  },
  'we ask for all routes again, without marks': { run: asks },
  'we ask for all routes again, between marks (RFC 7313)': {
    side: { gracefulRestart: 60 },
    not: new Map([
      ...but('it does not know them', ...gobgps),
      ...but('it agrees to marks, and makes none', exabgp4),
    ]),
    async run(meeting) {
      const { us, them } = meeting;
      assert.equal(us.peer(them).status.negotiated?.refresh, 'enhanced');
      await asks(meeting);
    },
  },
  'both call, many times': {
    side: { ours: { passive: false } },
    async run(meeting) {
      const { us, daemon, our, them } = meeting;
      for (let round = 1; round <= 5; round += 1) {
        const { sessions } = us.peer(them).status;
        await (round % 2 === 0 ? us.reset(them) : daemon.reset(our));
        await until('there is another session', () => us.peer(them).status.sessions > sessions);
        await us.established(them);
        await daemon.established(our);
      }
      await exchanges(meeting);
    },
  },
  'a limit of its own that we exceed': {
    side: { theirs: { maxPrefix: 1 } },
    not: new Map([
      ...but('it has no limits', ...exabgps),
      ...but('it goes on above a limit of IPv4 routes', frr8),
    ]),
    async run({ us, them }) {
      await us.announce(example(us.address), other(us.address));
      await endsWith(us, them, 'received Cease/Maximum Number of Prefixes Reached');
    },
  },
  'it falls silent': {
    side: { ours: { holdTime: 3 } },
    async run({ us, daemon, our, them }) {
      assert.equal((await daemon.session(our)).holdTime, 3);
      process.kill(daemon.pid, 'SIGSTOP');
      try {
        await endsWith(us, them, 'sent Hold Timer Expired');
      } finally {
        process.kill(daemon.pid, 'SIGCONT');
      }
      await us.established(them);
      await daemon.established(our);
    },
  },
  'words at our shutdown': {
    not: but('it keeps them to itself', ...exabgps),
    async run(meeting) {
      const { us, daemon, them } = meeting;
      await us.shutdown(them, words);
      await gone(meeting);
      await until('the daemon has read them', () => saidBy(daemon).includes(words));
    },
  },
  'words at its shutdown': {
    async run({ us, daemon, our, them }) {
      await daemon.shutdown(our, words);
      const said = daemon instanceof Exabgp ? 'Administrative Shutdown' : words;
      await endsWith(us, them, `received Cease/Administrative Shutdown "${said}"`);
    },
  },
};

async function startRows(t: TestContext, of: Software) {
  const address = freeAddress();
  const chosen = Object.entries(rows).map(([name, row]) => ({
    name,
    ...row,
    at: freeAddress(),
    side: row.side ?? {},
    skip: row.not?.get(of),
  }));
  const meetings = chosen.map(({ at, side, skip }, index) => {
    const us = Selvedge.start(t, {
      as: side.as ?? theirAs,
      routerId: `192.0.2.${1 + index}`,
      address: at,
      gracefulRestart: side.gracefulRestart ?? 0,
      neighbors:
        skip === undefined
          ? [{ address, as: theirAs, families: ['ipv4'], passive: true, ...side.ours }]
          : [],
    });
    return us;
  });
  const daemon = await startPeer(t, of, {
    as: theirAs,
    routerId: '192.0.2.101',
    address,
    neighbors: chosen.flatMap(({ at, side, skip }) =>
      skip === undefined
        ? [{ address: at, as: side.as ?? theirAs, families: ['ipv4'] as const, ...side.theirs }]
        : [],
    ),
  });
  return chosen.map((each, index) => ({ ...each, us: meetings[index], daemon, them: address }));
}

describe('a session of Selvedge with', { concurrency: 3 }, () => {
  for (const each of software) {
    test(each.name, { skip: each.skip }, async (t) => {
      const started = await startRows(t, each);
      for (const { name, skip, run, us, daemon, them, at } of started) {
        await t.test(name, { skip: skip ?? false }, async () => {
          assert.ok(us !== undefined);
          await us.established(them);
          await daemon.established(at);
          await run({ us, daemon, them, our: at });
        });
      }
    });
  }
});
