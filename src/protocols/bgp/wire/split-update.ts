/**
 * An UPDATE taken apart without looking into its attributes: which routes, with which next hop, and which octets are the
 * attributes that they share. One walk over the octets, positions only; RFC 4271 §4.3, with RFC 7606 §3 to §5 for what does
 * not add up. This is what a RIB calls for each UPDATE, before it looks its attribute octets up.
 *
 * ```
 *   withdrawn length (2) | withdrawn routes, IPv4 | attributes length (2) | attributes | routes, IPv4, to the end
 * ```
 */

import { attributes } from './attributes.ts';
import {
  type Announced,
  isFault,
  locateReach,
  locateUnreach,
  type MpFault,
  type Withdrawn,
} from './attribute/multiprotocol.ts';
import { contentOf, endOfAttribute, isCategory } from './attribute/header.ts';
import type { Spans } from './check-attributes.ts';
import type { Finding } from './error.ts';
import { type AddressFamily, families, familyNumber } from './family.ts';
import { headerLength } from './header.ts';
import { describeFault, NO_OVERLAY_INDEX, TWO_OVERLAY_INDEXES } from './nlri/codec.ts';
import { checkNlri, objectionsTo } from './nlri/cursor.ts';
import { ATTRIBUTE, ATTRIBUTE_FLAG, UPDATE_ERROR } from './numbers.ts';
import { u8, u16 } from './octets.ts';
import type { FamilySession, WireSession } from './session.ts';

export interface UpdateSplit {
  /** The buffer in which all positions are. */
  readonly octets: Uint8Array;
  /** Fields of routes that are withdrawn, of those that are announced; none of them empty. */
  readonly withdrawn: readonly Withdrawn[];
  readonly announced: readonly Announced[];
  /**
   * The attributes that describe the routes, flags and lengths included: all but NEXT_HOP, MP_REACH_NLRI and
   * MP_UNREACH_NLRI. One span where the sender puts those first or last, as RFC 7606 §5.1 asks.
   */
  readonly attributes: Spans;
  /** Where each of the three that are not in `attributes` begins, its header included; -1 without it, or when it is wrong. */
  readonly nextHopAt: number;
  readonly mpReachAt: number;
  readonly mpUnreachAt: number;
  /** The sender has announced all that it has of this family, RFC 4724 §2. */
  readonly endOfRib: AddressFamily | undefined;
  /** Whether routes are announced, be it that they could not be read. RFC 7606 §5.2. */
  readonly announces: boolean;
  /** Whether a route of EVPN type 5 leads nowhere unless a router's MAC comes with it. RFC 9136 §3.1. */
  readonly needsRouterMac: boolean;
  /** The families that this session must not use any longer, RFC 4760 §7: none, one or two. */
  readonly disabled: readonly AddressFamily[];
  readonly findings: readonly Finding[];
}

/** Of most lists there is nothing, so that it need not be made. Frozen: what is to be added to is made first. */
const none: never[] = Object.freeze([]) as never[];
const ipv4Number = familyNumber(families['ipv4-unicast']);

/** Takes the UPDATE in [start, end) apart, header included, whose header `checkHeader` has accepted. */
export function splitUpdate(
  octets: Uint8Array,
  start: number,
  end: number,
  session: WireSession,
): UpdateSplit {
  const split = new Split(octets, session);
  split.update(start + headerLength, end);
  return split;
}

/** What is known while walking. HOT: once per UPDATE; see bench/bgp-codec.ts. */
class Split implements UpdateSplit {
  withdrawn: readonly Withdrawn[] = none;
  announced: readonly Announced[] = none;
  findings: Finding[] = none;
  attributes: number[] = none;
  nextHopAt = -1;
  mpReachAt = -1;
  mpUnreachAt = -1;
  disabled: readonly AddressFamily[] = none;
  endOfRib: AddressFamily | undefined;
  announces = false;
  needsRouterMac = false;
  readonly octets: Uint8Array;
  readonly #session: WireSession;
  /** Which of the three were met, right or wrong: bit `code`. */
  #met = 0;
  /** The family of an MP_UNREACH_NLRI without routes. */
  #unreachEmpty: AddressFamily | undefined;

  constructor(octets: Uint8Array, session: WireSession) {
    this.octets = octets;
    this.#session = session;
  }

  update(start: number, end: number): void {
    const withdrawnEnd = start + 2 + u16(this.octets, start);
    const attributesEnd = withdrawnEnd + 2 + u16(this.octets, withdrawnEnd);
    if (withdrawnEnd + 2 > end || attributesEnd > end) {
      this.#reset(start, end, 'the lengths of its fields exceed its own', 'RFC 7606 §3 (b)');
      return;
    }
    this.#walkAttributes(withdrawnEnd + 2, attributesEnd);
    const ipv4 = this.#session.families.get(ipv4Number);
    if (withdrawnEnd > start + 2) this.#withdraw(ipv4, start + 2, withdrawnEnd);
    if (end > attributesEnd) this.#announce(ipv4, attributesEnd, end);
    this.endOfRib = end === start + 4 ? ipv4?.family : this.#emptied();
  }

  /** RFC 4724 §2: the family of an MP_UNREACH_NLRI without routes, when there is nothing else. */
  #emptied(): AddressFamily | undefined {
    const { withdrawn, attributes: others, announces, nextHopAt, findings } = this;
    const isAlone = withdrawn.length + others.length + findings.length === 0;
    return isAlone && !announces && nextHopAt < 0 && this.mpReachAt < 0
      ? this.#unreachEmpty
      : undefined;
  }

  #walkAttributes(start: number, end: number): void {
    let at = start;
    while (at < end) {
      // The end is behind the content's beginning, so that is within when the end is.
      const next = endOfAttribute(this.octets, at);
      if (next > end) {
        this.#cutShort(at, end);
        return;
      }
      this.#attribute(at, contentOf(this.octets, at), next);
      at = next;
    }
  }

  /**
   * RFC 7606 §4: the length of the last attribute, or of all of them, is wrong. Where that is one with routes in it, they
   * cannot be told any longer, §3 (j).
   */
  #cutShort(at: number, end: number): void {
    const code = end - at < 2 ? undefined : u8(this.octets, at + 1);
    const reason = 'an attribute is longer than what is left for it';
    if (code === ATTRIBUTE.mpReach || code === ATTRIBUTE.mpUnreach) {
      this.#reset(at, end, reason, 'RFC 7606 §3 (j)', code);
      return;
    }
    this.#find(at, end, code, {
      action: 'withdraw',
      subcode: UPDATE_ERROR.malformedAttributeList,
      reason,
      rfc: 'RFC 7606 §4',
    });
  }

  #attribute(at: number, content: number, end: number): void {
    const code = u8(this.octets, at + 1);
    if (code === ATTRIBUTE.mpReach) this.#mpReach(at, content, end);
    else if (code === ATTRIBUTE.mpUnreach) this.#mpUnreach(at, content, end);
    else if (code === ATTRIBUTE.nextHop) this.#nextHop(at, content, end);
    else this.#share(at, end);
  }

  /** Adds to the attributes that describe the routes. */
  #share(at: number, end: number): void {
    const spans = this.attributes;
    if (spans === none) this.attributes = [at, end];
    else if (spans[spans.length - 1] === at) spans[spans.length - 1] = end;
    else spans.push(at, end);
  }

  #nextHop(at: number, content: number, end: number): void {
    const { code, flags, whenMalformed: action, rfc, subcode } = attributes.nextHop;
    if (this.#repeats(code)) {
      const why = { action: 'discard', subcode: UPDATE_ERROR.malformedAttributeList } as const;
      this.#find(at, end, code, { ...why, reason: 'is there twice', rfc: 'RFC 7606 §3 (g)' });
      return;
    }
    if (!isCategory(u8(this.octets, at), flags)) {
      const why = { action, subcode: UPDATE_ERROR.attributeFlags, rfc: 'RFC 7606 §3 (c)' } as const;
      this.#find(at, end, code, { ...why, reason: 'has flags that it cannot have' });
      return;
    }
    const reason = attributes.nextHop.check(this.octets, content, end, this.#session);
    if (reason === undefined) this.nextHopAt = at;
    else this.#find(at, end, code, { action, subcode, reason, rfc });
  }

  #mpReach(at: number, content: number, end: number): void {
    const { code } = attributes.mpReach;
    if (this.#repeats(code)) {
      this.#reset(at, end, 'is there twice', 'RFC 7606 §3 (g)', code);
      return;
    }
    const found = this.#wrongFlags(at) ?? locateReach(this.octets, content, end, this.#session);
    this.announces ||= isFault(found) || found.start < found.end;
    if (isFault(found)) {
      this.#fault(at, end, code, found);
      return;
    }
    this.mpReachAt = at;
    if (found.start < found.end) this.#announced(found);
  }

  #mpUnreach(at: number, content: number, end: number): void {
    const { code } = attributes.mpUnreach;
    if (this.#repeats(code)) {
      this.#reset(at, end, 'is there twice', 'RFC 7606 §3 (g)', code);
      return;
    }
    const found = this.#wrongFlags(at) ?? locateUnreach(this.octets, content, end, this.#session);
    if (isFault(found)) {
      this.#fault(at, end, code, found);
      return;
    }
    this.mpUnreachAt = at;
    if (found.start === found.end) this.#unreachEmpty = found.family;
    else this.withdrawn = [...this.withdrawn, found];
  }

  /** Whether one of this code was met before, and from now on it was. */
  #repeats(code: number): boolean {
    const repeats = (this.#met & (1 << code)) !== 0;
    this.#met |= 1 << code;
    return repeats;
  }

  /** RFC 7606 §5.3: with wrong flags the attribute is incorrect, so whose routes it has cannot be believed either. */
  #wrongFlags(at: number): MpFault | undefined {
    if (isCategory(u8(this.octets, at), ATTRIBUTE_FLAG.optional)) return undefined;
    return { reason: 'has flags that it cannot have', action: 'reset', rfc: 'RFC 7606 §5.3' };
  }

  #fault(at: number, end: number, code: number, { action, reason, rfc, family }: MpFault): void {
    if (family !== undefined) this.disabled = [...this.disabled, family];
    this.#find(at, end, code, { action, subcode: UPDATE_ERROR.optionalAttribute, reason, rfc });
  }

  /** Withdrawn Routes, IPv4 only. */
  #withdraw(ipv4: FamilySession | undefined, start: number, end: number): void {
    const range = this.#ipv4Range(ipv4, start, end);
    if (range !== undefined) this.withdrawn = [range, ...this.withdrawn];
  }

  /** NLRI, IPv4 only; their next hop is NEXT_HOP, which is mandatory with them. RFC 4271 §5, RFC 7606 §3 (d). */
  #announce(ipv4: FamilySession | undefined, start: number, end: number): void {
    this.announces = true;
    const range = this.#ipv4Range(ipv4, start, end);
    if (range === undefined) return;
    if (!this.#repeats(ATTRIBUTE.nextHop)) {
      this.#find(start, start, ATTRIBUTE.nextHop, {
        action: 'withdraw',
        subcode: UPDATE_ERROR.missingWellKnown,
        reason: 'is missing',
        rfc: 'RFC 7606 §3 (d)',
      });
    }
    const nextHopEnd = this.nextHopAt < 0 ? 0 : endOfAttribute(this.octets, this.nextHopAt);
    const nextHopStart = Math.max(nextHopEnd - 4, 0);
    this.#announced({ ...range, nextHopStart, nextHopEnd });
  }

  /** RFC 7606 §3 (i), (j), §5.3: where these cannot be read, only the session reset is left. */
  #ipv4Range(ipv4: FamilySession | undefined, start: number, end: number): Withdrawn | undefined {
    if (ipv4 === undefined) {
      this.#find(start, end, undefined, {
        action: 'discard',
        subcode: UPDATE_ERROR.invalidNetworkField,
        reason: 'routes of IPv4, which was not agreed on',
        rfc: 'RFC 4760 §8',
      });
      return undefined;
    }
    const range = { family: ipv4.family, pathIds: ipv4.receivePathIds, start, end };
    const fault = checkNlri(this.octets, range);
    if (fault === 0) return range;
    this.#find(start, end, undefined, {
      action: 'reset',
      subcode: UPDATE_ERROR.invalidNetworkField,
      reason: describeFault(fault),
      rfc: 'RFC 7606 §5.3',
    });
    return undefined;
  }

  #announced(range: Announced): void {
    this.announced = [...this.announced, range];
    const objections = objectionsTo(this.octets, range);
    if ((objections & NO_OVERLAY_INDEX) !== 0) this.needsRouterMac = true;
    if ((objections & TWO_OVERLAY_INDEXES) === 0) return;
    this.#find(range.start, range.end, ATTRIBUTE.mpReach, {
      action: 'withdraw',
      subcode: UPDATE_ERROR.optionalAttribute,
      reason: 'an IP prefix route has both a segment and a gateway',
      rfc: 'RFC 9136 §3.2',
    });
  }

  #reset(at: number, end: number, reason: string, rfc: string, code?: number): void {
    const subcode = UPDATE_ERROR.malformedAttributeList;
    this.#find(at, end, code, { action: 'reset', subcode, reason, rfc });
  }

  #find(
    at: number,
    end: number,
    attribute: number | undefined,
    why: Pick<Finding, 'action' | 'subcode' | 'reason' | 'rfc'>,
  ): void {
    if (this.findings === none) this.findings = [];
    this.findings.push({ ...why, attribute, octets: this.octets.slice(at, end) });
  }
}
