/** What an annotated provider network says of itself: `neutron_bgpvpn:{type,vni,as,rt,it,et,rd}`. Parsing only. */

import { type Issue, issue, issueAt } from '../base/issue.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type Asn, kernelTableName, parseAsn, parseVni, type Vni } from '../net/numbers.ts';
import {
  parseRouteDistinguisher,
  parseRouteTarget,
  type RouteDistinguisher,
  type RouteTarget,
} from '../net/route-distinguisher.ts';

/** A provider network that belongs to a VPN of the fabric. */
export interface NetworkVpn {
  /** `l3`: routed in a VRF. `l2`: the segment itself is extended. */
  readonly type: 'l2' | 'l3';
  readonly vni: Vni;
  /** That of the node when absent. */
  readonly asn: Asn | undefined;
  /** The first of `rd`; derived when there is none. */
  readonly rd: RouteDistinguisher | undefined;
  /** `rt` and `it`; derived when empty. Sorted, each once. */
  readonly importTargets: readonly RouteTarget[];
  /** `rt` and `et`. */
  readonly exportTargets: readonly RouteTarget[];
}

type ExternalIds = ReadonlyMap<string, string>;

const prefix = 'neutron_bgpvpn:';

/** `undefined` for a network without `type`, which belongs to no VPN. */
export function parseNetworkVpn(ids: ExternalIds): Result<NetworkVpn, Issue> | undefined {
  const type = ids.get(`${prefix}type`);
  if (type === undefined) return undefined;
  if (type !== 'l2' && type !== 'l3') return refused('type', `'${type}' is neither l2 nor l3`);
  const vni = parseNetworkVni(ids.get(`${prefix}vni`), type);
  if (!vni.ok) return vni;
  const asn = parseOptional(ids, 'as', parseAsn);
  if (!asn.ok) return asn;
  const lists = parseLists(ids);
  if (!lists.ok) return lists;
  const { rd, both, imported, exported } = lists.value;
  return ok({
    type,
    vni: vni.value,
    asn: asn.value,
    rd: rd[0],
    importTargets: sorted([...both, ...imported]),
    exportTargets: sorted([...both, ...exported]),
  });
}

function refused(key: string, message: string): Result<never, Issue> {
  return err(issue(message, `external_ids:${prefix}${key}`));
}

function parseNetworkVni(text: string | undefined, type: 'l2' | 'l3'): Result<Vni, Issue> {
  if (text === undefined) return refused('vni', `is missing beside ${prefix}type`);
  const vni = parseVni(text);
  if (!vni.ok) return refused('vni', vni.error.message);
  // The VRF of a VNI has the table of that number; in one of these it would route for the whole node.
  const table = type === 'l3' ? kernelTableName(vni.value) : undefined;
  if (table === undefined) return vni;
  return refused(
    'vni',
    `'${text}' is also the number of the kernel's own routing table ${table}, so no VRF can have it`,
  );
}

function parseOptional<T>(
  ids: ExternalIds,
  key: string,
  parse: (text: string) => Result<T, Issue>,
): Result<T | undefined, Issue> {
  const text = ids.get(`${prefix}${key}`);
  if (text === undefined) return ok(undefined);
  const parsed = parse(text);
  return parsed.ok ? parsed : err(issueAt(`external_ids:${prefix}${key}`, parsed.error));
}

interface Lists {
  readonly rd: readonly RouteDistinguisher[];
  readonly both: readonly RouteTarget[];
  readonly imported: readonly RouteTarget[];
  readonly exported: readonly RouteTarget[];
}

function parseLists(ids: ExternalIds): Result<Lists, Issue> {
  const rd = parseOptional(ids, 'rd', (text) => parseList(text, parseRouteDistinguisher));
  if (!rd.ok) return rd;
  const targets = (key: string) =>
    parseOptional(ids, key, (text) => parseList(text, parseRouteTarget));
  const [both, imported, exported] = [targets('rt'), targets('it'), targets('et')];
  if (!both.ok) return both;
  if (!imported.ok) return imported;
  if (!exported.ok) return exported;
  const none = <T>(list: readonly T[] | undefined): readonly T[] => list ?? [];
  return ok({
    rd: none(rd.value),
    both: none(both.value),
    imported: none(imported.value),
    exported: none(exported.value),
  });
}

/** A list of strings as Python or JSON writes it: `['65000:1', '65000:2']`. */
function parseList<T>(
  text: string,
  parse: (text: string) => Result<T, Issue>,
): Result<readonly T[], Issue> {
  const inner = /^\s*\[(.*)\]\s*$/.exec(text)?.[1];
  if (inner === undefined) return err(issue(`'${text}' is not a list such as ["65000:1"]`));
  const values: T[] = [];
  // Python allows a comma behind the last element.
  for (const word of inner.trim() === '' ? [] : inner.replace(/,\s*$/, '').split(',')) {
    const [, quote, value = ''] = /^\s*(['"])(.*)\1\s*$/.exec(word) ?? [];
    if (quote === undefined) return err(issue(`'${text}' is not a list of quoted strings`));
    const parsed = parse(value);
    if (!parsed.ok) return parsed;
    values.push(parsed.value);
  }
  return ok(values);
}

function sorted<T extends string>(values: readonly T[]): readonly T[] {
  return [...new Set(values)].sort();
}
