/** Policies out of the tables of a file: lists first, which terms then name. What a policy means is for the speaker. */

import type { Options } from '../option.ts';
import type { Table } from '../toml.ts';
import {
  asPathList,
  type ChangeValues,
  changeOptions,
  communityList,
  type Lists,
  type MatchValues,
  matchOptions,
  policy,
  prefixList,
  term,
} from './policy-schema.ts';
import { hint, isAsPathList, isCommunityList } from './policy-values.ts';
import type { Tables } from './tables.ts';

export type PolicyAction = 'accept' | 'reject' | 'next';

export interface TermConfig {
  readonly match: MatchValues;
  readonly set: ChangeValues;
  readonly action: PolicyAction;
}

export interface PolicyConfig {
  readonly name: string;
  readonly terms: readonly TermConfig[];
  readonly otherwise: PolicyAction;
}

export type Policies = ReadonlyMap<string, PolicyConfig>;

/** The tables of the file that are read here. */
export const policySections = ['prefix_list', 'community_list', 'as_path_list', 'policy'];

const namePattern = /^[A-Za-z][A-Za-z0-9_-]*$/;

export function readPolicies(tables: Tables, file: Table): Policies {
  const lists: Lists = {
    prefixes: readLists(tables, file, 'prefix_list', prefixList, 'prefixes'),
    communities: readLists(tables, file, 'community_list', communityList, 'communities'),
    asPaths: readLists(tables, file, 'as_path_list', asPathList, 'asPaths'),
  };
  for (const name of lists.communities.keys()) {
    if (!isCommunityList(name)) {
      tables.say(
        'this is a well-known community; give the list another name',
        `community_list.${name}`,
      );
    }
  }
  const read = new TermReader(tables, lists);
  return new Map(
    named(tables, file, 'policy').map(({ name, at, table }) => [
      name,
      read.policy(name, table, at),
    ]),
  );
}

/** Whether all these policies are there; `at`: who names them. */
export function checkNames(
  tables: Tables,
  names: readonly string[],
  policies: Policies,
  at: string,
): void {
  for (const name of names) {
    if (!policies.has(name)) {
      tables.say(`no policy has the name '${name}'; ${hint(name, policies.keys())}`, at);
    }
  }
}

/** What makes no sense of a policy that is asked about what comes. */
export function checkImport(
  tables: Tables,
  names: readonly string[],
  policies: Policies,
  as: number | undefined,
  at: string,
): void {
  for (const name of names) {
    const sets = policies.get(name)?.terms.map(({ set }) => set) ?? [];
    if (as !== undefined && sets.some(({ prepend }) => prepend?.some((asn) => asn === as))) {
      tables.say(
        `policy '${name}' prepends our own AS, so that every such route is a loop; prepend another AS, or on export`,
        at,
      );
    }
    if (sets.some(({ nextHop }) => nextHop === 'self')) {
      tables.say(
        `policy '${name}' sets the next hop to self; do so on export, or name an address`,
        at,
      );
    }
  }
}

function readLists<K extends string, T>(
  tables: Tables,
  file: Table,
  section: string,
  options: Options & { readonly [key in K]: { readonly default: readonly T[] } },
  key: K,
): ReadonlyMap<string, readonly T[]> {
  return new Map(
    named(tables, file, section).map(({ name, at, table }) => {
      const values = tables.values(options, table, at);
      return [name, values[key] as readonly T[]];
    }),
  );
}

/** The tables below a section, whose names can be told from what stands in their place elsewhere. */
function named(tables: Tables, file: Table, section: string) {
  return Object.entries(tables.table(file[section], section)).map(([name, raw]) => {
    const at = `${section}.${name}`;
    if (!namePattern.test(name) || !isAsPathList(name)) {
      tables.say('a name begins with a letter, and has letters, digits, - and _ only', at);
    }
    return { name, at, table: tables.table(raw, at) };
  });
}

class TermReader {
  readonly #tables: Tables;
  readonly #matchOptions: ReturnType<typeof matchOptions>;
  readonly #changeOptions: ReturnType<typeof changeOptions>;

  constructor(tables: Tables, lists: Lists) {
    this.#tables = tables;
    this.#matchOptions = matchOptions(lists);
    this.#changeOptions = changeOptions(lists);
  }

  policy(name: string, table: Table, at: string): PolicyConfig {
    const { term: terms, ...own } = table;
    const values = this.#tables.values(policy, own, at, ['term']);
    const list = this.#tables.list(terms, `${at}.term`);
    return {
      name,
      terms: list.map((each) => this.#term(each.raw, each.at)),
      otherwise: values.default,
    };
  }

  #term(table: Table, at: string): TermConfig {
    const { match, set, name: _name, ...own } = table;
    const values = this.#tables.values(term, own, at, ['name', 'match', 'set']);
    const changes = this.#tables.table(set, `${at}.set`);
    const { action = 'reject' } = values;
    if (values.action === undefined && !Object.hasOwn(own, 'action')) {
      this.#tables.say('must be given: accept, reject or next', `${at}.action`);
    }
    if (values.action === 'reject' && Object.keys(changes).length > 0) {
      this.#tables.say('of no effect, as the term rejects; remove it, or accept', `${at}.set`);
    }
    const asked = this.#tables.table(match, `${at}.match`);
    return {
      match: this.#tables.values(this.#matchOptions, asked, `${at}.match`),
      set: this.#tables.values(this.#changeOptions, changes, `${at}.set`),
      action,
    };
  }
}
