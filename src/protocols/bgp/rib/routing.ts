/**
 * All routes of a speaker: the ribs of its families, who is heard and who is told. It gives each peer's session its handler,
 * and does its own work in portions, at the turns of the event loop that it asks for: no work is so long that a keepalive
 * would be late, and no timer makes a route wait.
 */

import { Writer } from '../../../base/bytes.ts';
import { formatIp, type Ip } from '../../../net/ip.ts';
import type { Session } from '../session/handler.ts';
import type { Finding } from '../wire/error.ts';
import {
  type AddressFamily,
  families,
  type FamilyName,
  familyNumber,
  type NlriValues,
} from '../wire/family.ts';
import type { PolicyChain } from '../policy/decision-tree.ts';
import { encodeNextHop, type NextHop } from '../wire/next-hop.ts';
import { encodeNlri } from '../wire/nlri/route.ts';
import { encodeAttributes, type PathAttributes } from '../wire/path-attributes.ts';
import { Advertiser } from './advertiser.ts';
import { AskedAlike } from './asked-alike.ts';
import { AttributeTable, ownForm } from './attribute-table.ts';
import { none } from './destinations.ts';
import { type NextHopPorts, NextHops } from './next-hops.ts';
import { Deferral } from './deferral.ts';
import { ExportFilter } from './export-filter.ts';
import type { Form } from './outgoing.ts';
import { type Local, type Neighbour, ourNeighbour, ourselves, type ReflectorRole } from './peer.ts';
import { PeerRoutes } from './peer-routes.ts';
import type { PrivateAsRule } from './told-path.ts';
import type { PrefixLimit } from './prefix-limit.ts';
import { Rib } from './rib.ts';
import { type Change, Watch } from './watch.ts';

export interface RoutingPorts {
  readonly local: Local;
  readonly families: readonly FamilyName[];
  /** Calls back at the next turn of the event loop, after what has come meanwhile was read. */
  readonly soon: (callback: () => void) => void;
  /** Calls back after so many milliseconds, unless what is returned was called. Left out: what has a limit waits without. */
  readonly after?: (milliseconds: number, callback: () => void) => () => void;
  /** Left out: this start is the first. */
  readonly restarting?: Restarting;
  /** Whether and at what distance next hops can be reached. Left out: all can, at once. */
  readonly nextHops?: NextHopPorts;
}

/** A start that is a restart: peers may have kept what they were told before. */
export interface Restarting {
  /** Milliseconds for which those who are expected may take to say what they have. */
  readonly wait: number;
  /** Called when all have, or that time is over: from then on they are told. */
  readonly over: () => void;
}

export interface PeerRouting {
  /** As one comparable text: by it the last doubt between two paths is decided. */
  readonly address: string;
  /** Whether an internal peer is a client of ours as a route reflector. */
  readonly client: boolean;
  /** In place of the next hop of routes that it is told, as in MP_REACH_NLRI; left out: as it came. */
  readonly nextHop?: (family: AddressFamily, session: Session) => Uint8Array | undefined;
  /** How many paths of a route it is told of, where it takes several (RFC 7911): all, unless said. */
  readonly paths?: 'all' | number;
  /** How many routes it may announce, by family; left out: as many as it has. */
  readonly limits?: ReadonlyMap<FamilyName, PrefixLimit>;
  /** A family has come near its limit, or beyond one that only warns. */
  readonly nearLimit?: (family: FamilyName, count: number, limit: PrefixLimit) => void;
  /** Of an UPDATE that was not as it should be. */
  readonly found?: (findings: readonly Finding[]) => void;
  /** Which routes of the peer are taken, and what it is told; left out: everything, as it is. */
  readonly policies?: Policies;
  /** RFC 8212 §2: nothing is taken from an external peer without an import policy, or told to one without an export policy. */
  readonly requiresPolicy?: boolean;
  /** How often our AS may be in the path of its routes: not at all, unless said. */
  readonly allowOwnAs?: number;
  /** Of a peer in another AS: whether private ASes are kept from it; left out: they are not. */
  readonly removePrivateAs?: PrivateAsRule | undefined;
  /** Of a peer in another AS: whether our AS stands in its path where its own would. */
  readonly asOverride?: boolean;
  /** Of a peer in our AS that does not know of them: whether it is told of long-lived stale routes, RFC 9494 §4.6. */
  readonly longLivedPartial?: boolean;
}

/** What may change while a session stands. */
export type Alterable = Pick<
  PeerRouting,
  'policies' | 'nextHop' | 'allowOwnAs' | 'removePrivateAs' | 'asOverride' | 'longLivedPartial'
>;

export interface Policies {
  readonly import?: PolicyChain | undefined;
  readonly export?: PolicyChain | undefined;
}

/** What is said of a route of our own; mandatory attributes included. */
export interface Originated {
  readonly attributes: PathAttributes;
  readonly nextHop: NextHop;
}

/** Paths that are looked at before others get their turn. */
const portion = 20_000;

/** Changes that are told before others get their turn. */
const watchPortion = 1024;

/** Work in portions: true when there is more. */
export type Job = (portion: number) => boolean;

/** Who has work of his own at the turns. */
export interface Worker {
  /** The next portion; whether there is more. */
  advance(): boolean;
  /** The distance to the next hop of a path of this destination has changed. */
  reconsidered?(rib: Rib, destination: number): void;
}

export class Routing {
  readonly local: Local;
  readonly attributes: AttributeTable;
  /** By `familyNumber`. */
  readonly ribs: ReadonlyMap<number, Rib>;
  readonly advertisers: ReadonlyMap<number, Advertiser>;
  /** Ours, for the routes that we originate. */
  readonly ourselves: Neighbour;
  /** Those that are in use, when they are followed at all. */
  readonly nextHops: NextHops | undefined;
  readonly after: NonNullable<RoutingPorts['after']>;
  /** After a restart: whom it waits for, before others are told. */
  readonly deferral: Deferral | undefined;
  /** Of peers with route-target constraint. */
  readonly askedAlike = new AskedAlike();
  readonly #soon: (callback: () => void) => void;
  readonly #jobs = new Set<Job>();
  readonly #listeners = new Set<() => void>();
  readonly #workers = new Set<Worker>();
  readonly #forms = new Map<string, Form>();
  /** By policy, and by what our own address is to those that are told so. They end with the policy. */
  readonly #filters = new WeakMap<PolicyChain, Map<string, ExportFilter>>();
  readonly #filtered = new WeakMap<ExportFilter, Map<Form, Form>>();
  readonly #peers = new Map<number, PeerRoutes>();
  /** Those that ask for other route targets than a moment ago. */
  readonly #asking = new Set<PeerRoutes>();
  readonly #freeIds: number[] = [];
  #nextId = ourselves + 1;
  #isAwaited = false;

  constructor({ local, families: names, soon, nextHops, after, restarting }: RoutingPorts) {
    this.local = local;
    this.after = after ?? (() => () => {});
    const hops = nextHops === undefined ? undefined : new NextHops(nextHops);
    this.nextHops = hops;
    this.attributes = new AttributeTable(local, hops);
    this.ourselves = ourNeighbour(local);
    this.#soon = soon;
    const ribs = names.map((name) => {
      const family = families[name];
      const { attributes } = this;
      return new Rib({
        family,
        attributes,
        ...(hops === undefined ? {} : { metric: (set) => hops.metricOf(set) }),
        ...(name === 'route-target' ? { pathChanged: this.#memberships } : {}),
      });
    });
    this.ribs = new Map(ribs.map((rib) => [familyNumber(rib.family), rib]));
    this.deferral = restarting === undefined ? undefined : this.#defer(restarting);
    this.advertisers = new Map(ribs.map((rib) => [familyNumber(rib.family), new Advertiser(rib)]));
  }

  #defer({ over, wait }: Restarting): Deferral {
    const after = (callback: () => void): (() => void) => this.after(wait, callback);
    return new Deferral(this.ribs.keys(), after, () => {
      over();
      this.wake();
    });
  }

  rib(name: FamilyName): Rib | undefined {
    return this.ribs.get(familyNumber(families[name]));
  }

  /** The handler of a peer's sessions, until `forget`. */
  peer(settings: PeerRouting): PeerRoutes {
    const id = this.#freeIds.pop() ?? this.#nextId;
    if (id === this.#nextId) this.#nextId += 1;
    const peer = new PeerRoutes(this, id, settings);
    this.#peers.set(id, peer);
    return peer;
  }

  /** The peer is configured no more: what it has said goes. Its session must be down. */
  forget(peer: PeerRoutes): void {
    peer.finish();
    this.deferral?.heard(peer.id, this.ribs.keys());
    this.#peers.delete(peer.id);
    this.#asking.delete(peer);
    this.#freeIds.push(peer.id);
  }

  /** Announces a route of our own: to every peer that may have it, from the next turn on. */
  originate<F extends FamilyName>(name: F, route: NlriValues[F], told: Originated): void {
    const rib = this.rib(name);
    if (rib === undefined) return;
    const { attributes, nextHop } = told;
    const hop = new Writer();
    encodeNextHop(hop, nextHop, rib.family.nextHop);
    const set = this.attributes.intern(encodeAttributes(attributes, ownForm), hop.finish());
    const octets = encodeNlri(families[name], route);
    rib.announce(this.ourselves, 0, octets, 0, octets.length, set);
    this.wake();
  }

  /** Announces it no longer. */
  withdraw<F extends FamilyName>(name: F, route: NlriValues[F]): void {
    const octets = encodeNlri(families[name], route);
    this.rib(name)?.withdraw(this.ourselves, 0, octets, 0, octets.length);
    this.wake();
  }

  /** Tells of what is used, all there is at first and every change from then on; what is returned ends that. */
  watch(name: FamilyName, tell: (change: Change) => void): () => void {
    const watch = this.follow(name, 'beginning');
    if (watch === undefined) return () => {};
    const detach = this.attach({
      advance() {
        for (let told = 0; told < watchPortion && watch.hasNews; told += 1) {
          const change = watch.next();
          if (change !== undefined) tell(change);
        }
        return watch.hasNews;
      },
    });
    return () => {
      detach();
      this.unfollow(watch);
    };
  }

  /** Lets somebody work at every turn, until what is returned is called. */
  attach(worker: Worker): () => void {
    this.#workers.add(worker);
    this.wake();
    return () => void this.#workers.delete(worker);
  }

  /** The distance to this next hop may be another now: decides again about what goes through it, and about nothing else. */
  nextHopChanged(nextHop: Ip): void {
    const sets = this.nextHops?.changed(nextHop) ?? [];
    if (sets.length === 0) return;
    for (const rib of this.ribs.values()) {
      const paths = sets.flatMap((set) => [...rib.pathsWith(set)]);
      if (paths.length > 0) this.begin(this.#reconsideration(rib, paths));
    }
  }

  #reconsideration(rib: Rib, paths: readonly number[]): Job {
    let at = 0;
    return (most) => {
      const end = Math.min(paths.length, at + most);
      for (; at < end; at += 1) {
        // A path may be gone by now, or be another: to decide once more about that one does no harm.
        const destination = rib.paths.destination(paths[at] ?? none);
        if (destination === none) continue;
        rib.reconsider(destination);
        for (const worker of this.#workers) worker.reconsidered?.(rib, destination);
      }
      return at < paths.length;
    };
  }

  /** The same for a reader who takes it at his own pace: `onTurn` says when there may be more. Until `unfollow`. */
  follow(name: FamilyName, from: 'beginning' | 'now'): Watch | undefined {
    const rib = this.rib(name);
    return rib === undefined ? undefined : new Watch(rib, from);
  }

  unfollow(watch: Watch): void {
    watch.close();
    // What was remembered for it can go.
    this.wake();
  }

  /** Calls back after each turn in which something may have changed; what is returned ends that. */
  onTurn(callback: () => void): () => void {
    this.#listeners.add(callback);
    return () => void this.#listeners.delete(callback);
  }

  /** RFC 4684: of the rib in which peers say what they ask for. */
  readonly #memberships = (id: number, destination: number, change: 1 | -1): void => {
    const peer = this.#peers.get(id);
    const rib = this.rib('route-target');
    if (peer === undefined || rib === undefined) return;
    const { octets } = rib.destinations;
    const at = rib.destinations.address(destination);
    const { nlri } = families['route-target'];
    peer.constraint.change(nlri.decode(octets.slab(at), octets.start(at), octets.end(at)), change);
    this.#asking.add(peer);
  };

  /** The one form of all peers that are told the same. */
  form(session: Session, role: ReflectorRole, more: FormOptions): Form {
    const { wire } = session.negotiated;
    const key = formatKey(session, role, more);
    const known = this.#forms.get(key);
    if (known !== undefined) return known;
    const form: Form = { local: this.local, kind: wire.peer, role, session: wire, ...more };
    this.#forms.set(key, form);
    return form;
  }

  /** The same with an export policy. */
  filtered(plain: Form, policy: PolicyChain, ourAddress: Ip | undefined): Form {
    const address = policy.setsOurAddress ? ourAddress : undefined;
    const filters = this.#filters.get(policy) ?? new Map<string, ExportFilter>();
    this.#filters.set(policy, filters);
    const key = address === undefined ? '' : formatIp(address);
    const filter = filters.get(key) ?? new ExportFilter(policy, address);
    filters.set(key, filter);
    const forms = this.#filtered.get(filter) ?? new Map<Form, Form>();
    this.#filtered.set(filter, forms);
    const form = forms.get(plain) ?? { ...plain, filter, plain };
    forms.set(plain, form);
    return form;
  }

  /** Something has changed, or somebody is ready for more. */
  wake(): void {
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    this.#soon(() => {
      this.#isAwaited = false;
      this.#turn();
    });
  }

  /** Does this in portions, until it says that it has no more. */
  begin(job: Job): void {
    this.#jobs.add(job);
    this.wake();
  }

  end(job: Job): void {
    this.#jobs.delete(job);
  }

  #turn(): void {
    for (const job of this.#jobs) if (!job(portion)) this.#jobs.delete(job);
    for (const peer of this.#asking) peer.reconsider();
    this.#asking.clear();
    let isMore = this.#jobs.size > 0;
    for (const [number, advertiser] of this.advertisers) {
      if (this.deferral?.holds(number) !== true && advertiser.advance()) isMore = true;
    }
    for (const worker of this.#workers) if (worker.advance()) isMore = true;
    for (const listener of this.#listeners) listener();
    if (isMore) this.wake();
  }
}

/** What is left to whoever knows the peer. */
export type FormOptions = Pick<
  Form,
  'bgpRole' | 'choice' | 'longestNextHop' | 'longLived' | 'nextHop' | 'path'
>;

function formatKey(
  { negotiated: { wire } }: Session,
  role: ReflectorRole,
  of: FormOptions,
): string {
  const agreed = [...wire.families].map(
    ([number, { sendPathIds, extendedNextHop }]) =>
      `${number}${sendPathIds ? '+' : ''}${extendedNextHop ? 'x' : ''}`,
  );
  const length = wire.extendedMessage ? 'long' : 'short';
  const { bgpRole, choice, longestNextHop, longLived, nextHop, path } = of;
  const options = [bgpRole, choice, longestNextHop, longLived, nextHop];
  const { asOverride, peerAs, removePrivateAs } = path ?? {};
  const paths = [asOverride, peerAs, removePrivateAs];
  return [
    wire.peer,
    role,
    wire.fourOctetAs,
    length,
    ...options,
    ...paths,
    ...agreed.toSorted(),
  ].join(' ');
}
