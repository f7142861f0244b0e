/** Peers for one test: addresses of their own, started together, ended with the test, and their logs when it failed. */

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { isCompanion } from './peers/exabgp.ts';
import type { Peer } from './peer.ts';
import type { NeighborConfig, PeerConfig, Router } from './router.ts';
import { familyOf, keyOf, type LearnedRoute, type Route } from './routes.ts';
import type { Software } from './software.ts';
import { Late, until } from './until.ts';

let taken = 0;

/** All addresses of this process. */
export const ownNet = `127.${128 + ((process.pid >> 8) & 0x7f)}.${process.pid & 0xff}.0/24`;

/** A loopback address that no other test of this machine has: node runs each file in a process of its own. */
export function freeAddress(): string {
  taken += 1;
  return ownNet.replace('0/24', String(taken));
}

/** Starts a daemon that ends with the test. */
export async function startPeer(
  t: Pick<TestContext, 'after' | 'diagnostic'>,
  software: Software,
  config: PeerConfig,
): Promise<Peer> {
  const peer = software.create(config);
  t.after(async () => {
    await peer.stop();
    // In Node 24, and not in its types.
    if ('passed' in t && t.passed === true) rmSync(peer.log, { force: true });
    else t.diagnostic(`${peer.log}:\n${peer.readLog()}`);
  });
  await peer.start();
  return peer;
}

export interface Pair {
  readonly a: Peer;
  readonly b: Peer;
  /** The routes of `a` that `b` has, and the other way round. */
  readonly atB: Seen;
  readonly atA: Seen;
}

export type Seen = (...expected: readonly Route[]) => Promise<void>;

export interface PairOptions {
  readonly asOfB?: number;
  /** Of each one's configuration of the other. */
  readonly a?: Partial<NeighborConfig>;
  readonly b?: Partial<NeighborConfig>;
  readonly gracefulRestart?: number;
}

/** `a` waits for `b`, which calls; both in AS 65000 unless said otherwise. */
export async function createPair(
  t: TestContext,
  ofA: Software,
  ofB: Software,
  options: PairOptions = {},
): Promise<Pair> {
  const [addressA, addressB] = [freeAddress(), freeAddress()];
  const [asA, asB] = [65000, options.asOfB ?? 65000];
  const families = ofA.families.filter((family) => ofB.families.includes(family));
  const common =
    options.gracefulRestart === undefined ? {} : { gracefulRestart: options.gracefulRestart };
  const a = await startPeer(t, ofA, {
    ...common,
    as: asA,
    routerId: '192.0.2.101',
    address: addressA,
    neighbors: [{ address: addressB, as: asB, families, passive: true, ...options.a }],
  });
  const b = await startPeer(t, ofB, {
    ...common,
    as: asB,
    routerId: '192.0.2.102',
    address: addressB,
    neighbors: [{ address: addressA, as: asA, families, ...options.b }],
  });
  return {
    a,
    b,
    atB: (...expected) => expectRoutes(b, addressA, expected),
    atA: (...expected) => expectRoutes(a, addressB, expected),
  };
}

/** As `createPair`, and the session is there. */
export async function startPair(
  t: TestContext,
  ofA: Software,
  ofB: Software,
  options: PairOptions = {},
): Promise<Pair> {
  const pair = await createPair(t, ofA, ofB, options);
  await pair.a.established(pair.b.address);
  await pair.b.established(pair.a.address);
  return pair;
}

/**
 * Waits until these routes, whole, and no others of their families, are what a peer has from a neighbour. Fails with
 * the difference.
 */
export async function expectRoutes(
  peer: Router,
  from: string,
  expected: readonly Route[],
): Promise<void> {
  const wanted = expected.map((route) => sorted(peer.sees(route))).toSorted(byKey);
  const families = [...new Set(expected.map(({ nlri }) => familyOf(nlri)))];
  let seen: readonly Route[] = [];
  const look = async (): Promise<boolean> => {
    const all: LearnedRoute[] = [];
    for (const family of families) all.push(...(await peer.routes(family)));
    seen = all
      .filter((route) => route.from === from && !isCompanion(route.nlri))
      .map(({ nlri, attributes }) => sorted({ nlri, attributes }))
      .toSorted(byKey);
    return equal(seen, wanted);
  };
  try {
    await until(`${peer.name} has the routes of ${from}`, look);
  } catch (cause) {
    if (!(cause instanceof Late)) throw cause;
    const isIn = (list: readonly Route[]) => (route: Route) =>
      list.some((each) => equal(each, route));
    const [unseen, others] = [
      wanted.filter((r) => !isIn(seen)(r)),
      seen.filter((r) => !isIn(wanted)(r)),
    ];
    assert.deepEqual(others, unseen, `${peer.name}: what it has of ${from}`);
    throw cause;
  }
}

/** Waits until a peer has nothing of this neighbour in these families. */
export async function expectNothing(
  peer: Router,
  from: string,
  gone: readonly Route[],
): Promise<void> {
  const families = [...new Set(gone.map(({ nlri }) => familyOf(nlri)))];
  await until(`${peer.name} has nothing of ${from}`, async () => {
    for (const family of families) {
      const left = await peer.routes(family);
      if (left.some((route) => route.from === from && !isCompanion(route.nlri))) return false;
    }
    return true;
  });
}

function equal(a: unknown, b: unknown): boolean {
  try {
    assert.deepEqual(a, b);
    return true;
  } catch {
    return false;
  }
}

/** Lists of communities have no order. */
function sorted({ nlri, attributes }: Route): Route {
  const { communities, extendedCommunities } = attributes;
  return {
    nlri,
    attributes: {
      ...attributes,
      ...(communities !== undefined && { communities: communities.toSorted() }),
      ...(extendedCommunities !== undefined && {
        extendedCommunities: extendedCommunities.toSorted(),
      }),
    },
  };
}

function byKey(a: Route, b: Route): number {
  return keyOf(a.nlri) < keyOf(b.nlri) ? -1 : 1;
}
