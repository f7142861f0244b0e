/**
 * Our own speaker as a router of the tests: the composition that `selvedge bgp` runs, in this process, so that a test can
 * originate routes and read the rib. Its configuration is the text that operators write.
 */

import type { TestContext } from 'node:test';
import { type Log, silentLog } from '../../../../src/base/ports.ts';
import { unwrap } from '../../../../src/base/result.ts';
import { parseBgpConfig } from '../../../../src/config/bgp/read.ts';
import {
  type AfiSafi,
  type Capability as OwnCapability,
  type Peer,
  families as rows,
  formatIp,
  formatReason,
} from '../../../../src/protocols/bgp/index.ts';
import { SpeakerProcess } from '../../../../src/speaker/process.ts';
import {
  bgpPort,
  type Capability,
  defaultHoldTime,
  type NeighborConfig,
  type PeerConfig,
  Router,
  type Session,
} from '../router.ts';
import { type Family, keyOf, type LearnedRoute, type Route } from '../routes.ts';
import { present } from './json.ts';
import { familyNames, originated, ownNlri, readRib } from './selvedge-routes.ts';

export interface SelvedgeConfig extends PeerConfig {
  /** Further lines of every `[[peer]]`. */
  readonly more?: string;
}

export class Selvedge extends Router {
  readonly us: SpeakerProcess;

  constructor(config: SelvedgeConfig, log: Log = silentLog) {
    super('Selvedge', config);
    this.us = new SpeakerProcess(unwrap(parseBgpConfig(formatConfig(config))), log);
  }

  /** Listens and calls, until the test is over. */
  static start(t: Pick<TestContext, 'after'>, config: SelvedgeConfig, log?: Log): Selvedge {
    const router = new Selvedge(config, log);
    t.after(() => router.us.stop());
    unwrap(router.us.start());
    return router;
  }

  /** Its side of a session: what the library tells of it. */
  peer(neighbor: string): Peer {
    const found = this.us.speaker.peers.find(({ name }) => name === neighbor);
    if (found === undefined) throw new Error(`no neighbour ${neighbor} is configured`);
    return found;
  }

  async session(neighbor: string): Promise<Session> {
    const { negotiated, state, uptime } = this.peer(neighbor).status;
    if (negotiated === undefined) return { state, capabilities: [] };
    const { remote } = negotiated.restart;
    return {
      state,
      capabilities: [...new Set(negotiated.capabilities.remote.flatMap(readCapability))].toSorted(),
      ...present({
        routerId: formatIp(negotiated.remote.id),
        upSince: uptime === undefined ? undefined : String(Math.round(Date.now() - uptime)),
        holdTime: negotiated.holdTime,
        gracefulRestart: remote && { time: remote.time, isRestarting: remote.restarted },
      }),
    };
  }

  /** Why the last session with this neighbour ended, in the words of the log. */
  lastEnd(neighbor: string): string {
    const { lastReason } = this.peer(neighbor).status;
    return lastReason === undefined ? '' : formatReason(lastReason);
  }

  async routes(family: Family): Promise<readonly LearnedRoute[]> {
    const rib = this.us.routing.rib(familyNames[family]);
    if (rib === undefined) return [];
    const names = new Map(
      this.us.speaker.peers.map((peer) => [this.us.routesOf(peer)?.neighbour.id, peer.name]),
    );
    return [...readRib(rib)]
      .flatMap(({ peer, nlri, attributes }) => {
        const from = names.get(peer);
        return from === undefined ? [] : [{ from, nlri, attributes }];
      })
      .toSorted((a, b) => (keyOf(a.nlri) < keyOf(b.nlri) ? -1 : 1));
  }

  async announce(...routes: readonly Route[]): Promise<void> {
    for (const route of routes) {
      const { family, nlri } = ownNlri(route.nlri);
      this.us.routing.originate(family, nlri, originated(route));
    }
  }

  async withdraw(...routes: readonly Route[]): Promise<void> {
    for (const route of routes) {
      const { family, nlri } = ownNlri(route.nlri);
      this.us.routing.withdraw(family, nlri);
    }
  }

  async refresh(neighbor: string): Promise<void> {
    if (this.us.routesOf(this.peer(neighbor))?.askAgain() !== true) {
      throw new Error(`${neighbor} cannot be asked`);
    }
  }

  async reset(neighbor: string): Promise<void> {
    this.peer(neighbor).reset();
  }

  async shutdown(neighbor: string, words: string): Promise<void> {
    this.peer(neighbor).stop(words);
  }

  cannotAnnounce(): undefined {}
}

const capabilityNames: Readonly<Record<string, Capability>> = {
  'route-refresh': 'route-refresh',
  'enhanced-route-refresh': 'enhanced-refresh',
  'extended-message': 'extended-message',
  'extended-next-hop': 'extended-next-hop',
  'four-octet-as': '4-octet-as',
  'graceful-restart': 'graceful-restart',
  'long-lived-graceful-restart': 'long-lived-graceful-restart',
  role: 'role',
  hostname: 'hostname',
};

function readCapability(of: OwnCapability): readonly Capability[] {
  if (of.kind === 'multiprotocol') return familyOf(of).map((f) => `multiprotocol ${f}` as const);
  if (of.kind === 'add-path') {
    return of.families.flatMap(familyOf).map((family) => `add-path ${family}` as const);
  }
  const known = capabilityNames[of.kind];
  return known === undefined ? [] : [known];
}

function familyOf({ afi, safi }: AfiSafi): readonly Family[] {
  const found = (Object.keys(familyNames) as Family[]).find((family) => {
    const row = rows[familyNames[family]];
    return row.afi === afi && row.safi === safi;
  });
  return found === undefined ? [] : [found];
}

/** The file that `selvedge bgp` would read. */
export function formatConfig(config: SelvedgeConfig): string {
  const { address, as, port = bgpPort, routerId, neighbors } = config;
  const all = new Set(neighbors.flatMap(({ families }) => families));
  const spoken: readonly Family[] = all.size === 0 ? ['ipv4'] : [...all];
  const listen =
    address === undefined ? [] : [`[[listen]]\naddress = "${address}"\nport = ${port}`];
  return [
    `[global]\nas = ${as}\nrouter_id = "${routerId}"\nebgp_requires_policy = false\nfamilies = ${formatFamilies(spoken)}`,
    ...listen,
    ...neighbors.map((each) => formatPeer(each, config)),
  ].join('\n');
}

function formatFamilies(families: readonly Family[]): string {
  return `[${families.map((each) => `"${familyNames[each]}"`).join(', ')}]`;
}

function formatPeer(
  of: NeighborConfig,
  { address, gracefulRestart, more }: SelvedgeConfig,
): string {
  const { as, families, port = bgpPort, holdTime = defaultHoldTime, password, ttlSecurity } = of;
  const where = of.address.startsWith('%') ? `link = "${of.address.slice(1)}"` : undefined;
  return [
    '[[peer]]',
    where ?? `address = "${of.address}"`,
    `as = ${as}`,
    `families = ${formatFamilies(families)}`,
    `client = ${of.client ?? false}`,
    `passive = ${of.passive ?? false}`,
    `port = ${port}`,
    `hold_time = ${holdTime}`,
    'connect_retry = 1',
    `graceful_restart = ${gracefulRestart ?? 0}`,
    ...(where !== undefined || address === undefined ? [] : [`source = "${address}"`]),
    ...(password === undefined ? [] : [`password = "${password}"`]),
    ...(ttlSecurity === undefined ? [] : [`hops = ${ttlSecurity}\nttl_security = true`]),
    ...(more === undefined ? [] : [more]),
  ].join('\n');
}
