/**
 * The content of path attributes checked by RFC 7606 §3 and §7, without making values of it. A RIB that keeps attribute sets
 * by their octets calls this once for octets that it has not seen, and keeps the result beside them.
 */

import { attributeRow } from './attributes.ts';
import { type AttributeCodec, wrongLength } from './attribute/codec.ts';
import { contentOf, endOfAttribute, isCategory, visitAttributes } from './attribute/header.ts';
import type { Finding } from './error.ts';
import { ATTRIBUTE_FLAG, UPDATE_ERROR } from './numbers.ts';
import { entry, u8 } from './octets.ts';
import type { WireSession } from './session.ts';

/** Parts of one buffer: start, end, start, end, … in order, none empty. */
export type Spans = readonly number[];

/** Calls `visit` with each span, in order. */
export function forEachSpan(spans: Spans, visit: (start: number, end: number) => void): void {
  for (let i = 0; i < spans.length; i += 2) visit(entry(spans, i), entry(spans, i + 1));
}

interface Part {
  readonly start: number;
  readonly end: number;
}

export interface AttributeCheck {
  /** What is wrong, in the order of the octets. */
  readonly findings: readonly Finding[];
  /**
   * The spans without what is discarded and without unknown attributes that are not passed on (RFC 4271 §5); the very array
   * that was given when all is kept.
   */
  readonly kept: Spans;
  /** Which of the first 32 type codes are there, kept or not: bit `code`. */
  readonly present: number;
  /** Whether attributes are kept that are not known here; before they are sent on, `setPartial` must mark them. */
  readonly hasUnknown: boolean;
}

const nothing: readonly Finding[] = Object.freeze([]);

/**
 * Checks the attributes in `spans` of `octets`, which must hold whole attributes, as `splitUpdate` gives them. The result
 * depends on the octets, `session.fourOctetAs` and `session.peer` alone, so it can be kept for all sessions that agree
 * in these. Neither NEXT_HOP nor the routes are looked for here: `splitUpdate` has taken them out.
 */
export function checkAttributes(
  octets: Uint8Array,
  spans: Spans,
  session: WireSession,
): AttributeCheck {
  const check = new Check(octets, session);
  forEachSpan(spans, (start, end) => check.walk(start, end));
  return {
    findings: check.findings ?? nothing,
    kept: check.dropped === undefined ? spans : without(spans, check.dropped),
    present: check.present,
    hasUnknown: check.hasUnknown,
  };
}

/** One walk. HOT: once per attribute of an UPDATE; see bench/bgp-codec.ts. */
class Check {
  findings: Finding[] | undefined;
  /** Attributes to leave out, in order. */
  dropped: Part[] | undefined;
  /** Type codes met so far, 32 to a number; of the first 32 in a field of its own, since nearly all are among them. */
  present = 0;
  #seenAbove: number[] | undefined;
  hasUnknown = false;
  readonly #octets: Uint8Array;
  readonly #session: WireSession;

  constructor(octets: Uint8Array, session: WireSession) {
    this.#octets = octets;
    this.#session = session;
  }

  walk(start: number, end: number): void {
    let at = start;
    while (at < end) {
      const next = endOfAttribute(this.#octets, at);
      this.#one(at, next);
      at = next;
    }
  }

  #one(at: number, end: number): void {
    const code = u8(this.#octets, at + 1);
    if (this.#repeats(code)) {
      // RFC 7606 §3 (g): all but the first are discarded.
      const why = { action: 'discard', subcode: UPDATE_ERROR.malformedAttributeList } as const;
      this.#find(code, at, end, { ...why, reason: 'is there twice', rfc: 'RFC 7606 §3 (g)' });
      return;
    }
    const codec = attributeRow(code)?.codec;
    if (codec === undefined) this.#unknown(code, at, end);
    else this.#known(codec, at, end);
  }

  #known(codec: AttributeCodec<unknown>, at: number, end: number): void {
    const { code, from } = codec;
    if (from !== undefined && !mayCome(from, this.#session)) {
      if (codec.quietly) {
        this.#drop(at, end);
        return;
      }
      const reason = 'comes from outside of the AS';
      const why = { action: 'discard', subcode: UPDATE_ERROR.optionalAttribute } as const;
      this.#find(code, at, end, { ...why, reason, rfc: codec.rfc });
      return;
    }
    if (!isCategory(u8(this.#octets, at), codec.flags)) {
      this.#find(code, at, end, {
        action: codec.whenMalformed,
        subcode: UPDATE_ERROR.attributeFlags,
        reason: 'has flags that it cannot have',
        rfc: 'RFC 7606 §3 (c)',
      });
      return;
    }
    const reason = codec.check(this.#octets, contentOf(this.#octets, at), end, this.#session);
    if (reason === undefined) return;
    const subcode = reason === wrongLength ? UPDATE_ERROR.attributeLength : codec.subcode;
    this.#find(code, at, end, { action: codec.whenMalformed, subcode, reason, rfc: codec.rfc });
  }

  /** RFC 4271 §5, §6.3: unknown and well-known is an error; unknown and not transitive is quietly left out. */
  #unknown(code: number, at: number, end: number): void {
    const flags = u8(this.#octets, at);
    if ((flags & ATTRIBUTE_FLAG.optional) === 0) {
      this.#find(code, at, end, {
        action: 'reset',
        subcode: UPDATE_ERROR.unrecognizedWellKnown,
        reason: 'says that it is well-known, and is not',
        rfc: 'RFC 4271 §6.3',
      });
    } else if ((flags & ATTRIBUTE_FLAG.transitive) === 0) {
      this.#drop(at, end);
    } else {
      this.hasUnknown = true;
    }
  }

  #find(
    attribute: number,
    at: number,
    end: number,
    why: Pick<Finding, 'action' | 'subcode' | 'reason' | 'rfc'>,
  ): void {
    this.findings ??= [];
    this.findings.push({ ...why, attribute, octets: this.#octets.slice(at, end) });
    this.#drop(at, end);
  }

  #drop(at: number, end: number): void {
    this.dropped ??= [];
    this.dropped.push({ start: at, end });
  }

  /** Whether the code was met before, and from now on it was. */
  #repeats(code: number): boolean {
    const bit = 1 << (code & 31);
    if (code < 32) {
      const repeats = (this.present & bit) !== 0;
      this.present |= bit;
      return repeats;
    }
    this.#seenAbove ??= [0, 0, 0, 0, 0, 0, 0, 0];
    const word = entry(this.#seenAbove, code >>> 5);
    this.#seenAbove[code >>> 5] = word | bit;
    return (word & bit) !== 0;
  }
}

function mayCome(from: 'internal' | 'internal-or-confederation', { peer }: WireSession): boolean {
  return peer === 'internal' || (peer === 'confederation' && from !== 'internal');
}

/** The spans less the dropped parts; both in order, each dropped part within one span. */
function without(spans: Spans, dropped: readonly Part[]): Spans {
  const kept: number[] = [];
  let next = 0;
  forEachSpan(spans, (start, end) => {
    let at = start;
    // One pass over both: a peer can make thousands of each.
    for (let part = dropped[next]; part !== undefined && part.start < end; part = dropped[next]) {
      if (part.start > at) kept.push(at, part.start);
      at = part.end;
      next += 1;
    }
    if (end > at) kept.push(at, end);
  });
  return kept;
}

/** Octets in all the spans. */
export function spansLength(spans: Spans): number {
  let length = 0;
  forEachSpan(spans, (start, end) => {
    length += end - start;
  });
  return length;
}

/** Copies the spans one behind the other to `at`; returns where they end. */
export function copySpans(octets: Uint8Array, spans: Spans, into: Uint8Array, at: number): number {
  let to = at;
  forEachSpan(spans, (start, end) => {
    into.set(octets.subarray(start, end), to);
    to += end - start;
  });
  return to;
}

/** Sets, in the caller's own copy of kept attributes, the Partial bit of those that are not known here. RFC 4271 §5. */
export function setPartial(octets: Uint8Array, start: number, end: number): void {
  visitAttributes(octets, start, end, (code, at) => {
    if (attributeRow(code) === undefined) octets[at] = u8(octets, at) | ATTRIBUTE_FLAG.partial;
  });
}
