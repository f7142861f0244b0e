/**
 * Where one MAC of a MAC-VRF is: here, or at another router. RFC 7432 §7.7 and §15. What is said of it here has one sequence
 * number for all its addresses, RFC 9135 §4: the MAC moves, its addresses with it.
 */

import type { Mac } from '../../../../net/mac.ts';
import type { Entry } from './entries.ts';
import type { MacVrfKey } from './key.ts';
import type { LocalMac } from './local-routes.ts';
import { bestMacOf, isHere, isSameSegment } from './order.ts';
import type { TablePath } from './path.ts';

/** What becomes of one route of the MAC. */
export interface Settled {
  readonly entry: Entry<MacVrfKey>;
  readonly best: TablePath | undefined;
  /** What others are told of our own. */
  readonly told: TablePath | undefined;
}

export interface Outcome {
  readonly entries: readonly Settled[];
  readonly isNewDuplicate: boolean;
}

/** RFC 7432 §7.7: 32 bits. Nobody moves as often, but somebody may say so; then the lowest address decides. */
const lastSequence = 0xffff_ffff;

/** Most MACs are of others only: they need no maps of their own. */
const nothing: ReadonlyMap<Entry<MacVrfKey>, never> = new Map<Entry<MacVrfKey>, never>();

export class MacPlace {
  readonly tag: number;
  readonly mac: Mac;
  /** One for the MAC alone, and one for each of its addresses. */
  readonly entries = new Set<Entry<MacVrfKey>>();
  readonly #say: (local: LocalMac, sequence: number) => TablePath;
  /** What its user has said, by entry. */
  #locals: ReadonlyMap<Entry<MacVrfKey>, LocalMac> = nothing;
  #sequence = 0;
  /** It was learned here, and that has not been weighed yet. */
  #isLearned = false;
  #place: 'here' | 'there' | undefined;
  /** What others were told when last something was decided. */
  #told: ReadonlyMap<Entry<MacVrfKey>, TablePath> = nothing;

  constructor(tag: number, mac: Mac, say: (local: LocalMac, sequence: number) => TablePath) {
    this.tag = tag;
    this.mac = mac;
    this.#say = say;
  }

  learn(entry: Entry<MacVrfKey>, local: LocalMac): void {
    this.#locals = new Map([...this.#locals, [entry, local]]);
    entry.own = this.#say(local, this.#sequence);
    this.#isLearned = true;
  }

  unlearn(entry: Entry<MacVrfKey>): void {
    this.#locals = new Map([...this.#locals].filter(([each]) => each !== entry));
    entry.own = undefined;
  }

  /** Makes its own routes anew; whether it has any. */
  sayAgain(): boolean {
    for (const [entry, local] of this.#locals) entry.own = this.#say(local, this.#sequence);
    return this.#locals.size > 0;
  }

  /** Decides. `moved` says whether it has moved once too often. */
  settle(isFrozen: boolean, moved: (toHere: boolean) => boolean): Outcome {
    if (isFrozen) return this.#hold(false);
    const others = [...this.entries].flatMap((entry) => [...entry.others]);
    const sequence = this.#isLearned ? this.#learnedSequence(others) : this.#sequence;
    const place = this.#decide(others, sequence);
    const hasMoved = place !== undefined && this.#place !== undefined && place !== this.#place;
    if (hasMoved && !this.#isGateway && moved(place === 'here')) return this.#hold(true);
    this.#isLearned = false;
    this.#place = place ?? this.#place;
    if (sequence !== this.#sequence) {
      this.#sequence = sequence;
      this.sayAgain();
    }
    return { entries: this.#carryOut(place === 'here'), isNewDuplicate: false };
  }

  /** RFC 7432 §10.1: the routers of a subnet may all have the gateway's MAC; it moves nowhere. */
  get #isGateway(): boolean {
    return [...this.#locals.values()].some(({ isGateway }) => isGateway === true);
  }

  /**
   * RFC 7432 §15: "one greater than the sequence number in the MAC mobility attribute of the received" route when the MAC was
   * at another segment; the same as that of others at its own segment.
   */
  #learnedSequence(others: readonly TablePath[]): number {
    const own = this.#own;
    if (own === undefined || this.#isGateway) return this.#sequence;
    const isOfSegment = (each: TablePath): boolean => isSameSegment(own, each);
    const elsewhere = highest(others.filter((each) => !isOfSegment(each)));
    const beside = highest(others.filter(isOfSegment)) ?? 0;
    const moved = elsewhere === undefined || this.#place === 'here' ? 0 : elsewhere + 1;
    return Math.min(Math.max(this.#sequence, moved, beside), lastSequence);
  }

  #decide(others: readonly TablePath[], sequence: number): 'here' | 'there' | undefined {
    const [first] = this.#locals.values();
    const other = bestMacOf(others);
    if (first === undefined) return other === undefined ? undefined : 'there';
    if (other === undefined || this.#isGateway) return 'here';
    // Not as it is told now, but as it would be.
    const own = this.#say(first, sequence);
    const rivals = others.filter((each) => !isSameSegment(own, each));
    const rival = bestMacOf(rivals);
    return rival === undefined || isHere(own, rival) ? 'here' : 'there';
  }

  get #own(): TablePath | undefined {
    const [entry] = this.#locals.keys();
    return entry?.own;
  }

  #carryOut(isHereNow: boolean): readonly Settled[] {
    const settled = [...this.entries].map((entry): Settled => {
      const told = isHereNow ? entry.own : undefined;
      return { entry, best: told ?? bestMacOf([...entry.others]), told };
    });
    this.#told = isHereNow ? toldOf(settled) : nothing;
    return settled;
  }

  /**
   * RFC 7432 §15.1: nothing more is sent or taken in of it. What is used and told stays as it was; only what is no more at
   * all goes.
   */
  #hold(isNewDuplicate: boolean): Outcome {
    const entries = [...this.entries].map((entry): Settled => {
      const best = this.#isStillThere(entry) ? entry.best : undefined;
      const told = this.#locals.has(entry) ? this.#told.get(entry) : undefined;
      return { entry, best, told };
    });
    this.#told = toldOf(entries);
    return { entries, isNewDuplicate };
  }

  #isStillThere(entry: Entry<MacVrfKey>): boolean {
    const { best } = entry;
    if (best?.origin === undefined) return this.#locals.has(entry);
    const { destination } = best.origin;
    return [...entry.others].some(({ origin }) => origin?.destination === destination);
  }
}

function toldOf(settled: readonly Settled[]): ReadonlyMap<Entry<MacVrfKey>, TablePath> {
  return new Map(
    settled.flatMap(({ entry, told }) => (told === undefined ? [] : [[entry, told] as const])),
  );
}

function highest(paths: readonly TablePath[]): number | undefined {
  let found: number | undefined;
  for (const { sequence } of paths) found = Math.max(found ?? 0, sequence);
  return found;
}
