/**
 * Tells peers what has changed in a rib: Adj-RIB-Out, without a copy of the table for each. Each peer has its place in the
 * order of changes, and one bit per destination for what it was told. Peers that are told the same (`Form`) and stand at the
 * same place get the same octets, made once; routes with the same attributes go into the same UPDATEs, RFC 4271 §9.2.
 *
 * Nothing is made for a peer that does not take what it was sent: it keeps its place, and goes on with what is then true.
 */

import { UpdateWriter } from '../wire/update-writer.ts';
import { type AttributeSet, nextHopOf } from './attribute-table.ts';
import { BitSet } from './bit-set.ts';
import type { Cursor } from './change-order.ts';
import { type Destination, none } from './destinations.ts';
import { attributesFor, type Form } from './outgoing.ts';
import type { Path } from './paths.ts';
import { mayTell, type Neighbour } from './peer.ts';
import type { Rib } from './rib.ts';

/** Destinations that are looked at before others get their turn. */
const portion = 2048;

export interface Receiver {
  readonly neighbour: Neighbour;
  readonly form: Form;
  /** Whether it takes more now. */
  isReady(): boolean;
  /** Whole messages. */
  send(octets: Uint8Array): void;
}

/** One who is told, until he leaves. */
export interface Member {
  readonly receiver: Receiver;
  readonly cursor: Cursor;
  /** The destinations of which he has heard that there is a route. */
  readonly told: BitSet;
  /** What is due when he has heard of all there is: at first the End-of-RIB, RFC 4724 §2. */
  atEnd: (() => void) | undefined;
}

export class Advertiser {
  readonly #rib: Rib;
  readonly #members = new Set<Member>();

  constructor(rib: Rib) {
    this.#rib = rib;
  }

  join(receiver: Receiver): Member {
    const cursor = this.#rib.order.open();
    const atEnd = (): void => this.#endOfRib(receiver);
    const member: Member = { receiver, cursor, told: new BitSet(), atEnd };
    this.#members.add(member);
    return member;
  }

  leave(member: Member): void {
    this.#rib.order.close(member.cursor);
    this.#members.delete(member);
  }

  /** Tells all of it again, RFC 2918, and then calls `atEnd`. */
  repeat(member: Member, atEnd?: () => void): void {
    this.#rib.order.rewind(member.cursor);
    const before = member.atEnd;
    member.atEnd = () => {
      before?.();
      atEnd?.();
    };
  }

  /** Tells the next portion to all that are ready. Whether there is more for any of them. */
  advance(): boolean {
    let isMore = false;
    for (const members of this.#groups().values()) {
      this.#tell(members);
      isMore ||= members.some(({ cursor }) => this.#rib.order.after(cursor.at) !== none);
    }
    this.#rib.sweep();
    return isMore;
  }

  /** Those that are told the same now. */
  #groups(): ReadonlyMap<unknown, readonly [Member, ...Member[]]> {
    const groups = new Map<unknown, Map<Destination, [Member, ...Member[]]>>();
    const found = new Map<unknown, [Member, ...Member[]]>();
    for (const member of this.#members) {
      const { receiver, cursor } = member;
      const hasNews = this.#rib.order.after(cursor.at) !== none || member.atEnd !== undefined;
      if (!hasNews || !receiver.isReady()) continue;
      const places = groups.get(receiver.form) ?? new Map<Destination, [Member, ...Member[]]>();
      groups.set(receiver.form, places);
      const members = places.get(cursor.at);
      if (members !== undefined) {
        members.push(member);
        continue;
      }
      const alone: [Member, ...Member[]] = [member];
      places.set(cursor.at, alone);
      found.set(alone, alone);
    }
    return found;
  }

  #tell(members: readonly [Member, ...Member[]]): void {
    const { order } = this.#rib;
    const news: Destination[] = [];
    const [{ receiver, cursor }] = members;
    let at = order.after(cursor.at);
    while (at !== none && news.length < portion) {
      news.push(at);
      at = order.after(at);
    }
    if (news.length > 0) {
      const last = news[news.length - 1] ?? none;
      new Telling(this.#rib, receiver.form, members).tell(news);
      for (const member of members) order.move(member.cursor, last);
    }
    if (at !== none) return;
    for (const member of members) {
      const { atEnd } = member;
      member.atEnd = undefined;
      atEnd?.();
    }
  }

  #endOfRib(receiver: Receiver): void {
    const writer = new UpdateWriter(receiver.form.session, 64);
    writer.endOfRib(this.#rib.family);
    receiver.send(writer.take());
  }
}

/** Destinations that go into the same UPDATEs. */
interface Bucket {
  /** `undefined`: they are withdrawn. */
  readonly set: AttributeSet | undefined;
  /** Whose route it is, or was; this one is not told. */
  readonly peer: number;
  readonly destinations: Destination[];
}

/** One portion of news for peers that are told the same. HOT: once per route that changes; see bench/bgp. */
class Telling {
  readonly #rib: Rib;
  readonly #form: Form;
  readonly #members: readonly Member[];
  readonly #buckets = new Map<number, Bucket>();
  /** What single members are told the end of. */
  readonly #gone = new Map<Member, Destination[]>();
  #lastKey = Number.NaN;
  #lastBucket: Bucket | undefined;

  constructor(rib: Rib, form: Form, members: readonly Member[]) {
    this.#rib = rib;
    this.#form = form;
    this.#members = members;
  }

  tell(news: readonly Destination[]): void {
    for (const destination of news) {
      const path = this.#rib.destinations.bestPath(destination);
      if (path === none) this.#withdraw(destination);
      else if (!this.#announce(destination, path)) this.#withdrawFromSome(destination);
    }
    this.#send();
    for (const member of this.#members) this.#settle(member);
  }

  #announce(destination: Destination, path: Path): boolean {
    const { attributes, paths } = this.#rib;
    const setId = paths.attributes(path);
    const peer = paths.peer(path);
    const key = setId * 0x10000 + peer;
    if (key !== this.#lastKey) {
      const set = attributes.get(setId);
      const from = this.#rib.neighbour(peer);
      if (set === undefined || from === undefined || !isFor(set, from, this.#form)) return false;
      this.#open(key, set, peer);
    }
    this.#lastBucket?.destinations.push(destination);
    return true;
  }

  /** Mostly all have heard of it but the peer whose route it was. */
  #withdraw(destination: Destination): void {
    const peer = this.#rib.destinations.lastPeer(destination);
    const isShared = this.#members.every(
      ({ told, receiver }) => told.has(destination) === (receiver.neighbour.id !== peer),
    );
    if (!isShared) {
      this.#withdrawFromSome(destination);
      return;
    }
    const key = -2 - peer;
    if (key !== this.#lastKey) this.#open(key, undefined, peer);
    this.#lastBucket?.destinations.push(destination);
    for (const { told } of this.#members) told.delete(destination);
  }

  /** Those who have heard of it are told one by one. */
  #withdrawFromSome(destination: Destination): void {
    for (const member of this.#members) {
      if (member.told.delete(destination)) this.#goneFor(member).push(destination);
    }
  }

  #goneFor(member: Member): Destination[] {
    const gone = this.#gone.get(member) ?? [];
    this.#gone.set(member, gone);
    return gone;
  }

  #open(key: number, set: AttributeSet | undefined, peer: number): void {
    const bucket = this.#buckets.get(key) ?? { set, peer, destinations: [] };
    this.#buckets.set(key, bucket);
    this.#lastKey = key;
    this.#lastBucket = bucket;
  }

  /** Writes all buckets, and sends each member those that are not of its own routes. */
  #send(): void {
    const buckets = [...this.#buckets.values()].filter(
      ({ destinations }) => destinations.length > 0,
    );
    if (buckets.length === 0) return;
    const count = buckets.reduce((sum, { destinations }) => sum + destinations.length, 0);
    const writer = new UpdateWriter(this.#form.session, roomFor(count));
    const starts: number[] = [];
    for (const bucket of buckets) {
      this.#head(writer, bucket);
      starts.push(writer.length);
      for (const destination of bucket.destinations) this.#add(writer, destination);
    }
    const octets = writer.take();
    starts.push(octets.length);
    for (const { receiver } of this.#members) {
      sendAllBut(receiver, buckets, starts, octets);
    }
  }

  #head(writer: UpdateWriter, { set, peer }: Bucket): void {
    const { family } = this.#rib;
    const from = this.#rib.neighbour(peer);
    if (set === undefined || from === undefined) writer.withdraw(family);
    else {
      const nextHop = this.#form.nextHop ?? nextHopOf(set);
      writer.announce(family, nextHop, attributesFor(set, from, this.#form));
    }
  }

  #add(writer: UpdateWriter, destination: Destination): void {
    const { destinations } = this.#rib;
    const address = this.#rib.nlriOf(destinations.bestPath(destination), destination);
    const { octets } = destinations;
    writer.add(octets.slab(address), octets.start(address), octets.end(address));
  }

  /** Notes what a member was told, and withdraws from it what it is told no more: routes that are its own now, or not for it. */
  #settle(member: Member): void {
    const { told, receiver } = member;
    for (const { set, peer, destinations } of this.#buckets.values()) {
      if (set === undefined) continue;
      const isOwn = peer === receiver.neighbour.id;
      for (const destination of destinations) {
        if (!isOwn) told.add(destination);
        else if (told.delete(destination)) this.#goneFor(member).push(destination);
      }
    }
    const gone = this.#gone.get(member);
    if (gone !== undefined) this.#withdrawFrom(member, gone);
  }

  #withdrawFrom({ receiver }: Member, destinations: readonly Destination[]): void {
    const writer = new UpdateWriter(this.#form.session, roomFor(destinations.length));
    writer.withdraw(this.#rib.family);
    for (const destination of destinations) this.#add(writer, destination);
    receiver.send(writer.take());
  }
}

/** Octets that so many routes take, about: most take less, and the writer makes room for the others. */
function roomFor(routes: number): number {
  return 256 + routes * 64;
}

/** Whether peers of this form are told of such a route at all. */
function isFor({ rank }: AttributeSet, from: Neighbour, { role, kind }: Form): boolean {
  if (rank.noAdvertise || (rank.noExport && kind === 'external')) return false;
  return mayTell(from.role, role);
}

/** In as few pieces as possible. */
function sendAllBut(
  receiver: Receiver,
  buckets: readonly Bucket[],
  starts: readonly number[],
  octets: Uint8Array,
): void {
  let from = 0;
  buckets.forEach(({ peer }, index) => {
    if (peer !== receiver.neighbour.id) return;
    const start = starts[index] ?? 0;
    if (start > from) receiver.send(octets.subarray(from, start));
    from = starts[index + 1] ?? octets.length;
  });
  if (octets.length > from) receiver.send(octets.subarray(from));
}
