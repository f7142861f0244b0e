/** The types that options have: TOML value to value, or one issue in the operator's words. No option is known here. */

import { TomlDate } from 'smol-toml';
import { type Issue, issue, issueAt } from '../base/issue.ts';
import { err, ok, type Result } from '../base/result.ts';
import {
  type Endpoint,
  formatEndpoint,
  formatSocketAddress,
  parseEndpoint,
  parseEndpoints,
  parseSocketAddress,
  type SocketAddress,
} from '../net/endpoint.ts';
import { type IfName, parseCutIfName, parseIfName } from '../net/if-name.ts';
import {
  formatIp,
  type Ip,
  type Ip4,
  isLoopback,
  isMulticast,
  isUnspecified,
  parseIp,
} from '../net/ip.ts';
import { type Asn, parseAsn, parseTableId, type TableId } from '../net/numbers.ts';
import { formatPrefix, parsePrefix, type Prefix } from '../net/prefix.ts';
import type { Type } from './option.ts';

export const boolean: Type<boolean> = {
  says: 'true or false',
  parse: (value) => (typeof value === 'boolean' ? ok(value) : wrongType('true or false', value)),
  format: (value) => value,
  fromText: booleanOfText,
};

/** The words of oslo.config, `types.Boolean`. */
export function booleanOfText(text: string): unknown {
  const word = text.toLowerCase();
  if (['true', '1', 'on', 'yes'].includes(word)) return true;
  return ['false', '0', 'off', 'no'].includes(word) ? false : text;
}

export function integer(min: number, max: number): Type<number> {
  return {
    says: `whole number, ${min} to ${max}`,
    parse: (value) => {
      if (typeof value !== 'number' || !Number.isInteger(value)) {
        return wrongType('a whole number', value);
      }
      return inRange(value, min, max, '');
    },
    format: (value) => value,
    fromText: numberOfText,
  };
}

/** Seconds outside, milliseconds inside: every duration in a Config is in milliseconds. */
export function seconds(min: number, max: number): Type<number> {
  return {
    says: `seconds, ${min} to ${max}`,
    parse: (value) => {
      if (typeof value !== 'number') return wrongType('a number of seconds', value);
      const checked = inRange(value, min, max, ' seconds');
      return checked.ok ? ok(Math.round(checked.value * 1000)) : checked;
    },
    format: (value) => value / 1000,
    fromText: numberOfText,
  };
}

function numberOfText(text: string): unknown {
  return /^-?[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : text;
}

function inRange(value: number, min: number, max: number, unit: string): Result<number, Issue> {
  // Written so that NaN, which TOML has, is refused too.
  if (!(value >= min)) return err(issue(`${value} is below ${min}${unit}`));
  return value > max ? err(issue(`${value} is above ${max}${unit}`)) : ok(value);
}

export function oneOf<const W extends string>(...words: readonly W[]): Type<W> {
  return {
    says: words.map((word) => `\`${word}\``).join(', '),
    parse: (value) => {
      const word = words.find((known) => known === value);
      return word === undefined
        ? err(issue(`${show(value)} is none of ${words.join(', ')}`))
        : ok(word);
    },
    format: (value) => value,
  };
}

export const path: Type<string> = {
  says: 'absolute path',
  // A relative path would depend on where the agent was started.
  parse: (value) =>
    parseString(value, (text) =>
      text.startsWith('/') && !/\p{Cc}/u.test(text)
        ? ok(text)
        : err(issue(`${show(text)} is not an absolute path`)),
    ),
  format: (value) => value,
};

export const ifName: Type<IfName> = {
  says: 'interface name',
  parse: (value) => parseString(value, parseIfName),
  format: (value) => value,
};

/** Of a VRF that is made: the kernel takes 15 characters. */
export const cutIfName: Type<IfName> = {
  says: 'interface name',
  parse: (value) => parseString(value, parseCutIfName),
  format: (value) => value,
};

/** An address that other nodes can send to. */
export const unicastIp: Type<Ip> = {
  says: 'IP address',
  parse: (value) => parseString(value, parseUnicast),
  format: formatIp,
};

function parseUnicast(text: string): Result<Ip, Issue> {
  const ip = parseIp(text);
  if (!ip.ok) return ip;
  return isLoopback(ip.value) || isMulticast(ip.value) || isUnspecified(ip.value)
    ? err(issue(`'${text}' is no address that other nodes can send to`))
    : ip;
}

/** The parser of a value that must be a string. */
export function string<T>(
  parse: (text: string) => Result<T, Issue>,
): (value: unknown) => Result<T, Issue> {
  return (value) => parseString(value, parse);
}

/** Of words and the like, none of them twice. */
export function listOf<T extends string>(element: Type<T>): Type<readonly T[]> {
  return {
    says: `list of ${element.says}`,
    parse: (value) => {
      if (!Array.isArray(value)) return wrongType('a list', value);
      const list = parseList(value, (text) => element.parse(text));
      if (!list.ok) return list;
      return ok([...new Set(list.value)]);
    },
    format: (value) => value,
    fromText: wordsOfText,
  };
}

/** What something in a database is called. */
export const rowName: Type<string> = {
  says: 'name',
  parse: (value) =>
    parseString(value, (text) =>
      text === '' ? err(issue('a name is not empty')) : ok<string>(text),
    ),
  format: (value) => value,
};

export const prefixes: Type<readonly Prefix[]> = {
  says: 'list of IP prefixes',
  parse: (value) =>
    Array.isArray(value) ? parseList(value, parsePrefix) : wrongType('a list', value),
  format: (value) => value.map(formatPrefix),
  fromText: wordsOfText,
};

export const unicastIps: Type<readonly Ip[]> = {
  says: 'list of IP addresses',
  parse: (value) =>
    Array.isArray(value) ? parseList(value, parseUnicast) : wrongType('a list', value),
  format: (value) => value.map(formatIp),
  fromText: wordsOfText,
};

/** As oslo.config has a list: commas, and blanks that count for nothing. */
function wordsOfText(text: string): readonly string[] {
  const words = text.split(',').map((word) => word.trim());
  return words.filter((word) => word !== '');
}

/** A list of strings, or one string with commas, as Open vSwitch writes it. */
export function endpoints(least: 0 | 1): Type<readonly Endpoint[]> {
  return {
    says: 'list of `unix:/path`, `tcp:host:port`, `ssl:host:port`',
    parse: (value) => {
      const list = Array.isArray(value)
        ? parseList(value, parseEndpoint)
        : parseString(value, parseEndpoints);
      return list.ok && list.value.length < least ? err(issue('the list is empty')) : list;
    },
    format: (value) => value.map(formatEndpoint),
  };
}

/** A place to listen at, or `off`. */
export const listener: Type<SocketAddress | 'off'> = {
  says: '`address:port`, or `off`',
  parse: (value) => (value === 'off' ? ok(value) : parseString(value, parseSocketAddress)),
  format: (value) => (value === 'off' ? value : formatSocketAddress(value)),
};

function parseString<T>(
  value: unknown,
  parse: (text: string) => Result<T, Issue>,
): Result<T, Issue> {
  return typeof value === 'string' ? parse(value) : wrongType('a string', value);
}

function parseList<T>(
  list: readonly unknown[],
  parse: (text: string) => Result<T, Issue>,
): Result<readonly T[], Issue> {
  const values: T[] = [];
  for (const [index, element] of list.entries()) {
    const parsed = parseString(element, parse);
    if (!parsed.ok) return err(issueAt(`[${index}]`, parsed.error));
    values.push(parsed.value);
  }
  return ok(values);
}

function wrongType(
  expected: string,
  value: unknown,
): { readonly ok: false; readonly error: Issue } {
  return err(issue(`expected ${expected}, found ${show(value)}`));
}

/** A value of TOML as a message names it. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return 'a list';
  return value instanceof TomlDate ? 'a date' : 'a table';
}

export const asn: Type<Asn> = {
  says: 'AS number, 1 to 4294967295',
  parse: (value) =>
    typeof value === 'number' || typeof value === 'string'
      ? parseAsn(value)
      : err(issue('expected an AS number')),
  format: (value) => value,
};

export const ip4: Type<Ip4> = {
  says: 'IPv4 address',
  parse: string((text) => {
    const parsed = parseIp(text);
    if (!parsed.ok) return parsed;
    const { value } = parsed;
    return value.family === 4 ? ok(value) : err(issue(`'${text}' is not an IPv4 address`));
  }),
  format: formatIp,
};

export const tableId: Type<TableId> = {
  says: 'whole number, 1 to 4294967295',
  parse: (value) =>
    typeof value === 'number' ? parseTableId(value) : wrongType('a whole number', value),
  format: (value) => value,
  fromText: numberOfText,
};

/** Neutron's UUID of an address scope, as it stands in external_ids. */
export const addressScope: Type<string> = {
  says: 'UUID of an address scope',
  parse: string((text) =>
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
      ? ok(text)
      : err(issue(`${show(text)} is not a UUID; 'openstack address scope list' shows them`)),
  ),
  format: (value) => value,
};
