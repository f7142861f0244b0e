/** UPDATEs of one peer into the ribs: Adj-RIB-In. RFC 4271 §9, with the verdicts of RFC 7606. */

import { type AttributeCheck, checkAttributes, spansLength } from '../wire/check-attributes.ts';
import type { Finding, MessageError } from '../wire/error.ts';
import { type AddressFamily, familyNumber } from '../wire/family.ts';
import { NlriCursor, type NlriRange } from '../wire/nlri/cursor.ts';
import type { Role } from '../wire/capability/speaker.ts';
import { decodeChecked, encodeAttributes } from '../wire/path-attributes.ts';
import { judgeUpdate } from '../wire/scan-update.ts';
import type { WireSession } from '../wire/session.ts';
import type { PolicyChain } from '../policy/decision-tree.ts';
import { splitUpdate, type UpdateSplit } from '../wire/split-update.ts';
import type { Announced } from '../wire/attribute/multiprotocol.ts';
import {
  type AttributeSet,
  type AttributeTable,
  keptAttributes,
  kindBit,
  nextHopOf,
  ownForm,
  valuesOf,
} from './attribute-table.ts';
import { ImportFilter } from './import-filter.ts';
import { arrivalOf, hasRoles } from './only-to-customer.ts';
import type { Neighbour } from './peer.ts';
import { isLooped } from './rank.ts';
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
  /** Which routes are taken, and how; `undefined`: all, as they come. */
  readonly policy: PolicyChain | undefined;
  /** Our role to the peer, RFC 9234; `undefined`: none. */
  readonly role: Role['role'] | undefined;
}

export class Intake {
  readonly #ports: IntakePorts;
  readonly #cursor = new NlriCursor();
  #from: Neighbour;
  #policy: PolicyChain | undefined;
  #leaks = 0;
  /** By `familyNumber`. */
  readonly #filters = new Map<number, ImportFilter>();
  readonly #rejected = new Map<number, number>();

  constructor(ports: IntakePorts) {
    this.#ports = ports;
    this.#from = ports.from;
    this.#policy = ports.policy;
  }

  /** Of the same peer otherwise, and with another policy, for what comes from now on. */
  change(from: Neighbour, policy: PolicyChain | undefined): void {
    this.close();
    this.#from = from;
    this.#policy = policy;
  }

  /** Routes that were leaks by their mark (RFC 9234 §5), each as often as it was announced. */
  get leaks(): number {
    return this.#leaks;
  }

  /** How many routes of this family the policy has rejected, each as often as it was announced. */
  rejectedOf(family: AddressFamily): number {
    return this.#rejected.get(familyNumber(family)) ?? 0;
  }

  /** Lets go of what it holds. */
  close(): void {
    for (const filter of this.#filters.values()) filter.close();
    this.#filters.clear();
  }

  /** A whole UPDATE whose header is correct; an error ends the session. HOT: once per UPDATE. */
  update(octets: Uint8Array, start: number, end: number): MessageError | undefined {
    const split = splitUpdate(octets, start, end, this.#ports.session);
    if (split.findings.length > 0 || split.needsRouterMac || split.announced.length !== 1) {
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
    const { session } = this.#ports;
    const set = this.#ports.attributes.find(octets, attributes, nextHopStart, nextHopEnd);
    if (set === undefined || !session.fourOctetAs) return undefined;
    if ((set.correctFrom & kindBit(session.peer)) === 0) return undefined;
    const { firstAs = set.rank.neighbourAs } = session;
    return set.rank.neighbourAs === firstAs ? set : undefined;
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
    const { attributes, role } = this.#ports;
    // A set that all its routes let go would end amid them.
    attributes.keep(set.id);
    const arrival =
      role === undefined || !hasRoles(range.family.name)
        ? 'as it is'
        : arrivalOf(role, set.rank.onlyToCustomer, this.#from.as);
    // RFC 9234 §5: "MUST be considered ineligible".
    if (arrival === 'leak') this.#leaks += this.#withdraw(octets, range);
    else if (arrival === 'as it is') this.#take(octets, range, set);
    else {
      const marked = this.#marked(set);
      attributes.keep(marked.id);
      this.#take(octets, range, marked);
      attributes.release(marked.id);
    }
    attributes.release(set.id);
  }

  /** RFC 9234 §5, ingress, rule 3. No policy has a say in it. */
  #marked(set: AttributeSet): AttributeSet {
    const values = { ...valuesOf(set), onlyToCustomer: this.#from.as };
    return this.#ports.attributes.intern(encodeAttributes(values, ownForm), nextHopOf(set));
  }

  #take(octets: Uint8Array, range: Announced, set: AttributeSet): void {
    const rib = this.#ports.ribs.get(familyNumber(range.family));
    if (rib === undefined) return;
    const cursor = this.#cursor;
    cursor.open(octets, range);
    // A route that has been here before is no matter of policy: that our AS is in its path must be seen as it came.
    if (this.#policy !== undefined && !isLooped(set.rank, this.#from)) {
      this.#announceFiltered(this.#policy, rib, octets, set);
      return;
    }
    while (cursor.next()) {
      rib.announce(this.#from, cursor.pathId, octets, cursor.start, cursor.end, set);
    }
  }

  /** What the policy rejects is gone, if it was there. */
  #announceFiltered(policy: PolicyChain, rib: Rib, octets: Uint8Array, set: AttributeSet): void {
    const { attributes } = this.#ports;
    const from = this.#from;
    const cursor = this.#cursor;
    const number = familyNumber(rib.family);
    const filter =
      this.#filters.get(number) ?? new ImportFilter(policy, from, rib.family, attributes);
    this.#filters.set(number, filter);
    const tree = filter.treeOf(set);
    let rejected = 0;
    while (cursor.next()) {
      const { start, end, pathId } = cursor;
      const taken = filter.judge(tree, octets, start, end);
      if (taken === undefined) {
        rejected += 1;
        rib.withdraw(from, pathId, octets, start, end);
        continue;
      }
      attributes.keep(taken.id);
      rib.announce(from, pathId, octets, start, end, taken);
      attributes.release(taken.id);
    }
    if (rejected > 0) this.#rejected.set(number, (this.#rejected.get(number) ?? 0) + rejected);
  }

  /** How many routes there are in it, held or not. */
  #withdraw(octets: Uint8Array, range: NlriRange & { readonly family: AddressFamily }): number {
    const rib = this.#ports.ribs.get(familyNumber(range.family));
    if (rib === undefined) return 0;
    const cursor = this.#cursor;
    let count = 0;
    cursor.open(octets, range);
    while (cursor.next()) {
      rib.withdraw(this.#from, cursor.pathId, octets, cursor.start, cursor.end);
      count += 1;
    }
    return count;
  }
}
