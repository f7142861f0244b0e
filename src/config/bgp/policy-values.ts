/** The values that policies are written in: rules of prefixes, communities, ranges, names of lists; text to value. */

import { type Issue, issue, issueAt } from '../../base/issue.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { parseAsPathPattern } from '../../net/as-path-pattern.ts';
import {
  type CommunityKind,
  type CommunityPattern,
  parseCommunity,
  parseCommunityPattern,
} from '../../net/community.ts';
import { formatIp, type Ip, ipBits, parseIp } from '../../net/ip.ts';
import { formatPrefix, networkOf, parsePrefix, type Prefix } from '../../net/prefix.ts';
import type { Type } from '../option.ts';
import { nearest } from '../suggest.ts';
import { show } from '../types.ts';

type Parse<T> = (value: unknown) => Result<T, Issue>;

/** One element, or a list of them. What is shown of it is for nobody: policies are not printed. */
export function many<T>(says: string, parse: Parse<T>): Type<readonly T[]> {
  return {
    says: `${says}, or a list of them`,
    parse: (value) => {
      const list: readonly unknown[] = Array.isArray(value) ? value : [value];
      const values: T[] = [];
      for (const [index, each] of list.entries()) {
        const parsed = parse(each);
        if (!parsed.ok)
          return Array.isArray(value) ? err(issueAt(`[${index}]`, parsed.error)) : parsed;
        values.push(parsed.value);
      }
      return ok(values);
    },
    format: (values) => values.map(String),
  };
}

/** As `many`, of what may come to several values. */
export function manyOf<T>(says: string, parse: Parse<readonly T[]>): Type<readonly T[]> {
  const type = many(says, parse);
  return {
    ...type,
    parse: (value) => {
      const parsed = type.parse(value);
      return parsed.ok ? ok(parsed.value.flat()) : parsed;
    },
    format: (values) => values.map(String),
  };
}

/** A text that is written out, or the name of a list; `isName`: which of both. */
export function namedOr<T>(
  what: string,
  lists: ReadonlyMap<string, readonly T[]>,
  isName: (text: string) => boolean,
  parse: (text: string) => Result<readonly T[], Issue>,
): Parse<readonly T[]> {
  return textOf((text) => {
    if (!isName(text)) return parse(text);
    const list = lists.get(text);
    if (list !== undefined) return ok(list);
    return err(issue(`no ${what} has the name '${text}'; ${hint(text, lists.keys())}`));
  });
}

/** `did you mean 'x'?` */
export function hint(name: string, known: Iterable<string>): string {
  const names = [...known];
  const similar = nearest(name, names) ?? names[0];
  return similar === undefined ? 'there is none' : `did you mean '${similar}'?`;
}

export function textOf<T>(parse: (text: string) => Result<T, Issue>): Parse<T> {
  return (value) =>
    typeof value === 'string'
      ? parse(value)
      : err(issue(`expected a string, found ${show(value)}`));
}

export interface Range {
  readonly least: number;
  readonly most: number;
}

/** `100`, or `"100-200"`. */
export function rangeWithin(min: number, max: number): Parse<Range> {
  return (value) => {
    const text = typeof value === 'number' ? String(value) : value;
    const refused = err(
      issue(`expected a number or a range as '${min}-${max}', found ${show(value)}`),
    );
    if (typeof text !== 'string') return refused;
    const [, first, last = first] = /^([0-9]{1,10})(?:-([0-9]{1,10}))?$/.exec(text) ?? [];
    if (first === undefined) return refused;
    const range = { least: Number(first), most: Number(last) };
    if (range.least < min || range.most > max) {
      return err(issue(`${show(value)} is not within ${min} to ${max}`));
    }
    return range.least > range.most ? err(issue(`the range '${text}' is empty`)) : ok(range);
  };
}

export interface PrefixRule {
  readonly prefix: Prefix;
  readonly least: number;
  readonly most: number;
}

/** `10.0.0.0/8`, and its parts: `10.0.0.0/8 ge 16 le 24`. */
export function parsePrefixRule(text: string): Result<readonly PrefixRule[], Issue> {
  const [, word = '', ge, le] =
    /^(\S+)(?:\s+ge\s+(\d+))?(?:\s+le\s+(\d+))?$/.exec(text.trim()) ?? [];
  const parsed = parsePrefix(word);
  if (!parsed.ok || !word.includes('/')) {
    return err(issue(`'${text}' is not a prefix, with 'ge' and 'le' behind it or without`));
  }
  const { value: prefix } = parsed;
  const network = networkOf(prefix);
  if (network.ip.value !== prefix.ip.value) {
    return err(issue(`'${text}' has bits beyond its length; write ${formatPrefix(network)}`));
  }
  const bits = ipBits(prefix.ip.family);
  const least = Number(ge ?? prefix.length);
  const most = Number(le ?? (ge === undefined ? prefix.length : bits));
  if (least < prefix.length || most > bits || least > most) {
    return err(
      issue(`'${text}' matches nothing: ${prefix.length} <= ge <= le <= ${bits} must hold`),
    );
  }
  return ok([{ prefix, least, most }]);
}

/** What is meant as a prefix has a slash, which no name has. */
export function isPrefixList(text: string): boolean {
  return !text.includes('/');
}

/** What is meant as a community has a colon, or is a word that is known, or octets. */
export function isCommunityList(text: string): boolean {
  return !text.includes(':') && !text.startsWith('0x') && !parseCommunityPattern(text).ok;
}

/** There are no letters in a pattern of AS paths, and one at least in each name. */
export function isAsPathList(text: string): boolean {
  return /^[A-Za-z]/.test(text);
}

export const parsePatterns = parseCommunityPattern;

export function parseAsPaths(text: string) {
  const parsed = parseAsPathPattern(text);
  return parsed.ok ? ok([parsed.value]) : parsed;
}

/** One community, of this kind where one is asked for. */
export function communityOf(kind?: CommunityKind): Parse<CommunityPattern> {
  return textOf((text) => {
    const parsed = parseCommunity(text);
    if (!parsed.ok || kind === undefined || parsed.value.kind === kind) return parsed;
    const where = {
      standard: 'communities',
      extended: 'extended_communities',
      large: 'large_communities',
    };
    return err(issue(`'${text}' belongs into ${where[parsed.value.kind]}`));
  });
}

/** An address, or anything else as the name of a peer. */
export function parsePeer(text: string): Result<Ip | string, Issue> {
  const ip = parseIp(text);
  return ok(ip.ok ? ip.value : text);
}

export const nextHop: Type<Ip | 'self'> = {
  says: 'IP address, or `self`',
  parse: (value) => (value === 'self' ? ok(value) : textOf(parseIp)(value)),
  format: (value) => (value === 'self' ? value : formatIp(value)),
};
