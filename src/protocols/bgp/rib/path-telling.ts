/**
 * Tells peers of more than the best path of a route: of several, each under an identifier of ours (RFC 7911), or of the one
 * that RFC 4684 §3.2 has for who asks for which route target. What advertiser.ts does for all others it does more slowly, and
 * nobody pays for it who has not asked for it.
 */

import { UpdateWriter } from '../wire/update-writer.ts';
import type { Member } from './advertiser.ts';
import type { AttributeSet } from './attribute-table.ts';
import { type Candidate, decide } from './decision.ts';
import type { Destination } from './destinations.ts';
import { judge, rejected } from './judge.ts';
import { attributesFor, type Choice, type Form, nextHopFor } from './outgoing.ts';
import type { Path } from './paths.ts';
import type { Neighbour } from './peer.ts';
import { roomFor, sendAllBut } from './pieces.ts';
import type { Rib } from './rib.ts';

/** Paths of one route that are told at most: what was told is a bit for each. */
const mostPaths = 32;

/** A path that is told, and the identifier it has; 1 where none is sent. */
interface Chosen {
  readonly candidate: Candidate;
  readonly set: AttributeSet;
  readonly identifier: number;
}

/** Paths that go into the same UPDATEs. */
interface Bucket {
  readonly set: AttributeSet;
  readonly from: Neighbour;
  readonly peer: number;
  readonly paths: { readonly destination: Destination; readonly chosen: Chosen }[];
}

interface Gone {
  readonly destination: Destination;
  readonly identifier: number;
}

/** One portion of news for members that are told the same. */
export class PathTelling {
  readonly #rib: Rib;
  readonly #form: Form;
  readonly #choice: Choice;
  readonly #members: readonly [Member, ...Member[]];
  readonly #buckets = new Map<number, Bucket>();
  readonly #gone = new Map<Member, Gone[]>();

  constructor(rib: Rib, form: Form, choice: Choice, members: readonly [Member, ...Member[]]) {
    this.#rib = rib;
    this.#form = form;
    this.#choice = choice;
    this.#members = members;
  }

  tell(news: readonly Destination[]): void {
    for (const destination of news) {
      const chosen = this.#choose(destination);
      for (const each of chosen) this.#announce(destination, each);
      for (const member of this.#members) this.#settle(member, destination, chosen);
    }
    this.#send();
    for (const [member, gone] of this.#gone) this.#withdraw(member, gone);
  }

  #choose(destination: Destination): readonly Chosen[] {
    const able = this.#rib.candidates(destination).flatMap((candidate) => {
      const set = this.#judge(destination, candidate);
      return set === undefined ? [] : [{ candidate, set }];
    });
    const best = bestOf(
      able.map(({ candidate }) => candidate),
      this.#choice,
    );
    return able.flatMap(({ candidate, set }) => {
      if (!best.has(candidate)) return [];
      const identifier = this.#identifierOf(destination, candidate.path);
      return identifier === 0 ? [] : [{ candidate, set, identifier }];
    });
  }

  /** What is told of a path, if anything. */
  #judge(destination: Destination, { from, metric, path }: Candidate): AttributeSet | undefined {
    if (metric === Number.POSITIVE_INFINITY) return undefined;
    const [{ receiver }] = this.#members;
    // Of several choosers each would choose otherwise; only one who is alone is not told of its own for another's sake.
    const isOwn = this.#choice === 'memberships' && from.id === receiver.neighbour.id;
    if (isOwn && !this.#tellsOwn) return undefined;
    const judged = judge(this.#rib, destination, path, this.#form, receiver.wanted);
    if (judged !== rejected) return judged;
    for (const member of this.#members) member.rejected += 1;
    return undefined;
  }

  /** RFC 4684 §3.2: what a client asks for is told to it too, so that it learns that others might. */
  get #tellsOwn(): boolean {
    return this.#choice === 'memberships' && this.#form.role === 'client';
  }

  /** Stays with the path. RFC 7911 §3: it has no meaning but to tell this path from others of the route. */
  #identifierOf(destination: Destination, path: Path): number {
    if (this.#choice === 'memberships') return 1;
    const { destinations, paths } = this.#rib;
    const known = paths.toldAs(path);
    if (known !== 0) return known;
    let taken = 0;
    for (let at = destinations.firstPath(destination); at >= 0; at = paths.next(at)) {
      if (paths.toldAs(at) !== 0) taken |= bitOf(paths.toldAs(at));
    }
    // The lowest bit that is not taken.
    const free = ~taken & (taken + 1);
    const identifier = free === 0 ? 0 : mostPaths - Math.clz32(free);
    if (identifier !== 0) paths.setToldAs(path, identifier);
    return identifier;
  }

  #announce(destination: Destination, chosen: Chosen): void {
    const { set, candidate } = chosen;
    const { from } = candidate;
    const key = set.id * 0x10000 + from.id;
    const bucket = this.#buckets.get(key) ?? { set, from, peer: from.id, paths: [] };
    this.#buckets.set(key, bucket);
    bucket.paths.push({ destination, chosen });
  }

  /** Notes what a member is told, and what it is told no more. */
  #settle(member: Member, destination: Destination, chosen: readonly Chosen[]): void {
    const { receiver, told } = member;
    let now = 0;
    for (const { candidate, identifier } of chosen) {
      if (this.#tellsOwn || candidate.from.id !== receiver.neighbour.id) now |= bitOf(identifier);
    }
    const before = told.word(destination);
    told.setWord(destination, now >>> 0);
    for (let left = before & ~now; left !== 0; left &= left - 1) {
      const gone = this.#gone.get(member) ?? [];
      this.#gone.set(member, gone);
      gone.push({ destination, identifier: mostPaths - Math.clz32(left & -left) });
    }
  }

  #send(): void {
    const buckets = [...this.#buckets.values()];
    if (buckets.length === 0) return;
    const count = buckets.reduce((sum, { paths }) => sum + paths.length, 0);
    const writer = new UpdateWriter(this.#form.session, roomFor(count));
    const starts: number[] = [];
    for (const { set, from, paths } of buckets) {
      const nextHop = nextHopFor(set, from, this.#form);
      writer.announce(this.#rib.family, nextHop, attributesFor(set, from, this.#form));
      starts.push(writer.length);
      for (const { destination, chosen } of paths) {
        this.#add(writer, destination, chosen.candidate.path, chosen.identifier);
      }
    }
    const octets = writer.take();
    starts.push(octets.length);
    for (const { receiver } of this.#members) {
      sendAllBut(receiver, this.#tellsOwn ? [] : buckets, starts, octets);
    }
  }

  #withdraw({ receiver }: Member, gone: readonly Gone[]): void {
    const writer = new UpdateWriter(this.#form.session, roomFor(gone.length));
    writer.withdraw(this.#rib.family);
    for (const { destination, identifier } of gone) {
      this.#add(writer, destination, -1, identifier);
    }
    receiver.send(writer.take());
  }

  #add(writer: UpdateWriter, destination: Destination, path: Path, identifier: number): void {
    const address = this.#rib.nlriOf(path, destination);
    const { octets } = this.#rib.destinations;
    writer.add(octets.slab(address), octets.start(address), octets.end(address), identifier);
  }
}

function bitOf(identifier: number): number {
  return 1 << (identifier - 1);
}

/** The best `choice` of them. */
function bestOf(all: readonly Candidate[], choice: Choice): ReadonlySet<Candidate> {
  if (choice === 'all') return new Set(all);
  const chosen = new Set<Candidate>();
  const most = choice === 'memberships' ? 1 : choice;
  while (chosen.size < most) {
    const next = decide(all.filter((each) => !chosen.has(each)));
    if (next === undefined) break;
    chosen.add(next);
  }
  return chosen;
}
