/** The file of `selvedge bgp`, TOML 1.0: text to a BgpConfig, or everything that is wrong with it at once. Pure. */

import { type Issue, issue, issueAt } from '../../base/issue.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { Ip, Ip4 } from '../../net/ip.ts';
import type { IfName } from '../../net/if-name.ts';
import type { Asn } from '../../net/numbers.ts';
import type { Prefix } from '../../net/prefix.ts';
import type { Options, ValuesOf } from '../option.ts';
import { nearest } from '../suggest.ts';
import { isTable, parseSyntax, type Table } from '../toml.ts';
import { placeOf } from './place.ts';
import {
  global,
  type GlobalValues,
  listen,
  type ListenValues,
  naming,
  peer,
  range,
  session,
  type SessionValues,
} from './schema.ts';

export interface BgpConfig {
  readonly global: GlobalValues & { readonly as: Asn; readonly routerId: Ip4 };
  readonly listen: readonly ListenValues[];
  readonly peers: readonly PeerConfig[];
  readonly ranges: readonly RangeConfig[];
}

export type SessionConfig = SessionValues & {
  readonly as: Asn | 'internal' | 'external';
  readonly name: string | undefined;
};

export type PeerConfig = SessionConfig & {
  readonly remote: { readonly ip: Ip; readonly link?: IfName } | { readonly link: IfName };
};

export type RangeConfig = SessionConfig & { readonly prefix: Prefix; readonly limit: number };

/** Each issue begins with `line 3, column 1` where that can be told. */
export function parseBgpConfig(text: string): Result<BgpConfig, readonly Issue[]> {
  const table = parseSyntax(text);
  if (!table.ok) return err([table.error]);
  const reader = new Reader();
  const config = reader.read(table.value);
  if (config !== undefined && reader.issues.length === 0) return ok(config);
  return err(reader.issues.map((each) => placed(text, each)));
}

function placed(text: string, of: Issue): Issue {
  const place = placeOf(text, of.path);
  if (place === undefined) return of;
  return issue(of.message, `line ${place.line}, column ${place.column}: ${of.path}`);
}

const peerOptions = { ...naming, ...peer, ...session };
const rangeOptions = { ...naming, ...range, ...session };
const sections = ['global', 'listen', 'group', 'peer', 'range'];

class Reader {
  readonly issues: Issue[] = [];

  read(table: Table): BgpConfig | undefined {
    for (const key of Object.keys(table)) {
      if (!sections.includes(key)) this.#unknown(key, key, sections);
    }
    const own = this.#values(global, this.#table(table['global'], 'global'), 'global');
    const groups = this.#groups(table['group']);
    const peers = this.#list(table['peer'], 'peer').flatMap(({ at, raw }) => {
      const values = this.#values(peerOptions, this.#inherited(raw, groups, at), at);
      return this.#peer(values, at) ?? [];
    });
    const ranges = this.#list(table['range'], 'range').flatMap(({ at, raw }) => {
      const values = this.#values(rangeOptions, this.#inherited(raw, groups, at), at);
      return this.#range(values, at) ?? [];
    });
    const { as, routerId } = own;
    const listens = this.#list(table['listen'], 'listen').map(({ at, raw }) =>
      this.#values(listen, raw, at),
    );
    if (as === undefined) this.#missing('global.as');
    if (routerId === undefined) this.#missing('global.router_id');
    if (as === undefined || routerId === undefined) return undefined;
    return { global: { ...own, as, routerId }, listen: listens, peers, ranges };
  }

  #peer(values: ValuesOf<typeof peerOptions>, at: string): PeerConfig | undefined {
    const { address, link, as } = values;
    if (as === undefined) this.#missing(`${at}.as`, 'must be given, here or in the group');
    const remote = link === undefined ? {} : { link };
    if (address === undefined && link === undefined) {
      this.#missing(`${at}.address`, 'needs an address, or a link');
      return undefined;
    }
    if (as === undefined) return undefined;
    const where = address === undefined ? remote : { ip: address, ...remote };
    return { ...values, as, remote: where as PeerConfig['remote'] };
  }

  #range(values: ValuesOf<typeof rangeOptions>, at: string): RangeConfig | undefined {
    const { prefix, as } = values;
    if (prefix === undefined) this.#missing(`${at}.prefix`);
    if (as === undefined) this.#missing(`${at}.as`, 'must be given, here or in the group');
    if (prefix === undefined || as === undefined) return undefined;
    return { ...values, as, prefix };
  }

  /** What a peer says itself goes before what its group says. */
  #inherited(raw: Table, groups: ReadonlyMap<string, Table>, at: string): Table {
    const name = raw['group'];
    if (typeof name !== 'string') return raw;
    const group = groups.get(name);
    if (group === undefined) {
      const known = [...groups.keys()];
      const similar = nearest(name, known) ?? known[0];
      const hint = similar === undefined ? 'there is none' : `did you mean '${similar}'?`;
      this.#say(`no group has the name '${name}'; ${hint}`, `${at}.group`);
    }
    return { ...group, ...raw };
  }

  #groups(raw: unknown): ReadonlyMap<string, Table> {
    const groups = new Map<string, Table>();
    for (const [name, value] of Object.entries(this.#table(raw, 'group'))) {
      const at = `group.${name}`;
      const group = this.#table(value, at);
      // Read for what is wrong with it, even where nobody names it.
      this.#values(session, group, at);
      groups.set(name, group);
    }
    return groups;
  }

  #values<O extends Options>(options: O, raw: Table, at: string): ValuesOf<O> {
    const values: Record<string, unknown> = {};
    const keys = new Map(Object.keys(options).map((field) => [keyOf(field), field]));
    for (const [key, field] of keys) {
      const row = options[field];
      if (row === undefined) continue;
      values[field] = row.default;
      if (!Object.hasOwn(raw, key)) continue;
      const parsed = row.type.parse(raw[key]);
      if (parsed.ok) values[field] = parsed.value;
      else this.#add(issueAt(`${at}.${key}`, parsed.error));
    }
    for (const key of Object.keys(raw)) {
      if (!keys.has(key)) this.#unknown(`${at}.${key}`, key, [...keys.keys()]);
    }
    // The one place where what the options' own types have read becomes the type derived from those options.
    return values as ValuesOf<O>;
  }

  #table(raw: unknown, at: string): Table {
    if (raw === undefined) return {};
    if (isTable(raw)) return raw;
    this.#say(`expected a table, [${at}]`, at);
    return {};
  }

  #list(raw: unknown, at: string): readonly { readonly at: string; readonly raw: Table }[] {
    if (raw === undefined) return [];
    if (Array.isArray(raw) && raw.every(isTable)) {
      return raw.map((each, index) => ({ at: `${at}[${index}]`, raw: each }));
    }
    this.#say(`expected tables, each as [[${at}]]`, at);
    return [];
  }

  #unknown(path: string, key: string, known: readonly string[]): void {
    const similar = nearest(key, known);
    this.#say(similar === undefined ? 'unknown' : `unknown; did you mean ${similar}?`, path);
  }

  /** Of what was given and refused enough was said. */
  #missing(path: string, message = 'must be given'): void {
    const wasRefused = this.issues.some((each) => tail(each.path) === tail(path));
    if (!wasRefused) this.#say(message, path);
  }

  #say(message: string, path: string): void {
    this.#add(issue(message, path));
  }

  /** What a group has wrong is said once, not for each of its peers. */
  #add(of: Issue): void {
    const isKnown = this.issues.some(
      ({ message, path }) =>
        message === of.message && path.startsWith('group.') && tail(path) === tail(of.path),
    );
    if (!isKnown) this.issues.push(of);
  }
}

function tail(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

function keyOf(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
