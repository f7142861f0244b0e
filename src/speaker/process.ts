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
  type Action,
  comparableAddress,
  type ConnectionSettings,
  formatFinding,
  type Peer,
  type PeerRoutes,
  type PeerSettings,
  Routing,
  Speaker,
} from '../protocols/bgp/index.ts';
import { askFor } from './ask-for.ts';
import { alterableOf, lastingOf, routingOf, settingsOf } from './peer-settings.ts';
import { blockedWords, PolicyBook } from './policies.ts';
import { Unnumbered } from './unnumbered.ts';

/** A peer that is configured, and what holds its routes. */
interface Configured {
  readonly config: PeerConfig;
  readonly peer: Peer;
  readonly routes: PeerRoutes;
}

/** What a neighbour that has come by itself has come from. Its policies may change. */
interface Origin {
  config: RangeConfig;
}

/** What is known of a peer besides its session and its routes. */
interface Facts {
  readonly name: string;
  readonly isClient: boolean;
  /** Errors in its UPDATEs, by what was done about them. */
  readonly errors: Record<Action, number>;
  readonly origin: Origin | undefined;
}

interface ConfiguredRange {
  readonly origin: Origin;
  readonly end: () => void;
}

/** Faults of one UPDATE that are logged one by one: a hostile one has twenty thousand. All are counted. */
const mostToldOf = 10;

export class SpeakerProcess {
  readonly routing: Routing;
  readonly speaker: Speaker;
  readonly #log: Log;
  #config: BgpConfig;
  #peers: readonly Configured[] = [];
  #ranges: readonly ConfiguredRange[] = [];
  /** Of neighbours that came by themselves, by address. */
  readonly #guests = new Map<string, PeerRoutes>();
  /** By the number of the peer's routes. */
  readonly #facts = new Map<number, Facts>();
  readonly #listeners = new Set<(peer: Peer) => void>();
  readonly #book = new PolicyBook();
  readonly #unnumbered: Unnumbered;
  #isRestarting: boolean;

  /** `worked` is told whenever there is something to do; `isRestart`: peers may have kept what the last run told them. */
  constructor(config: BgpConfig, log: Log, worked: () => void = () => {}, isRestart = false) {
    const { as, routerId, clusterId, confederation } = config.global;
    const { families, selectionDeferral } = config.global;
    this.#config = config;
    this.#log = log;
    this.#isRestarting = isRestart;
    this.#unnumbered = new Unnumbered(log);
    const restarting = { wait: selectionDeferral * 1000, over: () => this.#endRestart() };
    this.routing = new Routing({
      local: {
        as,
        routerId: routerId.value,
        clusterId: (clusterId ?? routerId).value,
        ...(confederation === undefined ? {} : { confederation }),
      },
      families,
      soon: (callback) => {
        worked();
        setImmediate(callback);
      },
      after: (milliseconds, callback) => {
        const timer = setTimeout(callback, milliseconds).unref();
        return () => clearTimeout(timer);
      },
      ...(isRestart ? { restarting } : {}),
    });
    for (const each of config.global.routeTargets) askFor(this.routing, each);
    this.speaker = new Speaker({
      log,
      changed: (peer) => {
        const { name } = peer;
        if (this.#guests.has(name)) setImmediate(() => this.#forgetGuest(name));
        for (const listener of this.#listeners) listener(peer);
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
    for (const { config, routes } of this.#peers) if (!config.shutdown) routes.expect();
    if (issues.length === 0) return ok(undefined);
    this.stop();
    return err(issues);
  }

  /**
   * Takes another configuration: peers that are new begin, those that are gone end, those that differ begin anew, but for
   * those that differ only in what may change while a session stands. What needs a restart of the process is told, and stays as it was.
   */
  reload(config: BgpConfig): readonly Issue[] {
    const fixed = ['global', 'listen', 'metrics'] as const;
    const kept = fixed.filter((part) => !equalData(config[part], this.#config[part]));
    const { global, listen, metrics } = this.#config;
    this.#config = { ...config, global, listen, metrics };
    const issues = this.#configure(this.#config);
    return [
      ...issues,
      ...kept.map((path) => ({ path, message: 'has changed; restart to let it hold' })),
    ];
  }

  /**
   * Ends, to be back soon: peers that may keep our routes hear nothing, and keep them; RFC 4724 §4.2 asks for no more. The
   * others hear what `stop` says.
   */
  leave(words = ''): void {
    for (const { config, peer } of this.#peers) if (config.preserve) peer.abandon();
    this.stop(words);
  }

  /** All is heard again: sessions from now on are of no restart. */
  #endRestart(): void {
    this.#isRestarting = false;
    for (const { config, peer } of this.#peers) peer.configure(this.#settings(config));
    this.#log('info', 'peers are told again: all have said what they have, or had time for it');
  }

  /** Ends every session, and says so. */
  stop(words = ''): void {
    this.#unnumbered.close();
    this.speaker.shutdown(words);
  }

  /** The routes of a peer, for those who show them. */
  routesOf(peer: Peer): PeerRoutes | undefined {
    return this.#peers.find((each) => each.peer === peer)?.routes ?? this.#guests.get(peer.name);
  }

  /** The name of who announced a path. */
  nameOf(id: number): string {
    return this.#facts.get(id)?.name ?? (id === this.routing.ourselves.id ? 'ourselves' : '');
  }

  isClient(peer: Peer): boolean {
    return this.#factsOf(peer)?.isClient === true;
  }

  /** Whether it came by itself, from a range. */
  isGuest(peer: Peer): boolean {
    return this.#guests.has(peer.name) && !this.#peers.some((each) => each.peer === peer);
  }

  errorsOf(peer: Peer): Readonly<Record<Action, number>> {
    return this.#factsOf(peer)?.errors ?? noErrors();
  }

  /** Calls back whenever the state of a peer has changed; what is returned ends that. */
  listen(changed: (peer: Peer) => void): () => void {
    this.#listeners.add(changed);
    return () => void this.#listeners.delete(changed);
  }

  #factsOf(peer: Peer): Facts | undefined {
    const routes = this.routesOf(peer);
    return routes === undefined ? undefined : this.#facts.get(routes.id);
  }

  #configure(config: BgpConfig): readonly Issue[] {
    this.#book.read(config);
    const issues: Issue[] = [];
    const peers = this.#keepPeers(config.peers);
    config.peers.forEach((each, index) => {
      if (peers.has(each)) return;
      issues.push(...this.#add(each).map((one) => issueAt(`peer[${index}]`, one)));
    });
    const ranges = this.#keepRanges(config.ranges);
    config.ranges.forEach((each, index) => {
      if (ranges.has(each)) return;
      issues.push(...this.#addRange(each).map((one) => issueAt(`range[${index}]`, one)));
    });
    return issues;
  }

  /** Ends the peers that are wanted no more; which of the wanted ones are there, as they are now. */
  #keepPeers(wanted: readonly PeerConfig[]): ReadonlySet<PeerConfig> {
    const kept = new Set<PeerConfig>();
    this.#peers = this.#peers.flatMap((one) => {
      const { peer, routes } = one;
      const config = similar(wanted, one.config);
      if (config === undefined) {
        this.#unnumbered.forget(peer);
        this.speaker.remove(peer);
        this.#forget(routes);
        return [];
      }
      kept.add(config);
      this.#warnOf(peer.name, config, one.config);
      this.#alter(peer, routes, config);
      return [{ config, peer, routes }];
    });
    return kept;
  }

  #keepRanges(wanted: readonly RangeConfig[]): ReadonlySet<RangeConfig> {
    const kept = new Set<RangeConfig>();
    this.#ranges = this.#ranges.filter(({ origin, end }) => {
      const config = similar(wanted, origin.config);
      if (config === undefined) {
        end();
        return false;
      }
      kept.add(config);
      origin.config = config;
      for (const peer of this.speaker.peers) {
        const routes = this.#guests.get(peer.name);
        const isOfRange = routes !== undefined && this.#facts.get(routes.id)?.origin === origin;
        if (isOfRange) this.#alter(peer, routes, config);
      }
      return true;
    });
    return kept;
  }

  /** Of what waits for a policy, unless that was said of the configuration before. */
  #warnOf(name: string, config: SessionConfig, before?: SessionConfig): void {
    const { global } = this.#config;
    const blocked = blockedWords(global, config);
    if (blocked === undefined) return;
    const isKnown = before !== undefined && blockedWords(global, before) === blocked;
    if (!isKnown) this.#log('warn', `${name}: ${blocked}`);
  }

  /** A session ends for that only where the peer cannot be asked for its routes again. */
  #alter(peer: Peer, routes: PeerRoutes, config: SessionConfig): void {
    const policies = this.#book.of(config);
    if (routes.alter({ ...alterableOf(config), policies })) return;
    const why = 'what is taken has changed, and the peer knows no route refresh (RFC 2918)';
    this.#log('warn', `${peer.name}: the session begins anew: ${why}`);
    peer.reset({ words: why });
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
      this.#forget(routes);
      return added.error;
    }
    this.#peers = [...this.#peers, { config, peer: added.value, routes }];
    if (!('ip' in config.remote)) this.#unnumbered.follow(added.value, config.remote.link);
    if (!config.shutdown) added.value.start();
    return [];
  }

  #addRange(config: RangeConfig): readonly Issue[] {
    const origin: Origin = { config };
    const added = this.speaker.addRange({
      name: config.name ?? formatPrefix(config.prefix),
      prefix: config.prefix,
      limit: config.limit,
      settings: this.#settings(config),
      connection: connectionOf(config),
      handler: (ip) => {
        const name = `${config.name ?? formatPrefix(config.prefix)} ${formatIp(ip)}`;
        const known = this.#guests.get(name);
        const routes = known ?? this.#routesFor(name, ip, origin.config, origin);
        this.#guests.set(name, routes);
        return routes;
      },
    });
    if (!added.ok) return added.error;
    this.#ranges = [...this.#ranges, { origin, end: added.value }];
    return [];
  }

  /** A neighbour that came by itself and is no more leaves nothing behind: there may be many in a day. */
  #forgetGuest(name: string): void {
    const routes = this.#guests.get(name);
    if (routes === undefined || this.speaker.peers.some((peer) => peer.name === name)) return;
    this.#guests.delete(name);
    this.#forget(routes);
  }

  #forget(routes: PeerRoutes): void {
    this.routing.forget(routes);
    this.#facts.delete(routes.id);
  }

  #routesFor(name: string, ip: Ip | undefined, config: SessionConfig, origin?: Origin): PeerRoutes {
    const { global } = this.#config;
    this.#warnOf(name, config);
    const errors = noErrors();
    const routes = this.routing.peer({
      address: ip === undefined ? name : comparableAddress(ip),
      ...routingOf(global, config, name, this.#log),
      policies: this.#book.of(config),
      requiresPolicy: global.ebgpRequiresPolicy,
      found: (findings) => {
        for (const each of findings) errors[each.action] += 1;
        for (const each of findings.slice(0, mostToldOf)) {
          this.#log('warn', `${name}: an UPDATE is not as it should be: ${formatFinding(each)}`);
        }
        const more = findings.length - mostToldOf;
        if (more > 0) this.#log('warn', `${name}: ${more} more things are wrong with that UPDATE`);
      },
    });
    this.#facts.set(routes.id, { name, isClient: config.client, errors, origin });
    return routes;
  }

  #settings(config: SessionConfig): PeerSettings {
    return settingsOf(this.#config.global, config, this.#isRestarting);
  }
}

/** Of those that are wanted, the one that differs in what needs no other session at most. */
function similar<C extends SessionConfig>(wanted: readonly C[], config: C): C | undefined {
  const lasting = lastingOf(config);
  return wanted.find((each) => equalData(lastingOf(each), lasting));
}

function noErrors(): Record<Action, number> {
  return { discard: 0, withdraw: 0, disable: 0, reset: 0 };
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
