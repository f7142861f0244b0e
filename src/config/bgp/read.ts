/** The file of `selvedge bgp`, TOML 1.0: text to a BgpConfig, or everything that is wrong with it at once. Pure. */

import { type Issue, issue } from '../../base/issue.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { formatIp, type Ip, type Ip4, isLinkLocal } from '../../net/ip.ts';
import type { IfName } from '../../net/if-name.ts';
import type { Asn } from '../../net/numbers.ts';
import type { Prefix } from '../../net/prefix.ts';
import type { ValuesOf } from '../option.ts';
import { nearest } from '../suggest.ts';
import { parseSyntax, type Table } from '../toml.ts';
import { placeOf } from './place.ts';
import {
  checkImport,
  checkNames,
  type Policies,
  policySections,
  readPolicies,
} from './policy-read.ts';
import { checkRelations, isOutside, type Relations } from './relations.ts';
import {
  global,
  type GlobalValues,
  listen,
  type ListenValues,
  metrics,
  type MetricsValues,
  naming,
  peer,
  range,
  session,
  type SessionValues,
} from './schema.ts';
import { Tables } from './tables.ts';

export interface BgpConfig {
  readonly global: GlobalValues & { readonly as: Asn; readonly routerId: Ip4 };
  readonly listen: readonly ListenValues[];
  readonly metrics: MetricsValues;
  readonly peers: readonly PeerConfig[];
  readonly ranges: readonly RangeConfig[];
  /** By their names, which peers give. */
  readonly policies: Policies;
}

export type SessionConfig = SessionValues & {
  readonly as: Asn | 'internal' | 'external';
  /** It is of another AS, and of no member of our confederation. */
  readonly isOutside: boolean;
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
const ownSections = ['global', 'listen', 'metrics', 'group', 'peer', 'range'];
const sections = [...ownSections, ...policySections];

class Reader {
  readonly #tables = new Tables();
  #policies: Policies = new Map();
  #relations: Relations = { as: undefined, confederationMembers: [] };

  get issues(): readonly Issue[] {
    return this.#tables.issues;
  }

  read(table: Table): BgpConfig | undefined {
    for (const key of Object.keys(table)) {
      if (!sections.includes(key)) this.#tables.unknown(key, key, sections);
    }
    const own = this.#tables.values(
      global,
      this.#tables.table(table['global'], 'global'),
      'global',
    );
    this.#policies = readPolicies(this.#tables, table);
    this.#relations = own;
    this.#checkConfederation(own);
    const groups = this.#groups(table['group']);
    const peers = this.#tables.list(table['peer'], 'peer').flatMap(({ at, raw }) => {
      const values = this.#tables.values(peerOptions, this.#inherited(raw, groups, at), at);
      return this.#peer(values, at) ?? [];
    });
    this.#checkDifferent(peers);
    const ranges = this.#tables.list(table['range'], 'range').flatMap(({ at, raw }) => {
      const values = this.#tables.values(rangeOptions, this.#inherited(raw, groups, at), at);
      return this.#range(values, at) ?? [];
    });
    const { as, routerId } = own;
    const listens = this.#tables
      .list(table['listen'], 'listen')
      .map(({ at, raw }) => this.#tables.values(listen, raw, at));
    const pages = this.#tables.values(
      metrics,
      this.#tables.table(table['metrics'], 'metrics'),
      'metrics',
    );
    if (as === undefined) this.#tables.missing('global.as');
    if (routerId === undefined) this.#tables.missing('global.router_id');
    if (as === undefined || routerId === undefined) return undefined;
    const policies = this.#policies;
    return {
      global: { ...own, as, routerId },
      listen: listens,
      metrics: pages,
      peers,
      ranges,
      policies,
    };
  }

  #peer(values: ValuesOf<typeof peerOptions>, at: string): PeerConfig | undefined {
    const { address, link, as } = values;
    this.#checkSession(values, at);
    if (as === undefined) this.#tables.missing(`${at}.as`, 'must be given, here or in the group');
    const remote = link === undefined ? {} : { link };
    if (address === undefined && link === undefined) {
      this.#tables.missing(`${at}.address`, 'needs an address, or a link');
      return undefined;
    }
    if (address?.family === 6 && isLinkLocal(address) && link === undefined) {
      this.#tables.missing(`${at}.link`, `${formatIp(address)} is on some link: name it`);
    }
    if (as === undefined) return undefined;
    const where = address === undefined ? remote : { ip: address, ...remote };
    const { extendedNextHop = link !== undefined } = values;
    const common = { ...values, as, extendedNextHop, isOutside: isOutside(as, this.#relations) };
    return { ...common, remote: where as PeerConfig['remote'] };
  }

  /** A connection is of one peer: by address and link, in the VRF that it is in. */
  #checkDifferent(peers: readonly PeerConfig[]): void {
    const seen = new Map<string, number>();
    peers.forEach(({ device, remote }, index) => {
      const ip = 'ip' in remote ? formatIp(remote.ip) : '';
      const key = [device, remote.link, ip].join(' ');
      const other = seen.get(key);
      if (other === undefined) seen.set(key, index);
      else {
        const at = ip === '' ? 'link' : 'address';
        this.#tables.say(`peer[${other}] has it already`, `peer[${index}].${at}`);
      }
    });
  }

  #range(values: ValuesOf<typeof rangeOptions>, at: string): RangeConfig | undefined {
    const { prefix, as } = values;
    this.#checkSession(values, at);
    if (prefix === undefined) this.#tables.missing(`${at}.prefix`);
    if (as === undefined) this.#tables.missing(`${at}.as`, 'must be given, here or in the group');
    if (prefix === undefined || as === undefined) return undefined;
    return { ...values, as, isOutside: isOutside(as, this.#relations), prefix };
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
      this.#tables.say(`no group has the name '${name}'; ${hint}`, `${at}.group`);
    }
    return { ...group, ...raw };
  }

  #groups(raw: unknown): ReadonlyMap<string, Table> {
    const groups = new Map<string, Table>();
    for (const [name, value] of Object.entries(this.#tables.table(raw, 'group'))) {
      const at = `group.${name}`;
      const group = this.#tables.table(value, at);
      // Read for what is wrong with it, even where nobody names it.
      this.#checkPolicies(this.#tables.values(session, group, at), at);
      groups.set(name, group);
    }
    return groups;
  }

  #checkSession(values: SessionValues, at: string): void {
    this.#checkPolicies(values, at);
    for (const { message, path } of checkRelations(values, this.#relations)) {
      this.#tables.say(message, `${at}.${path}`);
    }
  }

  #checkPolicies({ import: imports = [], export: exports = [] }: SessionValues, at: string): void {
    checkNames(this.#tables, imports, this.#policies, `${at}.import`);
    checkNames(this.#tables, exports, this.#policies, `${at}.export`);
    checkImport(this.#tables, imports, this.#policies, this.#relations.as, `${at}.import`);
  }

  #checkConfederation({ as, confederation, confederationMembers }: GlobalValues): void {
    if (confederation === undefined && confederationMembers.length > 0) {
      this.#tables.missing('global.confederation', 'must be given, as there are members');
    }
    if (confederation !== undefined && confederation === as) {
      const message = `${as} is our member AS too; give \`as\` another number, or leave this out`;
      this.#tables.say(message, 'global.confederation');
    }
  }
}
