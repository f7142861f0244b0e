/**
 * Who takes part in BGP here, a daemon or our own speaker: the vocabulary in which all of them are configured, told to
 * announce, and asked what they see.
 */

import type { Family, LearnedRoute, Route } from './routes.ts';
import { until } from './until.ts';

/** What daemons listen on where nothing else is asked for. */
export const bgpPort = 1790;

/** Seconds, where nothing else is asked for. */
export const defaultHoldTime = 90;

export interface NeighborConfig {
  /** An address, or for a session between link-local addresses the interface as `%to-b`. */
  readonly address: string;
  readonly port?: number;
  readonly as: number;
  readonly families: readonly Family[];
  /** It waits to be called. */
  readonly passive?: boolean;
  /** It is a client of this route reflector. */
  readonly client?: boolean;
  /** TCP-MD5, RFC 2385. */
  readonly password?: string;
  /** GTSM, RFC 5082: at most so many hops away. */
  readonly ttlSecurity?: number;
  /** Seconds; `defaultHoldTime`. */
  readonly holdTime?: number;
  /** Of each family; one more ends the session. */
  readonly maxPrefix?: number;
  /** It is told nothing of AS numbers of four octets: RFC 6793 §4.2.2. */
  readonly twoOctetAs?: boolean;
  /** RFC 7911, for every family. */
  readonly addPath?: 'send' | 'receive' | 'both';
  /** The family of RFC 4684 beside those of `families`; only GoBGP has it. */
  readonly routeTargets?: boolean;
  /** Seconds for which the neighbour may keep what is long gone, RFC 9494, for every family; set for GoBGP only. */
  readonly longLived?: number;
  /** Further lines about it in the daemon's own words, without `neighbor ADDRESS`; FRR and BIRD only. */
  readonly lines?: readonly string[];
  /** The same of each family; FRR only. */
  readonly familyLines?: readonly string[];
}

export interface PeerConfig {
  readonly as: number;
  readonly routerId: string;
  /** Where it listens and from where it calls; in a namespace it may be left out. */
  readonly address?: string;
  readonly port?: number;
  readonly neighbors: readonly NeighborConfig[];
  /** Seconds it may take to come back, RFC 4724; not announced when absent. */
  readonly gracefulRestart?: number;
  /** Further lines of `router bgp`; FRR only. */
  readonly lines?: readonly string[];
  /** The network namespace it runs in. FRR then has its zebra. */
  readonly netns?: string;
}

export type SessionState =
  | 'Idle'
  | 'Connect'
  | 'Active'
  | 'OpenSent'
  | 'OpenConfirm'
  | 'Established';

export type Capability =
  | `multiprotocol ${Family}`
  | `add-path ${Family}`
  | 'route-refresh'
  | 'enhanced-refresh'
  | 'extended-message'
  | 'extended-next-hop'
  | '4-octet-as'
  | 'graceful-restart'
  | 'long-lived-graceful-restart'
  | 'role'
  | 'hostname'
  | 'software-version';

/** A session as the daemon tells it. */
export interface Session {
  readonly state: SessionState;
  /** What the neighbour announced in its OPEN; empty while there is none. In ascending order. */
  readonly capabilities: readonly Capability[];
  /** Of the neighbour, while established. */
  readonly routerId?: string;
  /** The same while the session lives, in whatever words and of at most a second's precision. */
  readonly upSince?: string;
  /** Negotiated, in seconds. */
  readonly holdTime?: number;
  /** What the neighbour announced with RFC 4724; `isRestarting` is the R bit. */
  readonly gracefulRestart?: { readonly time: number; readonly isRestarting: boolean };
  /** How often the neighbour has asked for a refresh; BIRD does not tell. */
  readonly refreshes?: number;
}

export abstract class Router {
  readonly name: string;
  readonly config: PeerConfig;

  constructor(name: string, config: PeerConfig) {
    this.name = name;
    this.config = config;
  }

  /** What it knows of the session with this neighbour. */
  abstract session(neighbor: string): Promise<Session>;
  /** What it has learned from its neighbours, best or not, in the order of `keyOf`. */
  abstract routes(family: Family): Promise<readonly LearnedRoute[]>;
  /** Originates routes; a next hop that is its own address may be set by itself. */
  abstract announce(...routes: readonly Route[]): Promise<void>;
  abstract withdraw(...routes: readonly Route[]): Promise<void>;
  /** Asks the neighbour to send its routes again: RFC 2918. */
  abstract refresh(neighbor: string, family: Family): Promise<void>;
  /** Ends the session with a NOTIFICATION; it comes up again by itself. */
  abstract reset(neighbor: string): Promise<void>;
  /** Ends the session until it is told otherwise, with words for the neighbour's administrator: RFC 9003. */
  abstract shutdown(neighbor: string, words: string): Promise<void>;
  /** Why it cannot originate this route; undefined when it can. */
  abstract cannotAnnounce(route: Route): string | undefined;
  /** What it shows of a route that it holds: the whole, where it neither loses nor hides something. */
  sees(route: Route): Route {
    return route;
  }
  /** What its neighbours get of a route that it passes on, but for what RFC 4456 adds. */
  passesOn(route: Route): Route {
    return route;
  }
  /** What a neighbour in another AS gets of a route that it announces, if anything: RFC 4271 §5.1.2, §5.1.5. */
  tellsOutside({ nlri, attributes }: Route): Route | undefined {
    const { localPref: _, asPath, ...others } = attributes;
    return { nlri, attributes: { ...others, asPath: [this.config.as, ...asPath] } };
  }

  get address(): string {
    return this.config.address ?? '';
  }

  get port(): number {
    return this.config.port ?? bgpPort;
  }

  async established(neighbor: string): Promise<void> {
    const isUp = async () => (await this.session(neighbor)).state === 'Established';
    await until(`${this.name} has a session with ${neighbor}`, isUp);
  }
}
