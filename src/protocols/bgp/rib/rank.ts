/** What the decision process looks at in a set of attributes, as numbers: taken out once per set, compared per path. */

import type { Ip4 } from '../../../net/ip.ts';
import { pathLength } from '../wire/four-octet-as.ts';
import type { PathAttributes } from '../wire/path-attributes.ts';
import type { AsPath } from '../wire/attribute/as-path.ts';
import { isConfederation } from '../wire/attribute/as-path.ts';
import { origins } from '../wire/attribute/origin.ts';
import type { Local, Neighbour } from './peer.ts';

export interface Rank {
  readonly localPref: number;
  readonly pathLength: number;
  /** By `origins`: less is better. */
  readonly origin: number;
  /** Whose MULTI_EXIT_DISC it is: the neighbouring AS; 0 when the path is our own AS's. */
  readonly neighbourAs: number;
  readonly med: number;
  /** Of ORIGINATOR_ID; -1 without. */
  readonly originator: number;
  readonly clusterLength: number;
  /** RFC 7432 §15: without the community it is 0. */
  readonly mobility: number;
  readonly sticky: boolean;
  /** The route has been with us within our AS: our identifier, or our cluster. RFC 4456 §8. */
  readonly isReflectedBack: boolean;
  /** How often our AS is in its path. RFC 4271 §9.1.2, RFC 5065 §4. */
  readonly ownAs: number;
  /** RFC 1997. */
  readonly noAdvertise: boolean;
  readonly noExport: boolean;
  readonly noExportSubconfed: boolean;
  /** Of ONLY_TO_CUSTOMER, RFC 9234 §5; -1 without. */
  readonly onlyToCustomer: number;
  /** Its source is long gone, here or where it came from: the last to be used. RFC 9494 §4.3. */
  readonly longLivedStale: boolean;
}

/** RFC 4271 §5.1.5, and what all implementations take where there is none. */
export const defaultLocalPref = 100;
export const NO_EXPORT = 0xffff_ff01;
const NO_ADVERTISE = 0xffff_ff02;
const NO_EXPORT_SUBCONFED = 0xffff_ff03;
/** RFC 9494 §3. */
export const LLGR_STALE = 0xffff_0006;
export const NO_LLGR = 0xffff_0007;

export function rankOf(values: PathAttributes, local: Local): Rank {
  const path = values.asPath ?? [];
  const communities = values.communities ?? [];
  const mobility = values.extendedCommunities?.find(({ kind }) => kind === 'mac-mobility');
  return Object.freeze({
    localPref: values.localPref ?? defaultLocalPref,
    pathLength: pathLength(path),
    origin: origins.indexOf(values.origin ?? 'incomplete'),
    neighbourAs: neighbourAs(path),
    med: values.med ?? 0,
    originator: values.originatorId?.value ?? -1,
    clusterLength: values.clusterList?.length ?? 0,
    mobility: mobility?.kind === 'mac-mobility' ? mobility.sequence : 0,
    sticky: mobility?.kind === 'mac-mobility' && mobility.sticky,
    isReflectedBack: isReflectedBack(values.originatorId, values.clusterList ?? [], local),
    ownAs: ownAs(path, local),
    noAdvertise: communities.includes(NO_ADVERTISE),
    noExport: communities.includes(NO_EXPORT),
    noExportSubconfed: communities.includes(NO_EXPORT_SUBCONFED),
    onlyToCustomer: values.onlyToCustomer ?? -1,
    longLivedStale: communities.includes(LLGR_STALE),
  });
}

/** The route has been here, and is not used: it would go round in circles. HOT: once per route that comes. */
export function isLooped(
  { isReflectedBack: isBack, ownAs: times }: Rank,
  from: Neighbour,
): boolean {
  return isBack || times > from.allowOwnAs;
}

function isReflectedBack(
  originator: Ip4 | undefined,
  clusters: readonly Ip4[],
  local: Local,
): boolean {
  return (
    originator?.value === local.routerId || clusters.some(({ value }) => value === local.clusterId)
  );
}

/** RFC 5065 §4: our member AS among those of the confederation, and the AS of the confederation among the others. */
function ownAs(path: AsPath, { as, confederation = as }: Local): number {
  let times = 0;
  for (const segment of path) {
    const own = isConfederation(segment) ? as : confederation;
    for (const asn of segment.asns) if (asn === own) times += 1;
  }
  return times;
}

/** RFC 4271 §9.1.2.2 (c): the last AS of the path, which is the first that was not ours. */
function neighbourAs(path: AsPath): number {
  const first = path.find((segment) => !isConfederation(segment));
  return first?.type === 'sequence' ? (first.asns[0] ?? 0) : 0;
}
