/**
 * Communities as operators write them: of RFC 1997 (`65000:100`, `no-export`), extended of RFC 4360 (`rt:65000:100`,
 * `soo:10.0.0.1:7`, or any as `0x` and sixteen digits), large of RFC 8092 (`65000:1:2`); and patterns of them, in which `*`
 * stands for any number. Route distinguishers likewise. What they are on the wire is known to src/protocols/bgp/wire.
 */

import { type Issue, issue } from '../base/issue.ts';
import { err, ok, type Result } from '../base/result.ts';
import { parseIp } from './ip.ts';

/** The bits that are set in `mask` have to be as in `value`, in which all others are 0. */
export interface BitPattern {
  readonly value: bigint;
  readonly mask: bigint;
}

/** How many bits there are in one of each kind. */
export const communityBits = { standard: 32n, extended: 64n, large: 96n } as const;
export type CommunityKind = keyof typeof communityBits;

export interface CommunityPattern extends BitPattern {
  readonly kind: CommunityKind;
}

/** "BGP Well-known Communities", in the words of FRR. */
export const wellKnownCommunities: ReadonlyMap<string, number> = new Map([
  ['graceful-shutdown', 0xffff0000],
  ['accept-own', 0xffff0001],
  ['llgr-stale', 0xffff0006],
  ['no-llgr', 0xffff0007],
  ['blackhole', 0xffff029a],
  ['no-export', 0xffffff01],
  ['no-advertise', 0xffffff02],
  ['local-AS', 0xffffff03],
  ['no-peer', 0xffffff04],
]);

/** The types of an administered extended community, by the form of what is left of the last colon. RFC 7153 §5. */
const subtypes: ReadonlyMap<string, bigint> = new Map([
  ['rt', 0x02n],
  ['soo', 0x03n],
]);

/** Of one community that is meant there are several patterns: `rt:*` is of three types. */
export function parseCommunityPattern(text: string): Result<readonly CommunityPattern[], Issue> {
  const known = wellKnownCommunities.get(text);
  if (known !== undefined) return ok([exactly('standard', BigInt(known))]);
  if (/^0x[0-9a-fA-F]{16}$/.test(text)) return ok([exactly('extended', BigInt(text))]);
  const [, word = '', rest = ''] = /^([a-zA-Z]+)[: ]\s*(.+)$/.exec(text) ?? [];
  const subtype = subtypes.get(word.toLowerCase());
  if (subtype !== undefined) return extendedPatterns(text, subtype, rest);
  const colons = text.split(':').length - 1;
  const fields = colons === 1 ? bitsOf(text, [16n, 16n]) : bitsOf(text, [32n, 32n, 32n]);
  if (fields === undefined) return refused(text);
  return ok([{ kind: colons === 1 ? 'standard' : 'large', ...fields }]);
}

/** One community without a `*`. */
export function parseCommunity(text: string): Result<CommunityPattern, Issue> {
  const parsed = parseCommunityPattern(text);
  if (!parsed.ok) return parsed;
  const [first] = parsed.value;
  if (first === undefined || !isExact(first)) {
    return err(issue(`'${text}' stands for several communities; name each of them`));
  }
  return ok(first);
}

/** `65000:1`, `10.0.0.1:*`; `*:1` of all types that RFC 4364 §4.2 has. */
export function parseRdPattern(text: string): Result<readonly BitPattern[], Issue> {
  const forms = administered(text);
  if (forms === undefined) {
    return err(
      issue(`'${text}' is not a route distinguisher (ASN:number or IPv4:number, with * for any)`),
    );
  }
  return ok(
    forms.map(({ type, value, mask }) => ({
      value: (type << 48n) | value,
      mask: (0xffffn << 48n) | mask,
    })),
  );
}

export function isExact({ kind, mask }: CommunityPattern): boolean {
  return mask === (1n << communityBits[kind]) - 1n;
}

function exactly(kind: CommunityKind, value: bigint): CommunityPattern {
  return { kind, value, mask: (1n << communityBits[kind]) - 1n };
}

function refused(text: string): { readonly ok: false; readonly error: Issue } {
  return err(
    issue(
      `'${text}' is not a community (65000:100, rt:65000:100, soo:65000:100, 65000:1:2, 0x0002fde800000064, or a word such as no-export)`,
    ),
  );
}

function extendedPatterns(
  text: string,
  subtype: bigint,
  rest: string,
): Result<readonly CommunityPattern[], Issue> {
  const forms = administered(rest);
  if (forms === undefined) return refused(text);
  return ok(
    forms.map(({ type, value, mask }) => ({
      kind: 'extended',
      value: (type << 56n) | (subtype << 48n) | value,
      mask: (0xffffn << 48n) | mask,
    })),
  );
}

interface Form extends BitPattern {
  /** 0: two octets of AS; 1: an IPv4 address; 2: four octets of AS. */
  readonly type: bigint;
}

/** The forms that an administrator and a number may have, of six octets each; `*` alone is any of all three. */
function administered(text: string): readonly Form[] | undefined {
  const [left = '', right = '*', ...more] = text.split(':');
  if (more.length > 0 || (left !== '*' && !text.includes(':'))) return undefined;
  const forms = formsOf(left).flatMap(({ type, value, mask }) => {
    const width = type === 0n ? 32n : 16n;
    const number = numberOf(right, width);
    if (number === undefined) return [];
    return [{ type, value: (value << width) | number.value, mask: (mask << width) | number.mask }];
  });
  return forms.length === 0 ? undefined : forms;
}

function formsOf(left: string): readonly Form[] {
  if (left === '*') return [0n, 1n, 2n].map((type) => ({ type, value: 0n, mask: 0n }));
  if (left.includes('.')) {
    const ip = parseIp(left);
    return ip.ok ? [{ type: 1n, value: BigInt(ip.value.value), mask: 0xffff_ffffn }] : [];
  }
  const asn = numberOf(left, 32n);
  if (asn === undefined) return [];
  return asn.value > 0xffffn ? [{ type: 2n, ...asn }] : [{ type: 0n, ...asn, mask: 0xffffn }];
}

/** Fields one behind the other, each a number of so many bits or `*`. */
function bitsOf(text: string, widths: readonly bigint[]): BitPattern | undefined {
  const parts = text.split(':');
  if (parts.length !== widths.length) return undefined;
  let value = 0n;
  let mask = 0n;
  for (const [index, width] of widths.entries()) {
    const number = numberOf(parts[index] ?? '', width);
    if (number === undefined) return undefined;
    value = (value << width) | number.value;
    mask = (mask << width) | number.mask;
  }
  return { value, mask };
}

function numberOf(text: string, width: bigint): BitPattern | undefined {
  if (text === '*') return { value: 0n, mask: 0n };
  if (!/^[0-9]{1,10}$/.test(text)) return undefined;
  const value = BigInt(text);
  return value >> width === 0n ? { value, mask: (1n << width) - 1n } : undefined;
}
