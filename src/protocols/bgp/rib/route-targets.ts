/**
 * Which routes a peer has asked for by their route targets: the memberships that it announces, and what they match.
 * RFC 4684 §4, §6. Knows no routes and no session.
 */

import { visitAttributes } from '../wire/attribute/header.ts';
import { ATTRIBUTE } from '../wire/numbers.ts';
import type { RouteTargetMembership } from '../wire/nlri/route-target.ts';
import { u8, u64 } from '../wire/octets.ts';
import { type AttributeSet, attributesOf } from './attribute-table.ts';

/** Bits of a membership before those of the target: the AS that asks, which is not asked about. */
const asBits = 32;
const targetBits = 64;

/** A set of memberships; one may be in it several times, from several ASes or as several paths. */
export class Memberships {
  /** By how many bits of a target count: their values, and how often each is there. */
  readonly #byLength = new Map<number, Map<bigint, number>>();

  /** Everything is asked for. */
  get isAll(): boolean {
    return this.#byLength.has(0);
  }

  get isEmpty(): boolean {
    return this.#byLength.size === 0;
  }

  add({ length, target }: RouteTargetMembership): void {
    const bits = bitsOf(length);
    const values = this.#byLength.get(bits) ?? new Map<bigint, number>();
    this.#byLength.set(bits, values);
    const value = head(target, bits);
    values.set(value, (values.get(value) ?? 0) + 1);
  }

  remove({ length, target }: RouteTargetMembership): void {
    const bits = bitsOf(length);
    const values = this.#byLength.get(bits);
    const value = head(target, bits);
    const count = values?.get(value) ?? 0;
    if (values === undefined || count === 0) return;
    if (count > 1) values.set(value, count - 1);
    else values.delete(value);
    if (values.size === 0) this.#byLength.delete(bits);
  }

  /** The same text for the same set, however often each is in it. */
  format(): string {
    const all = [...this.#byLength].flatMap(([bits, values]) =>
      [...values.keys()].map((value) => `${bits}:${value.toString(36)}`),
    );
    return all.toSorted().join(' ');
  }

  /** Whether a route with these attributes is asked for. One without any target only with everything. */
  has(set: AttributeSet): boolean {
    if (this.isAll) return true;
    const targets = targetsOf(set);
    for (const [bits, values] of this.#byLength) {
      if (targets.some((target) => values.has(head(target, bits)))) return true;
    }
    return false;
  }
}

function bitsOf(length: number): number {
  return Math.max(0, length - asBits);
}

function head(target: bigint, bits: number): bigint {
  return target >> BigInt(targetBits - bits);
}

const known = new WeakMap<AttributeSet, readonly bigint[]>();

/** The route targets of a set: each eight octets as one number. */
export function targetsOf(set: AttributeSet): readonly bigint[] {
  const before = known.get(set);
  if (before !== undefined) return before;
  const found: bigint[] = [];
  const octets = attributesOf(set);
  visitAttributes(octets, 0, octets.length, (code, _at, content, end) => {
    if (code !== ATTRIBUTE.extendedCommunities) return;
    for (let at = content; at < end; at += 8) if (isTarget(octets, at)) found.push(u64(octets, at));
  });
  known.set(set, found);
  return found;
}

/** RFC 4360 §4, RFC 5668; RFC 7432 §7.6: ES-Import is one too, and "MUST" be constrained as one. */
function isTarget(octets: Uint8Array, at: number): boolean {
  const type = u8(octets, at);
  return u8(octets, at + 1) === 0x02 && (type <= 0x02 || type === 0x06);
}
