/** What one peer says and is told, over all its sessions: the handler that a session is given. */

import { unwrap } from '../../../base/result.ts';
import type { Ip } from '../../../net/ip.ts';
import type { Down, Session, SessionHandler } from '../session/handler.ts';
import type { MessageError } from '../wire/error.ts';
import { type AddressFamily, familyNumber } from '../wire/family.ts';
import { encodeMessage } from '../wire/message.ts';
import type { PeerKind } from '../wire/session.ts';
import type { refreshSubtypes } from '../wire/route-refresh.ts';
import type { Member } from './advertiser.ts';
import { none } from './destinations.ts';
import { Intake } from './intake.ts';
import type { Neighbour, ReflectorRole } from './peer.ts';
import type { Rib } from './rib.ts';
import type { Job, PeerRouting, Routing } from './routing.ts';

/** Octets that wait for a peer, above which nothing more is made for it. */
const highWater = 1 << 20;
const noFilters = new Uint8Array(0);

export class PeerRoutes implements SessionHandler {
  readonly id: number;
  readonly #routing: Routing;
  readonly #settings: PeerRouting;
  #neighbour: Neighbour;
  #session: Session | undefined;
  #intake: Intake | undefined;
  /** By `familyNumber`: what the peer is told of. */
  readonly #members = new Map<number, Member>();
  /** What is being removed: nothing may be announced in its place before that is done. */
  readonly #removals = new Set<Job>();
  #isWaiting = false;

  constructor(routing: Routing, id: number, settings: PeerRouting) {
    this.#routing = routing;
    this.id = id;
    this.#settings = settings;
    this.#neighbour = { ...routing.ourselves, id, address: settings.address };
  }

  get neighbour(): Neighbour {
    return this.#neighbour;
  }

  /** How many destinations of this family it was told of. */
  toldOf(family: AddressFamily): number {
    return this.#members.get(familyNumber(family))?.told.count ?? 0;
  }

  up(session: Session): void {
    this.#finishRemovals();
    const { negotiated, resumed } = session;
    const { asn, id } = negotiated.remote;
    const kind = negotiated.wire.peer;
    const role = roleOf(kind, this.#settings.client);
    const address = this.#settings.address;
    this.#neighbour = { id: this.id, kind, role, as: asn, routerId: id.value, address };
    this.#session = session;
    // What the session before this one had to tell is told no more.
    this.#isWaiting = false;
    const { attributes, ribs } = this.#routing;
    const heard = new Map(ribs);
    this.#intake = new Intake({
      from: this.#neighbour,
      session: negotiated.wire,
      attributes,
      ribs: heard,
      found: (findings) => this.#settings.found?.(findings),
      endOfRib: (family) => this.#removeStale(family),
      disable: (family) => {
        // RFC 7606 §2: what has come of it goes, what comes of it is not heard.
        heard.delete(familyNumber(family));
        ribs.get(familyNumber(family))?.removeFrom(this.#neighbour, false);
      },
    });
    for (const rib of ribs.values()) {
      const number = familyNumber(rib.family);
      const isSpoken = negotiated.wire.families.has(number);
      if (!isSpoken || !resumed.has(rib.family)) this.#remove(rib, true);
      if (isSpoken) this.#join(session, number, rib);
    }
    this.#finishRemovals();
    this.#routing.wake();
  }

  update(octets: Uint8Array, start: number, end: number): MessageError | undefined {
    this.#routing.wake();
    return this.#intake?.update(octets, start, end);
  }

  refresh(family: AddressFamily, subtype: (typeof refreshSubtypes)[number]): void {
    const number = familyNumber(family);
    const rib = this.#routing.ribs.get(number);
    const member = this.#members.get(number);
    if (rib === undefined) return;
    if (subtype === 'begin') rib.markStale(this.#neighbour);
    else if (subtype === 'end') this.#removeStale(family);
    else if (member !== undefined) this.#repeat(number, member);
    this.#routing.wake();
  }

  down({ retained }: Down): void {
    for (const [number, member] of this.#members) {
      this.#routing.advertisers.get(number)?.leave(member);
    }
    this.#members.clear();
    this.#session = undefined;
    this.#intake = undefined;
    const kept = new Set(retained.map(({ family }) => familyNumber(family)));
    for (const [number, rib] of this.#routing.ribs) {
      if (kept.has(number)) rib.markStale(this.#neighbour);
      else this.#remove(rib, false);
    }
    this.#routing.wake();
  }

  expired(family: AddressFamily): void {
    this.#removeStale(family);
  }

  /** Ends what is left of it, at once. */
  finish(): void {
    for (const rib of this.#routing.ribs.values()) this.#remove(rib, false);
    this.#finishRemovals();
  }

  #join(session: Session, number: number, rib: Rib): void {
    const { role } = this.#neighbour;
    const form = this.#routing.form(session, role, this.#settings.nextHop?.(rib.family));
    const member = this.#routing.advertisers.get(number)?.join({
      neighbour: this.#neighbour,
      form,
      isReady: () => this.#isReady(session),
      send: (octets) => session.send(octets),
    });
    if (member !== undefined) this.#members.set(number, member);
  }

  #isReady(session: Session): boolean {
    if (session.queued < highWater) return true;
    if (!this.#isWaiting) {
      this.#isWaiting = true;
      session.whenDrained(() => {
        this.#isWaiting = false;
        this.#routing.wake();
      });
    }
    return false;
  }

  /** All of it again, between the marks of RFC 7313 where the peer knows them. */
  #repeat(number: number, member: Member): void {
    const session = this.#session;
    const rib = this.#routing.ribs.get(number);
    if (session === undefined || rib === undefined) return;
    const { afi, safi } = rib.family;
    const mark = (subtype: 'begin' | 'end'): void => {
      const message = { type: 'route-refresh', afi, safi, subtype, filters: noFilters } as const;
      session.send(unwrap(encodeMessage(message, session.negotiated.wire)));
    };
    const isMarked = session.negotiated.refresh === 'enhanced';
    if (isMarked) mark('begin');
    this.#routing.advertisers.get(number)?.repeat(member, isMarked ? () => mark('end') : undefined);
  }

  #removeStale(family: AddressFamily): void {
    const rib = this.#routing.ribs.get(familyNumber(family));
    if (rib !== undefined) this.#remove(rib, true);
  }

  #remove(rib: Rib, staleOnly: boolean): void {
    const from = this.#neighbour;
    if (rib.countOf(from) === 0) return;
    let at = 0;
    const job: Job = (portion) => {
      at = rib.removeFrom(from, staleOnly, at, portion);
      if (at === none) this.#removals.delete(job);
      return at !== none;
    };
    this.#removals.add(job);
    this.#routing.begin(job);
  }

  #finishRemovals(): void {
    for (const job of this.#removals) {
      job(Number.POSITIVE_INFINITY);
      this.#routing.end(job);
    }
  }
}

function roleOf(kind: PeerKind, client: boolean): ReflectorRole {
  if (kind !== 'internal') return 'external';
  return client ? 'client' : 'non-client';
}

/** For `PeerRouting.address`: as long for all of a family, so that texts compare as numbers do. */
export function comparableAddress(ip: Ip): string {
  return ip.value.toString(16).padStart(ip.family === 4 ? 8 : 32, '0');
}
