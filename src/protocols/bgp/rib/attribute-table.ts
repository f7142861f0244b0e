/**
 * Sets of attributes, each kept once however many paths have it: what describes a route besides its NLRI, with the next
 * hop. A set is known by the octets it came in, so that a second UPDATE with the same ones costs a comparison.
 */

import type { AttributeCheck } from '../wire/check-attributes.ts';
import { copySpans, type Spans, setPartial, spansLength } from '../wire/check-attributes.ts';
import { decodeChecked, type PathAttributes } from '../wire/path-attributes.ts';
import { type PeerKind, type WireSession, wireSession } from '../wire/session.ts';
import type { Local } from './peer.ts';
import { type Rank, rankOf } from './rank.ts';

export interface AttributeSet {
  readonly id: number;
  /** Whole attributes in four-octet form, without NEXT_HOP, MP_REACH_NLRI and MP_UNREACH_NLRI; then the next hop. */
  readonly octets: Uint8Array;
  readonly attributesLength: number;
  readonly rank: Rank;
  /** Bit by bit (`kindBit`): from peers of which kind these octets, as they are, are a correct set. */
  correctFrom: number;
  /** What others are told, by the form that theirs have: see outgoing.ts. */
  readonly told: Map<object, Map<number, Uint8Array>>;
  /** Of one that an export policy has made: what of it is said by us, whatever else is usual. */
  readonly own?: { readonly med: boolean; readonly nextHop: boolean };
}

/** Who wants to know which sets there are. */
export interface SetObserver {
  added(set: AttributeSet): void;
  removed(set: AttributeSet): void;
}

interface Entry extends AttributeSet {
  readonly hash: number;
  references: number;
}

/** For `correctFrom`. */
export function kindBit(kind: PeerKind): number {
  return kind === 'internal' ? 1 : kind === 'external' ? 2 : 4;
}

/** The form in which sets are kept. */
export const ownForm: WireSession = wireSession({ fourOctetAs: true });

export class AttributeTable {
  readonly #local: Local;
  readonly #observer: SetObserver | undefined;
  readonly #entries: (Entry | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #byHash = new Map<number, Entry[]>();

  constructor(local: Local, observer?: SetObserver) {
    this.#local = local;
    this.#observer = observer;
  }

  get count(): number {
    return this.#entries.length - this.#free.length;
  }

  *all(): Generator<AttributeSet> {
    for (const entry of this.#entries) if (entry !== undefined) yield entry;
  }

  get(id: number): AttributeSet | undefined {
    return this.#entries[id];
  }

  /** The set that came in these very octets, if there is one. HOT: once per UPDATE; see bench/bgp. */
  find(
    octets: Uint8Array,
    spans: Spans,
    nextHopStart: number,
    nextHopEnd: number,
  ): AttributeSet | undefined {
    const hash = hashOf(octets, spans, nextHopStart, nextHopEnd);
    return this.#find(hash, octets, spans, nextHopStart, nextHopEnd);
  }

  /**
   * The set of these attributes, in the form of `ownForm`, and this next hop. Hold it with `keep` as often as it is used;
   * the last `release` ends it.
   */
  intern(attributes: Uint8Array, nextHop: Uint8Array): AttributeSet {
    const octets = new Uint8Array(attributes.length + nextHop.length);
    octets.set(attributes);
    octets.set(nextHop, attributes.length);
    const spans = attributes.length === 0 ? [] : [0, attributes.length];
    const hash = hashOf(octets, spans, attributes.length, octets.length);
    return (
      this.#find(hash, octets, spans, attributes.length, octets.length) ??
      this.#add(hash, octets, attributes.length)
    );
  }

  keep(id: number): void {
    const entry = this.#entries[id];
    if (entry !== undefined) entry.references += 1;
  }

  release(id: number): void {
    const entry = this.#entries[id];
    if (entry === undefined) return;
    entry.references -= 1;
    if (entry.references > 0) return;
    const others = (this.#byHash.get(entry.hash) ?? []).filter((other) => other !== entry);
    if (others.length === 0) this.#byHash.delete(entry.hash);
    else this.#byHash.set(entry.hash, others);
    this.#entries[id] = undefined;
    this.#free.push(id);
    this.#observer?.removed(entry);
  }

  #find(
    hash: number,
    octets: Uint8Array,
    spans: Spans,
    nextHopStart: number,
    nextHopEnd: number,
  ): Entry | undefined {
    for (const entry of this.#byHash.get(hash) ?? none) {
      if (isOf(entry, octets, spans, nextHopStart, nextHopEnd)) return entry;
    }
    return undefined;
  }

  #add(hash: number, octets: Uint8Array, attributesLength: number): Entry {
    const id = this.#free.pop() ?? this.#entries.length;
    const values = decodeChecked(octets, [0, attributesLength], ownForm);
    const entry: Entry = {
      id,
      octets,
      attributesLength,
      rank: rankOf(values, this.#local),
      correctFrom: 0,
      told: new Map(),
      hash,
      references: 0,
    };
    this.#entries[id] = entry;
    this.#byHash.set(hash, [...(this.#byHash.get(hash) ?? none), entry]);
    this.#observer?.added(entry);
    return entry;
  }
}

const none: readonly Entry[] = Object.freeze([]);

export function valuesOf({ octets, attributesLength }: AttributeSet): PathAttributes {
  return decodeChecked(octets, [0, attributesLength], ownForm);
}

export function nextHopOf({ octets, attributesLength }: AttributeSet): Uint8Array {
  return octets.subarray(attributesLength);
}

export function attributesOf({ octets, attributesLength }: AttributeSet): Uint8Array {
  return octets.subarray(0, attributesLength);
}

/** The kept attributes of an UPDATE as one run of octets, those that we do not know marked as partial. RFC 4271 §5. */
export function keptAttributes(
  octets: Uint8Array,
  { kept, hasUnknown }: AttributeCheck,
): Uint8Array {
  const copy = new Uint8Array(spansLength(kept));
  copySpans(octets, kept, copy, 0);
  if (hasUnknown) setPartial(copy, 0, copy.length);
  return copy;
}

/** FNV-1a. */
function hashOf(octets: Uint8Array, spans: Spans, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < spans.length; i += 2) {
    hash = mixed(hash, octets, spans[i] ?? 0, spans[i + 1] ?? 0);
  }
  return mixed(hash, octets, start, end);
}

function mixed(hash: number, octets: Uint8Array, start: number, end: number): number {
  let mixing = hash;
  for (let at = start; at < end; at += 1) {
    mixing = Math.imul(mixing ^ (octets[at] ?? 0), 0x01000193);
  }
  return mixing;
}

function isOf(
  { octets: own, attributesLength }: AttributeSet,
  octets: Uint8Array,
  spans: Spans,
  start: number,
  end: number,
): boolean {
  if (spansLength(spans) !== attributesLength) return false;
  if (end - start !== own.length - attributesLength) return false;
  let at = 0;
  for (let i = 0; i < spans.length; i += 2) {
    const to = spans[i + 1] ?? 0;
    for (let from = spans[i] ?? 0; from < to; from += 1) {
      if (own[at] !== octets[from]) return false;
      at += 1;
    }
  }
  for (let from = start; from < end; from += 1) {
    if (own[at] !== octets[from]) return false;
    at += 1;
  }
  return true;
}
