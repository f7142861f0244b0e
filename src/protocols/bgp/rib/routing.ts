/**
 * All routes of a speaker: the ribs of its families, who is heard and who is told. It gives each peer's session its handler,
 * and does its own work in portions, at the turns of the event loop that it asks for: no work is so long that a keepalive
 * would be late, and no timer makes a route wait.
 */

import { Writer } from '../../../base/bytes.ts';
import type { Session } from '../session/handler.ts';
import type { Finding } from '../wire/error.ts';
import {
  type AddressFamily,
  families,
  type FamilyName,
  familyNumber,
  type NlriValues,
} from '../wire/family.ts';
import { encodeNextHop, type NextHop } from '../wire/next-hop.ts';
import { encodeNlri } from '../wire/nlri/route.ts';
import { encodeAttributes, type PathAttributes } from '../wire/path-attributes.ts';
import type { PeerKind } from '../wire/session.ts';
import { Advertiser } from './advertiser.ts';
import { AttributeTable, ownForm } from './attribute-table.ts';
import type { Form } from './outgoing.ts';
import { type Local, type Neighbour, ourNeighbour, ourselves, type ReflectorRole } from './peer.ts';
import { PeerRoutes } from './peer-routes.ts';
import { Rib } from './rib.ts';
import { type Change, Watch } from './watch.ts';

export interface RoutingPorts {
  readonly local: Local;
  readonly families: readonly FamilyName[];
  /** Calls back at the next turn of the event loop, after what has come meanwhile was read. */
  readonly soon: (callback: () => void) => void;
}

export interface PeerRouting {
  /** As one comparable text: by it the last doubt between two paths is decided. */
  readonly address: string;
  /** Whether an internal peer is a client of ours as a route reflector. */
  readonly client: boolean;
  /** In place of the next hop of routes that it is told, as in MP_REACH_NLRI; left out: as it came. */
  readonly nextHop?: (family: AddressFamily) => Uint8Array | undefined;
  /** Of an UPDATE that was not as it should be. */
  readonly found?: (findings: readonly Finding[]) => void;
}

/** What is said of a route of our own; mandatory attributes included. */
export interface Originated {
  readonly attributes: PathAttributes;
  readonly nextHop: NextHop;
}

/** Paths that are looked at before others get their turn. */
const portion = 20_000;

/** Work in portions: true when there is more. */
export type Job = (portion: number) => boolean;

export class Routing {
  readonly local: Local;
  readonly attributes: AttributeTable;
  /** By `familyNumber`. */
  readonly ribs: ReadonlyMap<number, Rib>;
  readonly advertisers: ReadonlyMap<number, Advertiser>;
  /** Ours, for the routes that we originate. */
  readonly ourselves: Neighbour;
  readonly #soon: (callback: () => void) => void;
  readonly #jobs = new Set<Job>();
  readonly #watches = new Set<Watch>();
  readonly #forms = new Map<string, Form>();
  readonly #freeIds: number[] = [];
  #nextId = ourselves + 1;
  #isAwaited = false;

  constructor({ local, families: names, soon }: RoutingPorts) {
    this.local = local;
    this.attributes = new AttributeTable(local);
    this.ourselves = ourNeighbour(local);
    this.#soon = soon;
    const ribs = names.map((name) => {
      const family = families[name];
      return new Rib({ family, attributes: this.attributes });
    });
    this.ribs = new Map(ribs.map((rib) => [familyNumber(rib.family), rib]));
    this.advertisers = new Map(ribs.map((rib) => [familyNumber(rib.family), new Advertiser(rib)]));
  }

  rib(name: FamilyName): Rib | undefined {
    return this.ribs.get(familyNumber(families[name]));
  }

  /** The handler of a peer's sessions, until `forget`. */
  peer(settings: PeerRouting): PeerRoutes {
    const id = this.#freeIds.pop() ?? this.#nextId;
    if (id === this.#nextId) this.#nextId += 1;
    return new PeerRoutes(this, id, settings);
  }

  /** The peer is configured no more: what it has said goes. Its session must be down. */
  forget(peer: PeerRoutes): void {
    peer.finish();
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
    const rib = this.rib(name);
    if (rib === undefined) return () => {};
    const watch = new Watch(rib, tell);
    this.#watches.add(watch);
    this.wake();
    return () => {
      watch.close();
      this.#watches.delete(watch);
    };
  }

  /** The one form of all peers that are told the same. */
  form(session: Session, role: ReflectorRole, nextHop: Uint8Array | undefined): Form {
    const { wire } = session.negotiated;
    const key = formatKey(session, role, nextHop);
    const known = this.#forms.get(key);
    if (known !== undefined) return known;
    const { local } = this;
    const kind: PeerKind = wire.peer;
    const form: Form = {
      local,
      kind,
      role,
      session: wire,
      ...(nextHop === undefined ? {} : { nextHop }),
    };
    this.#forms.set(key, form);
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
    let isMore = this.#jobs.size > 0;
    for (const advertiser of this.advertisers.values()) {
      if (advertiser.advance()) isMore = true;
    }
    for (const watch of this.#watches) if (watch.advance()) isMore = true;
    if (isMore) this.wake();
  }
}

function formatKey(
  { negotiated }: Session,
  role: ReflectorRole,
  nextHop: Uint8Array | undefined,
): string {
  const { wire } = negotiated;
  const agreed = [...wire.families].map(
    ([number, { sendPathIds, extendedNextHop }]) =>
      `${number}${sendPathIds ? '+' : ''}${extendedNextHop ? 'x' : ''}`,
  );
  const length = wire.extendedMessage ? 'long' : 'short';
  return [wire.peer, role, wire.fourOctetAs, length, nextHop, ...agreed.toSorted()].join(' ');
}
