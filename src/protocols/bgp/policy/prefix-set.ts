/**
 * Prefix rules as a binary trie: to look one up takes as many steps as the prefix has bits, however many rules there are,
 * and allocates nothing. A route matches when a rule's prefix holds it and the rule allows its length.
 */

import { ipBytes } from '../../../net/ip.ts';
import type { NumberRange, PrefixRule } from './policy.ts';

/** No child: the root is nobody's. */
const none = 0;

class Trie {
  /** Of node n at 2n and 2n + 1. */
  #children = new Int32Array(64);
  #count = 1;
  /** By node: lengths that are allowed below it. */
  readonly #allowed = new Map<number, readonly NumberRange[]>();

  add({ prefix, least, most }: PrefixRule): void {
    const octets = ipBytes(prefix.ip);
    let node = 0;
    for (let bit = 0; bit < prefix.length; bit += 1) {
      const slot = 2 * node + bitAt(octets, 0, bit);
      const child = this.#children[slot] ?? none;
      node = child === none ? this.#open(slot) : child;
    }
    this.#allowed.set(node, [...(this.#allowed.get(node) ?? []), { least, most }]);
  }

  /** HOT: once per route, where a policy asks for it. */
  has(octets: Uint8Array, at: number, length: number): boolean {
    let node = 0;
    for (let bit = 0; ; bit += 1) {
      const allowed = this.#allowed.get(node);
      if (allowed !== undefined && isWithin(length, allowed)) return true;
      if (bit === length) return false;
      node = this.#children[2 * node + bitAt(octets, at, bit)] ?? none;
      if (node === none) return false;
    }
  }

  #open(slot: number): number {
    const node = this.#count;
    this.#count += 1;
    if (2 * this.#count > this.#children.length) {
      const longer = new Int32Array(this.#children.length * 2);
      longer.set(this.#children);
      this.#children = longer;
    }
    this.#children[slot] = node;
    return node;
  }
}

export class PrefixSet {
  readonly #tries = { 4: new Trie(), 6: new Trie() } as const;

  constructor(rules: readonly PrefixRule[]) {
    for (const rule of rules) this.#tries[rule.prefix.ip.family].add(rule);
  }

  /** The prefix of so many bits whose octets begin at `at`. */
  has(family: 4 | 6, octets: Uint8Array, at: number, length: number): boolean {
    return this.#tries[family].has(octets, at, length);
  }
}

function bitAt(octets: Uint8Array, at: number, bit: number): number {
  return ((octets[at + (bit >>> 3)] ?? 0) >>> (7 - (bit & 7))) & 1;
}

function isWithin(value: number, ranges: readonly NumberRange[]): boolean {
  for (const { least, most } of ranges) if (value >= least && value <= most) return true;
  return false;
}
