/**
 * The process of `selvedge bgp`: sessions and routes made one, from a configuration that may change while it runs. A peer
 * whose configuration stays as it was does not notice.
 */

import { equalData } from '../base/equal.ts';
import { type Issue, issueAt } from '../base/issue.ts';
import type { Log } from '../base/ports.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { BgpConfig, PeerConfig, RangeConfig, SessionConfig } from '../config/bgp/read.ts';
import { formatIp, type Ip } from '../net/ip.ts';
import { formatPrefix } from '../net/prefix.ts';
import {
  comparableAddress,
  type ConnectionSettings,
  formatFinding,
  type Peer,
  type PeerRoutes,
  type PeerSettings,
  peerSettings,
  rehearse,
  Routing,
  Speaker,
} from '../protocols/bgp/index.ts';

/** A peer that is configured, and what holds its routes. */
interface Configured {
  readonly config: PeerConfig;
  readonly peer: Peer;
  readonly routes: PeerRoutes;
}

interface ConfiguredRange {
  readonly config: RangeConfig;
  readonly end: () => void;
}

export class SpeakerProcess {
  readonly routing: Routing;
  readonly speaker: Speaker;
  readonly #log: Log;
  #config: BgpConfig;
  #peers: readonly Configured[] = [];
  #ranges: readonly ConfiguredRange[] = [];
  /** Of neighbours that came by themselves, by address. */
  readonly #guests = new Map<string, PeerRoutes>();

  constructor(config: BgpConfig, log: Log) {
    const { as, routerId, clusterId, families } = config.global;
    this.#config = config;
    this.#log = log;
    rehearse();
    this.routing = new Routing({
      local: { as, routerId: routerId.value, clusterId: (clusterId ?? routerId).value },
      families,
      soon: (callback) => void setImmediate(callback),
    });
    this.speaker = new Speaker({
      log,
      changed: ({ name }) => {
        if (this.#guests.has(name)) setImmediate(() => this.#forgetGuest(name));
      },
    });
  }

  get config(): BgpConfig {
    return this.#config;
  }

  /** Listens, and begins to speak with all peers. Fails with all that is wrong; then nothing has begun. */
  start(): Result<void, readonly Issue[]> {
    const issues: Issue[] = [];
    this.#config.listen.forEach(({ address, port, device }, index) => {
      const at = { ip: address, port, ...(device === undefined ? {} : { device }) };
      const listening = this.speaker.listen(at);
      if (!listening.ok) issues.push(issueAt(`listen[${index}]`, listening.error));
    });
    issues.push(...this.#configure(this.#config));
    if (issues.length === 0) return ok(undefined);
    this.stop();
    return err(issues);
  }

  /**
   * Takes another configuration: peers that are new begin, those that are gone end, those that differ begin anew. What needs
   * a restart of the process is told, and stays as it was.
   */
  reload(config: BgpConfig): readonly Issue[] {
    const kept = ['global', 'listen'].filter(
      (part) =>
        !equalData(config[part as 'global' | 'listen'], this.#config[part as 'global' | 'listen']),
    );
    this.#config = { ...config, global: this.#config.global, listen: this.#config.listen };
    const issues = this.#configure(this.#config);
    return [
      ...issues,
      ...kept.map((path) => ({ path, message: 'has changed; restart to let it hold' })),
    ];
  }

  /** Ends every session, and says so. */
  stop(words = ''): void {
    this.speaker.shutdown(words);
  }

  /** The routes of a peer, for those who show them. */
  routesOf(peer: Peer): PeerRoutes | undefined {
    return this.#peers.find((each) => each.peer === peer)?.routes ?? this.#guests.get(peer.name);
  }

  #configure({ peers, ranges }: BgpConfig): readonly Issue[] {
    const isWanted = (one: Configured): boolean =>
      peers.some((each) => equalData(each, one.config));
    for (const one of this.#peers.filter((each) => !isWanted(each))) {
      this.speaker.remove(one.peer);
      this.routing.forget(one.routes);
    }
    this.#peers = this.#peers.filter(isWanted);
    const isRange = (one: ConfiguredRange): boolean =>
      ranges.some((each) => equalData(each, one.config));
    for (const one of this.#ranges.filter((each) => !isRange(each))) one.end();
    this.#ranges = this.#ranges.filter(isRange);
    const issues: Issue[] = [];
    peers.forEach((config, index) => {
      if (this.#peers.some((each) => equalData(each.config, config))) return;
      issues.push(...this.#add(config).map((each) => issueAt(`peer[${index}]`, each)));
    });
    ranges.forEach((config, index) => {
      if (this.#ranges.some((each) => equalData(each.config, config))) return;
      issues.push(...this.#addRange(config).map((each) => issueAt(`range[${index}]`, each)));
    });
    return issues;
  }

  #add(config: PeerConfig): readonly Issue[] {
    const ip = 'ip' in config.remote ? config.remote.ip : undefined;
    const name = config.name ?? (ip === undefined ? (config.remote.link ?? '') : formatIp(ip));
    const routes = this.#routesFor(name, ip, config);
    const added = this.speaker.add({
      name,
      remote: config.remote,
      settings: this.#settings(config),
      connection: connectionOf(config),
      handler: routes,
    });
    if (!added.ok) {
      this.routing.forget(routes);
      return added.error;
    }
    this.#peers = [...this.#peers, { config, peer: added.value, routes }];
    if (!config.shutdown) added.value.start();
    return [];
  }

  #addRange(config: RangeConfig): readonly Issue[] {
    const added = this.speaker.addRange({
      name: config.name ?? formatPrefix(config.prefix),
      prefix: config.prefix,
      limit: config.limit,
      settings: this.#settings(config),
      connection: connectionOf(config),
      handler: (ip) => {
        const name = `${config.name ?? formatPrefix(config.prefix)} ${formatIp(ip)}`;
        const routes = this.#guests.get(name) ?? this.#routesFor(name, ip, config);
        this.#guests.set(name, routes);
        return routes;
      },
    });
    if (!added.ok) return added.error;
    this.#ranges = [...this.#ranges, { config, end: added.value }];
    return [];
  }

  /** A neighbour that came by itself and is no more leaves nothing behind: there may be many in a day. */
  #forgetGuest(name: string): void {
    const routes = this.#guests.get(name);
    if (routes === undefined || this.speaker.peers.some((peer) => peer.name === name)) return;
    this.#guests.delete(name);
    this.routing.forget(routes);
  }

  #routesFor(name: string, ip: Ip | undefined, { client }: SessionConfig): PeerRoutes {
    return this.routing.peer({
      address: ip === undefined ? name : comparableAddress(ip),
      client,
      found: (findings) => {
        for (const each of findings) {
          this.#log('warn', `${name}: an UPDATE is not as it should be: ${formatFinding(each)}`);
        }
      },
    });
  }

  #settings(config: SessionConfig): PeerSettings {
    const { as, routerId, families } = this.#config.global;
    const { gracefulRestart: time } = config;
    return peerSettings({
      local: { asn: as, id: routerId },
      remote: config.as,
      families: (config.families ?? families).map((family) => ({ family })),
      holdTime: config.holdTime,
      connectRetry: config.connectRetry,
      passive: config.passive,
      extendedMessage: config.extendedMessage,
      restart:
        time === 0
          ? undefined
          : { time, notification: true, preserved: [], restarted: false, longLived: new Map() },
    });
  }
}

function connectionOf(config: SessionConfig): Partial<ConnectionSettings> {
  const { device, hops, password, port, source, ttlSecurity } = config;
  return {
    port,
    ttlSecurity,
    ...(device === undefined ? {} : { device }),
    ...(hops === undefined ? {} : { hops }),
    ...(password === undefined ? {} : { password }),
    ...(source === undefined ? {} : { source: { ip: source } }),
  };
}
