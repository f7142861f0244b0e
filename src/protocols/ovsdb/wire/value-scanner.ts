/**
 * Finds the end of one JSON value in octets that may be cut anywhere, by counting brackets outside
 * of strings. Checks no grammar: whoever cuts the value out parses it and so finds what is wrong
 * with it. RFC 8259 §2.
 */

const quote = 0x22;
const backslash = 0x5c;

export function isSpace(octet: number | undefined): boolean {
  return octet === 0x20 || octet === 0x0a || octet === 0x0d || octet === 0x09;
}

export class ValueScanner {
  #kind: 'brackets' | 'string' | 'scalar' = 'scalar';
  #depth = 0;
  #deepest = 0;
  #inString = false;
  #escaped = false;

  /** The most brackets that were open at once in this value. */
  get deepest(): number {
    return this.#deepest;
  }

  /** Begins at the value's first octet, which `scan` is then given. */
  begin(first: number | undefined): void {
    const isBracket = first === 0x7b || first === 0x5b;
    this.#kind = isBracket ? 'brackets' : first === quote ? 'string' : 'scalar';
    this.#depth = 0;
    this.#deepest = 0;
    this.#inString = false;
    this.#escaped = false;
  }

  /** The index just past the value, or -1 when the octets end before it does. */
  scan(octets: Uint8Array, from: number): number {
    if (this.#kind === 'scalar') return scanScalar(octets, from);
    return this.#scanNested(octets, from);
  }

  // HOT: sees every octet of a dump; bench/ovsdb.ts.
  #scanNested(octets: Uint8Array, from: number): number {
    const end = octets.length;
    let at = from;
    if (this.#inString) {
      at = this.#scanString(octets, at);
      if (this.#inString) return -1;
      if (this.#depth === 0) return at;
    }
    let depth = this.#depth;
    while (at < end) {
      const octet = octets[at];
      at += 1;
      if (octet === quote) {
        this.#inString = true;
        at = this.#scanString(octets, at);
        if (this.#inString) break;
        if (depth === 0) return at;
      } else if (octet === 0x5b || octet === 0x7b) {
        depth += 1;
        if (depth > this.#deepest) this.#deepest = depth;
      } else if (octet === 0x5d || octet === 0x7d) {
        depth -= 1;
        if (depth === 0) return at;
      }
    }
    this.#depth = depth;
    return -1;
  }

  /** The index past the closing quote; stays in the string when the octets end first. */
  #scanString(octets: Uint8Array, from: number): number {
    const end = octets.length;
    let at = from;
    if (this.#escaped && at < end) {
      this.#escaped = false;
      at += 1;
    }
    while (at < end) {
      const octet = octets[at];
      at += 1;
      if (octet === quote) {
        this.#inString = false;
        return at;
      }
      if (octet === backslash) {
        if (at === end) this.#escaped = true;
        at += 1;
      }
    }
    return end;
  }
}

/** Numbers, true, false, null: to the octet that cannot belong to them. */
function scanScalar(octets: Uint8Array, from: number): number {
  for (let at = from; at < octets.length; at += 1) {
    const octet = octets[at];
    if (octet === 0x2c || octet === 0x7d || octet === 0x5d || isSpace(octet)) return at;
  }
  return -1;
}
