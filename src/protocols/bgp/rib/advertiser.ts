/**
 * Tells peers what has changed in a rib: Adj-RIB-Out, without a copy of the table for each. Each peer has its place in the
 * order of changes, and one bit per destination for what it was told. Peers that are told the same (`Form`) and stand at the
 * same place get the same octets, made once; routes with the same attributes go into the same UPDATEs, RFC 4271 §9.2.
 *
 * Nothing is made for a peer that does not take what it was sent: it keeps its place, and goes on with what is then true.
 */

import { UpdateWriter } from '../wire/update-writer.ts';
import { equalData } from '../../../base/equal.ts';
import type { AttributeSet } from './attribute-table.ts';
import { BitSet } from './bit-set.ts';
import type { ChangeOrder, Cursor } from './change-order.ts';
import { type Destination, none } from './destinations.ts';
import { type Judged, judge, rejected } from './judge.ts';
import { attributesFor, canCarry, type Form, isFor, nextHopFor } from './outgoing.ts';
import type { Path } from './paths.ts';
import { PathTelling } from './path-telling.ts';
import { roomFor, sendAllBut } from './pieces.ts';
import type { Neighbour } from './peer.ts';
import type { Rib } from './rib.ts';

/** Destinations that are looked at before others get their turn. */
const portion = 2048;

/** A filter of one receiver, RFC 4684 §6. */
export interface Wanted {
  /** One value for all that let the same pass; `undefined`: everything, as of those without. Another after a change. */
  readonly alike: object | undefined;
  has(set: AttributeSet): boolean;
}

export interface Receiver {
  readonly neighbour: Neighbour;
  readonly form: Form;
  /** Which routes it has asked for; left out: all. */
  readonly wanted?: Wanted;
  /** Whether it takes more now. */
  isReady(): boolean;
  /** Whole messages. */
  send(octets: Uint8Array): void;
}

/** One who is told, until he leaves. */
export interface Member {
  receiver: Receiver;
  /** The changes that he is told of, and how far he has heard of them. */
  readonly order: ChangeOrder;
  readonly cursor: Cursor;
  /** The destinations of which he has heard that there is a route; of each 32 paths, where he is told of several. */
  readonly told: BitSet;
  /** Destinations to look at again, because he wants others than before. */
  readonly due: BitSet;
  /** What is due when he has heard of all there is: at first the End-of-RIB, RFC 4724 §2. */
  atEnd: (() => void) | undefined;
  /** Of one who is told otherwise since a moment ago. */
  revision: Revision | undefined;
  /** Routes that the policy of his form did not let him hear of, each as often as he would have been told. */
  rejected: number;
}

/** Of what was told in one form, only what is another thing in the form of now is told again. */
interface Revision {
  readonly before: Form;
  readonly after: Form;
  /** The change up to which he has heard all in the form before. */
  readonly upTo: number;
}

export class Advertiser {
  readonly #rib: Rib;
  readonly #members = new Set<Member>();
  /** By what is told, and what is asked for: for `#groupOf`. They end with either. */
  readonly #pairs = new WeakMap<object, WeakMap<object, object>>();

  constructor(rib: Rib) {
    this.#rib = rib;
  }

  join(receiver: Receiver): Member {
    const order = receiver.form.choice === undefined ? this.#rib.order : this.#rib.allChanges();
    if (receiver.wanted !== undefined) this.#rib.indexSets();
    const cursor = order.open();
    const atEnd = (): void => this.#endOfRib(receiver);
    const member: Member = {
      receiver,
      order,
      cursor,
      told: new BitSet(),
      due: new BitSet(),
      atEnd,
      revision: undefined,
      rejected: 0,
    };
    this.#members.add(member);
    return member;
  }

  leave(member: Member): void {
    member.order.close(member.cursor);
    this.#members.delete(member);
    const isOther = [...this.#members].some(({ order }) => order !== this.#rib.order);
    if (!isOther) this.#rib.dropAllChanges();
  }

  /** The member wants others than before: those with one of these sets are looked at again. */
  reconsider(member: Member, sets: Iterable<AttributeSet>): void {
    for (const { id } of sets) {
      for (const path of this.#rib.pathsWith(id)) member.due.add(this.#rib.paths.destination(path));
    }
  }

  /** Tells all of it again, RFC 2918, and then calls `atEnd`. */
  repeat(member: Member, atEnd?: () => void): void {
    member.order.rewind(member.cursor);
    // What he has heard before is told too: that is what was asked for.
    member.revision = undefined;
    const before = member.atEnd;
    member.atEnd = () => {
      before?.();
      atEnd?.();
    };
  }

  /** From now on he is told in this form; and of what he has heard, what is another thing in it. */
  reform(member: Member, form: Form): void {
    const { receiver, order, cursor } = member;
    const wanted: Revision = { before: receiver.form, after: form, upTo: cursor.change };
    const others = [...this.#members].map(({ revision }) => revision);
    member.revision = others.find((each) => isSameRevision(each, wanted)) ?? wanted;
    member.receiver = { ...receiver, form };
    order.rewind(cursor);
  }

  /** Tells the next portion to all that are ready. Whether there is more for any of them. */
  advance(): boolean {
    let isMore = false;
    for (const members of this.#groups().values()) {
      this.#tell(members);
      isMore ||= members.some(hasNews);
    }
    for (const member of this.#members) {
      if (member.receiver.wanted !== undefined && this.#tellDue(member)) isMore = true;
    }
    this.#rib.sweep();
    return isMore;
  }

  /** Those that are told the same now. */
  #groups(): ReadonlyMap<object, readonly [Member, ...Member[]]> {
    const groups = new Map<object, Map<Destination, [Member, ...Member[]]>>();
    const found = new Map<object, [Member, ...Member[]]>();
    for (const member of this.#members) {
      const { receiver, cursor } = member;
      if ((!hasNews(member) && member.atEnd === undefined) || !receiver.isReady()) continue;
      const told = this.#groupOf(member);
      const places = groups.get(told) ?? new Map<Destination, [Member, ...Member[]]>();
      groups.set(told, places);
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

  /** Who is told what: one value for all that are told the same. */
  #groupOf({ receiver, revision }: Member): object {
    const { form, wanted } = receiver;
    // Who asks for which targets is told to others than clients with regard to what they said themselves.
    if (form.choice === 'memberships' && form.role !== 'client') return receiver;
    const told = revision ?? form;
    const alike = wanted?.alike;
    if (alike === undefined) return told;
    const pairs = this.#pairs.get(told) ?? new WeakMap<object, object>();
    this.#pairs.set(told, pairs);
    const pair = pairs.get(alike) ?? {};
    pairs.set(alike, pair);
    return pair;
  }

  #tell(members: readonly [Member, ...Member[]]): void {
    const news: Destination[] = [];
    const [{ order, cursor }] = members;
    let at = order.after(cursor.at);
    while (at !== none && news.length < portion) {
      news.push(at);
      at = order.after(at);
    }
    if (news.length > 0) {
      const last = news[news.length - 1] ?? none;
      this.#tellOf(news, members);
      for (const member of members) {
        order.move(member.cursor, last);
        if (member.cursor.change >= (member.revision?.upTo ?? 0)) member.revision = undefined;
      }
    }
    if (at !== none) return;
    for (const member of members) {
      const { atEnd } = member;
      member.atEnd = undefined;
      atEnd?.();
    }
  }

  #tellOf(news: readonly Destination[], members: readonly [Member, ...Member[]]): void {
    const [{ receiver, revision }] = members;
    const { form } = receiver;
    if (form.choice === undefined) new Telling(this.#rib, form, members, revision).tell(news);
    else new PathTelling(this.#rib, form, form.choice, members).tell(news);
  }

  /** Of what is due: what is told where nothing else has changed. Whether there is more. */
  #tellDue(member: Member): boolean {
    const { cursor, due, order, receiver } = member;
    if (due.next(0) < 0 || !receiver.isReady()) return false;
    const news: Destination[] = [];
    let at = due.next(0);
    for (let looked = 0; at >= 0 && looked < portion; looked += 1) {
      due.delete(at);
      // What is not behind the cursor is told when the cursor is there.
      const isBehind = order.changeOf(at) <= cursor.change;
      if (isBehind && this.#differs(member, at)) news.push(at);
      at = due.next(at + 1);
    }
    if (news.length > 0) this.#tellOf(news, [member]);
    return at >= 0;
  }

  /** Whether he has heard otherwise than he should have. Of several paths that shows only when they are chosen. */
  #differs({ receiver, told }: Member, destination: Destination): boolean {
    const { form, neighbour, wanted } = receiver;
    if (form.choice !== undefined) return true;
    const path = this.#rib.destinations.bestPath(destination);
    const isOwn = this.#rib.paths.peer(path) === neighbour.id;
    const judged = judge(this.#rib, destination, path, form, wanted);
    const isTold = judged !== undefined && judged !== rejected && !isOwn;
    return isTold !== told.has(destination);
  }

  #endOfRib(receiver: Receiver): void {
    const writer = new UpdateWriter(receiver.form.session, 64);
    writer.endOfRib(this.#rib.family);
    receiver.send(writer.take());
  }
}

function hasNews({ order, cursor }: Member): boolean {
  return order.after(cursor.at) !== none;
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
  readonly #wanted: Wanted | undefined;
  readonly #buckets = new Map<number, Bucket>();
  /** What single members are told the end of. */
  readonly #gone = new Map<Member, Destination[]>();
  readonly #revision: Revision | undefined;
  /** By the peer whose routes they are: how many the policy did not let pass. */
  readonly #rejected = new Map<number, number>();
  #lastKey = Number.NaN;
  #lastBucket: Bucket | undefined;

  constructor(
    rib: Rib,
    form: Form,
    members: readonly [Member, ...Member[]],
    revision: Revision | undefined,
  ) {
    this.#rib = rib;
    this.#form = form;
    this.#members = members;
    this.#wanted = members[0].receiver.wanted;
    this.#revision = revision;
  }

  tell(news: readonly Destination[]): void {
    for (const destination of news) {
      const path = this.#rib.destinations.bestPath(destination);
      if (this.#revision !== undefined && this.#isAsBefore(destination, path)) continue;
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
    if (this.#form.filter !== undefined) return this.#announceFiltered(destination, path, peer);
    const key = setId * 0x10000 + peer;
    if (key !== this.#lastKey) {
      const set = attributes.get(setId);
      const from = this.#rib.neighbour(peer);
      if (set === undefined || from === undefined || !isFor(set, from, this.#form)) return false;
      if (this.#wanted?.has(set) === false || !canCarry(set, from, this.#form)) return false;
      this.#open(key, set, peer);
    }
    this.#lastBucket?.destinations.push(destination);
    return true;
  }

  #announceFiltered(destination: Destination, path: Path, peer: number): boolean {
    const told = this.#judge(destination, path, this.#form);
    if (told === undefined) return false;
    if (told === rejected) {
      this.#rejected.set(peer, (this.#rejected.get(peer) ?? 0) + 1);
      return false;
    }
    const key = told.id * 0x10000 + peer;
    if (key !== this.#lastKey) this.#open(key, told, peer);
    this.#lastBucket?.destinations.push(destination);
    return true;
  }

  #judge(destination: Destination, path: Path, form: Form): Judged {
    return judge(this.#rib, destination, path, form, this.#wanted);
  }

  /** Whether all have heard, in the form before, just what they would be told now. */
  #isAsBefore(destination: Destination, path: Path): boolean {
    const revision = this.#revision;
    const { order, paths } = this.#rib;
    if (revision === undefined || order.changeOf(destination) > revision.upTo) return false;
    const peer = paths.peer(path);
    const from = this.#rib.neighbour(peer);
    if (from === undefined) return false;
    const { before: formBefore, after: formNow } = revision;
    const before = toldOf(this.#judge(destination, path, formBefore));
    const now = toldOf(this.#judge(destination, path, formNow));
    const isAsTold = this.#members.every(
      ({ told, receiver: { neighbour } }) =>
        told.has(destination) === (now !== undefined && neighbour.id !== peer),
    );
    if (!isAsTold || before === undefined || now === undefined) return isAsTold && before === now;
    const isPlainSame = (formBefore.plain ?? formBefore) === (formNow.plain ?? formNow);
    if (before === now && isPlainSame) return true;
    return (
      equalData(nextHopFor(before, from, formBefore), nextHopFor(now, from, formNow)) &&
      equalData(attributesFor(before, from, formBefore), attributesFor(now, from, formNow))
    );
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
      const attributes = attributesFor(set, from, this.#form);
      writer.announce(family, nextHopFor(set, from, this.#form), attributes);
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
    for (const [peer, count] of this.#rejected) {
      if (peer !== receiver.neighbour.id) member.rejected += count;
    }
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

function toldOf(judged: Judged): AttributeSet | undefined {
  return judged === rejected ? undefined : judged;
}

function isSameRevision(a: Revision | undefined, b: Revision): boolean {
  return a !== undefined && a.before === b.before && a.after === b.after && a.upTo === b.upTo;
}
