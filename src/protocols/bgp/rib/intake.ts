/** UPDATEs of one peer into the ribs: Adj-RIB-In. RFC 4271 §9, with the verdicts of RFC 7606. */

import { type AttributeCheck, checkAttributes, spansLength } from '../wire/check-attributes.ts';
import type { Finding, MessageError } from '../wire/error.ts';
import { type AddressFamily, familyNumber } from '../wire/family.ts';
import { NlriCursor, type NlriRange } from '../wire/nlri/cursor.ts';
import { decodeChecked, encodeAttributes } from '../wire/path-attributes.ts';
import { judgeUpdate } from '../wire/scan-update.ts';
import type { WireSession } from '../wire/session.ts';
import { splitUpdate, type UpdateSplit } from '../wire/split-update.ts';
import type { Announced } from '../wire/attribute/multiprotocol.ts';
import {
  type AttributeSet,
  type AttributeTable,
  keptAttributes,
  kindBit,
  ownForm,
} from './attribute-table.ts';
import type { Neighbour } from './peer.ts';
import type { Rib } from './rib.ts';

export interface IntakePorts {
  readonly from: Neighbour;
  readonly session: WireSession;
  readonly attributes: AttributeTable;
  /** By `familyNumber`. */
  readonly ribs: ReadonlyMap<number, Rib>;
  /** Of every fault, whatever becomes of it. */
  readonly found: (findings: readonly Finding[]) => void;
  /** RFC 4724 §2. */
  readonly endOfRib: (family: AddressFamily) => void;
  /** RFC 7606 §2: this session has no use for the family any longer. */
  readonly disable: (family: AddressFamily) => void;
}

export class Intake {
  readonly #ports: IntakePorts;
  readonly #cursor = new NlriCursor();

  constructor(ports: IntakePorts) {
    this.#ports = ports;
  }

  /** A whole UPDATE whose header is correct; an error ends the session. HOT: once per UPDATE. */
  update(octets: Uint8Array, start: number, end: number): MessageError | undefined {
    const split = splitUpdate(octets, start, end, this.#ports.session);
    if (split.findings.length > 0 || split.announced.length !== 1) {
      return this.#inFull(split);
    }
    const [announced] = split.announced;
    if (announced === undefined) return undefined;
    const set = this.#known(split, announced);
    if (set === undefined) return this.#inFull(split);
    for (const range of split.withdrawn) this.#withdraw(octets, range);
    this.#announce(octets, announced, set);
    return undefined;
  }

  /** The set that these very octets made before, when they are correct from such a peer. */
  #known({ octets, attributes }: UpdateSplit, announced: Announced): AttributeSet | undefined {
    const { nextHopStart, nextHopEnd } = announced;
    const set = this.#ports.attributes.find(octets, attributes, nextHopStart, nextHopEnd);
    const isCorrect = ((set?.correctFrom ?? 0) & kindBit(this.#ports.session.peer)) !== 0;
    return isCorrect && this.#ports.session.fourOctetAs ? set : undefined;
  }

  #inFull(split: UpdateSplit): MessageError | undefined {
    const { session, found, endOfRib, disable } = this.#ports;
    const { octets } = split;
    const check = checkAttributes(octets, split.attributes, session);
    const scan = judgeUpdate(split, check, session);
    if (scan.findings.length > 0) found(scan.findings);
    if (scan.verdict === 'reset') return scan.error;
    for (const range of scan.withdrawn) this.#withdraw(octets, range);
    for (const range of scan.announced) {
      if (scan.verdict === 'withdraw') this.#withdraw(octets, range);
      else this.#announce(octets, range, this.#intern(split, check, range));
    }
    for (const family of scan.disabled) disable(family);
    if (scan.endOfRib !== undefined) endOfRib(scan.endOfRib);
    return undefined;
  }

  #intern(split: UpdateSplit, check: AttributeCheck, range: Announced): AttributeSet {
    const { session, attributes } = this.#ports;
    const { octets } = split;
    const nextHop = octets.subarray(range.nextHopStart, range.nextHopEnd);
    if (!session.fourOctetAs) {
      const values = decodeChecked(octets, check.kept, session);
      return attributes.intern(encodeAttributes(values, ownForm), nextHop);
    }
    const set = attributes.intern(keptAttributes(octets, check), nextHop);
    const isAsItCame =
      check.findings.length === 0 &&
      !check.hasUnknown &&
      spansLength(check.kept) === spansLength(split.attributes);
    if (isAsItCame) set.correctFrom |= kindBit(session.peer);
    return set;
  }

  #announce(octets: Uint8Array, range: Announced, set: AttributeSet): void {
    const rib = this.#ports.ribs.get(familyNumber(range.family));
    if (rib === undefined) return;
    const { from } = this.#ports;
    const cursor = this.#cursor;
    // A set that all its routes let go would end amid them.
    this.#ports.attributes.keep(set.id);
    cursor.open(octets, range);
    while (cursor.next()) {
      rib.announce(from, cursor.pathId, octets, cursor.start, cursor.end, set);
    }
    this.#ports.attributes.release(set.id);
  }

  #withdraw(octets: Uint8Array, range: NlriRange & { readonly family: AddressFamily }): void {
    const rib = this.#ports.ribs.get(familyNumber(range.family));
    if (rib === undefined) return;
    const cursor = this.#cursor;
    cursor.open(octets, range);
    while (cursor.next()) {
      rib.withdraw(this.#ports.from, cursor.pathId, octets, cursor.start, cursor.end);
    }
  }
}
